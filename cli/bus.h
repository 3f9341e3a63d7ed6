/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/* All functions return negative errno on failure, and then error is always set. */

/* Connects to the system's or, with --user, the session's bus. */
int bus_open(const Options *options, sd_bus_error *error, sd_bus **ret);

/* A call of a method of the agent, to be filled; lets polkit ask for a password if there is somebody to ask.
 */
int bus_message_new(const Cli *cli, const char *path, const char *interface, const char *member,
                    sd_bus_error *error, sd_bus_message **ret);

/* Sends a call and waits for its answer, long enough for a password to be typed. */
int bus_call(const Cli *cli, sd_bus_message *message, sd_bus_error *error, sd_bus_message **ret_reply);

/* Both in one, with arguments as sd_bus_message_append() takes them. */
int bus_call_method(const Cli *cli, const char *path, const char *interface, const char *member,
                    sd_bus_error *error, sd_bus_message **ret_reply, const char *types, ...);

/* All properties of an interface, or of all of them if it is "". */
int bus_get_all(const Cli *cli, const char *path, const char *interface, sd_bus_error *error,
                JsonObject **ret);

/* All objects of the agent with what they have: path → interface → property → value. */
int bus_get_objects(const Cli *cli, sd_bus_error *error, JsonObject **ret);

/* Appends a dictionary of options that has those flags that are set. */
typedef struct BusFlag {
        const char *name;
        bool set;
} BusFlag;

int bus_append_flags(sd_bus_message *message, const BusFlag *flags, size_t n_flags);

/* Calls a method that takes these options and nothing else. */
int bus_call_flags(const Cli *cli, const char *path, const char *interface, const char *member,
                   const BusFlag *flags, size_t n_flags, sd_bus_error *error, sd_bus_message **ret_reply);

/*
 * Waits until the agent has read the hypervisor once, so that what it shows is whole: at most 10 s, and 1 s
 * where it cannot reach it, then the error NotReady or HypervisorUnavailable. If it shows what it knew last
 * (Connected is false), warns on standard error.
 */
int bus_wait_ready(const Cli *cli, sd_bus_error *error);

/* The number at the end of a job's path, "7". Points into the path. */
const char *job_number(const char *path);
