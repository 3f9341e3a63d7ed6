/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enabled-units.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders "etc" and "lib" below one of their own. */
typedef struct Fixture {
        char *top, *etc, *lib;
} Fixture;

static void fixture_init(Fixture *f, const void *unused) {
        f->top = g_dir_make_tmp("hatago-enabled-XXXXXX", NULL);
        g_assert_nonnull(f->top);
        f->etc = g_build_filename(f->top, "etc", NULL);
        f->lib = g_build_filename(f->top, "lib", NULL);
        g_assert_cmpint(mkdir(f->etc, 0755), ==, 0);
        g_assert_cmpint(mkdir(f->lib, 0755), ==, 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place) {
        return remove(path);
}

static void fixture_done(Fixture *f, const void *unused) {
        g_assert_cmpint(nftw(f->top, remove_one, 8, FTW_DEPTH | FTW_PHYS), ==, 0);
        g_free(f->top);
        g_free(f->etc);
        g_free(f->lib);
}

static void make_folder(const char *folder, const char *name) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_assert_cmpint(mkdir(path, 0755), ==, 0);
}

static void make_link(const char *folder, const char *name, const char *target) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_assert_cmpint(symlink(target, path), ==, 0);
}

/* The names, by the alphabet, with spaces between. */
static void scan_is(const Fixture *f, const char *expected) {
        char *folders[] = { f->etc, (char *) "lib", (char *) "", (char *) "/nonexistent", f->lib, NULL };
        g_autoptr(GHashTable) units = enabled_units_scan(folders);
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(units), (GCompareFunc) strcmp);
        g_autoptr(GString) text = g_string_new(NULL);

        for (GList *l = names; l; l = l->next)
                g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", (const char *) l->data);
        g_assert_cmpstr(text->str, ==, expected);
}

#define WANTS "multi-user.target.wants"
#define TEMPLATE "/usr/lib/systemd/system/hatago-vm@.service"

static void test_nothing_is_an_empty_set(Fixture *f, const void *unused) {
        scan_is(f, "");
}

static void test_each_way_to_be_pulled_in_counts_once(Fixture *f, const void *unused) {
        make_folder(f->etc, WANTS);
        make_link(f->etc, WANTS "/hatago-vm@web.service", TEMPLATE);
        make_folder(f->lib, WANTS);
        make_link(f->lib, WANTS "/hatago-vm@web.service", TEMPLATE);
        make_folder(f->lib, "graphical.target.requires");
        make_link(f->lib, "graphical.target.requires/hatago-vm@my\\x2ddb.service", TEMPLATE);
        make_folder(f->etc, "default.target.upholds");
        make_link(f->etc, "default.target.upholds/hatago-vm@up.service", TEMPLATE);
        scan_is(f, "hatago-vm@my\\x2ddb.service hatago-vm@up.service hatago-vm@web.service");
}

/* Nobody but systemd knows whether the boot reaches them. */
static void test_what_others_have_started_is_not_the_boots_doing(Fixture *f, const void *unused) {
        make_folder(f->etc, "shop.service.wants");
        make_link(f->etc, "shop.service.wants/hatago-vm@web.service", TEMPLATE);
        make_folder(f->etc, "nightly.target.requires");
        make_link(f->etc, "nightly.target.requires/hatago-vm@db.service", TEMPLATE);
        scan_is(f, "");

        make_link(f->lib, "default.target", "nightly.target");
        scan_is(f, "hatago-vm@db.service");
        make_link(f->etc, "default.target", "/usr/lib/systemd/system/graphical.target");
        scan_is(f, "");
}

static void test_other_names_and_places_do_not_count(Fixture *f, const void *unused) {
        make_folder(f->etc, WANTS);
        make_link(f->etc, WANTS "/hatago-vm@.service", TEMPLATE);
        make_link(f->etc, WANTS "/hatago-vm-ready@web.service", TEMPLATE);
        make_link(f->etc, WANTS "/hatago-vm@web.timer", TEMPLATE);
        make_link(f->etc, WANTS "/cron.service", TEMPLATE);
        make_folder(f->etc, WANTS "/hatago-vm@deep.service.wants");
        make_link(f->etc, WANTS "/hatago-vm@deep.service.wants/hatago-vm@web.service", TEMPLATE);
        make_folder(f->etc, "multi-user.target.d");
        make_link(f->etc, "multi-user.target.d/hatago-vm@web.service", TEMPLATE);
        make_link(f->etc, "hatago-vm@web.service", TEMPLATE);
        scan_is(f, "");
}

static void test_what_is_masked_is_not_started(Fixture *f, const void *unused) {
        make_folder(f->lib, WANTS);
        make_link(f->lib, WANTS "/hatago-vm@web.service", TEMPLATE);
        make_link(f->lib, WANTS "/hatago-vm@db.service", TEMPLATE);
        make_link(f->etc, "hatago-vm@web.service", "/dev/null");
        make_link(f->etc, "hatago-vm@db.service", "/dev/nullx");
        scan_is(f, "hatago-vm@db.service");
}

/* A folder that is none, or one of its own links, is as good as empty, and nothing waits for a writer. */
static void test_odd_files_do_no_harm(Fixture *f, const void *unused) {
        g_autofree char *fifo = g_build_filename(f->etc, "fifo.wants", NULL);

        g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
        make_link(f->etc, "loop.wants", "loop.wants");
        make_link(f->etc, "none.requires", "/nonexistent");
        make_link(f->etc, "file.requires", "/etc/hostname");
        make_folder(f->etc, WANTS);
        make_link(f->etc, WANTS "/hatago-vm@\xff\n.service", TEMPLATE);
        scan_is(f, "hatago-vm@\xff\n.service");
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/enabled-units/nothing-is-an-empty-set", test_nothing_is_an_empty_set);
        add("/enabled-units/each-way-to-be-pulled-in-counts-once",
            test_each_way_to_be_pulled_in_counts_once);
        add("/enabled-units/what-others-have-started-is-not-the-boots-doing",
            test_what_others_have_started_is_not_the_boots_doing);
        add("/enabled-units/other-names-and-places-do-not-count", test_other_names_and_places_do_not_count);
        add("/enabled-units/what-is-masked-is-not-started", test_what_is_masked_is_not_started);
        add("/enabled-units/odd-files-do-no-harm", test_odd_files_do_no_harm);
        return g_test_run();
}
