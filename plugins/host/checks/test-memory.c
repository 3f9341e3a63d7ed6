/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <unistd.h>

#include "check-test.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages/"
#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define KSM "/sys/kernel/mm/ksm/"
#define OVERCOMMIT "/proc/sys/vm/overcommit_memory"

static void add_pool(TestHost *t, const char *size, const char *count, const char *free_count) {
        g_autofree char *all = g_strconcat(HUGEPAGES "hugepages-", size, "/nr_hugepages", NULL);
        g_autofree char *unused = g_strconcat(HUGEPAGES "hugepages-", size, "/free_hugepages", NULL);

        test_host_write(t, all, "%s\n", count);
        test_host_write(t, unused, "%s\n", free_count);
}

static void test_big_pages(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "hugepages", "pass none");
        add_pool(t, "2048kB", "0", "0");
        test_host_judge(t, "hugepages", "pass none");
        add_pool(t, "2048kB", "600", "12");
        test_host_judge(t, "hugepages", "pass reserved count=600 size=2097152 free=12");
        add_pool(t, "1048576kB", "2", "1");
        test_host_judge(t, "hugepages", "pass reserved count=2 size=1073741824 free=1");
        add_pool(t, "2048kB", "6000", "4095");
        test_host_judge(t, "hugepages", "pass reserved count=6000 size=2097152 free=4064");
        add_pool(t, "2048kB", "600", "12");
        add_pool(t, "1048576kB", "1", "1");
        add_pool(t, "64kB", "7", "7");
        add_pool(t, "oddkB", "99999999", "7");
        add_pool(t, "4kB", "none", "7");
        test_host_judge(t, "hugepages", "pass reserved count=600 size=2097152 free=12");
}

static void test_big_pages_that_may_not_be_seen(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_pool(t, "2048kB", "1", "1");
        test_host_chmod(t, HUGEPAGES, 0);
        if (!test_be_nobody(true))
                return;
        test_host_judge(t, "hugepages", "skip denied what=/sys/kernel/mm/hugepages error=Permission denied");
        g_assert_true(test_be_nobody(false));
}

static void test_transparent_big_pages(void) {
        static const struct {
                const char *text, *expected, *value;
        } cases[] = {
                { "[always] madvise never\n", "pass", "always" },
                { "always [madvise] never\n", "pass", "madvise" },
                { "always madvise [never]\n", "warn off", "never" },
                { "odd\n", "skip unreadable what=" THP " error=Invalid argument", "" },
        };
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "thp", "skip unreadable what=" THP " error=No such file or directory");
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                test_host_write(t, THP, "%s", cases[i].text);
                test_host_judge(t, "thp", cases[i].expected);
                g_assert_cmpstr(t->verdict.value, ==, cases[i].value);
        }
}

static void test_shared_pages(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *saved = g_strdup_printf("pass on saved=%ld",
                                                 1000 * sysconf(_SC_PAGESIZE)); /* 1000 is 125 << 3 */

        test_host_judge(t, "ksm", "skip unreadable what=" KSM "run error=No such file or directory");
        test_host_write(t, KSM "run", "%s", "0\n");
        test_host_judge(t, "ksm", "pass off fixable");
        test_host_write(t, KSM "run", "%s", "2\n");
        test_host_judge(t, "ksm", "pass off fixable");
        test_host_write(t, KSM "run", "%s", "1\n");
        test_host_judge(t, "ksm", "pass on saved=0");
        test_host_write(t, KSM "pages_sharing", "%s", "1000\n");
        test_host_write(t, KSM "pages_shared", "%s", "7\n");
        test_host_judge(t, "ksm", saved);
        test_host_write(t, KSM "pages_sharing", "%s", "1001\n"); /* no news */
        test_host_judge(t, "ksm", saved);
}

static void test_promises_of_memory(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "overcommit",
                        "skip unreadable what=" OVERCOMMIT " error=No such file or directory");
        test_host_write(t, OVERCOMMIT, "%s", "0\n");
        test_host_judge(t, "overcommit", "pass");
        test_host_write(t, OVERCOMMIT, "%s", "1\n");
        test_host_judge(t, "overcommit", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "1");
        test_host_write(t, OVERCOMMIT, "%s", "2\n");
        test_host_write(t, "/proc/meminfo", "%s",
                        "MemTotal:       16000000 kB\nCommitLimit:     8000000 kB\n"
                        "Committed_AS:    1000000 kB\n");
        test_host_judge(t, "overcommit", "warn strict limit=8192000000 committed=1023410176");
}

static void test_what_guests_were_given(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, OVERCOMMIT, "%s", "1\n");
        host_set_guest_memory(t->host, 8192000001);
        test_host_judge(t, "overcommit", "pass"); /* the host's is not known */
        test_host_write(t, "/proc/meminfo", "%s", "MemTotal:        8000000 kB\n");
        test_host_judge(t, "overcommit", "warn guests-exceed given=8187281408 memory=8187281408");
        host_set_guest_memory(t->host, 8192000000);
        test_host_judge(t, "overcommit", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "1");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/memory/big-pages", test_big_pages);
        g_test_add_func("/memory/big-pages-that-may-not-be-seen", test_big_pages_that_may_not_be_seen);
        g_test_add_func("/memory/transparent-big-pages", test_transparent_big_pages);
        g_test_add_func("/memory/shared-pages", test_shared_pages);
        g_test_add_func("/memory/promises-of-memory", test_promises_of_memory);
        g_test_add_func("/memory/what-guests-were-given", test_what_guests_were_given);
        return g_test_run();
}
