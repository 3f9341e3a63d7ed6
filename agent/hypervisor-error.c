/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hypervisor.h"

#include <errno.h>
#include <libvirt/virterror.h>

/* libvirt's virErrorNumber, and what it is for our callers. What is not listed is Failed: libvirt's own text
 * says more than any name of ours. */
static const struct {
        virErrorNumber number;
        ErrorCode code;
} codes[] = {
        { VIR_ERR_NO_DOMAIN, ERROR_NO_SUCH_MACHINE },
        { VIR_ERR_DOM_EXIST, ERROR_MACHINE_EXISTS },
        { VIR_ERR_XML_ERROR, ERROR_INVALID_XML },
        { VIR_ERR_XML_DETAIL, ERROR_INVALID_XML },
        { VIR_ERR_XML_INVALID_SCHEMA, ERROR_INVALID_XML },
        { VIR_ERR_INVALID_ARG, ERROR_INVALID_ARGUMENT },
        { VIR_ERR_NO_SUPPORT, ERROR_NOT_SUPPORTED },
        { VIR_ERR_CONFIG_UNSUPPORTED, ERROR_NOT_SUPPORTED },
        { VIR_ERR_OPERATION_UNSUPPORTED, ERROR_NOT_SUPPORTED },
        { VIR_ERR_ARGUMENT_UNSUPPORTED, ERROR_NOT_SUPPORTED },
        { VIR_ERR_NO_CONNECT, ERROR_HYPERVISOR_UNAVAILABLE },
        { VIR_ERR_INVALID_CONN, ERROR_HYPERVISOR_UNAVAILABLE },
        { VIR_ERR_RPC, ERROR_HYPERVISOR_UNAVAILABLE },
        { VIR_ERR_AUTH_FAILED, ERROR_HYPERVISOR_DENIED },
        { VIR_ERR_AUTH_CANCELLED, ERROR_HYPERVISOR_DENIED },
        { VIR_ERR_AUTH_UNAVAILABLE, ERROR_HYPERVISOR_DENIED },
        { VIR_ERR_ACCESS_DENIED, ERROR_HYPERVISOR_DENIED },
        { VIR_ERR_OPERATION_DENIED, ERROR_HYPERVISOR_DENIED },
        { VIR_ERR_OPERATION_TIMEOUT, ERROR_TIMED_OUT },
        { VIR_ERR_OPERATION_ABORTED, ERROR_CANCELED },
        { VIR_ERR_RESOURCE_BUSY, ERROR_BUSY },
        { VIR_ERR_NO_MEMORY, ERROR_NO_MEMORY },
        { VIR_ERR_AGENT_UNRESPONSIVE, ERROR_GUEST_AGENT_UNAVAILABLE },
        { VIR_ERR_AGENT_UNSYNCED, ERROR_GUEST_AGENT_UNAVAILABLE },
        { VIR_ERR_NO_NETWORK, ERROR_RESOURCE_MISSING },
        { VIR_ERR_NO_STORAGE_POOL, ERROR_RESOURCE_MISSING },
        { VIR_ERR_NO_STORAGE_VOL, ERROR_RESOURCE_MISSING },
        { VIR_ERR_NO_SECRET, ERROR_RESOURCE_MISSING },
};

/* VIR_ERR_SYSTEM_ERROR carries an errno. */
static ErrorCode code_of_errno(int number) {
        switch (number) {
        case ENOSPC:
        case EDQUOT:
                return ERROR_NO_SPACE;
        case ENOMEM:
                return ERROR_NO_MEMORY;
        case ETIMEDOUT:
                return ERROR_TIMED_OUT;
        default:
                return ERROR_FAILED;
        }
}

ErrorCode hypervisor_error_code(int domain, int code, int number) {
        /* A connection that breaks under a call reports itself as one of these. */
        if (domain == VIR_FROM_RPC && (code == VIR_ERR_INTERNAL_ERROR || code == VIR_ERR_SYSTEM_ERROR))
                return ERROR_HYPERVISOR_UNAVAILABLE;

        if (code == VIR_ERR_SYSTEM_ERROR)
                return code_of_errno(number);

        for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
                if ((int) codes[i].number == code)
                        return codes[i].code;

        return ERROR_FAILED;
}

/* A program that libvirt runs to write (a save's image) hands on its errno as text. */
static bool text_says_no_space(const char *message) {
        return message && g_str_has_suffix(message, ": No space left on device");
}

int hypervisor_failure(Failure *failure) {
        virErrorPtr error = virGetLastError();
        ErrorCode code;

        if (!error || error->code == VIR_ERR_OK)
                return failure_set(failure, ERROR_FAILED, "libvirt failed without a reason.");

        code = hypervisor_error_code(error->domain, error->code, error->int1);
        if (code == ERROR_FAILED && text_says_no_space(error->message))
                code = ERROR_NO_SPACE;
        return failure_set(failure, code, "%s", error->message ?: "libvirt failed without a text.");
}
