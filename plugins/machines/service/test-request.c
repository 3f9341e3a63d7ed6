/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define OTHER "2b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define TEXT(text) (text), sizeof(text) - 1

typedef struct Fixture {
        char *above, *folder, *path;
} Fixture;

static void set_up(Fixture *f, gconstpointer data) {
        f->above = g_dir_make_tmp("request-XXXXXX", NULL);
        f->folder = g_build_filename(f->above, "requests", NULL);
        f->path = g_build_filename(f->folder, UUID, NULL);
}

static void tear_down(Fixture *f, gconstpointer data) {
        start_requests_clear(f->folder);
        if (g_rmdir(f->folder) < 0) /* nothing else was left */
                g_assert_cmpint(errno, ==, ENOENT);
        g_assert_cmpint(g_rmdir(f->above), ==, 0);
        g_free(f->path);
        g_free(f->folder);
        g_free(f->above);
}

static void check(const StartRequest *request, unsigned adopt, bool paused, bool discard_save) {
        g_assert_cmpuint(request->adopt, ==, adopt);
        g_assert_cmpint(request->paused, ==, paused);
        g_assert_cmpint(request->discard_save, ==, discard_save);
}

static void test_what_is_written_is_taken_once(Fixture *f, gconstpointer data) {
        static const StartRequest requests[] = {
                { 0 },
                { .paused = true },
                { .discard_save = true },
                { .paused = true, .discard_save = true },
                { .adopt = 1 },
                { .adopt = INT_MAX },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
                StartRequest taken = { .adopt = 7 };

                g_assert_cmpint(start_request_write(f->folder, UUID, requests + i), ==, 0);
                g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, 0);
                check(&taken, requests[i].adopt, requests[i].paused, requests[i].discard_save);
                g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -ENOENT);
        }
}

static void test_the_last_one_counts(Fixture *f, gconstpointer data) {
        StartRequest taken;

        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ .adopt = 5 }), ==, 0);
        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ .paused = true }), ==, 0);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, 0);
        check(&taken, 0, true, false);
}

static void test_each_machine_has_its_own(Fixture *f, gconstpointer data) {
        StartRequest taken;

        g_assert_cmpint(start_request_write(f->folder, OTHER, &(StartRequest){ .adopt = 5 }), ==, 0);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -ENOENT);
        start_request_remove(f->folder, UUID);
        g_assert_cmpint(start_request_take(f->folder, OTHER, &taken), ==, 0);
}

static void test_what_is_removed_is_gone(Fixture *f, gconstpointer data) {
        StartRequest taken;

        start_request_remove(f->folder, UUID);
        start_requests_clear(f->folder);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -ENOENT);

        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ 0 }), ==, 0);
        start_request_remove(f->folder, UUID);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -ENOENT);

        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ 0 }), ==, 0);
        g_assert_cmpint(start_request_write(f->folder, OTHER, &(StartRequest){ 0 }), ==, 0);
        start_requests_clear(f->folder);
        g_assert_cmpint(g_rmdir(f->folder), ==, 0);
}

static void test_only_its_writer_reads_it(Fixture *f, gconstpointer data) {
        struct stat status;

        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ 0 }), ==, 0);
        g_assert_cmpint(stat(f->path, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
        g_assert_cmpint(stat(f->folder, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 0777, ==, 0700);
}

static int64_t now_usec(void) {
        struct timespec now;

        (void) clock_gettime(CLOCK_BOOTTIME, &now);
        return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* A file with a time of its own: age µs before now. */
static void put(Fixture *f, int64_t age) {
        g_autofree char *text = NULL;

        (void) g_mkdir(f->folder, 0700);
        text = g_strdup_printf("hatago-request-1 %" G_GINT64_FORMAT " adopt=3\n", now_usec() - age);
        g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
}

static void expect_no_request(Fixture *f) {
        StartRequest taken;

        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -EINVAL);
        g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
}

static void test_an_old_one_does_not_count(Fixture *f, gconstpointer data) {
        StartRequest taken;

        /* A job of systemd's that waits for others: minutes are no age. */
        put(f, MIN(10 * 60 * G_USEC_PER_SEC, now_usec() - 1));
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, 0);
        check(&taken, 3, false, false);

        if (now_usec() < REQUEST_AGE_MAX + 2 * G_USEC_PER_SEC) {
                g_test_skip("this machine has not run for so long");
                return;
        }
        put(f, REQUEST_AGE_MAX + G_USEC_PER_SEC);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -ENOENT);
        g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));

        put(f, REQUEST_AGE_MAX - G_USEC_PER_SEC);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, 0);
        check(&taken, 3, false, false);
}

static void test_the_future_is_no_time(Fixture *f, gconstpointer data) {
        put(f, -G_USEC_PER_SEC);
        expect_no_request(f);
}

static void test_no_link_is_followed(Fixture *f, gconstpointer data) {
        g_autofree char *elsewhere = g_build_filename(f->above, "elsewhere", NULL);
        StartRequest taken;

        g_assert_cmpint(start_request_write(f->folder, OTHER, &(StartRequest){ 0 }), ==, 0);
        g_assert_cmpint(symlink(OTHER, f->path), ==, 0);
        expect_no_request(f);
        g_assert_cmpint(start_request_take(f->folder, OTHER, &taken), ==, 0);

        /* Nor is the folder one: what is removed lies in it. */
        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ 0 }), ==, 0);
        g_assert_cmpint(rename(f->folder, elsewhere), ==, 0);
        g_assert_cmpint(symlink("elsewhere", f->folder), ==, 0);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -EINVAL);
        start_request_remove(f->folder, UUID);
        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ 0 }), <, 0);
        g_assert_cmpint(unlink(f->folder), ==, 0);
        g_assert_cmpint(rename(elsewhere, f->folder), ==, 0);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, 0);
}

static void test_nothing_but_a_file_is_read(Fixture *f, gconstpointer data) {
        StartRequest taken;

        g_assert_cmpint(g_mkdir(f->folder, 0700), ==, 0);
        g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
        expect_no_request(f); /* without waiting for somebody who writes */

        g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -EINVAL);
        g_assert_cmpint(g_rmdir(f->path), ==, 0);
}

static void test_what_was_half_written_is_in_nobodys_way(Fixture *f, gconstpointer data) {
        g_autofree char *half = g_build_filename(f->folder, "." UUID, NULL);
        StartRequest taken;

        g_assert_cmpint(g_mkdir(f->folder, 0700), ==, 0);
        g_assert_true(g_file_set_contents(half, "hatago", -1, NULL));
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, -ENOENT);
        g_assert_cmpint(start_request_write(f->folder, UUID, &(StartRequest){ 0 }), ==, 0);
        g_assert_false(g_file_test(half, G_FILE_TEST_EXISTS));
        g_assert_cmpint(start_request_take(f->folder, UUID, &taken), ==, 0);
}

static void test_what_cannot_be_written_is_told(Fixture *f, gconstpointer data) {
        g_autofree char *deeper = g_build_filename(f->folder, "deeper", NULL);

        g_assert_cmpint(start_request_write(deeper, UUID, &(StartRequest){ 0 }), ==, -ENOENT);
}

static void test_words(void) {
        StartRequest request;

        g_assert_cmpint(start_request_parse(TEXT("hatago-request-1 5\n"), &request), ==, 0);
        check(&request, 0, false, false);
        g_assert_cmpuint(request.when, ==, 5);
        g_assert_cmpint(start_request_parse(TEXT("hatago-request-1 5 discard-save paused\n"), &request), ==,
                        0);
        check(&request, 0, true, true);
}

static void test_what_is_no_request(void) {
        static const char *const texts[] = {
                "",
                "\n",
                "hatago-request-1",
                "hatago-request-1\n",
                "hatago-request-1 5",
                "hatago-request-2 5\n",
                "hatago-request-1  5\n",
                "hatago-request-1 5 \n",
                "hatago-request-1 5\n\n",
                "hatago-request-1 -5\n",
                "hatago-request-1 +5\n",
                "hatago-request-1 0x5\n",
                "hatago-request-1 5s\n",
                "hatago-request-1 18446744073709551616\n",
                "hatago-request-1 9223372036854775808\n",
                "hatago-request-1 5 adopt\n",
                "hatago-request-1 5 adopt=\n",
                "hatago-request-1 5 adopt=0\n",
                "hatago-request-1 5 adopt=-1\n",
                "hatago-request-1 5 adopt=2147483648\n",
                "hatago-request-1 5 adopt=1 adopt=1\n",
                "hatago-request-1 5 adopt=1 paused\n",
                "hatago-request-1 5 adopt=1 discard-save\n",
                "hatago-request-1 5 paused paused\n",
                "hatago-request-1 5 Paused\n",
                "hatago-request-1 5 reset\n",
        };
        StartRequest request;
        g_autofree char *longest = g_strnfill(129, ' ');

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_test_message("row %zu", i);
                g_assert_cmpint(start_request_parse(texts[i], strlen(texts[i]), &request), ==, -EINVAL);
        }
        g_assert_cmpint(start_request_parse(TEXT("hatago-request-1 5\0\n"), &request), ==, -EINVAL);

        memcpy(longest, "hatago-request-1 ", 17);
        memset(longest + 17, '0', 111);
        longest[127] = '5';
        longest[128] = '\n';
        g_assert_cmpint(start_request_parse(longest, 129, &request), ==, -EINVAL);
        g_assert_cmpint(start_request_parse(longest + 1, 128, &request), ==, -EINVAL);
        memmove(longest + 17, longest + 18, 111);
        g_assert_cmpint(start_request_parse(longest, 128, &request), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/request/words", test_words);
        g_test_add_func("/request/what_is_no_request", test_what_is_no_request);
#define TEST(name) g_test_add("/request/" #name, Fixture, NULL, set_up, test_##name, tear_down)
        TEST(what_is_written_is_taken_once);
        TEST(the_last_one_counts);
        TEST(each_machine_has_its_own);
        TEST(what_is_removed_is_gone);
        TEST(only_its_writer_reads_it);
        TEST(an_old_one_does_not_count);
        TEST(the_future_is_no_time);
        TEST(no_link_is_followed);
        TEST(nothing_but_a_file_is_read);
        TEST(what_was_half_written_is_in_nobodys_way);
        TEST(what_cannot_be_written_is_told);
#undef TEST
        return g_test_run();
}
