/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-record.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/names.h"

#define UUID "11111111-2222-3333-4444-555555555555"

typedef struct Fixture {
        char *folder;
        JobRecords *records;
} Fixture;

static void set_up(Fixture *f, const void *data) {
        f->folder = g_dir_make_tmp("hatago-records-XXXXXX", NULL);
        g_assert_nonnull(f->folder);
        g_assert_cmpint(job_records_new(f->folder, &f->records), ==, 0);
}

static void tear_down(Fixture *f, const void *data) {
        g_autoptr(GDir) folder = g_dir_open(f->folder, 0, NULL);
        const char *name;

        job_records_free(f->records);
        while ((name = g_dir_read_name(folder))) {
                g_autofree char *path = g_build_filename(f->folder, name, NULL);
                g_assert_cmpint(g_remove(path), ==, 0);
        }
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        g_free(f->folder);
}

static JobRecord record_of(uint32_t id, const char *name) {
        return (JobRecord){
                .id = id,
                .operation = (char *) "save",
                .object = (char *) PATH_MACHINES "/x",
                .name = (char *) name,
                .uuid = (char *) UUID,
                .uid = 1000,
                .unit = (char *) "user@1000.service",
                .started_at = G_GUINT64_CONSTANT(1700000000000000),
                .run = 7,
                .timeout = 180000000,
        };
}

static void put(Fixture *f, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(f->folder, name, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_what_is_written_is_read(Fixture *f, const void *data) {
        static const char *const names[] = { "web", " a=b;c\\n ", "旅籠", "[Job]", "two\nlines", "" };
        g_autoptr(GPtrArray) list = NULL;
        struct stat status;
        g_autofree char *path = g_build_filename(f->folder, "2.job", NULL);

        /* The highest first: they come sorted. */
        for (size_t i = G_N_ELEMENTS(names); i > 0; i--) {
                const JobRecord record = record_of((uint32_t) i, names[i - 1]);

                g_assert_cmpint(job_records_write(f->records, &record), ==, 0);
        }
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 0777, ==, 0600);

        list = job_records_read(f->records);
        g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(names));
        for (guint i = 0; i < list->len; i++) {
                const JobRecord *record = list->pdata[i], expected = record_of(i + 1, names[i]);

                g_assert_cmpuint(record->id, ==, expected.id);
                g_assert_cmpstr(record->operation, ==, expected.operation);
                g_assert_cmpstr(record->object, ==, expected.object);
                g_assert_cmpstr(record->name, ==, expected.name);
                g_assert_cmpstr(record->uuid, ==, expected.uuid);
                g_assert_cmpuint(record->uid, ==, expected.uid);
                g_assert_cmpstr(record->unit, ==, expected.unit);
                g_assert_cmpuint(record->started_at, ==, expected.started_at);
                g_assert_cmpuint(record->run, ==, expected.run);
                g_assert_cmpuint(record->timeout, ==, expected.timeout);
        }
}

static void test_what_is_removed_is_gone(Fixture *f, const void *data) {
        const JobRecord record = record_of(5, "web");
        g_autoptr(GPtrArray) list = NULL;

        g_assert_cmpint(job_records_write(f->records, &record), ==, 0);
        job_records_remove(f->records, 5);
        job_records_remove(f->records, 5);
        list = job_records_read(f->records);
        g_assert_cmpuint(list->len, ==, 0);
}

/* One whole record, with a line of it replaced. */
static char *text_with(const char *key, const char *line) {
        static const char *const lines[][2] = {
                { "Operation", "Operation=save" },
                { "Object", "Object=" PATH_MACHINES "/x" },
                { "Name", "Name=web" },
                { "UUID", "UUID=" UUID },
                { "StartedByUID", "StartedByUID=1000" },
                { "Unit", "Unit=" },
                { "StartedAt", "StartedAt=1700000000000000" },
        };
        GString *text = g_string_new("[Job]\n");

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
                g_string_append_printf(text, "%s\n", g_strcmp0(key, lines[i][0]) == 0 ? line : lines[i][1]);
        return g_string_free(text, FALSE);
}

static void test_what_is_no_record_is_ignored(Fixture *f, const void *data) {
        static const char *const bad[][2] = {
                { "Operation", "Operation=" },
                { "Operation", "Operation=save\\nx" },
                { "Operation", "Operation=Save me" },
                { "Operation", "Operation=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
                { "Object", "Object=/" },
                { "Object", "Object=/org/hatago/Host1" },
                { "Object", "Object=/org/hatago/Host1/../x" },
                { "Object", "Object=/etc/passwd" },
                { "UUID", "UUID=../../etc" },
                { "UUID", "" },
                { "StartedByUID", "" },
                { "StartedByUID", "StartedByUID=" },
                { "StartedByUID", "StartedByUID=-1000" },
                { "StartedByUID", "StartedByUID=4294967295" },
                { "StartedByUID", "StartedByUID=4294967296" }, /* that would be root */
                { "Unit", "Unit=a\\nb" },
                { "StartedAt", "StartedAt=18446744073709551615" },
        };
        g_autofree char *good = text_with(NULL, NULL), *large = g_strnfill(9000, '\n'), *link = NULL;
        g_autofree char *long_text = g_strdup_printf("[Job]\n%s%s", large, good + 6), *folder = NULL;
        g_autoptr(GPtrArray) list = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *name = g_strdup_printf("%zu.job", i + 100);
                g_autofree char *text = text_with(bad[i][0], bad[i][1]);
                put(f, name, text);
        }
        put(f, "1.job", "");
        put(f, "2.job", "[Job");
        put(f, "3.job", "\xff\xfe\xff");
        put(f, "4.job", long_text);
        put(f, "5.job.new", good); /* cut off while it was written */
        put(f, "06.job", good);
        put(f, "-7.job", good);
        put(f, "0.job", good);
        put(f, "4294967297.job", good);
        put(f, "2147483648.job", good);
        put(f, "x.job", good);
        put(f, "line\nbreak", good);
        put(f, "42.job", good);
        link = g_build_filename(f->folder, "8.job", NULL);
        g_assert_cmpint(symlink("42.job", link), ==, 0);
        folder = g_build_filename(f->folder, "9.job", NULL);
        g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
        g_free(folder);
        folder = g_build_filename(f->folder, "10.job", NULL);
        g_assert_cmpint(mkfifo(folder, 0600), ==, 0);

        list = job_records_read(f->records);
        g_assert_cmpuint(list->len, ==, 1);
        g_assert_cmpuint(((JobRecord *) list->pdata[0])->id, ==, 42);
        g_assert_cmpstr(((JobRecord *) list->pdata[0])->name, ==, "web");
}

static void test_a_folder_that_cannot_be_used_is_an_error(Fixture *f, const void *data) {
        JobRecords *records = NULL;

        g_assert_cmpint(job_records_new("/dev/null/jobs", &records), <, 0);
        g_assert_null(records);
}

#define ADD(name, function) g_test_add("/job-record/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("what-is-written-is-read", test_what_is_written_is_read);
        ADD("what-is-removed-is-gone", test_what_is_removed_is_gone);
        ADD("what-is-no-record-is-ignored", test_what_is_no_record_is_ignored);
        ADD("a-folder-that-cannot-be-used-is-an-error", test_a_folder_that_cannot_be_used_is_an_error);
        return g_test_run();
}
