/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "check.h"
#include "host-test.h"

/*
 * For unit tests alone: a host made of the files that a test writes, in a folder that goes with it, and the
 * last verdict on it.
 */
typedef struct TestHost {
        char *root;
        Host *host;
        Verdict verdict;
} TestHost;

TestHost *test_host_new(void);
TestHost *test_host_free(TestHost *t); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestHost, test_host_free)

/* A file with what is above it; one that is there is replaced. */
void test_host_write(TestHost *t, const char *path, const char *format, ...) G_GNUC_PRINTF(3, 4);
void test_host_make_folder(TestHost *t, const char *path);
void test_host_remove(TestHost *t, const char *path); /* a file, or an empty folder */
void test_host_chmod(TestHost *t, const char *path, mode_t mode);

/* An x86 processor with these flags, as the kernel lists them. capable, hypervisor: what CPUID says. */
void test_host_set_x86(TestHost *t, const char *flags, bool capable, const char *hypervisor);
void test_host_set_architecture(TestHost *t, const char *architecture);

/* Judges by that check. expected: result, reason, arguments in their order, and "fixable":
 * "warn missing module=vhost_net fixable". What was read before may be remembered. */
void test_host_judge(TestHost *t, const char *id, const char *expected);

/* Does as a user without rights until false; as one who is no root it changes nothing. Processes of root
 * that may not become others skip the test: false is returned. */
bool test_be_nobody(bool nobody);
