/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

static bool unichar_is_shown(gunichar c) {
        GUnicodeType type = g_unichar_type(c);

        return g_unichar_isprint(c) && type != G_UNICODE_LINE_SEPARATOR &&
               type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

static void string_append_escaped(GString *out, gunichar c) {
        if (c == '\n')
                g_string_append(out, "\\n");
        else if (c == '\t')
                g_string_append(out, "\\t");
        else if (c < 0x80)
                g_string_append_printf(out, "\\x%02x", (unsigned) c);
        else if (c <= 0xffff)
                g_string_append_printf(out, "\\u%04x", (unsigned) c);
        else
                g_string_append_printf(out, "\\U%08x", (unsigned) c);
}

char *text_escape(const char *text, bool ascii) {
        GString *out = g_string_sized_new(strlen(text));

        for (const char *p = text; *p;) {
                gunichar c = g_utf8_get_char_validated(p, -1);

                if (c == (gunichar) -1 || c == (gunichar) -2) {
                        g_string_append_printf(out, "\\x%02x", (unsigned char) *p++);
                        continue;
                }
                if (unichar_is_shown(c) && (c < 0x80 || !ascii))
                        g_string_append_unichar(out, c);
                else
                        string_append_escaped(out, c);
                p = g_utf8_next_char(p);
        }
        return g_string_free(out, FALSE);
}

static unsigned unichar_width(gunichar c) {
        if (g_unichar_iszerowidth(c))
                return 0;
        return g_unichar_iswide(c) ? 2 : 1;
}

unsigned text_width(const char *text) {
        unsigned width = 0;

        for (const char *p = text; *p; p = g_utf8_next_char(p))
                width += unichar_width(g_utf8_get_char(p));
        return width;
}

char *text_ellipsize(const char *text, unsigned width, const char *ellipsis) {
        unsigned room, used = 0;
        const char *p;

        if (text_width(text) <= width)
                return g_strdup(text);
        if (text_width(ellipsis) > width)
                return g_strnfill(width, '.');

        room = width - text_width(ellipsis);
        for (p = text; *p; p = g_utf8_next_char(p)) {
                unsigned w = unichar_width(g_utf8_get_char(p));

                if (used + w > room)
                        break;
                used += w;
        }
        return g_strdup_printf("%.*s%s", (int) (p - text), text, ellipsis);
}

/* Whether no line may begin with it, by UAX #14: what closes or goes on. */
static bool unichar_clings(gunichar c) {
        switch (g_unichar_break_type(c)) {
        case G_UNICODE_BREAK_CLOSE_PUNCTUATION:
        case G_UNICODE_BREAK_CLOSE_PARANTHESIS:
        case G_UNICODE_BREAK_EXCLAMATION:
        case G_UNICODE_BREAK_INFIX_SEPARATOR:
        case G_UNICODE_BREAK_NON_STARTER:
        case G_UNICODE_BREAK_CONDITIONAL_JAPANESE_STARTER:
                return true;
        default:
                return false;
        }
}

/* Whether a line may end between the two. */
static bool can_break(gunichar before, gunichar c) {
        GUnicodeBreakType type = g_unichar_break_type(before);

        if (c == ' ')
                return true;
        if (!g_unichar_iswide(before) || unichar_clings(c) || type == G_UNICODE_BREAK_OPEN_PUNCTUATION)
                return false;
        return g_unichar_iswide(c) || type == G_UNICODE_BREAK_CLOSE_PUNCTUATION;
}

/* Where the line that begins here can end at the latest; its beginning if nothing fits. */
static const char *line_end(const char *text, unsigned width) {
        const char *end = text, *p;
        gunichar before = 0;
        unsigned used = 0;

        for (p = text; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (can_break(before, c))
                        end = p;
                before = c;
                used += unichar_width(c);
                if (used > width && end > text)
                        return end;
        }
        return p;
}

char **text_wrap(const char *text, unsigned width) {
        GPtrArray *lines = g_ptr_array_new();

        do {
                const char *end = line_end(text, width);

                g_ptr_array_add(lines, g_strchomp(g_strndup(text, (size_t) (end - text))));
                text = end + strspn(end, " ");
        } while (*text);
        g_ptr_array_add(lines, NULL);
        return (char **) g_ptr_array_free(lines, FALSE);
}

char *text_fill(const char *pattern, const char *key, const char *value) {
        g_autofree char *placeholder = g_strdup_printf("{%s}", key);
        g_auto(GStrv) parts = g_strsplit(pattern, placeholder, -1);

        return g_strjoinv(value, parts);
}

char *text_fill_keys(const char *pattern, TextValue value, const void *data) {
        g_autoptr(GString) text = g_string_new(NULL);
        const char *open, *end;

        while ((open = strchr(pattern, '{')) && (end = strchr(open, '}'))) {
                g_autofree char *key = g_strndup(open + 1, (size_t) (end - open - 1));
                g_autofree char *filled = value(key, data);

                if (!filled)
                        return NULL;
                g_string_append_len(text, pattern, open - pattern);
                g_string_append(text, filled);
                pattern = end + 1;
        }

        g_string_append(text, pattern);
        return g_string_free(g_steal_pointer(&text), /* free_segment= */ FALSE);
}

char *text_shell_word(const char *name) {
        static const char safe[] =
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:+@%/=";
        g_autofree char *quoted = NULL;

        if (*name && strspn(name, safe) == strlen(name))
                quoted = g_strdup(name);
        else
                quoted = g_shell_quote(name);
        return g_strdup_printf("%s%s", name[0] == '-' ? "-- " : "", quoted);
}

/* Characters to change, add, leave out or swap with their neighbour to get from a to b; both must be UTF-8.
 */
static size_t edit_distance(const char *a, const char *b) {
        glong n, m;
        g_autofree gunichar *x = g_utf8_to_ucs4_fast(a, -1, &n);
        g_autofree gunichar *y = g_utf8_to_ucs4_fast(b, -1, &m);
        size_t width = (size_t) m + 1;
        g_autofree size_t *d = g_new(size_t, ((size_t) n + 1) * width);

        for (size_t i = 0; i <= (size_t) n; i++)
                for (size_t j = 0; j <= (size_t) m; j++) {
                        size_t *cell = &d[i * width + j];

                        if (i == 0 || j == 0) {
                                *cell = i + j;
                                continue;
                        }
                        *cell = MIN(d[(i - 1) * width + j], d[i * width + j - 1]) + 1;
                        *cell = MIN(*cell, d[(i - 1) * width + j - 1] + (x[i - 1] != y[j - 1]));
                        if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                                *cell = MIN(*cell, d[(i - 2) * width + j - 2] + 1);
                }
        return d[(size_t) n * width + (size_t) m];
}

const char *text_closest(const char *name, const char *const *candidates) {
        g_autofree char *folded = NULL;
        const char *best = NULL;
        size_t least = SIZE_MAX;

        /* Longer names are not worth the square of their length. */
        if (!g_utf8_validate(name, -1, NULL) || strlen(name) > 256)
                return NULL;

        folded = g_utf8_casefold(name, -1);
        for (size_t i = 0; candidates[i]; i++) {
                g_autofree char *other = NULL;
                size_t distance;

                if (strlen(candidates[i]) > 256)
                        continue;
                other = g_utf8_casefold(candidates[i], -1);
                distance = edit_distance(folded, other);
                if (distance >= least)
                        continue;
                least = distance;
                best = candidates[i];
        }
        /* A third of the name may be wrong: more is another name. */
        return least <= MAX((size_t) g_utf8_strlen(folded, -1) / 3, 1) ? best : NULL;
}

/* Compares the numbers that both begin with, and passes them. */
static int digits_compare(const char **a, const char **b) {
        size_t n, m;
        int order;

        *a += strspn(*a, "0");
        *b += strspn(*b, "0");
        n = strspn(*a, "0123456789");
        m = strspn(*b, "0123456789");
        order = n != m ? (n > m) - (n < m) : memcmp(*a, *b, n);
        *a += n;
        *b += m;
        return order;
}

int text_compare(const char *a, const char *b) {
        const char *x = a, *y = b;

        while (*x && *y) {
                int order;

                if (g_ascii_isdigit(*x) && g_ascii_isdigit(*y))
                        order = digits_compare(&x, &y);
                else
                        order = (unsigned char) g_ascii_tolower(*x++) -
                                (unsigned char) g_ascii_tolower(*y++);
                if (order != 0)
                        return order;
        }
        if (*x || *y)
                return *x ? 1 : -1;
        return strcmp(a, b);
}

bool text_list_has(const char *list, char separator, const char *word) {
        size_t n = strlen(word);

        for (const char *p = list; p && *p;) {
                const char *end = strchrnul(p, separator);

                if ((size_t) (end - p) == n && memcmp(p, word, n) == 0)
                        return true;
                p = *end ? end + 1 : end;
        }
        return false;
}
