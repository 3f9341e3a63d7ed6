/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every name that others see: the bus, its objects and interfaces, polkit's actions, fields of the journal.
 */

#define BUS_NAME "org.hatago.Host1"
#define PATH_ROOT "/org/hatago/Host1"
#define PATH_CHECKS PATH_ROOT "/checks"
#define PATH_JOBS PATH_ROOT "/jobs"
#define PATH_MACHINES PATH_ROOT "/machines"

#define IFACE_MANAGER BUS_NAME ".Manager"
#define IFACE_JOB BUS_NAME ".Job"
#define IFACE_MACHINES BUS_NAME ".Machines"
#define IFACE_MACHINE BUS_NAME ".Machine"
#define IFACE_MACHINE_CONSOLE IFACE_MACHINE ".Console"
#define IFACE_MACHINE_SERVICE IFACE_MACHINE ".Service"
#define IFACE_VALIDATION BUS_NAME ".Validation"
#define IFACE_HOST_CHECK BUS_NAME ".HostCheck"
#define IFACE_HOST BUS_NAME ".Host"

#define ERROR_PREFIX BUS_NAME ".Error."

#define ACTION_MACHINE_VIEW BUS_NAME ".machine-view"
#define ACTION_MACHINE_CONTROL BUS_NAME ".machine-control"
#define ACTION_MACHINE_CONFIGURE BUS_NAME ".machine-configure"
#define ACTION_MACHINE_CONSOLE BUS_NAME ".machine-console"
#define ACTION_MACHINE_DEFINE BUS_NAME ".machine-define"
#define ACTION_MACHINE_DELETE BUS_NAME ".machine-delete"
#define ACTION_MACHINE_SECRETS BUS_NAME ".machine-secrets"
#define ACTION_HOST_FIX BUS_NAME ".host-fix"

/* Those of systemd. */
#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_SERVICE SYSTEMD_NAME ".Service"
#define SYSTEMD_UNIT SYSTEMD_NAME ".Unit"

/* Fields of the journal entries that record changes; read them with "journalctl HATAGO_VERB=start". */
#define FIELD_VERB "HATAGO_VERB"
#define FIELD_OBJECT "HATAGO_OBJECT"
#define FIELD_OBJECT_NAME "HATAGO_OBJECT_NAME"
#define FIELD_RESULT "HATAGO_RESULT"
#define FIELD_ERROR "HATAGO_ERROR"
#define FIELD_CALLER_UID "HATAGO_CALLER_UID"
#define FIELD_CALLER_UNIT "HATAGO_CALLER_UNIT"
#define FIELD_JOB "HATAGO_JOB"
