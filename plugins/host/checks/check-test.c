/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534U

TestHost *test_host_new(void) {
        TestHost *t = g_new0(TestHost, 1);

        t->root = g_dir_make_tmp("hatago-host-XXXXXX", NULL);
        g_assert_nonnull(t->root);
        g_assert_cmpint(chmod(t->root, 0755), ==, 0); /* nobody may look into it */
        t->host = host_new(t->root);
        verdict_init(&t->verdict);
        return t;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
        return remove(path);
}

TestHost *test_host_free(TestHost *t) {
        if (!t)
                return NULL;

        verdict_done(&t->verdict);
        host_free(t->host);
        (void) nftw(t->root, remove_entry, /* nopenfd= */ 16, FTW_DEPTH | FTW_PHYS);
        g_free(t->root);
        g_free(t);
        return NULL;
}

void test_host_make_folder(TestHost *t, const char *path) {
        g_autofree char *full = host_path(t->host, path);

        g_assert_cmpint(g_mkdir_with_parents(full, 0755), ==, 0);
}

void test_host_write(TestHost *t, const char *path, const char *format, ...) {
        g_autofree char *full = host_path(t->host, path), *folder = g_path_get_dirname(path), *text = NULL;
        va_list values;

        va_start(values, format);
        text = g_strdup_vprintf(format, values);
        va_end(values);

        test_host_make_folder(t, folder);
        g_assert_true(g_file_set_contents(full, text, -1, NULL));
}

void test_host_remove(TestHost *t, const char *path) {
        g_autofree char *full = host_path(t->host, path);

        g_assert_cmpint(remove(full), ==, 0);
}

void test_host_chmod(TestHost *t, const char *path, mode_t mode) {
        g_autofree char *full = host_path(t->host, path);

        g_assert_cmpint(chmod(full, mode), ==, 0);
}

void test_host_set_architecture(TestHost *t, const char *architecture) {
        Processor processor = { .architecture = architecture };

        host_set_processor(t->host, &processor);
}

void test_host_set_x86(TestHost *t, const char *flags, bool capable, const char *hypervisor) {
        Processor processor = { .architecture = "x86_64",
                                .is_x86 = true,
                                .capable = capable,
                                .hypervisor = *hypervisor != '\0' };

        g_strlcpy(processor.outer, hypervisor, sizeof(processor.outer));
        host_set_processor(t->host, &processor);
        test_host_write(t, "/proc/cpuinfo",
                        "processor\t: 0\nvendor_id\t: Genuine\nmodel name\t: Test CPU @ 1 GHz\n"
                        "flags\t\t: fpu %s lm\nbugs\t\t: none\n\n",
                        flags);
}

static char *verdict_describe(const Verdict *verdict) {
        GString *text = g_string_new(check_result_to_string(verdict->result));

        if (*verdict->reason != '\0')
                g_string_append_printf(text, " %s", verdict->reason);
        for (guint i = 0; i < verdict->arguments->len; i += 2)
                g_string_append_printf(text, " %s=%s", (char *) verdict->arguments->pdata[i],
                                       (char *) verdict->arguments->pdata[i + 1]);
        if (verdict->fixable)
                g_string_append(text, " fixable");
        return g_string_free(text, /* free_segment= */ FALSE);
}

void test_host_judge(TestHost *t, const char *id, const char *expected) {
        const Check *check = check_find(id);
        g_autofree char *got = NULL;

        g_assert_nonnull(check);
        verdict_done(&t->verdict);
        verdict_init(&t->verdict);
        check->judge(t->host, &t->verdict);

        got = verdict_describe(&t->verdict);
        g_assert_cmpstr(got, ==, expected);
        g_assert_true(check_has_reason(check, t->verdict.reason));
        g_assert_cmpuint(t->verdict.sources->len, >, 0);
}

bool test_be_nobody(bool nobody) {
        uid_t uid = nobody ? NOBODY : 0, real, effective, saved;

        g_assert_cmpint(getresuid(&real, &effective, &saved), ==, 0);
        if (real != 0 && saved != 0)
                return true; /* already */
        if (setresuid(uid, uid, 0) >= 0)
                return true;

        g_test_skip("this root may not become another user");
        return false;
}
