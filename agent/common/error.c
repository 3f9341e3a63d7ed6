/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <errno.h>
#include <stdarg.h>

#include "names.h"

static const struct {
        const char *bus_name;
        int number;
} codes[_ERROR_CODE_MAX] = {
        [ERROR_FAILED] = { ERROR_PREFIX "Failed", EIO },
        [ERROR_INVALID_ARGUMENT] = { ERROR_PREFIX "InvalidArgument", EINVAL },
        [ERROR_UNKNOWN_OPTION] = { ERROR_PREFIX "UnknownOption", EINVAL },
        [ERROR_UNKNOWN_PROPERTY] = { ERROR_PREFIX "UnknownProperty", EINVAL },
        [ERROR_NO_SUCH_MACHINE] = { ERROR_PREFIX "NoSuchMachine", ENXIO },
        [ERROR_AMBIGUOUS_NAME] = { ERROR_PREFIX "AmbiguousName", ENOTUNIQ },
        [ERROR_MACHINE_EXISTS] = { ERROR_PREFIX "MachineExists", EEXIST },
        [ERROR_MACHINE_RUNNING] = { ERROR_PREFIX "MachineRunning", EALREADY },
        [ERROR_MACHINE_NOT_RUNNING] = { ERROR_PREFIX "MachineNotRunning", ENOTCONN },
        [ERROR_MACHINE_NOT_PAUSED] = { ERROR_PREFIX "MachineNotPaused", EALREADY },
        [ERROR_MACHINE_PAUSED] = { ERROR_PREFIX "MachinePaused", EBUSY },
        [ERROR_MACHINE_TRANSIENT] = { ERROR_PREFIX "MachineTransient", ENOENT },
        [ERROR_MACHINE_HAS_STATE] = { ERROR_PREFIX "MachineHasState", ENOTEMPTY },
        [ERROR_NO_MANAGED_SAVE] = { ERROR_PREFIX "NoManagedSave", ENODATA },
        [ERROR_INVALID_NAME] = { ERROR_PREFIX "InvalidName", EINVAL },
        [ERROR_OTHER_MACHINE] = { ERROR_PREFIX "OtherMachine", EINVAL },
        [ERROR_INVALID_XML] = { ERROR_PREFIX "InvalidXML", EBADMSG },
        [ERROR_NOT_SUPPORTED] = { ERROR_PREFIX "NotSupported", EOPNOTSUPP },
        [ERROR_HYPERVISOR_UNAVAILABLE] = { ERROR_PREFIX "HypervisorUnavailable", EHOSTDOWN },
        [ERROR_HYPERVISOR_DENIED] = { ERROR_PREFIX "HypervisorDenied", EPERM },
        [ERROR_NOT_READY] = { ERROR_PREFIX "NotReady", EAGAIN },
        [ERROR_BUSY] = { ERROR_PREFIX "Busy", EBUSY },
        [ERROR_LIMITS_EXCEEDED] = { ERROR_PREFIX "LimitsExceeded", ENOBUFS },
        [ERROR_TIMED_OUT] = { ERROR_PREFIX "TimedOut", ETIMEDOUT },
        [ERROR_CANCELED] = { ERROR_PREFIX "Canceled", ECANCELED },
        [ERROR_INTERRUPTED] = { ERROR_PREFIX "Interrupted", EOWNERDEAD },
        [ERROR_NO_SUCH_JOB] = { ERROR_PREFIX "NoSuchJob", ENOENT },
        [ERROR_JOB_NOT_CANCELABLE] = { ERROR_PREFIX "JobNotCancelable", EBUSY },
        [ERROR_NO_SPACE] = { ERROR_PREFIX "NoSpace", ENOSPC },
        [ERROR_NO_MEMORY] = { ERROR_PREFIX "NoMemory", ENOMEM },
        [ERROR_GUEST_AGENT_UNAVAILABLE] = { ERROR_PREFIX "GuestAgentUnavailable", EHOSTUNREACH },
        [ERROR_RESOURCE_MISSING] = { ERROR_PREFIX "ResourceMissing", ENOENT },
        [ERROR_ACCESS_DENIED] = { SD_BUS_ERROR_ACCESS_DENIED, EACCES },
        [ERROR_AUTHORIZATION_REQUIRED] = { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, EACCES },
};

const char *error_code_to_bus_name(ErrorCode code) {
        g_assert(code < _ERROR_CODE_MAX);
        return codes[code].bus_name;
}

int error_code_to_errno(ErrorCode code) {
        g_assert(code < _ERROR_CODE_MAX);
        return -codes[code].number;
}

int failure_set(Failure *failure, ErrorCode code, const char *format, ...) {
        char *message;
        va_list arguments;

        g_assert(failure);
        g_assert(code != ERROR_NONE);

        va_start(arguments, format);
        message = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        /* What QEMU or libvirt wrote may be anything, and the bus takes nothing but UTF-8. */
        if (!g_utf8_validate(message, /* max_len= */ -1, NULL)) {
                char *valid = g_utf8_make_valid(message, /* len= */ -1);

                g_free(message);
                message = valid;
        }

        g_free(failure->message);
        *failure = (Failure){ .code = code, .message = message };
        return error_code_to_errno(code);
}

void failure_move(Failure *target, Failure *source) {
        g_free(target->message);
        *target = *source;
        *source = (Failure){ 0 };
}

void failure_done(Failure *failure) {
        g_clear_pointer(&failure->message, g_free);
        failure->code = ERROR_NONE;
}

int failure_to_bus(const Failure *failure, sd_bus_error *error) {
        g_assert(failure->code != ERROR_NONE);

        /* sd_bus_error_set() answers with an errno guessed from the name, which is not ours. */
        (void) sd_bus_error_set(error, error_code_to_bus_name(failure->code), failure->message);
        return error_code_to_errno(failure->code);
}

int failure_or_result(const Failure *failure, int result, sd_bus_error *error) {
        return failure->code != ERROR_NONE ? failure_to_bus(failure, error) : result;
}
