/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "check-test.h"

#define V1                                                                                                  \
        "tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0\n"                                                      \
        "cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0\n"                                  \
        "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n"                            \
        "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"                                               \
        "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n"                                               \
        "cgroup /sys/fs/cgroup/devices cgroup rw,devices 0 0\n"                                             \
        "cgroup /sys/fs/cgroup/blkio cgroup rw,blkio 0 0\n"
#define V2 "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nsdelegate 0 0\n"
#define HYBRID V1 "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"

static const char *const names[] = { "cpu", "cpuacct", "cpuset", "memory", "devices", "blkio" };

/* missing: names with a blank between. */
static void expect_missing(TestHost *t, const char *missing) {
        g_auto(GStrv) words = g_strsplit(missing, " ", /* max_tokens= */ -1);

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                bool lacks = g_strv_contains((const char *const *) words, names[i]);
                g_autofree char *id = g_strconcat("cgroup-", names[i], NULL);
                g_autofree char *expected = lacks ? g_strdup_printf("warn missing controller=%s", names[i])
                                                  : g_strdup("pass");

                test_host_judge(t, id, expected);
        }
}

static void test_version_1(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/mounts", "%s", V1);
        expect_missing(t, "");
        g_assert_cmpstr(t->verdict.value, ==, "v1");
        test_host_write(t, "/proc/mounts", "%s", "cgroup /c/m cgroup rw,memory 0 0\n");
        expect_missing(t, "cpu cpuacct cpuset devices blkio");
}

static void test_only_a_mount_of_its_type_counts(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/mounts", "%s",
                        "tmpfs /x tmpfs rw,memory,cpu 0 0\n"
                        "cgroup /sys/fs/cgroup/systemd cgroup rw,name=memory 0 0\n"
                        "cgroup\n\ncgroup /cgroup");
        expect_missing(t, "cpu cpuacct cpuset memory devices blkio");
}

static void test_version_2(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/mounts", "%s", V2);
        test_host_write(t, "/sys/fs/cgroup/cgroup.controllers", "%s", "cpuset cpu io memory pids\n");
        expect_missing(t, "devices");
        host_set_device_programs(t->host, 1);
        expect_missing(t, "");
        g_assert_cmpstr(t->verdict.value, ==, "v2");

        /* cpuacct is a part of every group, and blkio is another name's. */
        test_host_write(t, "/sys/fs/cgroup/cgroup.controllers", "%s", "memory blkio\n");
        expect_missing(t, "cpu cpuset blkio");
}

static void test_who_may_not_ask_gets_no_false_alarm(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/mounts", "%s", V2);
        test_host_write(t, "/sys/fs/cgroup/cgroup.controllers", "%s", "cpu\n");
        host_set_device_programs(t->host, -EPERM);
        test_host_judge(t, "cgroup-devices",
                        "skip denied what=/sys/fs/cgroup error=Operation not permitted");
        test_host_judge(t, "cgroup-cpu", "pass");
}

/* systemd's: version 2 has no controller, so libvirt does not look at it. */
static void test_hybrid(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_device_programs(t->host, 1);
        test_host_write(t, "/proc/mounts", "%s", HYBRID);
        test_host_write(t, "/sys/fs/cgroup/unified/cgroup.controllers", "%s", "");
        expect_missing(t, "");
        g_assert_cmpstr(t->verdict.value, ==, "v1");

        test_host_write(t, "/proc/mounts", "%s",
                        "cgroup /c/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
        expect_missing(t, "cpuacct cpuset memory devices blkio");
        test_host_write(t, "/sys/fs/cgroup/unified/cgroup.controllers", "%s", "memory\n");
        expect_missing(t, "cpuset blkio");
}

static void test_a_folder_with_a_blank(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/mounts", "%s", "cgroup2 /my\\040groups cgroup2 rw 0 0\n");
        test_host_write(t, "/my groups/cgroup.controllers", "%s", "cpu\n");
        test_host_judge(t, "cgroup-cpu", "pass");
}

static void test_nothing_is_mounted(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "cgroup-cpu",
                        "skip unreadable what=/proc/mounts error=No such file or directory");
        test_host_write(t, "/proc/mounts", "%s", "");
        expect_missing(t, "cpu cpuacct cpuset memory devices blkio");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/cgroup/version-1", test_version_1);
        g_test_add_func("/cgroup/only-a-mount-of-its-type-counts", test_only_a_mount_of_its_type_counts);
        g_test_add_func("/cgroup/version-2", test_version_2);
        g_test_add_func("/cgroup/who-may-not-ask-gets-no-false-alarm",
                        test_who_may_not_ask_gets_no_false_alarm);
        g_test_add_func("/cgroup/hybrid", test_hybrid);
        g_test_add_func("/cgroup/a-folder-with-a-blank", test_a_folder_with_a_blank);
        g_test_add_func("/cgroup/nothing-is-mounted", test_nothing_is_mounted);
        return g_test_run();
}
