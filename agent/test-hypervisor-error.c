/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hypervisor.h"

#include <errno.h>
#include <libvirt/virterror.h>

static void becomes(int domain, int code, int number, ErrorCode expected) {
        g_assert_cmpstr(error_code_to_bus_name(hypervisor_error_code(domain, code, number)), ==,
                        error_code_to_bus_name(expected));
}

static void test_numbers_with_a_meaning_of_their_own(void) {
        becomes(VIR_FROM_QEMU, VIR_ERR_NO_DOMAIN, 0, ERROR_NO_SUCH_MACHINE);
        becomes(VIR_FROM_QEMU, VIR_ERR_DOM_EXIST, 0, ERROR_MACHINE_EXISTS);
        becomes(VIR_FROM_DOMAIN, VIR_ERR_XML_ERROR, 0, ERROR_INVALID_XML);
        becomes(VIR_FROM_XML, VIR_ERR_XML_DETAIL, 0, ERROR_INVALID_XML);
        becomes(VIR_FROM_XML, VIR_ERR_XML_INVALID_SCHEMA, 0, ERROR_INVALID_XML);
        becomes(VIR_FROM_NONE, VIR_ERR_INVALID_ARG, 0, ERROR_INVALID_ARGUMENT);
        becomes(VIR_FROM_TEST, VIR_ERR_NO_SUPPORT, 0, ERROR_NOT_SUPPORTED);
        becomes(VIR_FROM_QEMU, VIR_ERR_CONFIG_UNSUPPORTED, 0, ERROR_NOT_SUPPORTED);
        becomes(VIR_FROM_QEMU, VIR_ERR_OPERATION_DENIED, 0, ERROR_HYPERVISOR_DENIED);
        becomes(VIR_FROM_ACCESS, VIR_ERR_ACCESS_DENIED, 0, ERROR_HYPERVISOR_DENIED);
        becomes(VIR_FROM_QEMU, VIR_ERR_OPERATION_TIMEOUT, 0, ERROR_TIMED_OUT);
        becomes(VIR_FROM_QEMU, VIR_ERR_OPERATION_ABORTED, 0, ERROR_CANCELED);
        becomes(VIR_FROM_QEMU, VIR_ERR_RESOURCE_BUSY, 0, ERROR_BUSY);
        becomes(VIR_FROM_QEMU, VIR_ERR_NO_MEMORY, 0, ERROR_NO_MEMORY);
        becomes(VIR_FROM_QEMU, VIR_ERR_AGENT_UNRESPONSIVE, 0, ERROR_GUEST_AGENT_UNAVAILABLE);
        becomes(VIR_FROM_NETWORK, VIR_ERR_NO_NETWORK, 0, ERROR_RESOURCE_MISSING);
        becomes(VIR_FROM_STORAGE, VIR_ERR_NO_STORAGE_POOL, 0, ERROR_RESOURCE_MISSING);
}

/* Their text says more than a name of ours could. */
static void test_what_is_not_listed_is_failed(void) {
        becomes(VIR_FROM_QEMU, VIR_ERR_INTERNAL_ERROR, 0, ERROR_FAILED);
        becomes(VIR_FROM_QEMU, VIR_ERR_OPERATION_FAILED, 0, ERROR_FAILED);
        becomes(VIR_FROM_QEMU, VIR_ERR_OPERATION_INVALID, 0, ERROR_FAILED);
        becomes(VIR_FROM_QEMU, 100000, 0, ERROR_FAILED);
        becomes(VIR_FROM_QEMU, -1, 0, ERROR_FAILED);
}

static void test_a_system_error_goes_by_its_errno(void) {
        becomes(VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, ENOSPC, ERROR_NO_SPACE);
        becomes(VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, EDQUOT, ERROR_NO_SPACE);
        becomes(VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, ENOMEM, ERROR_NO_MEMORY);
        becomes(VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, ETIMEDOUT, ERROR_TIMED_OUT);
        becomes(VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, ENOENT, ERROR_FAILED);
        becomes(VIR_FROM_NONE, VIR_ERR_SYSTEM_ERROR, -1, ERROR_FAILED);
        /* Of another error int1 is something else. */
        becomes(VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, ENOSPC, ERROR_FAILED);
}

static void test_a_connection_that_breaks_is_no_hypervisor(void) {
        becomes(VIR_FROM_RPC, VIR_ERR_INTERNAL_ERROR, 0, ERROR_HYPERVISOR_UNAVAILABLE);
        becomes(VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, EPIPE, ERROR_HYPERVISOR_UNAVAILABLE);
        becomes(VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ENOMEM, ERROR_HYPERVISOR_UNAVAILABLE);
        becomes(VIR_FROM_RPC, VIR_ERR_NO_CONNECT, 0, ERROR_HYPERVISOR_UNAVAILABLE);
        becomes(VIR_FROM_REMOTE, VIR_ERR_INVALID_CONN, 0, ERROR_HYPERVISOR_UNAVAILABLE);
        becomes(VIR_FROM_RPC, VIR_ERR_AUTH_FAILED, 0, ERROR_HYPERVISOR_DENIED);
}

static void test_no_error_is_a_failure_too(void) {
        g_auto(Failure) failure = { 0 };

        virResetLastError();
        g_assert_cmpint(hypervisor_failure(&failure), ==, -EIO);
        g_assert_nonnull(failure.message);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(virInitialize(), ==, 0);
        g_test_add_func("/hypervisor-error/numbers-with-a-meaning-of-their-own",
                        test_numbers_with_a_meaning_of_their_own);
        g_test_add_func("/hypervisor-error/what-is-not-listed-is-failed", test_what_is_not_listed_is_failed);
        g_test_add_func("/hypervisor-error/a-system-error-goes-by-its-errno",
                        test_a_system_error_goes_by_its_errno);
        g_test_add_func("/hypervisor-error/a-connection-that-breaks-is-no-hypervisor",
                        test_a_connection_that_breaks_is_no_hypervisor);
        g_test_add_func("/hypervisor-error/no-error-is-a-failure-too", test_no_error_is_a_failure_too);
        return g_test_run();
}
