/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How a virtual machine is a service: when it starts, after which others, when it is ready, how it stops.
 * One small file a machine, UUID.conf in SETTINGS_FOLDER (hatago-vm@.service(5)). The agent writes them; the
 * generator reads them at boot, without libvirt, and the units' program at each start. Both are root, and
 * take a file for hostile: a regular file, not by a symbolic link, of SETTINGS_SIZE_MAX at most, with known
 * keys and values in their bounds.
 */
#define SETTINGS_SIZE_MAX 4096U
#define SETTINGS_MAX 4096U /* files in the folder; more are ignored with a message */
#define START_AFTER_MAX 64U

#define START_DELAY_MAX (24 * G_TIME_SPAN_HOUR)
#define READY_TIMEOUT_MIN G_TIME_SPAN_SECOND
#define READY_TIMEOUT_MAX (24 * G_TIME_SPAN_HOUR)
#define READY_TIMEOUT_DEFAULT (5 * G_TIME_SPAN_MINUTE)
#define STOP_TIMEOUT_MIN G_TIME_SPAN_SECOND
#define STOP_TIMEOUT_MAX (24 * G_TIME_SPAN_HOUR)
#define STOP_TIMEOUT_DEFAULT (3 * G_TIME_SPAN_MINUTE)

/* What TimeoutStopSec= of the unit has above that: the program behind ExecStop= has to turn the machine off
 * in the end. */
#define STOP_MARGIN (45 * G_TIME_SPAN_SECOND)

typedef enum ReadyWhen {
        READY_RUNNING, /* its process runs */
        READY_AGENT,   /* its guest agent answers */
        READY_PORT,    /* a TCP port of the guest takes a connection */
        _READY_WHEN_MAX,
} ReadyWhen;

typedef enum HostShutdown {
        HOST_SHUTDOWN_SHUTDOWN, /* as any stop of the unit */
        HOST_SHUTDOWN_SAVE,     /* managed save */
        HOST_SHUTDOWN_POWEROFF, /* hard, at once */
        _HOST_SHUTDOWN_MAX,
} HostShutdown;

/* Words of the file, the bus and the command line: "running", "agent", "port"; "shutdown", "save",
 * "poweroff". _from_string() returns -EINVAL for others. */
const char *ready_when_to_string(ReadyWhen when);
int ready_when_from_string(const char *word);
const char *host_shutdown_to_string(HostShutdown what);
int host_shutdown_from_string(const char *word);

typedef struct ServiceSettings {
        char uuid[VIR_UUID_STRING_BUFLEN];
        char *name;           /* of the machine, as the agent last knew it: units are named after it */
        bool autostart;       /* started at boot */
        char **start_after;   /* UUIDs; NULL or ends with NULL */
        uint64_t start_delay; /* µs; whole seconds, as the other spans */
        ReadyWhen ready;
        uint16_t ready_port;    /* 1 to 65535 where ready is READY_PORT, else 0 */
        uint64_t ready_timeout; /* µs */
        uint64_t stop_timeout;  /* µs; 0: nothing set, STOP_TIMEOUT_DEFAULT for the unit */
        HostShutdown host_shutdown;
} ServiceSettings;

/* Whether it is a UUID as libvirt prints them: in small letters, and so the name of one file. */
bool service_settings_uuid_is_valid(const char *uuid);

/* Whether a file can hold this name of a machine: UTF-8 without control characters and slashes, of 255 bytes
 * at most. libvirt takes others, too. */
bool service_settings_name_is_valid(const char *name);

/* The defaults, for a machine nobody has set anything of; name may be NULL. */
ServiceSettings *service_settings_new(const char *uuid, const char *name);
ServiceSettings *service_settings_copy(const ServiceSettings *settings);
ServiceSettings *service_settings_free(ServiceSettings *settings); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceSettings, service_settings_free)

bool service_settings_equal(const ServiceSettings *a, const ServiceSettings *b);

/* Whether both start after the same machines. */
bool service_settings_same_order(const ServiceSettings *a, const ServiceSettings *b);

/* Whether there is nothing in it that a file would have to keep. */
bool service_settings_are_default(const ServiceSettings *settings);

/* From the text of a file; uuid is its name. On failure -EINVAL, and why, for a log line, in ret_why
 * (g_malloc()). What is in it is never in part taken. */
int service_settings_parse(const char *uuid, const char *text, gsize size, ServiceSettings **ret,
                           char **ret_why);

/* Text of a file, which service_settings_parse() takes if all is in its bounds. g_malloc(). */
char *service_settings_format(const ServiceSettings *settings);

/* Reads one file: -ENOENT where there is none; -EINVAL with why where it is hostile or wrong; another
 * negative errno with why where it cannot be read. Never waits for a FIFO, never follows a link. */
int service_settings_read(int folder_fd, const char *uuid, ServiceSettings **ret, char **ret_why);

/* The settings of a machine, for its unit: the defaults where it has no file; where that is wrong or cannot
 * be read, too, and a warning is logged. Never NULL. */
ServiceSettings *service_settings_load(const char *folder, const char *uuid);

/* Reads all files of a folder into a new table, by UUID, which owns them. What is wrong is ignored: a new
 * table of the names of such files, each with what is wrong with it (of strings that it owns); with a NULL
 * ret_wrong it is logged instead. A folder that is not there is empty. Returns a negative errno where the
 * folder cannot be read. */
int service_settings_read_all(const char *folder, GHashTable **ret, GHashTable **ret_wrong);

/* Logs such a table as warnings, but for what is the same in known (NULL: nothing). */
void service_settings_log_wrong(const char *folder, GHashTable *wrong, GHashTable *known);

/* Writes a file in place of the one before, or removes it where the settings are the default ones and
 * nothing starts after this machine (keep says that something does); on the disk when this returns. On a
 * thread; of one machine one at a time. -EINVAL: a value is out of its bounds, or the name is none that a
 * file can hold; another negative errno. */
int service_settings_write(const char *folder, const ServiceSettings *settings, bool keep);

/* Removes a file; that there is none is no failure. On a thread. */
int service_settings_remove(const char *folder, const char *uuid);

/*
 * The order of starting: machines (by UUID) with what each starts after.
 */

/* A cycle that uuid would be in if its settings were these instead of those in the table: the UUIDs along
 * it, from uuid back to it, ending with NULL; NULL: there is none. Caller frees with g_strfreev(). */
char **start_order_find_cycle(GHashTable *settings, const ServiceSettings *instead);

/* Takes out of the table's settings what would be a cycle, so that none is left; each relation that goes is
 * logged as a warning. Always the same ones. */
void start_order_break_cycles(GHashTable *settings);
