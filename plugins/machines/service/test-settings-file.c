/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "settings.h"

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define OTHER "2b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define THIRD "3b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define GOOD "[Machine]\nName=web\n"

typedef struct Fixture {
        char *folder;
        int fd;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
        f->folder = g_dir_make_tmp("settings-XXXXXX", NULL);
        f->fd = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        g_assert_cmpint(f->fd, >=, 0);
}

static void tear_down(Fixture *f, gconstpointer data) {
        g_autoptr(GDir) names = g_dir_open(f->folder, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(names))) {
                g_autofree char *path = g_build_filename(f->folder, name, NULL);
                g_assert_cmpint(remove(path), ==, 0);
        }
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
        close(f->fd);
        g_free(f->folder);
}

static char *path_of(Fixture *f, const char *name) {
        return g_build_filename(f->folder, name, NULL);
}

static void put(Fixture *f, const char *name, const char *text) {
        g_autofree char *path = path_of(f, name);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static unsigned count_files(Fixture *f) {
        g_autoptr(GDir) names = g_dir_open(f->folder, 0, NULL);
        unsigned n = 0;

        while (g_dir_read_name(names))
                n++;
        return n;
}

static GHashTable *read_all(Fixture *f) {
        GHashTable *all;

        g_assert_cmpint(service_settings_read_all(f->folder, &all, NULL), ==, 0);
        return all;
}

static void expect_refused(Fixture *f, const char *uuid, const char *words) {
        ServiceSettings *settings = NULL;
        g_autofree char *why = NULL;

        g_assert_cmpint(service_settings_read(f->fd, uuid, &settings, &why), ==, -EINVAL);
        if (!strstr(why, words))
                g_error("\"%s\" is not in \"%s\"", words, why);
}

static void test_what_is_written_is_read(Fixture *f, gconstpointer data) {
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, "web"), again = NULL;
        g_autofree char *why = NULL, *path = path_of(f, UUID ".conf");
        struct stat status;

        g_assert_cmpint(service_settings_read(f->fd, UUID, &again, &why), ==, -ENOENT);
        settings->autostart = true;
        settings->stop_timeout = G_TIME_SPAN_MINUTE;
        for (int i = 0; i < 2; i++) { /* a second time in place of the first */
                settings->stop_timeout += G_TIME_SPAN_SECOND;
                g_assert_cmpint(service_settings_write(f->folder, settings, /* keep= */ false), ==, 0);
                g_assert_cmpint(service_settings_read(f->fd, UUID, &again, &why), ==, 0);
                g_assert_true(service_settings_equal(settings, again));
                again = service_settings_free(again);
        }
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777, ==, 0644);
        g_assert_cmpuint(count_files(f), ==, 1);
}

static void test_defaults_need_no_file(Fixture *f, gconstpointer data) {
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, "web");

        g_assert_cmpint(service_settings_write(f->folder, settings, /* keep= */ false), ==, 0);
        g_assert_cmpuint(count_files(f), ==, 0);
        g_assert_cmpint(service_settings_write(f->folder, settings, /* keep= */ true), ==, 0);
        g_assert_cmpuint(count_files(f), ==, 1);
        g_assert_cmpint(service_settings_write(f->folder, settings, /* keep= */ false), ==, 0);
        g_assert_cmpuint(count_files(f), ==, 0);
}

static void test_what_would_not_be_read_is_not_written(Fixture *f, gconstpointer data) {
        static const char *const names[] = { NULL, "", "a/b", "a\nb", "a\x7f", "\xff" };

        put(f, UUID ".conf", GOOD);
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(ServiceSettings) settings = service_settings_new(UUID, names[i]);

                settings->autostart = true;
                g_assert_cmpint(service_settings_write(f->folder, settings, /* keep= */ false), ==, -EINVAL);
        }
        g_assert_cmpuint(count_files(f), ==, 1);
}

static void test_removing_twice_is_no_failure(Fixture *f, gconstpointer data) {
        put(f, UUID ".conf", GOOD);
        g_assert_cmpint(service_settings_remove(f->folder, UUID), ==, 0);
        g_assert_cmpuint(count_files(f), ==, 0);
        g_assert_cmpint(service_settings_remove(f->folder, UUID), ==, 0);
        g_assert_cmpint(service_settings_remove("/nonexistent", UUID), ==, 0);
}

static void test_a_half_written_file_is_in_nobodys_way(Fixture *f, gconstpointer data) {
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, "web");
        g_autofree char *fresh = path_of(f, UUID ".conf.new");
        g_autoptr(GHashTable) all = NULL;

        g_assert_cmpint(symlink("/nonexistent/file", fresh), ==, 0);
        settings->autostart = true;
        all = read_all(f);
        g_assert_cmpuint(g_hash_table_size(all), ==, 0);
        g_assert_cmpint(service_settings_write(f->folder, settings, /* keep= */ false), ==, 0);
        g_assert_cmpuint(count_files(f), ==, 1);
}

static void test_what_cannot_be_written_is_told(Fixture *f, gconstpointer data) {
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, "web");
        g_autofree char *folder = path_of(f, "none"), *there = path_of(f, UUID ".conf");

        settings->autostart = true;
        g_assert_cmpint(service_settings_write(folder, settings, false), ==, -ENOENT);

        /* Nothing half is left where the last step fails. */
        g_assert_cmpint(g_mkdir(there, 0700), ==, 0);
        g_assert_cmpint(service_settings_write(f->folder, settings, false), ==, -EISDIR);
        g_assert_cmpuint(count_files(f), ==, 1);
}

static void put_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        close(fd);
}

/* None of it keeps anybody waiting. */
static void test_nothing_but_a_regular_file_is_read(Fixture *f, gconstpointer data) {
        g_autofree char *path = path_of(f, UUID ".conf"), *target = path_of(f, OTHER ".conf");

        put(f, OTHER ".conf", GOOD);
        g_assert_cmpint(symlink(target, path), ==, 0);
        expect_refused(f, UUID, "is a symbolic link");
        g_assert_cmpint(g_unlink(path), ==, 0);

        g_assert_cmpint(mkfifo(path, 0644), ==, 0);
        expect_refused(f, UUID, "is no regular file");
        g_assert_cmpint(g_unlink(path), ==, 0);

        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        expect_refused(f, UUID, "is no regular file");
        g_assert_cmpint(g_rmdir(path), ==, 0);

        put_socket(path);
        expect_refused(f, UUID, "is no regular file");
}

static void test_a_byte_too_many_is_too_long(Fixture *f, gconstpointer data) {
        g_autofree char *rest = g_strnfill(SETTINGS_SIZE_MAX - strlen(GOOD), '#');
        g_autofree char *text = g_strconcat(GOOD, rest, NULL), *more = g_strconcat(text, "#", NULL);
        g_autoptr(ServiceSettings) settings = NULL;
        g_autofree char *why = NULL;

        put(f, UUID ".conf", text);
        g_assert_cmpint(service_settings_read(f->fd, UUID, &settings, &why), ==, 0);
        put(f, UUID ".conf", more);
        expect_refused(f, UUID, "longer than 4096 bytes");
}

static void test_a_folder_of_good_and_bad(Fixture *f, gconstpointer data) {
        g_autofree char *link = path_of(f, THIRD ".conf");
        g_autoptr(GHashTable) all = NULL;
        ServiceSettings *settings;

        put(f, UUID ".conf", GOOD);
        put(f, OTHER ".conf", "garbage");
        put(f, "web.conf", GOOD);
        put(f, "1B4E28BA-2FA1-11D2-883F-0016D3CCA427.conf", GOOD);
        put(f, "." UUID ".conf", GOOD);
        put(f, UUID ".conf~", GOOD);
        put(f, "README", "text");
        g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);

        all = read_all(f);
        g_assert_cmpuint(g_hash_table_size(all), ==, 1);
        settings = g_hash_table_lookup(all, UUID);
        g_assert_cmpstr(settings->name, ==, "web");
}

static void test_a_folder_has_a_limit(Fixture *f, gconstpointer data) {
        g_autoptr(GHashTable) all = NULL;

        for (unsigned i = 0; i < SETTINGS_MAX + 10; i++) {
                g_autofree char *name = g_strdup_printf("%08x-2fa1-11d2-883f-0016d3cca427.conf", i);
                int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

                g_assert_cmpint(write(fd, GOOD, strlen(GOOD)), ==, strlen(GOOD));
                close(fd);
        }
        all = read_all(f);
        g_assert_cmpuint(g_hash_table_size(all), ==, SETTINGS_MAX);
}

/* Neither good nor bad, they would have the reader at it for long. */
static void test_what_is_no_settings_counts_too(Fixture *f, gconstpointer data) {
        g_autoptr(GHashTable) all = NULL;

        if (!g_test_subprocess()) {
                g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
                g_test_trap_assert_passed();
                g_test_trap_assert_stderr("*there are more than 8192 entries*");
                return;
        }
        for (unsigned i = 0; i < 2 * SETTINGS_MAX + 10; i++) {
                g_autofree char *name = g_strdup_printf("%u.txt", i);

                close(openat(f->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        }
        all = read_all(f);
        g_assert_cmpuint(g_hash_table_size(all), ==, 0);
}

static void test_a_unit_always_has_settings(Fixture *f, gconstpointer data) {
        g_autoptr(ServiceSettings) none = service_settings_load(f->folder, UUID), wrong = NULL, good = NULL;
        g_autoptr(ServiceSettings) nowhere = service_settings_load("/nonexistent", UUID);

        g_assert_cmpstr(none->uuid, ==, UUID);
        g_assert_true(service_settings_are_default(none));
        g_assert_true(service_settings_are_default(nowhere));

        put(f, UUID ".conf", GOOD "StopTimeoutSec=no\n");
        wrong = service_settings_load(f->folder, UUID);
        g_assert_true(service_settings_are_default(wrong));

        put(f, UUID ".conf", GOOD "StopTimeoutSec=7\n");
        good = service_settings_load(f->folder, UUID);
        g_assert_cmpuint(good->stop_timeout, ==, 7 * G_TIME_SPAN_SECOND);
}

static void test_no_folder_is_an_empty_one(Fixture *f, gconstpointer data) {
        g_autofree char *folder = path_of(f, "none"), *file = path_of(f, "file"), *link = path_of(f, "link");
        g_autoptr(GHashTable) all = NULL;
        GHashTable *none = NULL;

        g_assert_cmpint(service_settings_read_all(folder, &all, NULL), ==, 0);
        g_assert_cmpuint(g_hash_table_size(all), ==, 0);

        put(f, "file", "");
        g_assert_cmpint(service_settings_read_all(file, &none, NULL), ==, -ENOTDIR);
        g_assert_cmpint(symlink(".", link), ==, 0);
        g_assert_cmpint(service_settings_read_all(link, &none, NULL), <, 0);
        g_assert_null(none);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add("/settings-file/" #name, Fixture, NULL, set_up, test_##name, tear_down)
        TEST(what_is_written_is_read);
        TEST(defaults_need_no_file);
        TEST(what_would_not_be_read_is_not_written);
        TEST(removing_twice_is_no_failure);
        TEST(a_half_written_file_is_in_nobodys_way);
        TEST(what_cannot_be_written_is_told);
        TEST(nothing_but_a_regular_file_is_read);
        TEST(a_byte_too_many_is_too_long);
        TEST(a_folder_of_good_and_bad);
        TEST(a_folder_has_a_limit);
        TEST(what_is_no_settings_counts_too);
        TEST(a_unit_always_has_settings);
        TEST(no_folder_is_an_empty_one);
#undef TEST
        return g_test_run();
}
