/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check-test.h"

static void test_a_file_is_read_without_its_last_line_end(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *text = NULL;

        test_host_write(t, "/sys/x", "%s", "one\ntwo \n\n");
        text = host_read(t->host, &t->verdict, "/sys/x");
        g_assert_cmpstr(text, ==, "one\ntwo");
        g_assert_cmpuint(t->verdict.sources->len, ==, 1);
        g_assert_cmpstr(t->verdict.sources->pdata[0], ==, "/sys/x"); /* without the root */
}

static void test_what_is_not_there_says_so(void) {
        g_autoptr(TestHost) t = test_host_new();
        struct stat status;
        uint64_t free_bytes, size;
        int64_t number;

        g_assert_null(host_read(t->host, &t->verdict, "/gone"));
        g_assert_cmpint(errno, ==, ENOENT);
        g_assert_null(host_list(t->host, &t->verdict, "/gone"));
        g_assert_cmpint(errno, ==, ENOENT);
        g_assert_cmpint(host_read_number(t->host, &t->verdict, "/gone", &number), ==, -ENOENT);
        g_assert_cmpint(host_stat(t->host, &t->verdict, "/gone", &status), ==, -ENOENT);
        g_assert_cmpint(host_filesystem(t->host, &t->verdict, "/gone", &free_bytes, &size), ==, -ENOENT);
        g_assert_false(host_exists(t->host, &t->verdict, "/gone"));
        g_assert_false(host_accessible(t->host, &t->verdict, "/gone"));
        g_assert_cmpuint(t->verdict.sources->len, ==, 1); /* all the same: noted although not there */
}

static void test_numbers(void) {
        static const struct {
                const char *text;
                int r;
                int64_t number;
        } cases[] = {
                { "7\n", 0, 7 },
                { "-1", 0, -1 },
                { "512 kB\n", 0, 512 },
                { "", -EINVAL, 0 },
                { "Y\n", -EINVAL, 0 },
                { "12a", -EINVAL, 0 },
                { "99999999999999999999", -EINVAL, 0 },
        };
        g_autoptr(TestHost) t = test_host_new();

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                int64_t number = 0;

                test_host_write(t, "/n", "%s", cases[i].text);
                g_assert_cmpint(host_read_number(t->host, &t->verdict, "/n", &number), ==, cases[i].r);
                g_assert_cmpint(number, ==, cases[i].number);
        }
}

/* It must come back at all: nobody ever writes there. */
static void test_a_fifo_and_a_folder_are_no_files(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *fifo = host_path(t->host, "/fifo");

        g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
        g_assert_null(host_read(t->host, &t->verdict, "/fifo"));
        g_assert_cmpint(errno, ==, EINVAL);
        g_assert_null(host_read(t->host, &t->verdict, "/"));
        g_assert_cmpint(errno, ==, EINVAL);
        g_assert_null(host_list(t->host, &t->verdict, "/fifo"));
}

static void test_a_big_file_is_cut(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *big = g_strnfill(3 * 1024 * 1024, 'x'), *text = NULL;

        test_host_write(t, "/big", "%s", big);
        text = host_read(t->host, &t->verdict, "/big");
        g_assert_nonnull(text);
        g_assert_cmpuint(strlen(text), ==, 1024 * 1024);
}

static void test_names_come_sorted(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_auto(GStrv) names = NULL;
        g_autofree char *joined = NULL;

        test_host_write(t, "/d/b", "%s", "");
        test_host_write(t, "/d/a", "%s", "");
        test_host_make_folder(t, "/d/.c");
        names = host_list(t->host, &t->verdict, "/d");
        joined = g_strjoinv(" ", names);
        g_assert_cmpstr(joined, ==, ".c a b");
}

static void test_what_is_denied_says_so(void) {
        g_autoptr(TestHost) t = test_host_new();
        struct stat status;
        char *text, **names;
        int text_errno, names_errno, r;

        test_host_write(t, "/secret/x", "%s", "x");
        test_host_write(t, "/x", "%s", "x");
        test_host_chmod(t, "/x", 0);
        test_host_chmod(t, "/secret", 0);
        if (!test_be_nobody(true))
                return;

        text = host_read(t->host, &t->verdict, "/x");
        text_errno = errno;
        names = host_list(t->host, &t->verdict, "/secret");
        names_errno = errno;
        r = host_stat(t->host, &t->verdict, "/secret/x", &status);
        g_assert_true(test_be_nobody(false));
        test_host_chmod(t, "/secret", 0755);

        g_assert_null(text);
        g_assert_cmpint(text_errno, ==, EACCES);
        g_assert_null(names);
        g_assert_cmpint(names_errno, ==, EACCES);
        g_assert_cmpint(r, ==, -EACCES);
}

static void test_a_filesystem_has_a_size(void) {
        g_autoptr(TestHost) t = test_host_new();
        uint64_t free_bytes = 0, size = 0;

        g_assert_cmpint(host_filesystem(t->host, &t->verdict, "/", &free_bytes, &size), ==, 0);
        g_assert_cmpuint(size, >, 0);
        g_assert_cmpuint(free_bytes, <=, size);
}

static void has_flag(const char *cpuinfo, const char *flag, bool expected) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/cpuinfo", "%s", cpuinfo);
        g_assert_cmpint(host_processor_flag(t->host, &t->verdict, flag), ==, expected);
}

static void test_flags_are_whole_words_of_their_lines(void) {
        has_flag("flags\t\t: fpu vmx lm\n", "vmx", true);
        has_flag("flags\t\t: fpu\nflags\t\t: fpu vmx\n", "vmx", true);
        has_flag("Features\t: fp asimd\n", "asimd", true);
        has_flag("features\t: esan3 sie\n", "sie", true);
        has_flag("facilities      : 0 1 158\n", "158", true);
        has_flag("facilities      : 0 1 1580\n", "158", false);
        has_flag("flags\t\t: fpu\nvmx flags\t: vnmi ept\n", "vmx", false);
        has_flag("vmx flags\t: vnmi ept\n", "ept", false);
        has_flag("flags\t\t: vmx_extra\n", "vmx", false);
        has_flag("model name\t: vmx\n", "vmx", false);
        has_flag("flags", "vmx", false);
        has_flag("", "vmx", false);
}

static void test_flags_are_read_once_and_named_each_time(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_auto(Verdict) second;

        test_host_write(t, "/proc/cpuinfo", "%s", "flags : svm\n");
        g_assert_true(host_processor_flag(t->host, &t->verdict, "svm"));
        test_host_remove(t, "/proc/cpuinfo");
        verdict_init(&second);
        g_assert_true(host_processor_flag(t->host, &second, "svm"));
        g_assert_cmpstr(second.sources->pdata[0], ==, "/proc/cpuinfo");
}

static void test_modules(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_make_folder(t, "/sys/module/vhost_net");
        g_assert_true(host_module(t->host, &t->verdict, "vhost_net"));
        g_assert_false(host_module(t->host, &t->verdict, "tun"));
        test_host_write(t, "/proc/modules", "%s", "tun_x 1 0 - Live 0x0\nx 1 2 tun, Live 0x0\ntun\n");
        g_assert_false(host_module(t->host, &t->verdict, "tun"));
        test_host_write(t, "/proc/modules", "%s", "x 1 0 - Live 0x0\ntun 61440 1 - Live 0x0\n");
        g_assert_true(host_module(t->host, &t->verdict, "tun"));
}

/* A tree of files has neither a processor nor a bus, wherever it runs. */
static void test_below_a_folder_there_are_no_services(void) {
        g_autoptr(TestHost) t = test_host_new();

        g_assert_false(host_processor(t->host, &t->verdict)->is_x86);
        g_assert_null(host_unit(t->host, &t->verdict, "dbus.service"));
        g_assert_false(host_libvirt(t->host, &t->verdict)->connected);
        g_assert_false(host_network_manager(t->host, &t->verdict)->running);
        g_assert_false(host_agent(t->host, &t->verdict)->running);
        g_assert_cmpuint(t->verdict.sources->len, ==, 5);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/host/a-file-is-read-without-its-last-line-end",
                        test_a_file_is_read_without_its_last_line_end);
        g_test_add_func("/host/what-is-not-there-says-so", test_what_is_not_there_says_so);
        g_test_add_func("/host/numbers", test_numbers);
        g_test_add_func("/host/a-fifo-and-a-folder-are-no-files", test_a_fifo_and_a_folder_are_no_files);
        g_test_add_func("/host/a-big-file-is-cut", test_a_big_file_is_cut);
        g_test_add_func("/host/names-come-sorted", test_names_come_sorted);
        g_test_add_func("/host/what-is-denied-says-so", test_what_is_denied_says_so);
        g_test_add_func("/host/a-filesystem-has-a-size", test_a_filesystem_has_a_size);
        g_test_add_func("/host/flags-are-whole-words-of-their-lines",
                        test_flags_are_whole_words_of_their_lines);
        g_test_add_func("/host/flags-are-read-once-and-named-each-time",
                        test_flags_are_read_once_and_named_each_time);
        g_test_add_func("/host/modules", test_modules);
        g_test_add_func("/host/below-a-folder-there-are-no-services",
                        test_below_a_folder_there_are_no_services);
        return g_test_run();
}
