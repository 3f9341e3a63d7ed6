/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qemu-log.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* As libvirt 9.0 and QEMU 7.2 write it. */
#define START                                                                                               \
        "2026-11-20 08:50:05.123+0000: starting up libvirt version: 9.0.0, package: 4, qemu version: 7.2\n" \
        "LC_ALL=C \\\n"                                                                                     \
        "PATH=/usr/local/sbin \\\n"                                                                         \
        "/usr/bin/qemu-system-x86_64 \\\n"                                                                  \
        "-name guest=web,debug-threads=on \\\n"                                                             \
        "-msg timestamp=on\n"
#define CONSOLE "char device redirected to /dev/pts/0 (label charserial0)\n"
#define TERMINATED "2026-11-20T08:50:09.554433Z qemu-system-x86_64: terminating on signal 15 from pid 63\n"
#define END "2026-11-20 08:50:09.755+0000: shutting down, reason=destroyed\n"

static void check(const char *text, unsigned max, const char *expected) {
        g_auto(GStrv) lines = qemu_log_lines(text, strlen(text), max);
        g_autofree char *joined = g_strjoinv("|", lines);

        g_assert_cmpstr(joined, ==, expected);
}

static void test_what_qemu_wrote(void) {
        check(START CONSOLE "2026-11-20T08:50:06Z qemu: one\ntwo\n" END, 10,
              "2026-11-20T08:50:06Z qemu: one|two");
        check(START "without a newline", 10, "without a newline");
        check(START "one\ntwo\nthree\n", 2, "two|three");
}

static void test_what_it_did_not(void) {
        check("", 10, "");
        check(START, 10, "");
        check(START CONSOLE END, 10, "");
}

static void test_of_the_last_run_alone(void) {
        check(START "old\n" TERMINATED END START CONSOLE "new\n", 10, "new");
        check(START "old\n" TERMINATED END START CONSOLE END, 10, "");
}

static void test_where_the_beginning_was_cut_off(void) {
        check("one\ntwo\n" END, 10, "one|two");
        check("2026-11-20 08:50:05.123+0000: starting up libvirt version: 9.0.0\nLC_ALL=C \\\n", 10, "");
}

static void test_nobody_plays_libvirt(void) {
        /* What QEMU has written of such lines is a line of its own. */
        check(START "x: starting up libvirt version: y\nlast\n", 10,
              "x: starting up libvirt version: y|last");
}

static void test_it_is_printable(void) {
        check(START "\x1b[31mred\t\n", 10, "\\x1b[31mred\\x09");
}

static void test_the_end_of_a_long_file(void) {
        g_autofree char *folder = g_dir_make_tmp("log-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(folder, "web 1.log", NULL);
        g_autoptr(GString) text = g_string_new(START);
        g_auto(GStrv) lines = NULL, none = NULL;

        for (int i = 0; i < 20000; i++)
                g_string_append_printf(text, "line %d\n", i);
        g_assert_true(g_file_set_contents(path, text->str, (gssize) text->len, NULL));

        lines = qemu_log_tail(folder, "web 1", 3);
        g_assert_cmpuint(g_strv_length(lines), ==, 3);
        g_assert_cmpstr(lines[2], ==, "line 19999");
        g_assert_cmpint(g_unlink(path), ==, 0);

        none = qemu_log_tail(folder, "web 1", 3);
        g_assert_cmpuint(g_strv_length(none), ==, 0);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

#define TEST(name) g_test_add_func("/qemu-log/" #name, test_##name)
        TEST(what_qemu_wrote);
        TEST(what_it_did_not);
        TEST(of_the_last_run_alone);
        TEST(where_the_beginning_was_cut_off);
        TEST(nobody_plays_libvirt);
        TEST(it_is_printable);
        TEST(the_end_of_a_long_file);
#undef TEST
        return g_test_run();
}
