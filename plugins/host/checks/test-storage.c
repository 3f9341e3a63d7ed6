/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/sysmacros.h>

#include "check-test.h"

#define IMAGES "/var/lib/libvirt/images"
#define MIB ((uint64_t) 1024 * 1024)
#define GIB (1024 * MIB)

static void test_room_for_images(void) {
        static const struct {
                uint64_t free, size;
                const char *result;
                uint64_t told; /* 0: all that is free */
        } rows[] = {
                { 100 * GIB, 200 * GIB, "pass" },
                { 10 * GIB - 1, 200 * GIB, "warn low", 10112 * MIB },
                { 10 * GIB, 200 * GIB, "pass" }, /* less than a tenth, but not little */
                { 2 * GIB, 20 * GIB, "pass" },   /* little, but a tenth of it */
                { 2 * GIB - 1, 20 * GIB, "warn low", 2032 * MIB },
                { 256 * MIB, 20 * GIB, "warn low" },
                { 256 * MIB - 1, 20 * GIB, "fail full", 254 * MIB },
                { 255 * MIB, 1 * GIB, "fail full", 254 * MIB },
                { 0, 0, "fail full" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(TestHost) t = test_host_new();
                g_autofree char *expected = g_strdup_printf(
                                "%s path=" IMAGES " free=%" G_GUINT64_FORMAT " size=%" G_GUINT64_FORMAT,
                                rows[i].result, rows[i].told ?: rows[i].free, rows[i].size);

                host_set_filesystem(t->host, IMAGES, rows[i].free, rows[i].size);
                test_host_judge(t, "disk-space", expected);
        }
}

static void test_of_all_pools_the_worst_counts(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_filesystem(t->host, IMAGES, 100 * GIB, 200 * GIB);
        host_set_filesystem(t->host, "/low", GIB, 200 * GIB);
        host_set_filesystem(t->host, "/lower", GIB - 1, 300 * GIB);
        host_set_filesystem(t->host, "/full", 0, 200 * GIB);
        host_set_libvirt(t->host, true, "");
        host_add_pool(t->host, "stopped", "/full", false, true);
        host_add_pool(t->host, "devices", "", true, true);
        host_add_pool(t->host, "gone", "/gone", true, true);
        test_host_judge(t, "disk-space", "pass path=" IMAGES " free=107374182400 size=214748364800");
        g_assert_cmpstr(t->verdict.value, ==, IMAGES);

        host_add_pool(t->host, "low", "/low", true, true);
        host_add_pool(t->host, "lower", "/lower", true, true);
        test_host_judge(t, "disk-space", "warn low path=/lower free=1065353216 size=322122547200");
        host_add_pool(t->host, "full", "/full", true, true);
        test_host_judge(t, "disk-space", "fail full path=/full free=0 size=214748364800");
}

static void test_before_libvirt_is_installed(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "disk-space", "skip unreadable what=" IMAGES " error=No such file or directory");
        host_set_filesystem(t->host, "/var/lib", 0, GIB);
        test_host_judge(t, "disk-space", "fail full path=/var/lib free=0 size=1073741824");
}

/* The superblock's options stand last; those before the dash are of the mount, as a sandbox has it. */
static void write_mounts(TestHost *t, const char *options) {
        struct stat status;

        g_assert_cmpint(stat(t->root, &status), ==, 0);
        test_host_write(t, "/proc/self/mountinfo",
                        "1 0 0:1 / /other ro - iso9660 /dev/x ro\n"
                        "broken\n"
                        "2 0 %u:%u / / ro,noatime shared:1 - ext4 /dev/y %s\n",
                        major(status.st_dev), minor(status.st_dev), options);
}

/* A CD is full, and that is all right. */
static void test_what_is_read_only_does_not_count(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_libvirt(t->host, true, "");
        test_host_make_folder(t, "/isos");
        host_add_pool(t->host, "isos", "/isos", true, true);
        write_mounts(t, "ro,errors=continue");
        test_host_judge(t, "disk-space", "skip unreadable what=" IMAGES " error=No such file or directory");
        test_host_make_folder(t, IMAGES);
        test_host_judge(t, "disk-space", "skip unreadable what=" IMAGES " error=Read-only file system");

        host_set_filesystem(t->host, IMAGES, UINT64_MAX, UINT64_MAX); /* better than any other */
        write_mounts(t, "rw,errors=continue");
        check_find("disk-space")->judge(t->host, &t->verdict);
        g_assert_cmpstr(t->verdict.value, ==, "/isos");
        write_mounts(t, "ro");
        check_find("disk-space")->judge(t->host, &t->verdict);
        g_assert_cmpstr(t->verdict.value, ==, IMAGES);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/storage/room-for-images", test_room_for_images);
        g_test_add_func("/storage/of-all-pools-the-worst-counts", test_of_all_pools_the_worst_counts);
        g_test_add_func("/storage/before-libvirt-is-installed", test_before_libvirt_is_installed);
        g_test_add_func("/storage/what-is-read-only-does-not-count", test_what_is_read_only_does_not_count);
        return g_test_run();
}
