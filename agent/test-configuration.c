/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

/* Two folders as the agent reads them: the administrator's goes first. */
typedef struct Fixture {
        char *root, *admin, *vendor;
        int log, old_stderr; /* where messages go meanwhile */
} Fixture;

static void folder_make(const char *path) {
        g_autofree char *drop_ins = g_build_filename(path, "hatagod.conf.d", NULL);

        g_assert_cmpint(g_mkdir_with_parents(drop_ins, 0700), ==, 0);
}

static void fixture_init(Fixture *f, const void *unused) {
        g_autofree char *log = NULL;

        f->root = g_dir_make_tmp("hatago-test-XXXXXX", NULL);
        g_assert_nonnull(f->root);
        f->admin = g_build_filename(f->root, "etc", NULL);
        f->vendor = g_build_filename(f->root, "lib", NULL);
        folder_make(f->admin);
        folder_make(f->vendor);

        log = g_build_filename(f->root, "log", NULL);
        f->log = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        g_assert_cmpint(f->log, >=, 0);
        f->old_stderr = dup(STDERR_FILENO);
        g_assert_cmpint(dup2(f->log, STDERR_FILENO), >=, 0);
}

static void remove_all(const char *path) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_all(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

static void fixture_done(Fixture *f, const void *unused) {
        dup2(f->old_stderr, STDERR_FILENO);
        close(f->old_stderr);
        close(f->log);
        remove_all(f->root);
        g_free(f->admin);
        g_free(f->vendor);
        g_free(f->root);
}

static void put(const char *folder, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What was logged since the last time. */
static char *log_take(Fixture *f) {
        char text[4096] = { 0 };
        ssize_t n = pread(f->log, text, sizeof(text) - 1, 0);

        g_assert_cmpint(n, >=, 0);
        g_assert_cmpint(ftruncate(f->log, 0), ==, 0);
        return g_strndup(text, (gsize) n);
}

static void log_is_empty(Fixture *f) {
        g_autofree char *log = log_take(f);
        g_assert_cmpstr(log, ==, "");
}

static void log_names(Fixture *f, const char *part) {
        g_autofree char *log = log_take(f);
        g_assert_nonnull(strstr(log, part));
        g_assert_true(strchr(log, '\n') == strrchr(log, '\n')); /* one line */
}

static Configuration *read_all(Fixture *f) {
        const char *const folders[] = { f->admin, f->vendor, NULL };
        return configuration_new(folders);
}

static void key_is(Configuration *c, const char *key, const char *expected) {
        g_assert_cmpstr(configuration_string(c, "A", key, "otherwise"), ==, expected);
}

static void test_no_file_is_an_empty_one(Fixture *f, const void *unused) {
        const char *const folders[] = { "/nonexistent", f->admin, NULL };
        g_autoptr(Configuration) c = configuration_new(folders);

        key_is(c, "X", "otherwise");
        configuration_warn_unknown(c);
        log_is_empty(f);
}

static void test_the_administrators_file_takes_the_vendors_place(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->vendor, "hatagod.conf", "[A]\nX=vendor\nY=vendor\n");
        put(f->admin, "hatagod.conf", "[A]\nX=admin\n");
        c = read_all(f);
        key_is(c, "X", "admin");
        key_is(c, "Y", "otherwise");
        log_is_empty(f);
}

static void test_an_empty_file_masks_the_vendors(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->vendor, "hatagod.conf", "[A]\nX=vendor\n");
        put(f->admin, "hatagod.conf", "");
        c = read_all(f);
        key_is(c, "X", "otherwise");
        log_is_empty(f);
}

static void test_drop_ins_of_both_folders_apply_by_name(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nX=file\nY=file\nZ=file\nW=file\n");
        put(f->vendor, "hatagod.conf.d/50-b.conf", "[A]\nX=vendor-50\nY=vendor-50\n");
        put(f->admin, "hatagod.conf.d/10-a.conf", "[A]\nX=admin-10\nY=admin-10\nZ=admin-10\n");
        put(f->admin, "hatagod.conf.d/90-c.conf", "[A]\nX=admin-90\n");
        c = read_all(f);
        key_is(c, "X", "admin-90");
        key_is(c, "Y", "vendor-50");
        key_is(c, "Z", "admin-10");
        key_is(c, "W", "file");
}

static void test_a_drop_in_masks_the_vendors_of_that_name(Fixture *f, const void *unused) {
        g_autofree char *masked = g_build_filename(f->admin, "hatagod.conf.d", "60-null.conf", NULL);
        g_autoptr(Configuration) c = NULL;

        put(f->vendor, "hatagod.conf.d/50-a.conf", "[A]\nX=vendor\nY=vendor\n");
        put(f->admin, "hatagod.conf.d/50-a.conf", "[A]\nX=admin\n");
        put(f->vendor, "hatagod.conf.d/60-null.conf", "[A]\nZ=vendor\n");
        g_assert_cmpint(symlink("/dev/null", masked), ==, 0); /* as systemd's tools mask */
        c = read_all(f);
        key_is(c, "X", "admin");
        key_is(c, "Y", "otherwise");
        key_is(c, "Z", "otherwise");
        log_is_empty(f);
}

static void test_only_names_that_end_in_conf_are_drop_ins(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf.d/50-a.conf~", "[A]\nX=backup\n");
        put(f->admin, "hatagod.conf.d/README", "[A]\nX=readme\n");
        c = read_all(f);
        key_is(c, "X", "otherwise");
}

static void test_an_empty_value_returns_to_the_default(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nX=file\nT=5s\n");
        put(f->admin, "hatagod.conf.d/1.conf", "[A]\nX=\nT=\n");
        c = read_all(f);
        key_is(c, "X", "otherwise");
        g_assert_cmpuint(configuration_span(c, "A", "T", 0, UINT64_MAX, 7), ==, 7);
        configuration_warn_unknown(c);
        log_is_empty(f);
}

static void test_sections_do_not_mix(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nX=a\n[B]\nX=b\n");
        c = read_all(f);
        key_is(c, "X", "a");
        g_assert_cmpstr(configuration_string(c, "B", "X", NULL), ==, "b");
        g_assert_null(configuration_string(c, "C", "X", NULL));
}

static void test_a_file_that_cannot_be_parsed_is_named_and_ignored(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nX=file\n");
        put(f->admin, "hatagod.conf.d/1.conf", "[A]\nX=broken\nno key at all\n");
        c = read_all(f);
        key_is(c, "X", "file");
        log_names(f, "1.conf");
}

static void test_a_span_must_be_one_within_its_range(Fixture *f, const void *unused) {
        static const char *const bad[] = { "soon", "-1s", "9ms", "21ms", "99999999999999999999d" };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *text = g_strdup_printf("[A]\nT=%s\n", bad[i]);
                g_autoptr(Configuration) c = NULL;

                put(f->admin, "hatagod.conf", text);
                c = read_all(f);
                g_assert_cmpuint(configuration_span(c, "A", "T", 10000, 20000, 15000), ==, 15000);
                log_names(f, bad[i]);
        }
}

static void test_a_span_may_be_at_the_ends_of_its_range(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nS=10ms\nT=20ms\n");
        c = read_all(f);
        g_assert_cmpuint(configuration_span(c, "A", "S", 10000, 20000, 1), ==, 10000);
        g_assert_cmpuint(configuration_span(c, "A", "T", 10000, 20000, 1), ==, 20000);
        log_is_empty(f);
}

static void test_a_boolean_is_yes_or_no(Fixture *f, const void *unused) {
        static const char *const words[][2] = {
                { "yes", "no" }, { "True", "FALSE" }, { "on", "off" }, { "1", "0" }
        };

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
                g_autofree char *text = g_strdup_printf("[A]\nY=%s\nN=%s\nE=\n", words[i][0], words[i][1]);
                g_autoptr(Configuration) c = NULL;

                put(f->admin, "hatagod.conf", text);
                c = read_all(f);
                g_assert_true(configuration_boolean(c, "A", "Y", false));
                g_assert_false(configuration_boolean(c, "A", "N", true));
                g_assert_true(configuration_boolean(c, "A", "E", true));
                g_assert_false(configuration_boolean(c, "A", "Missing", false));
                log_is_empty(f);
        }
}

static void test_what_is_neither_yes_nor_no_is_named(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nB=maybe\n");
        c = read_all(f);
        g_assert_true(configuration_boolean(c, "A", "B", true));
        log_names(f, "maybe");
        g_assert_false(configuration_boolean(c, "A", "B", false));
        log_names(f, "maybe");
}

static void test_a_key_that_nobody_asked_for_is_named(Fixture *f, const void *unused) {
        g_autoptr(Configuration) c = NULL;

        put(f->admin, "hatagod.conf", "[A]\nX=file\nTypo=1\n");
        c = read_all(f);
        key_is(c, "X", "file");
        configuration_warn_unknown(c);
        log_names(f, "A.Typo");
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/configuration/no-file-is-an-empty-one", test_no_file_is_an_empty_one);
        add("/configuration/the-administrators-file-takes-the-vendors-place",
            test_the_administrators_file_takes_the_vendors_place);
        add("/configuration/an-empty-file-masks-the-vendors", test_an_empty_file_masks_the_vendors);
        add("/configuration/drop-ins-of-both-folders-apply-by-name",
            test_drop_ins_of_both_folders_apply_by_name);
        add("/configuration/a-drop-in-masks-the-vendors-of-that-name",
            test_a_drop_in_masks_the_vendors_of_that_name);
        add("/configuration/only-names-that-end-in-conf-are-drop-ins",
            test_only_names_that_end_in_conf_are_drop_ins);
        add("/configuration/an-empty-value-returns-to-the-default",
            test_an_empty_value_returns_to_the_default);
        add("/configuration/sections-do-not-mix", test_sections_do_not_mix);
        add("/configuration/a-file-that-cannot-be-parsed-is-named-and-ignored",
            test_a_file_that_cannot_be_parsed_is_named_and_ignored);
        add("/configuration/a-span-must-be-one-within-its-range", test_a_span_must_be_one_within_its_range);
        add("/configuration/a-span-may-be-at-the-ends-of-its-range",
            test_a_span_may_be_at_the_ends_of_its_range);
        add("/configuration/a-boolean-is-yes-or-no", test_a_boolean_is_yes_or_no);
        add("/configuration/what-is-neither-yes-nor-no-is-named", test_what_is_neither_yes_nor_no_is_named);
        add("/configuration/a-key-that-nobody-asked-for-is-named",
            test_a_key_that_nobody_asked_for_is_named);
        return g_test_run();
}
