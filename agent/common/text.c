/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define PRINTABLE_MAX 200U

char *text_printable(const char *text) {
        g_autoptr(GString) out = g_string_new(NULL);

        for (const char *p = text; *p;) {
                gunichar c = g_utf8_get_char_validated(p, -1);
                gsize length = 1;

                if (out->len >= PRINTABLE_MAX) {
                        g_string_append(out, "…");
                        break;
                }

                if (c == (gunichar) -1 || c == (gunichar) -2)
                        g_string_append_printf(out, "\\x%02x", (unsigned char) *p);
                else if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029) {
                        length = g_utf8_next_char(p) - p;
                        for (gsize i = 0; i < length; i++)
                                g_string_append_printf(out, "\\x%02x", (unsigned char) p[i]);
                } else {
                        length = g_utf8_next_char(p) - p;
                        g_string_append_len(out, p, length);
                }

                p += length;
        }

        return g_string_free(g_steal_pointer(&out), /* free_segment= */ FALSE);
}

bool text_has_control(const char *text) {
        for (const char *p = text; *p; p = g_utf8_next_char(p))
                if (g_unichar_iscntrl(g_utf8_get_char(p)))
                        return true;

        return false;
}

int text_parse_span(const char *text, uint64_t *ret_usec) {
        static const struct {
                const char *name;
                uint64_t usec;
        } units[] = {
                { "us", 1 },
                { "ms", 1000 },
                { "sec", 1000000 },
                { "s", 1000000 },
                { "min", 60 * 1000000ULL },
                { "h", 3600 * 1000000ULL },
                { "d", 86400 * 1000000ULL },
                { "", 1000000 },
        };
        uint64_t sum = 0;
        const char *p = text;

        while (g_ascii_isspace(*p))
                p++;
        if (!*p)
                return -EINVAL;

        while (*p) {
                uint64_t number, usec = 0;
                char *end;
                size_t length;

                if (!g_ascii_isdigit(*p))
                        return -EINVAL;

                errno = 0;
                number = g_ascii_strtoull(p, &end, /* base= */ 10);
                if (errno != 0)
                        return -ERANGE;

                for (p = end; g_ascii_isspace(*p); p++)
                        ;
                for (length = 0; g_ascii_isalpha(p[length]);)
                        length++;

                for (size_t i = 0; i < G_N_ELEMENTS(units) && usec == 0; i++)
                        if (strlen(units[i].name) == length && strncmp(units[i].name, p, length) == 0)
                                usec = units[i].usec;
                if (usec == 0)
                        return -EINVAL;
                if (number > (INT64_MAX - sum) / usec)
                        return -ERANGE;

                sum += number * usec;
                for (p += length; g_ascii_isspace(*p); p++)
                        ;
        }

        *ret_usec = sum;
        return 0;
}
