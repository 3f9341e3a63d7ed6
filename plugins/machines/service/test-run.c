/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define OTHER "2b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define INSTANCE "web\\x2d1"
#define TEXT(text) (text), sizeof(text) - 1

typedef struct Fixture {
        char *folder, *pid_file;
        pid_t child;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
        f->folder = g_dir_make_tmp("run-XXXXXX", NULL);
        f->pid_file = g_build_filename(f->folder, "web 1.pid", NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
        if (f->child > 0) {
                g_assert_cmpint(kill(f->child, SIGKILL), ==, 0);
                g_assert_cmpint(waitpid(f->child, NULL, 0), ==, f->child);
        }
        (void) g_unlink(f->pid_file);
        run_record_remove(f->folder, INSTANCE);
        g_assert_cmpint(g_rmdir(f->folder), ==, 0); /* nothing else was left */
        g_free(f->pid_file);
        g_free(f->folder);
}

/* A process that is called as QEMU is; it waits for its end. */
static void start_qemu(Fixture *f, const char *uuid) {
        int ready[2];
        char byte;

        g_assert_cmpint(pipe2(ready, O_CLOEXEC), ==, 0);
        f->child = fork();
        g_assert_cmpint(f->child, >=, 0);
        if (f->child == 0) {
                /* The others are no files, of which it complains. */
                (void) close(STDERR_FILENO);
                (void) execlp("tail", "tail", "-q", "-f", "/dev/null", "--", "-uuid", uuid, NULL);
                _exit(1);
        }
        /* Its command line is there when the pipe is closed by its execution. */
        (void) close(ready[1]);
        g_assert_cmpint(read(ready[0], &byte, 1), ==, 0);
        (void) close(ready[0]);
}

static void put_pid(Fixture *f, int pid) {
        g_autofree char *text = g_strdup_printf("%d", pid);

        g_assert_true(g_file_set_contents(f->pid_file, text, -1, NULL));
}

static int find(Fixture *f, pid_t *ret_pid) {
        return qemu_find(f->folder, "web 1", UUID, ret_pid);
}

static void test_a_record_is_read_as_it_was_written(Fixture *f, gconstpointer data) {
        static const RunRecord runs[] = {
                { .uuid = UUID, .id = 1, .pid = 4711 },
                { .uuid = UUID, .id = INT_MAX, .pid = INT_MAX, .restored = true },
                { .uuid = OTHER },
                { .uuid = OTHER, .restored = true },
                { .uuid = UUID, .id = 2, .pid = 3, .stopped = true },
                { .uuid = UUID, .id = 2, .pid = 3, .restored = true, .stopped = true },
        };
        RunRecord run;

        g_assert_cmpint(run_record_read(f->folder, INSTANCE, &run), ==, -ENOENT);
        for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
                g_assert_cmpint(run_record_write(f->folder, INSTANCE, runs + i), ==, 0);
                g_assert_cmpint(run_record_read(f->folder, INSTANCE, &run), ==, 0);
                g_assert_cmpstr(run.uuid, ==, runs[i].uuid);
                g_assert_cmpuint(run.id, ==, runs[i].id);
                g_assert_cmpint(run.pid, ==, runs[i].pid);
                g_assert_cmpint(run.restored, ==, runs[i].restored);
                g_assert_cmpint(run.stopped, ==, runs[i].stopped);
        }
        run_record_remove(f->folder, INSTANCE);
        g_assert_cmpint(run_record_read(f->folder, INSTANCE, &run), ==, -ENOENT);
}

static void test_a_folder_that_is_gone_is_told(Fixture *f, gconstpointer data) {
        g_autofree char *deeper = g_build_filename(f->folder, "none", NULL);

        g_assert_cmpint(run_record_write(deeper, INSTANCE, &(RunRecord){ .uuid = UUID }), <, 0);
}

static void test_none_is_written_that_cannot_be_read(Fixture *f, gconstpointer data) {
        RunRecord run;

        g_assert_cmpint(run_record_write(f->folder, INSTANCE, &(RunRecord){ .uuid = UUID, .id = 5 }), ==,
                        -EINVAL);
        g_assert_cmpint(run_record_write(f->folder, INSTANCE, &(RunRecord){ .uuid = UUID, .pid = 5 }), ==,
                        -EINVAL);
        g_assert_cmpint(run_record_read(f->folder, INSTANCE, &run), ==, -ENOENT);
}

static void test_a_run_is_seen_until_the_boot(Fixture *f, gconstpointer data) {
        g_autofree char *path = g_build_filename(f->folder, "." INSTANCE, NULL);

        g_assert_false(run_was_seen(f->folder, INSTANCE));
        g_assert_cmpint(run_record_write(f->folder, INSTANCE, &(RunRecord){ .uuid = UUID }), ==, 0);
        g_assert_false(run_was_seen(f->folder, INSTANCE));
        run_note_seen(f->folder, INSTANCE);
        run_note_seen(f->folder, INSTANCE);
        run_record_remove(f->folder, INSTANCE);
        g_assert_true(run_was_seen(f->folder, INSTANCE));
        g_assert_false(run_was_seen(f->folder, "web"));
        g_assert_cmpint(g_unlink(path), ==, 0);
}

static void test_what_is_no_record(void) {
        static const char *const texts[] = {
                "",
                "\n",
                "hatago-run-1 " UUID " 1 2",
                "hatago-run-2 " UUID " 1 2\n",
                "hatago-run-1 " UUID " 1\n",
                "hatago-run-1 " UUID " 1 2 3\n",
                "hatago-run-1 " UUID " 1 2 restored restored\n",
                "hatago-run-1 " UUID " 1 2 stopped restored stopped\n",
                "hatago-run-1 " UUID " 0 2\n",
                "hatago-run-1 " UUID " 1 0\n",
                "hatago-run-1 " UUID " 1 -2\n",
                "hatago-run-1 " UUID " 1 2147483648\n",
                "hatago-run-1 " UUID " 1 2\n\n",
                "hatago-run-1 web 1 2\n",
        };
        RunRecord run;

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_test_message("row %zu", i);
                g_assert_cmpint(run_record_parse(texts[i], strlen(texts[i]), &run), ==, -EINVAL);
        }
        g_assert_cmpint(run_record_parse(TEXT("hatago-run-1 " UUID " 1 2\0\n"), &run), ==, -EINVAL);
}

static void test_the_process_is_found(Fixture *f, gconstpointer data) {
        pid_t pid = 0;
        int fd;

        start_qemu(f, UUID);
        put_pid(f, f->child);
        fd = find(f, &pid);
        g_assert_cmpint(fd, >=, 0);
        g_assert_cmpint(pid, ==, f->child);
        g_assert_cmpint(close(fd), ==, 0);
}

static void test_by_a_name_as_libvirt_writes_it(Fixture *f, gconstpointer data) {
        static const char *const files[] = { "<a&b>.pid", "&lt;a&amp;b&gt;.pid" };

        start_qemu(f, UUID);
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = g_build_filename(f->folder, files[i], NULL);
                g_autofree char *text = g_strdup_printf("%d", f->child);
                pid_t pid = 0;
                int fd;

                g_assert_true(g_file_set_contents(path, text, -1, NULL));
                fd = qemu_find(f->folder, "<a&b>", UUID, &pid);
                g_assert_cmpint(fd, >=, 0);
                g_assert_cmpint(pid, ==, f->child);
                g_assert_cmpint(close(fd), ==, 0);
                g_assert_cmpint(g_unlink(path), ==, 0);
        }
}

static void test_another_machines_process_is_not(Fixture *f, gconstpointer data) {
        pid_t pid = 7;

        start_qemu(f, OTHER);
        put_pid(f, f->child);
        g_assert_cmpint(find(f, &pid), ==, -ESRCH);
        put_pid(f, getpid());
        g_assert_cmpint(find(f, &pid), ==, -ESRCH);
        g_assert_cmpint(pid, ==, 7);
}

static void test_nor_one_that_has_ended(Fixture *f, gconstpointer data) {
        pid_t pid;

        g_assert_cmpint(find(f, &pid), ==, -ESRCH); /* no file either */
        start_qemu(f, UUID);
        put_pid(f, f->child);
        g_assert_cmpint(kill(f->child, SIGKILL), ==, 0);
        /* It is waited for by nobody: a number that nobody else can have, of a process that is no more. */
        g_assert_cmpint(waitid(P_PID, (id_t) f->child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), ==, 0);
        g_assert_cmpint(find(f, &pid), ==, -ESRCH);
        g_assert_cmpint(waitpid(f->child, NULL, 0), ==, f->child);
        g_assert_cmpint(find(f, &pid), ==, -ESRCH);
        f->child = 0;
}

static void test_what_is_no_number_is_told(Fixture *f, gconstpointer data) {
        static const char *const texts[] = { "", "x", "-1", "0", "1", "4294967297" };
        pid_t pid;

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_assert_true(g_file_set_contents(f->pid_file, texts[i], -1, NULL));
                g_assert_cmpint(find(f, &pid), ==, -EINVAL);
        }
}

static void test_command_lines(void) {
        static const struct {
                const char *text;
                gsize size;
                bool has;
        } rows[] = {
                { TEXT("qemu\0-name\0web\0-uuid\0" UUID "\0-m\0001\0"), true },
                { TEXT("qemu\0-uuid\0" UUID "\0"), true },
                { TEXT("qemu\0-uuid\0" UUID), false }, /* cut off */
                { TEXT("qemu\0-uuid\0"), false },
                { TEXT("qemu\0-uuid"), false },
                { TEXT("qemu\0-uuid\0" OTHER "\0-uuid\0" UUID "\0"), false },
                { TEXT("qemu\0" UUID "\0"), false },
                { TEXT("qemu\0-name\0-uuid " UUID "\0"), false },
                { TEXT(""), false },
                { TEXT("\0\0\0"), false },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *copy = g_memdup2(rows[i].text, rows[i].size); /* nothing behind it */

                g_test_message("row %zu", i);
                g_assert_cmpint(qemu_command_line_has_uuid(copy, rows[i].size, UUID), ==, rows[i].has);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/run/what_is_no_record", test_what_is_no_record);
        g_test_add_func("/run/command_lines", test_command_lines);
#define TEST(name) g_test_add("/run/" #name, Fixture, NULL, set_up, test_##name, tear_down)
        TEST(a_record_is_read_as_it_was_written);
        TEST(a_folder_that_is_gone_is_told);
        TEST(none_is_written_that_cannot_be_read);
        TEST(a_run_is_seen_until_the_boot);
        TEST(the_process_is_found);
        TEST(by_a_name_as_libvirt_writes_it);
        TEST(another_machines_process_is_not);
        TEST(nor_one_that_has_ended);
        TEST(what_is_no_number_is_told);
#undef TEST
        return g_test_run();
}
