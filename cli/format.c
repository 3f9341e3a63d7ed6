/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

char *format_size(uint64_t bytes) {
        static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        uint64_t whole = bytes, rest = 0;
        size_t unit = 0;

        while (whole >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
                rest = whole % 1024;
                whole /= 1024;
                unit++;
        }
        /* Rounded to tenths by integers: a double's rounding depends on the locale's decimal point, too. */
        rest = (rest * 10 + 512) / 1024;
        if (rest == 10) {
                whole++;
                rest = 0;
        }
        if (rest == 0 || whole >= 100)
                return g_strdup_printf("%" PRIu64 " %s", whole, units[unit]);
        return g_strdup_printf("%" PRIu64 ".%" PRIu64 " %s", whole, rest, units[unit]);
}

char *format_duration(uint64_t usec) {
        uint64_t seconds = usec / USEC_PER_SEC;
        unsigned s = (unsigned) (seconds % 60), min = (unsigned) (seconds / 60 % 60);
        unsigned h = (unsigned) (seconds / 3600 % 24), days = (unsigned) (seconds / 86400);

        /* Translators: lengths of time: seconds, minutes, hours, days. */
        if (days > 0)
                return g_strdup_printf(_("%u d %u h"), days, h);
        if (h > 0)
                return g_strdup_printf(_("%u h %u min"), h, min);
        if (min > 0)
                return g_strdup_printf(_("%u min %u s"), min, s);
        return g_strdup_printf(_("%u s"), s);
}

char *format_since(uint64_t usec, uint64_t now) {
        time_t when = (time_t) (usec / USEC_PER_SEC);
        char absolute[128] = "";
        g_autofree char *span = format_duration(now > usec ? now - usec : 0);
        struct tm tm;

        if (localtime_r(&when, &tm))
                (void) strftime(absolute, sizeof(absolute), "%a %Y-%m-%d %H:%M:%S %Z", &tm);
        /* Translators: a date, and how long ago it was. */
        return g_strdup_printf(_("%s; %s ago"), absolute, span);
}

char *format_moment(uint64_t usec) {
        time_t when = (time_t) (usec / USEC_PER_SEC);
        char text[64] = "";
        struct tm tm;

        if (localtime_r(&when, &tm))
                (void) strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
        return g_strdup(text);
}

char *format_os(const char *id) {
        g_auto(GStrv) parts = g_strsplit(id, "/", -1);
        guint n = g_strv_length(parts);

        /* "http:", "", the vendor, the system, and often its version. */
        if (n < 4)
                return g_strdup(id);
        return g_strjoinv(" ", parts + 3);
}

static uint64_t duration_unit(const char *text, size_t n) {
        static const struct {
                const char *name;
                uint64_t usec;
        } units[] = {
                { "", USEC_PER_SEC },          { "ms", USEC_PER_MSEC },
                { "s", USEC_PER_SEC },         { "sec", USEC_PER_SEC },
                { "m", 60 * USEC_PER_SEC },    { "min", 60 * USEC_PER_SEC },
                { "h", 3600 * USEC_PER_SEC },  { "hour", 3600 * USEC_PER_SEC },
                { "d", 86400 * USEC_PER_SEC }, { "day", 86400 * USEC_PER_SEC },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
                if (strlen(units[i].name) == n && memcmp(units[i].name, text, n) == 0)
                        return units[i].usec;
        return 0;
}

int parse_duration(const char *text, uint64_t *ret_usec) {
        uint64_t sum = 0;
        const char *p = text;

        if (*p == '\0')
                return -EINVAL;
        while (*p) {
                uint64_t unit, part;
                char *end;
                size_t n;

                if (!g_ascii_isdigit(*p))
                        return -EINVAL;
                errno = 0;
                part = strtoull(p, &end, 10);
                if (errno == ERANGE)
                        return -ERANGE;
                n = strspn(end, "abcdefghijklmnopqrstuvwxyz");
                unit = duration_unit(end, n);
                if (unit == 0)
                        return -EINVAL;
                if (__builtin_mul_overflow(part, unit, &part) || __builtin_add_overflow(sum, part, &sum))
                        return -ERANGE;
                p = end + n;
                p += strspn(p, " ");
        }
        *ret_usec = sum;
        return 0;
}
