/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "users.h"

#include <errno.h>

#include "check-test.h"

static TestHost *host_with_users(void) {
        TestHost *t = test_host_new();

        test_host_write(t, "/etc/passwd",
                        "root:x:0:0:root:/root:/bin/bash\n"
                        "broken\n"
                        "alice:x:-5:100::/:/bin/sh\n"
                        "libvirt-qemu:x:64055:105:Libvirt Qemu,,,:/var/lib/libvirt:/usr/sbin/nologin\n"
                        "libvirt-qemu2:x:1:1::/:/bin/sh\n");
        test_host_write(t, "/etc/group",
                        "root:x:0:\n"
                        "kvm:x:105:\n"
                        "disk:x:6:bob,libvirt-qemu\n"
                        "tape:x:26:libvirt-qemu2,xlibvirt-qemu\n"
                        "odd:x:nan:libvirt-qemu\n"
                        "short:x\n"
                        "audio:x:29:libvirt-qemu,bob\n");
        return t;
}

static void test_a_user_has_all_groups(void) {
        g_autoptr(TestHost) t = host_with_users();
        g_auto(User) user = { 0 };

        g_assert_cmpint(user_read(t->host, &t->verdict, "libvirt-qemu", &user), ==, 0);
        g_assert_cmpuint(user.uid, ==, 64055);
        g_assert_cmpuint(user.groups->len, ==, 3);
        g_assert_cmpuint(g_array_index(user.groups, gid_t, 0), ==, 105);
        g_assert_cmpuint(g_array_index(user.groups, gid_t, 1), ==, 6);
        g_assert_cmpuint(g_array_index(user.groups, gid_t, 2), ==, 29);
}

static void test_numbers_have_names(void) {
        g_autoptr(TestHost) t = host_with_users();
        g_autofree char *user = user_name(t->host, &t->verdict, 64055);
        g_autofree char *group = group_name(t->host, &t->verdict, 105);
        g_autofree char *nobody = user_name(t->host, &t->verdict, 105);
        g_autofree char *nothing = group_name(t->host, &t->verdict, 64055);

        g_assert_cmpstr(user, ==, "libvirt-qemu");
        g_assert_cmpstr(group, ==, "kvm");
        g_assert_cmpstr(nobody, ==, "105");
        g_assert_cmpstr(nothing, ==, "64055");
}

static void test_who_is_not_listed_is_no_user(void) {
        g_autoptr(TestHost) t = host_with_users();
        g_autoptr(TestHost) empty = test_host_new();
        g_auto(User) user = { 0 };

        g_assert_cmpint(user_read(t->host, &t->verdict, "libvirt", &user), ==, -ESRCH);
        g_assert_cmpint(user_read(t->host, &t->verdict, "alice", &user), ==, -ESRCH); /* -5 is no id */
        g_assert_cmpint(user_read(t->host, &t->verdict, "broken", &user), ==, -ESRCH);
        g_assert_cmpint(user_read(empty->host, &empty->verdict, "root", &user), ==, -ENOENT);
        g_assert_null(user.groups);
}

/* owner, group, mode; and whether libvirt-qemu may use it */
static void may(uid_t uid, gid_t gid, mode_t mode, bool expected) {
        g_autoptr(TestHost) t = host_with_users();
        g_auto(User) user = { 0 };
        struct stat status = { .st_uid = uid, .st_gid = gid, .st_mode = mode };

        g_assert_cmpint(user_read(t->host, &t->verdict, "libvirt-qemu", &user), ==, 0);
        g_assert_cmpint(user_may_use(&user, &status), ==, expected);
}

static void test_the_first_class_that_fits_decides(void) {
        may(0, 105, 0660, true);
        may(0, 6, 0660, true);
        may(0, 0, 0660, false);
        may(0, 0, 0666, true);
        may(0, 105, 0606, false); /* its group is refused, whatever others may */
        may(0, 105, 0640, false);
        may(64055, 0, 0600, true);
        may(64055, 105, 0066, false);
        may(0, 0, 0604, false);
}

static void test_root_may_all(void) {
        g_autoptr(TestHost) t = host_with_users();
        g_auto(User) user = { 0 };
        struct stat status = { .st_uid = 1, .st_gid = 1, .st_mode = 0 };

        g_assert_cmpint(user_read(t->host, &t->verdict, "root", &user), ==, 0);
        g_assert_true(user_may_use(&user, &status));
}

static void qemu_is(const char *conf, const char *expected, const char *expected_group) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *name = NULL, *group = NULL;

        if (conf)
                test_host_write(t, "/etc/libvirt/qemu.conf", "%s", conf);
        g_assert_cmpint(user_of_qemu(t->host, &t->verdict, &name, &group), ==, 0);
        g_assert_cmpstr(name, ==, expected);
        g_assert_cmpstr(group, ==, expected_group);
}

static void test_the_user_of_qemu(void) {
        qemu_is(NULL, "libvirt-qemu", "libvirt-qemu");
        qemu_is("#user = \"root\"\n", "libvirt-qemu", "libvirt-qemu");
        qemu_is("# x\n  user = \"bob\"  # comment\ngroup = \"kvm\"\n", "bob", "kvm");
        qemu_is("user='carol'\n#group = \"x\"\n", "carol", "libvirt-qemu");
        qemu_is("users = \"dave\"\nuser_x = \"erin\"\nuser = 7\nuser = \"open\n", "libvirt-qemu",
                "libvirt-qemu");
}

/* expected: the user's number, or -errno; n_groups: with that of the second setting. */
static void setting_is(const char *user_setting, const char *group_setting, int64_t expected,
                       unsigned n_groups) {
        g_autoptr(TestHost) t = host_with_users();
        g_auto(User) user = { 0 };
        int r = user_read_setting(t->host, &t->verdict, user_setting, &user);

        g_assert_cmpint(r < 0 ? r : (int64_t) user.uid, ==, expected);
        if (r < 0)
                return;
        user_add_group_setting(&user, t->host, &t->verdict, group_setting);
        g_assert_cmpuint(user.groups->len, ==, n_groups);
}

static void test_settings_are_names_or_numbers(void) {
        setting_is("libvirt-qemu", "tape", 64055, 4);
        setting_is("libvirt-qemu", "nemo", 64055, 3);
        setting_is("64055", "+7", 64055, 4); /* he is listed, and has his groups */
        setting_is("+64055", "7", 64055, 4);
        setting_is("+107", "kvm", 107, 1);
        setting_is("107", "", 107, 0);
        setting_is("+libvirt-qemu", "", -ESRCH, 0);
        setting_is("nemo", "", -ESRCH, 0);
        setting_is("-1", "", -ESRCH, 0);
}

static void test_a_refused_file_is_no_missing_one(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *name = NULL, *group = NULL;
        int r;

        test_host_write(t, "/etc/libvirt/qemu.conf", "%s", "user = \"bob\"\n");
        test_host_chmod(t, "/etc/libvirt/qemu.conf", 0);
        if (!test_be_nobody(true))
                return;

        r = user_of_qemu(t->host, &t->verdict, &name, &group);
        g_assert_true(test_be_nobody(false));
        g_assert_cmpint(r, ==, -EACCES);
        g_assert_null(name);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/users/numbers-have-names", test_numbers_have_names);
        g_test_add_func("/users/a-user-has-all-groups", test_a_user_has_all_groups);
        g_test_add_func("/users/who-is-not-listed-is-no-user", test_who_is_not_listed_is_no_user);
        g_test_add_func("/users/the-first-class-that-fits-decides", test_the_first_class_that_fits_decides);
        g_test_add_func("/users/root-may-all", test_root_may_all);
        g_test_add_func("/users/the-user-of-qemu", test_the_user_of_qemu);
        g_test_add_func("/users/settings-are-names-or-numbers", test_settings_are_names_or_numbers);
        g_test_add_func("/users/a-refused-file-is-no-missing-one", test_a_refused_file_is_no_missing_one);
        return g_test_run();
}
