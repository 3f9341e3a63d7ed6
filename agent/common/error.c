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
        [ERROR_START_CYCLE] = { ERROR_PREFIX "StartCycle", ELOOP },
        [ERROR_SETTINGS_INVALID] = { ERROR_PREFIX "SettingsInvalid", EBADMSG },
        [ERROR_AUTOSTART_BY_SYSTEMD] = { ERROR_PREFIX "AutostartBySystemd", EPERM },
        [ERROR_INVALID_NAME] = { ERROR_PREFIX "InvalidName", EINVAL },
        [ERROR_OTHER_MACHINE] = { ERROR_PREFIX "OtherMachine", EINVAL },
        [ERROR_CONFLICT] = { ERROR_PREFIX "Conflict", ESTALE },
        [ERROR_NO_SUCH_DEVICE] = { ERROR_PREFIX "NoSuchDevice", ENODEV },
        [ERROR_CONSOLE_BUSY] = { ERROR_PREFIX "ConsoleBusy", EBUSY },
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
        [ERROR_NO_SUCH_CHECK] = { ERROR_PREFIX "NoSuchCheck", ENOENT },
        [ERROR_CHECK_NOT_FIXABLE] = { ERROR_PREFIX "CheckNotFixable", EOPNOTSUPP },
        [ERROR_FIX_FAILED] = { ERROR_PREFIX "FixFailed", EIO },
        [ERROR_PROBE_FAILED] = { ERROR_PREFIX "ProbeFailed", EIO },
        [ERROR_UNIT_UNAVAILABLE] = { ERROR_PREFIX "UnitUnavailable", ENOSYS },
        [ERROR_IMAGE_MISSING] = { ERROR_PREFIX "ImageMissing", ENOENT },
        [ERROR_IMAGE_DENIED] = { ERROR_PREFIX "ImageDenied", EACCES },
        [ERROR_IMAGE_IN_USE] = { ERROR_PREFIX "ImageInUse", EBUSY },
        [ERROR_IMAGE_INVALID] = { ERROR_PREFIX "ImageInvalid", EBADMSG },
        [ERROR_FILE_MISSING] = { ERROR_PREFIX "FileMissing", ENOENT },
        [ERROR_FIRMWARE_MISSING] = { ERROR_PREFIX "FirmwareMissing", ENOENT },
        [ERROR_DEVICE_MISSING] = { ERROR_PREFIX "DeviceMissing", ENODEV },
        [ERROR_PORT_IN_USE] = { ERROR_PREFIX "PortInUse", EADDRINUSE },
        [ERROR_ADDRESS_MISSING] = { ERROR_PREFIX "AddressMissing", EADDRNOTAVAIL },
        [ERROR_NETWORK_MISSING] = { ERROR_PREFIX "NetworkMissing", ENOENT },
        [ERROR_NETWORK_INACTIVE] = { ERROR_PREFIX "NetworkInactive", ENETDOWN },
        [ERROR_BRIDGE_MISSING] = { ERROR_PREFIX "BridgeMissing", ENODEV },
        [ERROR_POOL_MISSING] = { ERROR_PREFIX "PoolMissing", ENOENT },
        [ERROR_POOL_INACTIVE] = { ERROR_PREFIX "PoolInactive", ENODEV },
        [ERROR_VOLUME_MISSING] = { ERROR_PREFIX "VolumeMissing", ENOENT },
        [ERROR_KVM_UNAVAILABLE] = { ERROR_PREFIX "KVMUnavailable", ENODEV },
        [ERROR_KVM_DENIED] = { ERROR_PREFIX "KVMDenied", EACCES },
        [ERROR_HUGEPAGES_SHORT] = { ERROR_PREFIX "HugepagesShort", ENOMEM },
        [ERROR_CPU_UNSUPPORTED] = { ERROR_PREFIX "CPUUnsupported", EOPNOTSUPP },
        [ERROR_MACHINE_TYPE_UNSUPPORTED] = { ERROR_PREFIX "MachineTypeUnsupported", EOPNOTSUPP },
        [ERROR_SAVE_IMAGE_INVALID] = { ERROR_PREFIX "SaveImageInvalid", EBADMSG },
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

        failure_done(failure);
        *failure = (Failure){ .code = code, .message = message };
        return error_code_to_errno(code);
}

void failure_add(Failure *failure, const char *key, const char *value) {
        size_t n = failure->arguments ? g_strv_length(failure->arguments) : 0;

        failure->arguments = g_renew(char *, failure->arguments, n + 3);
        failure->arguments[n] = g_strdup(key);
        failure->arguments[n + 1] = g_strdup(value);
        failure->arguments[n + 2] = NULL;
}

void failure_copy(Failure *target, const Failure *source) {
        Failure copy = {
                .code = source->code,
                .message = g_strdup(source->message),
                .arguments = g_strdupv(source->arguments),
        };

        failure_move(target, &copy);
}

void failure_move(Failure *target, Failure *source) {
        failure_done(target);
        *target = *source;
        *source = (Failure){ 0 };
}

void failure_done(Failure *failure) {
        g_clear_pointer(&failure->message, g_free);
        g_clear_pointer(&failure->arguments, g_strfreev);
        failure->code = ERROR_NONE;
}

int failure_append_arguments(const Failure *failure, sd_bus_message *message) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "{ss}");
        for (char **argument = failure->arguments; r >= 0 && argument && argument[0]; argument += 2)
                r = sd_bus_message_append(message, "{ss}", argument[0], argument[1]);
        return r < 0 ? r : sd_bus_message_close_container(message);
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
