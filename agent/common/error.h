/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/*
 * How errors travel
 * -----------------
 * Functions return 0 or more, or a negative errno. Where the reason is for a caller on the bus, the function
 * also takes a Failure and fills it in: a code, which has one name on the bus, and a text that says which
 * thing and why. Only files named *-dbus.c turn a Failure into an sd_bus_error, only backends turn a
 * virError into a Failure, in the thread where it arose. An error is either logged or returned, never both.
 */

typedef enum ErrorCode {
        ERROR_NONE,
        ERROR_FAILED,
        ERROR_INVALID_ARGUMENT,
        ERROR_UNKNOWN_OPTION,
        ERROR_UNKNOWN_PROPERTY,
        ERROR_NO_SUCH_MACHINE,
        ERROR_AMBIGUOUS_NAME,
        ERROR_MACHINE_EXISTS,
        ERROR_MACHINE_RUNNING,
        ERROR_MACHINE_NOT_RUNNING,
        ERROR_MACHINE_NOT_PAUSED,
        ERROR_MACHINE_PAUSED,
        ERROR_MACHINE_TRANSIENT,
        ERROR_MACHINE_HAS_STATE,
        ERROR_NO_MANAGED_SAVE,
        ERROR_START_CYCLE,
        ERROR_SETTINGS_INVALID,
        ERROR_AUTOSTART_BY_SYSTEMD,
        ERROR_INVALID_NAME,
        ERROR_OTHER_MACHINE,
        ERROR_CONFLICT,
        ERROR_NO_SUCH_DEVICE,
        ERROR_CONSOLE_BUSY,
        ERROR_INVALID_XML,
        ERROR_NOT_SUPPORTED,
        ERROR_HYPERVISOR_UNAVAILABLE,
        ERROR_HYPERVISOR_DENIED,
        ERROR_NOT_READY,
        ERROR_BUSY,
        ERROR_LIMITS_EXCEEDED,
        ERROR_TIMED_OUT,
        ERROR_CANCELED,
        ERROR_INTERRUPTED,
        ERROR_NO_SUCH_JOB,
        ERROR_JOB_NOT_CANCELABLE,
        ERROR_NO_SPACE,
        ERROR_NO_MEMORY,
        ERROR_GUEST_AGENT_UNAVAILABLE,
        ERROR_RESOURCE_MISSING,
        /* Of checks of the host: */
        ERROR_NO_SUCH_CHECK,
        ERROR_CHECK_NOT_FIXABLE,
        ERROR_FIX_FAILED,
        ERROR_PROBE_FAILED,
        ERROR_UNIT_UNAVAILABLE,
        /* Of a failed start: */
        ERROR_IMAGE_MISSING,
        ERROR_IMAGE_DENIED,
        ERROR_IMAGE_IN_USE,
        ERROR_IMAGE_INVALID,
        ERROR_FILE_MISSING,
        ERROR_FIRMWARE_MISSING,
        ERROR_DEVICE_MISSING,
        ERROR_PORT_IN_USE,
        ERROR_ADDRESS_MISSING,
        ERROR_NETWORK_MISSING,
        ERROR_NETWORK_INACTIVE,
        ERROR_BRIDGE_MISSING,
        ERROR_POOL_MISSING,
        ERROR_POOL_INACTIVE,
        ERROR_VOLUME_MISSING,
        ERROR_KVM_UNAVAILABLE,
        ERROR_KVM_DENIED,
        ERROR_HUGEPAGES_SHORT,
        ERROR_CPU_UNSUPPORTED,
        ERROR_MACHINE_TYPE_UNSUPPORTED,
        ERROR_SAVE_IMAGE_INVALID,
        ERROR_ACCESS_DENIED,          /* org.freedesktop.DBus.Error.AccessDenied */
        ERROR_AUTHORIZATION_REQUIRED, /* org.freedesktop.DBus.Error.InteractiveAuthorizationRequired */
        _ERROR_CODE_MAX,
} ErrorCode;

/* Full name on the bus; NULL for ERROR_NONE. */
const char *error_code_to_bus_name(ErrorCode code);

/* The negative errno that stands for the code inside the process; 0 for ERROR_NONE. */
int error_code_to_errno(ErrorCode code);

/* Why something failed. { 0 } is no failure; owns its strings. */
typedef struct Failure {
        ErrorCode code;
        char *message;
        char **arguments; /* what it was about, for clients: keys and values in turn; NULL: nothing */
} Failure;

/* Fills in the failure, replacing what it held; the text becomes valid UTF-8 if it was not. Returns the
 * code's negative errno, to be returned at once.
 */
int failure_set(Failure *failure, ErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Adds an argument; both strings are copied. failure_set() forgets those that were there. */
void failure_add(Failure *failure, const char *key, const char *value);

/* Makes target the same as source; what it held is replaced. */
void failure_copy(Failure *target, const Failure *source);

/* Takes the text of source over into target, which is replaced; source is none afterwards. */
void failure_move(Failure *target, Failure *source);

/* Releases the text; { 0 } again afterwards. */
void failure_done(Failure *failure);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Failure, failure_done)

/* The same as an error of a D-Bus reply, for *-dbus.c and nothing else. Returns a negative errno. */
int failure_to_bus(const Failure *failure, sd_bus_error *error);

/* Appends the arguments, as a{ss}. Returns a negative errno of sd-bus. */
int failure_append_arguments(const Failure *failure, sd_bus_message *message);

/* What a method's handler returns, for *-dbus.c: the failure if there is one, else result as it is. */
int failure_or_result(const Failure *failure, int result, sd_bus_error *error);
