/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin-loader.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "common/cleanup.h"

/* The modules are those of test-plugin-module.c, in the folder that the environment names. */

GString *diary;

typedef struct Fixture {
        char *folder;
        GArray *plugins;
        Services services;
} Fixture;

static void fixture_init(Fixture *f, const void *unused) {
        f->folder = g_dir_make_tmp("hatago-test-XXXXXX", NULL);
        g_assert_nonnull(f->folder);
        diary = g_string_new(NULL);
}

static void fixture_done(Fixture *f, const void *unused) {
        g_autoptr(GDir) dir = g_dir_open(f->folder, 0, NULL);
        const char *name;

        plugins_free(f->plugins);
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(f->folder, name, NULL);
                g_assert_cmpint(g_remove(path), ==, 0);
        }
        g_assert_cmpint(g_remove(f->folder), ==, 0);
        g_free(f->folder);
        g_string_free(diary, TRUE);
}

/* Puts a module into the folder. */
static void put(Fixture *f, const char *module, const char *name) {
        g_autofree char *from = g_strdup_printf("%s/test-plugin-%s.so", g_getenv("TEST_MODULES"), module);
        g_autofree char *to = g_build_filename(f->folder, name, NULL);

        g_assert_true(g_file_test(from, G_FILE_TEST_EXISTS));
        g_assert_cmpint(symlink(from, to), ==, 0);
}

static void load(Fixture *f, const char *expected) {
        g_autoptr(GString) names = g_string_new(NULL);

        g_assert_cmpint(plugins_load(f->folder, &f->services, &f->plugins), ==, 0);
        for (guint i = 0; i < f->plugins->len; i++) {
                const Plugin *plugin = &g_array_index(f->plugins, Plugin, i);

                g_string_append_printf(names, "%s ", plugin->descriptor->name);
                g_assert_true(plugin->instance == &f->services);
        }
        g_assert_cmpstr(names->str, ==, expected);
}

static void test_all_are_made_by_file_name_and_freed_backwards(Fixture *f, const void *unused) {
        put(f, "a", "2.so");
        put(f, "b", "1.so");
        load(f, "b a ");
        f->plugins = plugins_free(f->plugins);
        g_assert_cmpstr(diary->str, ==, "+b+a-a-b");
}

static void test_a_module_without_the_symbol_is_left_out(Fixture *f, const void *unused) {
        put(f, "no-symbol", "1.so");
        put(f, "a", "2.so");
        load(f, "a ");
}

static void test_a_module_of_another_abi_is_left_out_uncalled(Fixture *f, const void *unused) {
        put(f, "old-abi", "1.so");
        put(f, "new-abi", "2.so");
        put(f, "a", "3.so");
        load(f, "a ");
        g_assert_cmpstr(diary->str, ==, "+a");
}

static void test_the_first_of_two_with_one_name_stays(Fixture *f, const void *unused) {
        put(f, "a", "1.so");
        put(f, "a-again", "2.so");
        put(f, "a", "3.so");
        load(f, "a ");
        g_assert_cmpstr(diary->str, ==, "+a");
}

static void test_one_that_cannot_be_made_is_left_out_and_not_freed(Fixture *f, const void *unused) {
        put(f, "fails", "1.so");
        put(f, "a", "2.so");
        load(f, "a ");
        f->plugins = plugins_free(f->plugins);
        g_assert_cmpstr(diary->str, ==, "+fails+a-a");
}

static void test_what_is_no_module_is_left_out(Fixture *f, const void *unused) {
        g_autofree char *text = g_build_filename(f->folder, "1.so", NULL);
        g_autofree char *dangling = g_build_filename(f->folder, "2.so", NULL);

        g_assert_true(g_file_set_contents(text, "not a module", -1, NULL));
        g_assert_cmpint(symlink("/nonexistent", dangling), ==, 0);
        put(f, "b", "3.so.bak");
        put(f, "a", "4.so");
        load(f, "a ");
}

static void test_an_empty_folder_has_no_plugins(Fixture *f, const void *unused) {
        load(f, "");
}

static void test_a_missing_folder_is_an_error(Fixture *f, const void *unused) {
        GArray *plugins = NULL;

        g_assert_cmpint(plugins_load("/nonexistent", &f->services, &plugins), ==, -ENOENT);
        g_assert_null(plugins);
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/plugin-loader/all-are-made-by-file-name-and-freed-backwards",
            test_all_are_made_by_file_name_and_freed_backwards);
        add("/plugin-loader/a-module-without-the-symbol-is-left-out",
            test_a_module_without_the_symbol_is_left_out);
        add("/plugin-loader/a-module-of-another-abi-is-left-out-uncalled",
            test_a_module_of_another_abi_is_left_out_uncalled);
        add("/plugin-loader/the-first-of-two-with-one-name-stays",
            test_the_first_of_two_with_one_name_stays);
        add("/plugin-loader/one-that-cannot-be-made-is-left-out-and-not-freed",
            test_one_that_cannot_be_made_is_left_out_and_not_freed);
        add("/plugin-loader/what-is-no-module-is-left-out", test_what_is_no_module_is_left_out);
        add("/plugin-loader/an-empty-folder-has-no-plugins", test_an_empty_folder_has_no_plugins);
        add("/plugin-loader/a-missing-folder-is-an-error", test_a_missing_folder_is_an_error);
        return g_test_run();
}
