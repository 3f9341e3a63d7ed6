/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qemu-log.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

static char *folder;

static void log_write(const char *name, const char *text, gssize size) {
        g_autofree char *path = g_strdup_printf("%s/%s.log", folder, name);

        g_assert_true(g_file_set_contents(path, text, size, NULL));
}

static void reads(const char *name, unsigned n, const char *expected) {
        g_autoptr(JsonArray) lines = NULL;
        g_autoptr(GString) text = g_string_new(NULL);

        g_assert_cmpint(qemu_log_read(folder, name, n, &lines), ==, 0);
        for (guint i = 0; i < json_array_get_length(lines); i++)
                g_string_append_printf(text, "%s|", json_array_get_string_element(lines, i));
        g_assert_cmpstr(text->str, ==, expected);
}

static const char run[] = "2026-11-22 08:00:01.000+0000: starting up libvirt version: 9.0.0\n"
                          "LC_ALL=C \\\n"
                          "PATH=/usr/bin \\\n"
                          "/usr/bin/qemu-system-x86_64 \\\n"
                          "-name guest=web \\\n"
                          "-msg timestamp=on\n"
                          "char device redirected to /dev/pts/1 (label charserial0)\n"
                          "qemu: terminating on signal 15\n"
                          "\n"
                          "2026-11-22 08:01:00.000+0000: shutting down, reason=crashed\n";

static void test_command_lines_are_left_out(void) {
        log_write("web", run, -1);
        reads("web", 10,
              "2026-11-22 08:00:01.000+0000: starting up libvirt version: 9.0.0|"
              "char device redirected to /dev/pts/1 (label charserial0)|"
              "qemu: terminating on signal 15|"
              "2026-11-22 08:01:00.000+0000: shutting down, reason=crashed|");
        reads("web", 1, "2026-11-22 08:01:00.000+0000: shutting down, reason=crashed|");
        reads("web", 0, "");
}

static void test_a_long_log_is_read_from_its_end(void) {
        g_autoptr(GString) text = g_string_new(NULL);

        for (unsigned i = 0; i < 50000; i++)
                g_string_append_printf(text, "line %u\n", i);
        g_string_append(text, "the end\n");
        log_write("long", text->str, (gssize) text->len);
        reads("long", 2, "line 49999|the end|");
}

/* Whatever QEMU writes: one line without end, zero bytes, what is no text. */
static void test_what_is_no_text_is_shown_as_such(void) {
        g_autofree char *endless = g_strnfill(200000, 'x');
        g_autoptr(JsonArray) lines = NULL;

        log_write("odd", "a\0b\n\xff\n", 6);
        reads("odd", 5, "a b|\xef\xbf\xbd|");
        log_write("endless", endless, -1);
        g_assert_cmpint(qemu_log_read(folder, "endless", 5, &lines), ==, 0);
        g_assert_cmpuint(json_array_get_length(lines), ==, 1);
        log_write("empty", "", 0);
        reads("empty", 5, "");
}

static void test_what_is_no_log_is_none(void) {
        g_autofree char *fifo = g_strdup_printf("%s/fifo.log", folder),
                        *link = g_strdup_printf("%s/link.log", folder);
        JsonArray *none = NULL;

        g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
        g_assert_cmpint(symlink("/etc/hostname", link), ==, 0);
        g_assert_cmpint(qemu_log_read(folder, "fifo", 5, &none), ==, -ENOENT);
        g_assert_cmpint(qemu_log_read(folder, "link", 5, &none), ==, -ELOOP);
        g_assert_cmpint(qemu_log_read(folder, "none", 5, &none), ==, -ENOENT);
        g_assert_cmpint(qemu_log_read(folder, "../web", 5, &none), ==, -ENOENT);
        g_assert_null(none);
}

static void folder_remove(void) {
        GDir *dir = g_dir_open(folder, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);

                g_assert_cmpint(g_unlink(path), ==, 0);
        }
        g_dir_close(dir);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
        g_free(folder);
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        folder = g_dir_make_tmp("hatago-qemu-log-XXXXXX", NULL);
        g_assert_nonnull(folder);
        g_test_add_func("/qemu-log/command-lines-are-left-out", test_command_lines_are_left_out);
        g_test_add_func("/qemu-log/a-long-log-is-read-from-its-end", test_a_long_log_is_read_from_its_end);
        g_test_add_func("/qemu-log/what-is-no-text-is-shown-as-such", test_what_is_no_text_is_shown_as_such);
        g_test_add_func("/qemu-log/what-is-no-log-is-none", test_what_is_no_log_is_none);
        r = g_test_run();
        folder_remove();
        return r;
}
