/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fix/record.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fixture {
        char *folder, *path;
        Record *record;
        Failure failure;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
        f->folder = g_dir_make_tmp("record-XXXXXX", NULL);
        f->path = g_build_filename(f->folder, "ksm", NULL);
        g_assert_cmpint(record_open(f->path, &f->record, &f->failure), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer data) {
        f->record = record_free(f->record);
        (void) g_unlink(f->path);
        g_assert_cmpint(g_rmdir(f->folder), ==, 0); /* nothing else was left */
        failure_done(&f->failure);
        g_free(f->path);
        g_free(f->folder);
}

static void assert_last(const Record *record, const char *kind, const char *target, const char *before) {
        const Change *change = record_last(record);

        g_assert_nonnull(change);
        g_assert_cmpstr(change->kind, ==, kind);
        g_assert_cmpstr(change->target, ==, target);
        g_assert_cmpstr(change->before, ==, before);
}

static void reopen(Fixture *f) {
        f->record = record_free(f->record);
        g_assert_cmpint(record_open(f->path, &f->record, &f->failure), ==, 0);
}

static void test_without_a_note_there_is_no_file(Fixture *f, gconstpointer data) {
        g_assert_cmpuint(record_count(f->record), ==, 0);
        g_assert_null(record_last(f->record));
        g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
}

static void test_a_note_is_on_the_disk_at_once(Fixture *f, gconstpointer data) {
        struct stat status;

        g_assert_cmpint(record_note(f->record, "value", "/proc/x", "a = \"b\"\n[c]\\ #", &f->failure), ==,
                        0);
        g_assert_cmpint(record_note(f->record, "file", "/etc/ x ", "", &f->failure), ==, 0);
        g_assert_cmpint(stat(f->path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 0777, ==, 0600);

        reopen(f);
        g_assert_cmpuint(record_count(f->record), ==, 2);
        assert_last(f->record, "file", "/etc/ x ", "");
        g_assert_cmpint(record_drop_last(f->record, &f->failure), ==, 0);
        reopen(f);
        assert_last(f->record, "value", "/proc/x", "a = \"b\"\n[c]\\ #");
}

static void test_order_outlives_ten(Fixture *f, gconstpointer data) {
        for (int i = 0; i < 12; i++) {
                g_autofree char *target = g_strdup_printf("%d", i);
                g_assert_cmpint(record_note(f->record, "unit-active", target, "", &f->failure), ==, 0);
        }

        reopen(f);
        for (int i = 11; i >= 0; i--) {
                g_autofree char *target = g_strdup_printf("%d", i);
                assert_last(f->record, "unit-active", target, "");
                g_assert_cmpint(record_drop_last(f->record, &f->failure), ==, 0);
        }
        g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
}

static void test_what_was_before_the_first_time_counts(Fixture *f, gconstpointer data) {
        g_assert_cmpint(record_note(f->record, "value", "/proc/x", "0", &f->failure), ==, 0);
        g_assert_cmpint(record_note(f->record, "value", "/proc/x", "7", &f->failure), ==, 0);
        g_assert_cmpuint(record_count(f->record), ==, 1);
        assert_last(f->record, "value", "/proc/x", "0");
        g_assert_cmpint(record_note(f->record, "file", "/proc/x", "", &f->failure), ==, 0);
        g_assert_cmpuint(record_count(f->record), ==, 2);
}

static void test_what_is_no_record_is_an_error(Fixture *f, gconstpointer data) {
        static const char *const texts[] = { "x", "[change-1]\nKind=file\n",
                                             "[change-1]\nKind=file\nTarget=/x\n" };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                Record *record = NULL;

                g_assert_true(g_file_set_contents(f->path, texts[i], -1, NULL));
                g_assert_cmpint(record_open(f->path, &record, &f->failure), <, 0);
                g_assert_null(record);
                g_assert_nonnull(strstr(f->failure.message, f->path));
        }
}

static void test_what_cannot_be_written_is_not_noted(Fixture *f, gconstpointer data) {
        g_autofree char *path = g_build_filename(f->folder, "none", "ksm", NULL);
        g_autoptr(Record) record = NULL;

        g_assert_cmpint(record_open(path, &record, &f->failure), ==, 0);
        g_assert_cmpint(record_note(record, "file", "/x", "", &f->failure), <, 0);
        g_assert_cmpuint(record_count(record), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

#define TEST(name) g_test_add("/record/" #name, Fixture, NULL, set_up, test_##name, tear_down)
        TEST(without_a_note_there_is_no_file);
        TEST(a_note_is_on_the_disk_at_once);
        TEST(order_outlives_ten);
        TEST(what_was_before_the_first_time_counts);
        TEST(what_is_no_record_is_an_error);
        TEST(what_cannot_be_written_is_not_noted);
#undef TEST
        return g_test_run();
}
