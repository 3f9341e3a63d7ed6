/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unanswered.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define WEB "be9c0000-0000-4000-8000-000000000001"
#define DB "be9c0000-0000-4000-8000-000000000002"

static bool is_web(void *userdata, const char *run) {
        return g_str_equal(run, WEB ".7");
}

static bool is_none(void *userdata, const char *run) {
        return false;
}

static void test_it_is_of_one_run(void) {
        g_autofree char *folder = g_dir_make_tmp("unanswered-XXXXXX", NULL);
        g_autofree char *lock = g_build_filename(folder, ".lock", NULL);

        g_assert_true(g_file_set_contents(lock, "", 0, NULL));
        g_assert_false(unanswered_is(folder, WEB, 7));
        unanswered_add(folder, WEB, 7);
        unanswered_add(folder, WEB, 7);
        unanswered_add(folder, DB, 8);
        g_assert_true(unanswered_is(folder, WEB, 7));
        g_assert_false(unanswered_is(folder, WEB, 8));
        g_assert_true(unanswered_is(folder, DB, 8));

        /* DB has ended. */
        g_assert_cmpuint(unanswered_sweep(folder, is_web, NULL), ==, 1);
        g_assert_true(unanswered_is(folder, WEB, 7));
        g_assert_false(unanswered_is(folder, DB, 8));
        g_assert_cmpint(access(lock, F_OK), ==, 0);

        (void) unanswered_sweep(folder, is_none, NULL);
        g_assert_cmpint(g_unlink(lock), ==, 0);
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_a_folder_that_is_not_there_has_none(void) {
        g_assert_cmpuint(unanswered_sweep("/nonexistent", is_web, NULL), ==, 0);
        g_assert_false(unanswered_is("/nonexistent", WEB, 7));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unanswered/it is of one run", test_it_is_of_one_run);
        g_test_add_func("/unanswered/a folder that is not there has none",
                        test_a_folder_that_is_not_there_has_none);
        return g_test_run();
}
