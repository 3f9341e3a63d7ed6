/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

static void printable_is(const char *text, const char *expected) {
        g_autofree char *printable = text_printable(text);

        g_assert_cmpstr(printable, ==, expected);
}

static void test_printable_leaves_what_is_printable(void) {
        printable_is("", "");
        printable_is("-oProxyCommand=x a;b %n \"'$(x)\\", "-oProxyCommand=x a;b %n \"'$(x)\\");
        printable_is("旅籠 e\xcc\x81", "旅籠 e\xcc\x81");
}

/* One line stays one line in the journal, and no terminal obeys a name. */
static void test_printable_escapes_every_control_character(void) {
        for (int c = 1; c < 0xA0; c = c == 0x1F ? 0x7F : c + 1) {
                char text[8] = { 0 };
                g_autofree char *printable = NULL;

                (void) g_unichar_to_utf8((gunichar) c, text);
                printable = text_printable(text);
                g_assert_true(g_str_has_prefix(printable, "\\x"));
                g_assert_true(g_str_is_ascii(printable));
        }

        printable_is("a\nb", "a\\x0ab");
        printable_is("\xc2\x9b", "\\xc2\\x9b");            /* CSI in one character */
        printable_is("\xe2\x80\xa8", "\\xe2\\x80\\xa8");   /* line separator */
        printable_is("a\xe2\x80\xa9", "a\\xe2\\x80\\xa9"); /* paragraph separator */
}

static void test_printable_escapes_what_is_no_utf8(void) {
        printable_is("a\xff!", "a\\xff!");
        printable_is("\xe6\x97", "\\xe6\\x97");
        printable_is("\xc0\x80", "\\xc0\\x80");
        printable_is("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

static void test_printable_is_cut(void) {
        g_autofree char *longest = g_strnfill(200, 'a'), *longer = g_strnfill(100000, 'a');
        g_autofree char *printable = text_printable(longer);
        g_autofree char *expected = g_strconcat(longest, "…", NULL);

        printable_is(longest, longest);
        g_assert_cmpstr(printable, ==, expected);
}

/* Escapes and characters are never cut in their middle. */
static void test_printable_is_valid_utf8_for_any_bytes(void) {
        for (int round = 0; round < 2000; round++) {
                char text[300] = { 0 };
                g_autofree char *printable = NULL;

                for (size_t i = 0; i < sizeof(text) - 1; i++)
                        text[i] = (char) g_test_rand_int_range(1, 256);
                printable = text_printable(text);
                g_assert_true(g_utf8_validate(printable, -1, NULL));
                g_assert_false(text_has_control(printable));
                g_assert_cmpuint(strlen(printable), <=, 200 + 24);
        }
}

static void test_has_control_finds_c0_del_and_c1(void) {
        g_assert_false(text_has_control(""));
        g_assert_false(text_has_control("旅籠 a;b %n"));

        for (int c = 1; c < 0x110; c++) {
                char text[16] = "web";

                (void) g_unichar_to_utf8((gunichar) c, text + 3);
                g_assert_cmpint(text_has_control(text), ==, c < 0x20 || (c >= 0x7F && c < 0xA0));
        }
}

static void span_is(const char *text, uint64_t expected) {
        uint64_t usec = 0;

        g_assert_cmpint(text_parse_span(text, &usec), ==, 0);
        g_assert_cmpuint(usec, ==, expected);
}

static void span_fails(const char *text, int expected) {
        uint64_t usec = 42;

        g_assert_cmpint(text_parse_span(text, &usec), ==, expected);
        g_assert_cmpuint(usec, ==, 42);
}

static void test_span_knows_every_unit(void) {
        span_is("7us", 7);
        span_is("7ms", 7000);
        span_is("7", 7000000);
        span_is("7s", 7000000);
        span_is("7sec", 7000000);
        span_is("7min", 7 * 60000000ULL);
        span_is("7h", 7 * 3600000000ULL);
        span_is("7d", 7 * 86400000000ULL);
        span_is("0", 0);
}

static void test_span_adds_and_takes_spaces(void) {
        span_is("1min 30s", 90000000);
        span_is("1min30s", 90000000);
        span_is("  2 h\t5 min  ", 7500 * 1000000ULL);
}

static void test_span_refuses_what_is_none(void) {
        static const char *const bad[] = {
                "", "  ", "s", "-1", "+1", "1.5", "1x", "1 mins", "1S", "infinity", "0x10", "1;", "１",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                span_fails(bad[i], -EINVAL);
}

/* The largest is INT64_MAX µs: no product and no sum wraps. */
static void test_span_refuses_overflow(void) {
        span_is("9223372036854775807us", INT64_MAX);
        span_fails("9223372036854775808us", -ERANGE);
        span_fails("9223372036854775807us 1us", -ERANGE);
        span_fails("18446744073709551616us", -ERANGE);
        span_fails("99999999999999999999999d", -ERANGE);
        span_fails("9223372036855s", -ERANGE);
        span_fails("106751992d", -ERANGE);
        span_is("106751991d", 106751991 * 86400000000ULL);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/text/printable-leaves-what-is-printable", test_printable_leaves_what_is_printable);
        g_test_add_func("/text/printable-escapes-every-control-character",
                        test_printable_escapes_every_control_character);
        g_test_add_func("/text/printable-escapes-what-is-no-utf8", test_printable_escapes_what_is_no_utf8);
        g_test_add_func("/text/printable-is-cut", test_printable_is_cut);
        g_test_add_func("/text/printable-is-valid-utf8-for-any-bytes",
                        test_printable_is_valid_utf8_for_any_bytes);
        g_test_add_func("/text/has-control-finds-c0-del-and-c1", test_has_control_finds_c0_del_and_c1);
        g_test_add_func("/text/span-knows-every-unit", test_span_knows_every_unit);
        g_test_add_func("/text/span-adds-and-takes-spaces", test_span_adds_and_takes_spaces);
        g_test_add_func("/text/span-refuses-what-is-none", test_span_refuses_what_is_none);
        g_test_add_func("/text/span-refuses-overflow", test_span_refuses_overflow);
        return g_test_run();
}
