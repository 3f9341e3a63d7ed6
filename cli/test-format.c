/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <errno.h>
#include <stdlib.h>

static void size_is(uint64_t bytes, const char *expected) {
        g_autofree char *text = format_size(bytes);

        g_assert_cmpstr(text, ==, expected);
}

static void test_sizes_have_binary_units(void) {
        size_is(0, "0 B");
        size_is(1023, "1023 B");
        size_is(1024, "1 KiB");
        size_is(512 * UINT64_C(1048576), "512 MiB");
        size_is(1536 * UINT64_C(1048576), "1.5 GiB");
        size_is(2 * UINT64_C(1073741824), "2 GiB");
        size_is(2 * UINT64_C(1073741824) - 1, "2 GiB");
        size_is(UINT64_MAX, "16 EiB");
}

static void duration_is(uint64_t usec, const char *expected) {
        g_autofree char *text = format_duration(usec);

        g_assert_cmpstr(text, ==, expected);
}

static void test_durations_have_two_units(void) {
        duration_is(0, "0 s");
        duration_is(59 * USEC_PER_SEC + 999999, "59 s");
        duration_is(200 * USEC_PER_SEC, "3 min 20 s");
        duration_is(7500 * USEC_PER_SEC, "2 h 5 min");
        duration_is(90000 * USEC_PER_SEC, "1 d 1 h");
}

static void test_since_is_absolute_and_relative(void) {
        g_autofree char *past = format_since(UINT64_C(1795300000000000), UINT64_C(1795300200000000));
        g_autofree char *future = format_since(UINT64_C(1795300000000000), UINT64_C(1795200000000000));

        g_assert_cmpstr(past, ==, "Sat 2026-11-21 22:26:40 UTC; 3 min 20 s ago");
        g_assert_true(g_str_has_suffix(future, "; 0 s ago")); /* the clock was set back */
}

static void test_moments_and_systems_are_short(void) {
        static const char *const systems[][2] = { { "", "" },
                                                  { "http://debian.org/debian/12", "debian 12" },
                                                  { "http://libosinfo.org/linux/2022", "linux 2022" },
                                                  { "http://example.org/os", "os" },
                                                  { "my own", "my own" } };
        g_autofree char *moment = format_moment(UINT64_C(1795300000000000));

        g_assert_cmpstr(moment, ==, "2026-11-21 22:26:40");
        for (size_t i = 0; i < G_N_ELEMENTS(systems); i++) {
                g_autofree char *text = format_os(systems[i][0]);

                g_assert_cmpstr(text, ==, systems[i][1]);
        }
}

static void duration_reads(const char *text, uint64_t expected) {
        uint64_t usec = 0;

        g_assert_cmpint(parse_duration(text, &usec), ==, 0);
        g_assert_cmpuint(usec, ==, expected);
}

static void test_durations_are_read(void) {
        duration_reads("30", 30 * USEC_PER_SEC);
        duration_reads("30s", 30 * USEC_PER_SEC);
        duration_reads("5min", 300 * USEC_PER_SEC);
        duration_reads("2h", 7200 * USEC_PER_SEC);
        duration_reads("1min 30s", 90 * USEC_PER_SEC);
        duration_reads("1min30s", 90 * USEC_PER_SEC);
        duration_reads("500ms", 500 * USEC_PER_MSEC);
        duration_reads("1d", 86400 * USEC_PER_SEC);
}

static void test_what_is_no_duration_is_refused(void) {
        static const char *const wrong[] = { "",     " ",   "s",    "-1", "+1", "1x",
                                             "1.5s", "1 s", "0x10", "s1", "1s;" };
        uint64_t usec = 42;

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
                g_assert_cmpint(parse_duration(wrong[i], &usec), ==, -EINVAL);
        g_assert_cmpint(parse_duration("99999999999999999999", &usec), ==, -ERANGE);
        g_assert_cmpint(parse_duration("18446744073709551615h", &usec), ==, -ERANGE);
        g_assert_cmpint(parse_duration("18446744073709s 18446744073709s", &usec), ==, -ERANGE);
        g_assert_cmpuint(usec, ==, 42);
}

int main(int argc, char **argv) {
        (void) setenv("TZ", "UTC", 1);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/format/sizes-have-binary-units", test_sizes_have_binary_units);
        g_test_add_func("/format/durations-have-two-units", test_durations_have_two_units);
        g_test_add_func("/format/since-is-absolute-and-relative", test_since_is_absolute_and_relative);
        g_test_add_func("/format/moments-and-systems-are-short", test_moments_and_systems_are_short);
        g_test_add_func("/format/durations-are-read", test_durations_are_read);
        g_test_add_func("/format/what-is-no-duration-is-refused", test_what_is_no_duration_is_refused);
        return g_test_run();
}
