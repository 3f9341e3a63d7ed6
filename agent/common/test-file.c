/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "name"
#define FRESH ".name.new"

typedef struct Fixture {
        char *folder;
        int fd;
} Fixture;

static void set_up(Fixture *f, const void *data) {
        g_autoptr(GError) error = NULL;

        (void) data;
        f->folder = g_dir_make_tmp("file-XXXXXX", &error);
        g_assert_no_error(error);
        f->fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        g_assert_cmpint(f->fd, >=, 0);
}

static void tear_down(Fixture *f, const void *data) {
        static const char *const names[] = { NAME, FRESH, "other" };

        (void) data;
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (unlinkat(f->fd, names[i], 0) < 0 && errno == EISDIR)
                        g_assert_cmpint(unlinkat(f->fd, names[i], AT_REMOVEDIR), ==, 0);
        (void) close(f->fd);
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        g_free(f->folder);
}

static void put(const Fixture *f, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(f->folder, name, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* expected: NULL: there is none. */
static void file_is(const Fixture *f, const char *name, const char *expected) {
        g_autofree char *path = g_build_filename(f->folder, name, NULL), *text = NULL;

        (void) g_file_get_contents(path, &text, NULL, NULL);
        g_assert_cmpstr(text, ==, expected);
}

static int replace(const Fixture *f, const char *text) {
        return file_replace(f->fd, NAME, FRESH, text, 0640, /* durable= */ true);
}

static void test_replaces_and_makes(Fixture *f, const void *data) {
        static const char *const texts[] = { "one\n", "another one\n", "" };

        (void) data;
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_assert_cmpint(replace(f, texts[i]), ==, 0);
                file_is(f, NAME, texts[i]);
                file_is(f, FRESH, NULL);
        }
}

/* Whatever the process would take away of it. */
static void test_has_the_mode_that_is_asked_for(Fixture *f, const void *data) {
        mode_t before = umask(0777);
        struct stat st = { 0 };
        int r = replace(f, "text");

        (void) data;
        (void) umask(before);
        g_assert_cmpint(r, ==, 0);
        g_assert_cmpint(fstatat(f->fd, NAME, &st, 0), ==, 0);
        g_assert_cmpuint(st.st_mode, ==, S_IFREG | 0640);
}

static void test_who_has_it_open_reads_the_old_one(Fixture *f, const void *data) {
        char text[16] = { 0 };
        int fd;

        (void) data;
        put(f, NAME, "old");
        fd = openat(f->fd, NAME, O_RDONLY | O_CLOEXEC);
        g_assert_cmpint(replace(f, "a new one"), ==, 0);
        g_assert_cmpint(read(fd, text, sizeof(text) - 1), ==, 3);
        g_assert_cmpstr(text, ==, "old");
        (void) close(fd);
}

/* Of somebody who was killed: longer than what is written now. */
static void test_what_was_left_of_the_fresh_name_goes(Fixture *f, const void *data) {
        (void) data;
        put(f, FRESH, "half of a much longer tex");
        g_assert_cmpint(replace(f, "text"), ==, 0);
        file_is(f, NAME, "text");
        file_is(f, FRESH, NULL);
}

static void test_no_link_is_followed(Fixture *f, const void *data) {
        static const char *const names[] = { NAME, FRESH };
        struct stat st = { 0 };

        (void) data;
        put(f, "other", "not to be touched");
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                (void) unlinkat(f->fd, names[i], 0);
                g_assert_cmpint(symlinkat("other", f->fd, names[i]), ==, 0);
                g_assert_cmpint(replace(f, "text"), ==, 0);
                file_is(f, "other", "not to be touched");
                file_is(f, NAME, "text");
                g_assert_cmpint(fstatat(f->fd, NAME, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
                g_assert_true(S_ISREG(st.st_mode));
        }
}

/* What the limit lets through is a part, as on a disk that is full. */
static void test_what_is_not_written_whole_keeps_the_old_one(Fixture *f, const void *data) {
        static const char text[] = "longer than the limit";
        struct rlimit before = { 0 };
        int r;

        (void) data;
        put(f, NAME, "old");
        (void) signal(SIGXFSZ, SIG_IGN);
        g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
        g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 8, before.rlim_max }), ==, 0);
        r = replace(f, text);
        g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);

        g_assert_cmpint(r, ==, -ENOSPC);
        file_is(f, NAME, "old");
        file_is(f, FRESH, NULL);
}

static void test_what_cannot_be_made_or_renamed_keeps_the_old_one(Fixture *f, const void *data) {
        (void) data;
        put(f, NAME, "old");
        g_assert_cmpint(mkdirat(f->fd, FRESH, 0700), ==, 0);
        g_assert_cmpint(replace(f, "text"), ==, -EEXIST);
        file_is(f, NAME, "old");

        g_assert_cmpint(unlinkat(f->fd, FRESH, AT_REMOVEDIR), ==, 0);
        g_assert_cmpint(unlinkat(f->fd, NAME, 0), ==, 0);
        g_assert_cmpint(mkdirat(f->fd, NAME, 0700), ==, 0);
        g_assert_cmpint(replace(f, "text"), ==, -EISDIR);
        file_is(f, FRESH, NULL);
}

#define ADD(name, function) g_test_add("/file/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("replaces-and-makes", test_replaces_and_makes);
        ADD("has-the-mode-that-is-asked-for", test_has_the_mode_that_is_asked_for);
        ADD("who-has-it-open-reads-the-old-one", test_who_has_it_open_reads_the_old_one);
        ADD("what-was-left-of-the-fresh-name-goes", test_what_was_left_of_the_fresh_name_goes);
        ADD("no-link-is-followed", test_no_link_is_followed);
        ADD("what-is-not-written-whole-keeps-the-old-one", test_what_is_not_written_whole_keeps_the_old_one);
        ADD("what-cannot-be-made-or-renamed-keeps-the-old-one",
            test_what_cannot_be_made_or_renamed_keeps_the_old_one);
        return g_test_run();
}
