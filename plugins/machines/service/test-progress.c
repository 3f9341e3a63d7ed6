/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"

static void put(const char *folder, const char *file, const char *text) {
        g_autofree char *path = g_build_filename(folder, file, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void drop(const char *folder, const char *file) {
        g_autofree char *path = g_build_filename(folder, file, NULL);

        g_assert_cmpint(g_unlink(path), ==, 0);
}

static void test_a_save_is_as_far_as_its_file(void) {
        g_autofree char *folder = g_dir_make_tmp("progress-XXXXXX", NULL);

        g_assert_cmpint(progress_of_save(folder, "web 1"), ==, -1);
        put(folder, "web 1.save", "12345");
        g_assert_cmpint(progress_of_save(folder, "web 1"), ==, 5);
        g_assert_cmpint(progress_of_save(folder, "web"), ==, -1);
        drop(folder, "web 1.save");
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* What is called as QEMU is, and its file of libvirt's. */
static void test_a_restore_is_as_far_as_its_memory(void) {
        g_autofree char *folder = g_dir_make_tmp("progress-XXXXXX", NULL), *text = NULL;
        int ready[2];
        pid_t child;
        char byte;

        g_assert_cmpint(progress_of_restore(folder, "web", UUID), ==, -1);
        g_assert_cmpint(pipe2(ready, O_CLOEXEC), ==, 0);
        child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child == 0) {
                (void) close(STDERR_FILENO);
                (void) execlp("tail", "tail", "-q", "-f", "/dev/null", "--", "-uuid", UUID, NULL);
                _exit(1);
        }
        (void) close(ready[1]);
        g_assert_cmpint(read(ready[0], &byte, 1), ==, 0);
        (void) close(ready[0]);

        text = g_strdup_printf("%d", (int) child);
        put(folder, "web.pid", text);
        /* It has a page at least, and no megabytes. */
        g_assert_cmpint(progress_of_restore(folder, "web", UUID), >=, sysconf(_SC_PAGESIZE));
        g_assert_cmpint(progress_of_restore(folder, "web", UUID), <, 64 << 20);
        g_assert_cmpint(kill(child, SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
        g_assert_cmpint(progress_of_restore(folder, "web", UUID), ==, -1);
        drop(folder, "web.pid");
        g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_patience_lasts_as_long_as_it_goes_on(void) {
        Patience patience = patience_new(10, 100);

        g_assert_cmpint(patience.deadline, ==, 110);
        g_assert_false(patience_renew(&patience, -1, 101));
        g_assert_true(patience_renew(&patience, 0, 102));
        g_assert_cmpint(patience.deadline, ==, 112);
        g_assert_false(patience_renew(&patience, 0, 105));
        g_assert_cmpint(patience.deadline, ==, 112);
        g_assert_true(patience_renew(&patience, 7, 111));
        g_assert_cmpint(patience.deadline, ==, 121);
        g_assert_false(patience_renew(&patience, -1, 112));
        g_assert_false(patience_renew(&patience, 7, 113));
        g_assert_cmpint(patience.deadline, ==, 121);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/progress/a_save_is_as_far_as_its_file", test_a_save_is_as_far_as_its_file);
        g_test_add_func("/progress/a_restore_is_as_far_as_its_memory",
                        test_a_restore_is_as_far_as_its_memory);
        g_test_add_func("/progress/patience_lasts_as_long_as_it_goes_on",
                        test_patience_lasts_as_long_as_it_goes_on);
        return g_test_run();
}
