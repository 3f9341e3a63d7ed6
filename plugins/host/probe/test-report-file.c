/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-file.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

static char *folder_new(void) {
        g_autoptr(GError) error = NULL;
        char *folder = g_dir_make_tmp("test-report-file-XXXXXX", &error);

        g_assert_no_error(error);
        return folder;
}

static void folder_remove(const char *folder) {
        static const char *const names[] = { "report", ".lock" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *path = g_build_filename(folder, names[i], NULL);
                (void) g_unlink(path);
        }
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void write_report(const char *folder) {
        g_autoptr(GVariant) report = g_variant_ref_sink(g_variant_new_string("a report"));

        g_assert_cmpint(report_file_write(folder, report), ==, 0);
}

typedef struct Second {
        const char *folder;
        gint has; /* atomic */
} Second;

static gpointer lock_second(gpointer p) {
        Second *second = p;
        int fd = report_file_lock(second->folder);

        g_atomic_int_set(&second->has, true);
        return GINT_TO_POINTER(fd);
}

static void test_who_looks_does_so_alone(void) {
        g_autofree char *folder = folder_new(), *path = g_build_filename(folder, ".lock", NULL);
        Second second = { .folder = folder };
        int first = report_file_lock(folder), fd;
        struct stat status;
        GThread *thread;

        g_assert_cmpint(first, >=, 0);
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777U, ==, 0600);

        thread = g_thread_new("second", lock_second, &second);
        g_usleep(100000);
        g_assert_false(g_atomic_int_get(&second.has));
        (void) close(first);
        fd = GPOINTER_TO_INT(g_thread_join(thread));
        g_assert_cmpint(fd, >=, 0);
        (void) close(fd);
        folder_remove(folder);
}

static void test_a_report_is_for_everybody(void) {
        g_autofree char *folder = folder_new(), *path = g_build_filename(folder, "report", NULL);
        struct stat status;

        write_report(folder);
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777U, ==, 0644);
        g_assert_cmpint(status.st_size, ==, sizeof("a report"));
        folder_remove(folder);
}

static void test_how_fresh_a_report_is(void) {
        g_autofree char *folder = folder_new(), *path = g_build_filename(folder, "report", NULL);
        struct utimbuf times;

        g_assert_cmpuint(report_file_fresh_for(folder, G_USEC_PER_SEC), ==, 0);
        write_report(folder);
        g_assert_cmpuint(report_file_fresh_for(folder, 100 * (uint64_t) G_USEC_PER_SEC), >,
                         90 * G_USEC_PER_SEC);
        g_assert_cmpuint(report_file_fresh_for(folder, 100 * (uint64_t) G_USEC_PER_SEC), <=,
                         100 * G_USEC_PER_SEC);

        times.actime = times.modtime = time(NULL) - 101;
        g_assert_cmpint(g_utime(path, &times), ==, 0);
        g_assert_cmpuint(report_file_fresh_for(folder, 100 * (uint64_t) G_USEC_PER_SEC), ==, 0);
        times.actime = times.modtime = time(NULL) + 1000;
        g_assert_cmpint(g_utime(path, &times), ==, 0);
        g_assert_cmpuint(report_file_fresh_for(folder, 100 * (uint64_t) G_USEC_PER_SEC), ==, 0);
        folder_remove(folder);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/report-file/who-looks-does-so-alone", test_who_looks_does_so_alone);
        g_test_add_func("/report-file/a-report-is-for-everybody", test_a_report_is_for_everybody);
        g_test_add_func("/report-file/how-fresh-a-report-is", test_how_fresh_a_report_is);
        return g_test_run();
}
