/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "checks/check.h"
#include "checks/report.h"
#include "fix/fix.h"
#include "fix/remedy.h"

#define FORWARD "proc/sys/net/ipv4/ip_forward"
#define DROP_IN "etc/sysctl.d/hatago-forwarding.conf"
#define RECORD "var/lib/hatago-fix/"

/* Writes what it was called with, and does as if; it fails where there is a file that says so. */
static const char modprobe[] = "#!/usr/bin/env sh\n"
                               "root=${0%/usr/sbin/modprobe}\n"
                               "echo \"$*\" >>\"$root/called\"\n"
                               "if [ -e \"$root/fails\" ]; then echo no such thing >&2; exit 1; fi\n"
                               "case $1 in\n"
                               "--) mkdir -p \"$root/sys/module/$2\" ;;\n"
                               "esac\n";

typedef struct Fixture {
        char *root;
        int socket;     /* where systemd would hear of the status */
        char said[256]; /* the last */
        Failure failure;
} Fixture;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw) {
        return remove(path);
}

static char *below(Fixture *f, const char *path) {
        return g_build_filename(f->root, path, NULL);
}

static void put(Fixture *f, const char *path, const char *text) {
        g_autofree char *file = below(f, path), *folder = g_path_get_dirname(file);

        g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
        g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static void assert_text(Fixture *f, const char *path, const char *expected) {
        g_autofree char *file = below(f, path), *text = NULL;

        (void) g_file_get_contents(file, &text, NULL, NULL);
        g_assert_cmpstr(text, ==, expected);
}

static bool exists(Fixture *f, const char *path) {
        g_autofree char *file = below(f, path);
        return g_file_test(file, G_FILE_TEST_EXISTS);
}

/* Empties the queue, which holds few. */
static void hear_status(Fixture *f) {
        ssize_t n;

        while ((n = recv(f->socket, f->said, sizeof(f->said) - 1, MSG_DONTWAIT)) > 0)
                f->said[n] = '\0';
}

static int run(Fixture *f, const char *word) {
        int r;

        failure_done(&f->failure);
        r = fix_run(f->root, word, &f->failure);
        hear_status(f);
        return r;
}

static void listen_for_status(Fixture *f) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        g_autofree char *path = below(f, "notify");

        g_assert_cmpint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                        sizeof(address.sun_path));
        f->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(f->socket, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        g_assert_true(g_setenv("NOTIFY_SOCKET", path, TRUE));
}

static void set_up(Fixture *f, gconstpointer data) {
        g_autofree char *program = NULL;

        f->root = g_dir_make_tmp("fix-XXXXXX", NULL);
        listen_for_status(f);
        put(f, FORWARD, "0\n");
        put(f, "proc/sys/net/bridge/bridge-nf-call-arptables", "1\n");
        put(f, "proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
        put(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "0\n");
        put(f, "sys/kernel/mm/ksm/run", "0\n");
        put(f, "etc/sysctl.d/README", "");
        put(f, "etc/tmpfiles.d/README", "");
        put(f, "etc/modules-load.d/README", "");
        put(f, "usr/sbin/modprobe", modprobe);
        program = below(f, "usr/sbin/modprobe");
        g_assert_cmpint(chmod(program, 0755), ==, 0);
}

static void tear_down(Fixture *f, gconstpointer data) {
        g_unsetenv("NOTIFY_SOCKET");
        g_assert_true(g_close(f->socket, NULL));
        g_assert_cmpint(nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
        failure_done(&f->failure);
        g_free(f->root);
}

/* The word is half of a unit's name: whoever may start units says it. */
static void test_a_hostile_name_is_refused(Fixture *f, gconstpointer data) {
        static const char *const words[] = {
                "",
                "undo:",
                "undo:undo:ksm",
                "ksm ",
                "ksm/",
                "../ksm",
                "undo:../../etc/passwd",
                "KSM",
                "ksm\nksm",
                "\x1b[2J",
                "-h",
                "--help",
                "undo:-h",
                "redo:ksm",
                "cgroup-cpu",
                "%s%n",
                "\xff",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
                g_assert_cmpint(run(f, words[i]), ==, -EINVAL);
                g_assert_true(g_utf8_validate(f->failure.message, -1, NULL));
                g_assert_null(strpbrk(f->failure.message, "\n\x1b"));
        }
        g_assert_false(exists(f, "var/lib"));
}

/* Only a judge says that a remedy would help, and remedies are found by the name of the check. */
static void test_every_remedy_has_its_check(Fixture *f, gconstpointer data) {
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (const Remedy *remedy = remedy_table; remedy->id; remedy++) {
                g_assert_true(remedy_find(remedy->id) == remedy);
                g_assert_nonnull(check_find(remedy->id));
                g_assert_true(g_hash_table_add(seen, (gpointer) remedy->id));
                for (const char *c = remedy->id; *c; c++)
                        g_assert_true(g_ascii_islower(*c) || g_ascii_isdigit(*c) || *c == '-');
        }
        g_assert_null(remedy_find("undo"));
}

static void test_a_setting_is_made_and_taken_back(Fixture *f, gconstpointer data) {
        g_autofree char *file = below(f, DROP_IN);
        struct stat status;

        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        assert_text(f, FORWARD, "1");
        assert_text(f, DROP_IN,
                    "# Written by hatago-fix(8). To take it back: systemctl start "
                    "hatago-fix@undo:forwarding.service\n"
                    "net.ipv4.ip_forward = 1\n");
        g_assert_cmpint(stat(file, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777, ==, 0644);
        g_assert_true(exists(f, RECORD "forwarding"));

        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        assert_text(f, FORWARD, "0");
        g_assert_false(exists(f, DROP_IN));
        g_assert_false(exists(f, RECORD "forwarding"));
}

static void test_twice_is_a_success_and_keeps_what_was_first(Fixture *f, gconstpointer data) {
        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        g_assert_cmpstr(f->said, ==, "STATUS=Applied");
        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        g_assert_cmpstr(f->said, ==, "STATUS=Nothing was left to do");
        put(f, FORWARD, "2\n"); /* somebody else's; mended again */
        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        g_assert_cmpstr(f->said, ==, "STATUS=Applied");
        assert_text(f, FORWARD, "1");
        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        g_assert_cmpstr(f->said, ==, "STATUS=Taken back");
        assert_text(f, FORWARD, "0");
}

static void test_what_fails_the_second_time_is_as_before_it(Fixture *f, gconstpointer data) {
        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        put(f, FORWARD, "2\n");
        put(f, DROP_IN, "# mine\n");
        g_assert_cmpint(run(f, "forwarding"), <, 0);
        assert_text(f, FORWARD, "2");
        assert_text(f, DROP_IN, "# mine\n");

        /* what was before the first time is not forgotten */
        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        assert_text(f, FORWARD, "0");
        g_assert_false(exists(f, RECORD "forwarding"));
}

/* One of the values was right the first time: only that one is new. */
static void test_old_and_new_changes_are_told_apart(Fixture *f, gconstpointer data) {
        g_autofree char *drop_in = below(f, "etc/sysctl.d/hatago-bridge-nf.conf");

        g_assert_cmpint(run(f, "bridge-nf"), ==, 0);
        put(f, "proc/sys/net/bridge/bridge-nf-call-iptables", "1\n");
        put(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "5\n");
        put(f, "etc/sysctl.d/hatago-bridge-nf.conf", "# mine\n");
        g_assert_cmpint(run(f, "bridge-nf"), <, 0);
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-iptables", "1");
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "5");

        put(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "6\n");
        g_assert_cmpint(g_unlink(drop_in), ==, 0);
        g_assert_cmpint(run(f, "bridge-nf"), ==, 0);
        g_assert_cmpint(run(f, "undo:bridge-nf"), ==, 0);
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-iptables", "1");
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "6");
        g_assert_false(exists(f, "etc/sysctl.d/hatago-bridge-nf.conf"));
}

/* Its module went, its package was removed, its folder is not there. */
static void test_what_has_gone_is_taken_back(Fixture *f, gconstpointer data) {
        put(f, RECORD "ksm",
            "[change-1]\nKind=value\nTarget=/proc/sys/gone\nBefore=0\n"
            "[change-2]\nKind=file\nTarget=/etc/gone.d/hatago-ksm.conf\nBefore=\n"
            "[change-3]\nKind=device\nTarget=/dev/gone/kvm\nBefore=0 0 600\n"
            "[change-4]\nKind=module\nTarget=gone\nBefore=absent\n");
        g_assert_cmpint(run(f, "undo:ksm"), ==, 0);
        g_assert_false(exists(f, RECORD "ksm"));
}

static void test_what_is_right_is_left(Fixture *f, gconstpointer data) {
        g_assert_cmpint(run(f, "bridge-nf"), ==, 0);
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-iptables", "0");
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "0\n"); /* not written */
        g_assert_cmpint(run(f, "undo:bridge-nf"), ==, 0);
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-iptables", "1");
        assert_text(f, "proc/sys/net/bridge/bridge-nf-call-ip6tables", "0\n");
}

static void test_an_administrators_file_is_never_overwritten(Fixture *f, gconstpointer data) {
        put(f, DROP_IN, "# mine\n");
        g_assert_cmpint(run(f, "forwarding"), <, 0);
        g_assert_nonnull(strstr(f->failure.message, DROP_IN));
        assert_text(f, DROP_IN, "# mine\n");
        assert_text(f, FORWARD, "0"); /* the half that was done is taken back */
        g_assert_false(exists(f, RECORD "forwarding"));
}

static void test_a_link_is_not_followed(Fixture *f, gconstpointer data) {
        g_autofree char *link = below(f, DROP_IN);

        put(f, "etc/passwd", "root\n");
        g_assert_cmpint(symlink("../passwd", link), ==, 0);
        g_assert_cmpint(run(f, "forwarding"), <, 0);
        assert_text(f, "etc/passwd", "root\n");
        g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
}

/* Where writing is what failed, it would fail again. */
static void test_what_is_as_before_is_not_written_back(Fixture *f, gconstpointer data) {
        g_autofree char *value = below(f, FORWARD);
        struct stat before, after;

        put(f, RECORD "forwarding", "[change-1]\nKind=value\nTarget=/" FORWARD "\nBefore=0\n");
        g_assert_cmpint(stat(value, &before), ==, 0);
        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        g_assert_cmpint(stat(value, &after), ==, 0);
        g_assert_cmpint(before.st_mtim.tv_nsec, ==, after.st_mtim.tv_nsec);
        assert_text(f, FORWARD, "0\n");
}

static void test_a_file_that_was_changed_since_stays(Fixture *f, gconstpointer data) {
        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        put(f, DROP_IN, "# mine now\n");
        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        assert_text(f, DROP_IN, "# mine now\n");
        assert_text(f, FORWARD, "0");
}

static void test_undo_without_a_record_is_an_error(Fixture *f, gconstpointer data) {
        g_assert_cmpint(run(f, "undo:forwarding"), <, 0);
        g_assert_nonnull(strstr(f->failure.message, "nothing to take back"));
        assert_text(f, FORWARD, "0\n");

        /* nor is there a record of what had not to be changed */
        put(f, FORWARD, "1\n");
        g_assert_cmpint(run(f, "forwarding"), ==, 0);
        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        g_assert_cmpint(run(f, "undo:forwarding"), <, 0);
}

static void test_an_interrupted_remedy_is_taken_back(Fixture *f, gconstpointer data) {
        put(f, RECORD "forwarding",
            "[change-1]\nKind=value\nTarget=/" FORWARD "\nBefore=0\n"
            "[change-2]\nKind=file\nTarget=/" DROP_IN "\nBefore=\n");
        put(f, FORWARD, "1\n");
        g_assert_cmpint(run(f, "undo:forwarding"), ==, 0);
        assert_text(f, FORWARD, "0");
        g_assert_false(exists(f, RECORD "forwarding"));
}

static void test_a_change_of_another_version_is_kept(Fixture *f, gconstpointer data) {
        put(f, RECORD "ksm", "[change-1]\nKind=magic\nTarget=/x\nBefore=\n");
        g_assert_cmpint(run(f, "undo:ksm"), <, 0);
        g_assert_nonnull(strstr(f->failure.message, "magic"));
        g_assert_true(exists(f, RECORD "ksm"));
}

static void test_a_record_is_what_the_report_calls_undoable(Fixture *f, gconstpointer data) {
        for (int after = 0; after < 2; after++) {
                g_autoptr(GVariant) report = g_variant_take_ref(report_make(f->root, "acceleration"));
                g_autofree char *text = g_variant_print(report, FALSE);

                /* of kvm-module alone */
                g_assert_cmpint(strstr(text, ", true)") != NULL, ==, after);
                put(f, RECORD "kvm-module", "[change-1]\nKind=module\nTarget=x\nBefore=absent\n");
        }
}

static void test_a_module_is_loaded_now_and_at_boot(Fixture *f, gconstpointer data) {
        g_assert_cmpint(run(f, "vhost-net"), ==, 0);
        assert_text(f, "called", "-- vhost_net\n");
        assert_text(f, "etc/modules-load.d/hatago-vhost-net.conf",
                    "# Written by hatago-fix(8). To take it back: systemctl start "
                    "hatago-fix@undo:vhost-net.service\n"
                    "vhost_net\n");
        g_assert_cmpint(run(f, "undo:vhost-net"), ==, 0);
        assert_text(f, "called", "-- vhost_net\n"); /* what is loaded stays */
        g_assert_true(exists(f, "sys/module/vhost_net"));
        g_assert_false(exists(f, "etc/modules-load.d/hatago-vhost-net.conf"));
        g_assert_false(exists(f, RECORD "vhost-net"));
}

/* It cannot be unloaded again. */
static void test_no_module_is_loaded_beside_an_administrators_file(Fixture *f, gconstpointer data) {
        put(f, "etc/modules-load.d/hatago-vhost-net.conf", "# mine\n");
        g_assert_cmpint(run(f, "vhost-net"), <, 0);
        g_assert_false(exists(f, "called"));
        g_assert_false(exists(f, RECORD "vhost-net"));
}

static void test_a_loaded_module_is_not_loaded_again(Fixture *f, gconstpointer data) {
        put(f, "sys/module/tun/refcnt", "1\n");
        g_assert_cmpint(run(f, "tun"), ==, 0);
        g_assert_false(exists(f, "called"));
        g_assert_true(exists(f, "etc/modules-load.d/hatago-tun.conf"));
        g_assert_cmpint(run(f, "undo:tun"), ==, 0);
        g_assert_false(exists(f, "called"));
}

static void test_modprobes_own_words_are_the_reason(Fixture *f, gconstpointer data) {
        put(f, "fails", "");
        g_assert_cmpint(run(f, "vhost-net"), <, 0);
        g_assert_nonnull(strstr(f->failure.message, "no such thing"));
        g_assert_false(exists(f, "etc/modules-load.d/hatago-vhost-net.conf"));
        g_assert_false(exists(f, RECORD "vhost-net"));
}

/* As root only: others cannot give a file away. */
static void test_the_device_is_given_to_its_group(Fixture *f, gconstpointer data) {
        g_autofree char *device = below(f, "dev/kvm");
        struct stat status;

        if (geteuid() != 0) {
                g_test_skip("not root");
                return;
        }

        put(f, "dev/kvm", "");
        g_assert_cmpint(run(f, "kvm-qemu-access"), <, 0); /* no group kvm */
        put(f, "etc/group", "root:x:0:\nkvmx:x:9:\nkvm:x:104:libvirt-qemu\n");
        g_assert_cmpint(chown(device, 65534, 65534), ==, 0);
        g_assert_cmpint(chmod(device, 0600), ==, 0);

        g_assert_cmpint(run(f, "kvm-qemu-access"), ==, 0);
        g_assert_cmpint(stat(device, &status), ==, 0);
        g_assert_cmpuint(status.st_uid, ==, 0);
        g_assert_cmpuint(status.st_gid, ==, 104);
        g_assert_cmpuint(status.st_mode & 07777, ==, 0660);

        g_assert_cmpint(run(f, "undo:kvm-qemu-access"), ==, 0);
        g_assert_cmpint(stat(device, &status), ==, 0);
        g_assert_cmpuint(status.st_uid, ==, 65534);
        g_assert_cmpuint(status.st_gid, ==, 65534);
        g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
}

static void test_a_link_in_the_place_of_the_device_is_refused(Fixture *f, gconstpointer data) {
        g_autofree char *device = below(f, "dev/kvm"), *victim = below(f, "etc/passwd");
        struct stat status;

        put(f, "etc/group", "kvm:x:104:\n");
        put(f, "etc/passwd", "");
        put(f, "dev/null", "");
        g_assert_cmpint(chmod(victim, 0600), ==, 0);
        g_assert_cmpint(symlink("../etc/passwd", device), ==, 0);
        g_assert_cmpint(run(f, "kvm-qemu-access"), <, 0);
        g_assert_nonnull(strstr(f->failure.message, "Cannot look at /dev/kvm")); /* nor was it tried */
        g_assert_cmpint(stat(victim, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

#define TEST(name) g_test_add("/remedies/" #name, Fixture, NULL, set_up, test_##name, tear_down)
        TEST(a_hostile_name_is_refused);
        TEST(every_remedy_has_its_check);
        TEST(a_setting_is_made_and_taken_back);
        TEST(twice_is_a_success_and_keeps_what_was_first);
        TEST(what_fails_the_second_time_is_as_before_it);
        TEST(old_and_new_changes_are_told_apart);
        TEST(what_has_gone_is_taken_back);
        TEST(what_is_right_is_left);
        TEST(an_administrators_file_is_never_overwritten);
        TEST(a_link_is_not_followed);
        TEST(what_is_as_before_is_not_written_back);
        TEST(a_file_that_was_changed_since_stays);
        TEST(undo_without_a_record_is_an_error);
        TEST(an_interrupted_remedy_is_taken_back);
        TEST(a_change_of_another_version_is_kept);
        TEST(a_record_is_what_the_report_calls_undoable);
        TEST(a_module_is_loaded_now_and_at_boot);
        TEST(no_module_is_loaded_beside_an_administrators_file);
        TEST(a_loaded_module_is_not_loaded_again);
        TEST(modprobes_own_words_are_the_reason);
        TEST(the_device_is_given_to_its_group);
        TEST(a_link_in_the_place_of_the_device_is_refused);
#undef TEST
        return g_test_run();
}
