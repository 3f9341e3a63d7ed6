/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generator.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define OTHER "2b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define THIRD "3b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define UNIT "/lib/systemd/system/hatago-vm@.service"

typedef struct Fixture {
        char *above, *settings, *output;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
        f->above = g_dir_make_tmp("generator-XXXXXX", NULL);
        f->settings = g_build_filename(f->above, "machines.d", NULL);
        f->output = g_build_filename(f->above, "generator", NULL);
        g_assert_cmpint(g_mkdir(f->settings, 0755), ==, 0);
        g_assert_cmpint(g_mkdir(f->output, 0755), ==, 0);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw) {
        return remove(path);
}

static void tear_down(Fixture *f, gconstpointer data) {
        g_assert_cmpint(nftw(f->above, remove_entry, /* nopenfd= */ 8, FTW_DEPTH | FTW_PHYS), ==, 0);
        g_free(f->above);
        g_free(f->settings);
        g_free(f->output);
}

/* The settings of a machine, in lines after its name. */
static void put(Fixture *f, const char *uuid, const char *name, const char *lines) {
        g_autofree char *path = g_strdup_printf("%s/%s.conf", f->settings, uuid);
        g_autofree char *text = g_strdup_printf("[Machine]\nName=%s\n%s", name, lines);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void run(Fixture *f) {
        g_assert_cmpint(generator_run(f->settings, UNIT, f->output), ==, 0);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* All that was written, paths in order, one a line. */
static void expect_files(Fixture *f, const char *expected) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GDir) folders = g_dir_open(f->output, 0, NULL);
        g_autoptr(GString) text = g_string_new(NULL);
        const char *folder, *name;

        while ((folder = g_dir_read_name(folders))) {
                g_autofree char *path = g_build_filename(f->output, folder, NULL);
                g_autoptr(GDir) files = g_dir_open(path, 0, NULL);

                while ((name = g_dir_read_name(files)))
                        g_ptr_array_add(names, g_build_filename(folder, name, NULL));
        }
        g_ptr_array_sort(names, compare_names);
        for (guint i = 0; i < names->len; i++)
                g_string_append_printf(text, "%s\n", (char *) names->pdata[i]);
        g_assert_cmpstr(text->str, ==, expected);
}

/* The drop-in of a unit, without the line that says where it is from. */
static void expect_drop_in(Fixture *f, const char *instance, const char *expected) {
        g_autofree char *path =
                        g_strdup_printf("%s/hatago-vm@%s.service.d/50-hatago.conf", f->output, instance);
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_assert_true(g_str_has_prefix(text, "# Made by hatago-generator of "));
        g_assert_cmpstr(strchr(text, '\n') + 1, ==, expected);
}

static void test_nothing_set_is_nothing_written(Fixture *f, gconstpointer data) {
        run(f);
        put(f, UUID, "web", "");
        run(f);
        expect_files(f, "");
}

static void test_no_folder_is_no_failure(Fixture *f, gconstpointer data) {
        g_assert_cmpint(g_rmdir(f->settings), ==, 0);
        run(f);
        expect_files(f, "");
}

static void test_autostart_is_a_link(Fixture *f, gconstpointer data) {
        g_autofree char *path = NULL, *target = NULL;

        put(f, UUID, "web", "Autostart=yes\n");
        run(f);
        expect_files(f, "multi-user.target.wants/hatago-vm@web.service\n");
        path = g_build_filename(f->output, "multi-user.target.wants/hatago-vm@web.service", NULL);
        target = g_file_read_link(path, NULL);
        g_assert_cmpstr(target, ==, UNIT);
}

static void test_order_is_after_what_is_ready(Fixture *f, gconstpointer data) {
        put(f, UUID, "web", "StartAfter=" OTHER " " THIRD "\n");
        put(f, OTHER, "db", "Ready=agent\n");
        put(f, THIRD, "dns", "");
        run(f);
        expect_files(f, "hatago-vm@db.service.d/50-hatago.conf\n"
                        "hatago-vm@web.service.d/50-hatago.conf\n");
        expect_drop_in(f, "web",
                       "[Unit]\n"
                       "After=hatago-vm@db.service\n"
                       "After=hatago-vm-ready@db.service\n"
                       "After=hatago-vm@dns.service\n");
        expect_drop_in(f, "db", "[Unit]\nWants=hatago-vm-ready@db.service\n");
}

static void test_a_stop_timeout_gives_the_unit_more(Fixture *f, gconstpointer data) {
        put(f, UUID, "web", "StopTimeoutSec=60\nReady=port\nReadyPort=80\n");
        run(f);
        expect_drop_in(f, "web",
                       "[Unit]\nWants=hatago-vm-ready@web.service\n"
                       "[Service]\nTimeoutStopSec=105s\n");
}

static void test_names_are_escaped(Fixture *f, gconstpointer data) {
        put(f, UUID, "a b-%n", "Autostart=yes\nStartAfter=" OTHER "\n");
        put(f, OTHER, "宿", "");
        run(f);
        expect_files(f, "hatago-vm@a\\x20b\\x2d\\x25n.service.d/50-hatago.conf\n"
                        "multi-user.target.wants/hatago-vm@a\\x20b\\x2d\\x25n.service\n");
        expect_drop_in(f, "a\\x20b\\x2d\\x25n", "[Unit]\nAfter=hatago-vm@\\xe5\\xae\\xbf.service\n");
}

static void test_a_long_name_is_its_uuid(Fixture *f, gconstpointer data) {
        g_autofree char *name = g_strnfill(240, 'x');

        put(f, UUID, name, "Autostart=yes\nReady=agent\n");
        run(f);
        expect_drop_in(f, "1b4e28ba\\x2d2fa1\\x2d11d2\\x2d883f\\x2d0016d3cca427",
                       "[Unit]\nWants=hatago-vm-ready@1b4e28ba\\x2d2fa1\\x2d11d2\\x2d883f\\x2d0016d3cca427."
                       "service\n");
}

static void test_the_longest_name_fits(Fixture *f, gconstpointer data) {
        g_autofree char *name = g_strnfill(231, 'x');

        put(f, UUID, name, "Autostart=yes\nReady=agent\n");
        run(f);
        expect_drop_in(f, name,
                       "[Unit]\nWants=hatago-vm-ready@"
                       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                       ".service\n");
}

static void test_what_is_not_known_is_left_out(Fixture *f, gconstpointer data) {
        put(f, UUID, "web", "Autostart=yes\nStartAfter=" OTHER " " THIRD "\n");
        put(f, OTHER, "db", "");
        run(f);
        expect_drop_in(f, "web",
                       "# " THIRD " is not known: ignored\n"
                       "[Unit]\nAfter=hatago-vm@db.service\n");

        /* Nothing but that is worth a drop-in as well: "systemctl cat" shows it. */
        put(f, UUID, "web2", "StartAfter=" THIRD "\n");
        run(f);
        expect_drop_in(f, "web2", "# " THIRD " is not known: ignored\n");
}

static void test_a_cycle_is_broken(Fixture *f, gconstpointer data) {
        put(f, UUID, "web", "StartAfter=" OTHER "\n");
        put(f, OTHER, "db", "StartAfter=" UUID "\n");
        run(f);
        expect_files(f, "hatago-vm@web.service.d/50-hatago.conf\n");
        expect_drop_in(f, "web", "[Unit]\nAfter=hatago-vm@db.service\n");
}

static void set_age(Fixture *f, const char *uuid, int seconds) {
        g_autofree char *path = g_strdup_printf("%s/%s.conf", f->settings, uuid);
        struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000000 - seconds } };

        g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

static void test_of_two_with_one_name_the_newer_counts(Fixture *f, gconstpointer data) {
        put(f, UUID, "web", "StopTimeoutSec=1\n");
        put(f, OTHER, "web", "StopTimeoutSec=2\n");
        put(f, THIRD, "db", "StartAfter=" UUID "\n");
        set_age(f, UUID, 10);
        set_age(f, OTHER, 0);
        run(f);
        expect_drop_in(f, "web", "[Service]\nTimeoutStopSec=47s\n");
        expect_drop_in(f, "db", "# " UUID " is not known: ignored\n");
}

static void test_the_newer_counts_whichever_is_met_first(Fixture *f, gconstpointer data) {
        put(f, UUID, "web", "StopTimeoutSec=1\n");
        put(f, OTHER, "web", "StopTimeoutSec=2\n");
        put(f, THIRD, "web", "StopTimeoutSec=3\n");
        set_age(f, UUID, 0);
        set_age(f, OTHER, 10);
        set_age(f, THIRD, 5);
        run(f);
        expect_drop_in(f, "web", "[Service]\nTimeoutStopSec=46s\n");
}

static void test_hostile_files_hinder_no_other(Fixture *f, gconstpointer data) {
        g_autofree char *fifo = g_build_filename(f->settings, OTHER ".conf", NULL);
        g_autofree char *link = g_build_filename(f->settings, THIRD ".conf", NULL);

        put(f, UUID, "web", "Autostart=yes\nStartAfter=" OTHER "\n");
        put(f, "4b4e28ba-2fa1-11d2-883f-0016d3cca427", "x\\n[Service]\\nExecStart=/bin/true",
            "Autostart=yes\n");
        put(f, "5b4e28ba-2fa1-11d2-883f-0016d3cca427", "../../x", "Autostart=yes\n");
        put(f, "6b4e28ba-2fa1-11d2-883f-0016d3cca427", "y",
            "Autostart=yes\n[Service]\nExecStart=/bin/true\n");
        g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
        g_assert_cmpint(symlink("/etc/shadow", link), ==, 0);
        run(f);
        expect_files(f, "hatago-vm@web.service.d/50-hatago.conf\n"
                        "multi-user.target.wants/hatago-vm@web.service\n");
}

static void test_what_cannot_be_written_is_told_and_the_rest_is_written(Fixture *f, gconstpointer data) {
        g_autofree char *wants = g_build_filename(f->output, "multi-user.target.wants", NULL);

        put(f, UUID, "web", "Autostart=yes\nStopTimeoutSec=60\n");
        g_assert_true(g_file_set_contents(wants, "", 0, NULL));
        g_assert_cmpint(generator_run(f->settings, UNIT, f->output), ==, -ENOTDIR);
        expect_drop_in(f, "web", "[Service]\nTimeoutStopSec=105s\n");
        g_assert_cmpint(generator_run(f->settings, UNIT, "/nonexistent"), ==, -ENOENT);
        g_assert_cmpint(g_unlink(wants), ==, 0);
}

static void test_a_link_is_no_folder(Fixture *f, gconstpointer data) {
        g_autofree char *link = g_build_filename(f->above, "link", NULL);

        g_assert_cmpint(symlink("machines.d", link), ==, 0);
        put(f, UUID, "web", "Autostart=yes\n");
        g_assert_cmpint(generator_run(link, UNIT, f->output), <, 0);
        expect_files(f, "");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add("/generator/" #name, Fixture, NULL, set_up, test_##name, tear_down)
        TEST(nothing_set_is_nothing_written);
        TEST(no_folder_is_no_failure);
        TEST(autostart_is_a_link);
        TEST(order_is_after_what_is_ready);
        TEST(a_stop_timeout_gives_the_unit_more);
        TEST(names_are_escaped);
        TEST(a_long_name_is_its_uuid);
        TEST(the_longest_name_fits);
        TEST(what_is_not_known_is_left_out);
        TEST(a_cycle_is_broken);
        TEST(of_two_with_one_name_the_newer_counts);
        TEST(the_newer_counts_whichever_is_met_first);
        TEST(hostile_files_hinder_no_other);
        TEST(what_cannot_be_written_is_told_and_the_rest_is_written);
        TEST(a_link_is_no_folder);
#undef TEST
        return g_test_run();
}
