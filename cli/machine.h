/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/* A row of org.hatago.Host1.Machines.ListMachines. */
typedef struct Machine {
        JsonObject *facts; /* properties as they are on the bus, if machines_query() was asked; else NULL */
        char *path;
        char *name;
        char *uuid;
        char *state;
        char *unit;
        bool autostart;
        uint64_t vcpus;
        uint64_t memory; /* bytes */
} Machine;

Machine *machine_free(Machine *machine);

/* All machines, as the agent sorts them: by name. Elements are Machine. Sets error on failure. */
int machines_list(const Cli *cli, sd_bus_error *error, GPtrArray **ret);

/*
 * The same, and in facts those of the properties (NULL-ended) that the agent has for a machine. Costs more
 * than machines_list(): a dictionary for each machine.
 */
int machines_query(const Cli *cli, const char *const *properties, sd_bus_error *error, GPtrArray **ret);

/* The path of the machine with this name or UUID (new string). Sets error on failure. */
int machine_find(const Cli *cli, const char *name, sd_bus_error *error, char **ret_path);

/* Adds to a machine's properties those that GetAll leaves out, as far as the agent has them. */
void machine_read_explicit(const Cli *cli, const char *path, JsonObject *machine);

/* The libvirt XML of the machine at the path (new string): as stored if inactive, else as it runs; with
 * secure, passwords are in it. Sets error on failure. */
int machine_get_xml(const Cli *cli, const char *path, bool inactive, bool secure, sd_bus_error *error,
                    char **ret);

/* The existing name that this one was most likely meant to be; new string, NULL if none is near. */
char *machine_find_closest(const Cli *cli, const char *name);

/* The name of the machine at the path, or the end of the path if it is not among them. Points into the
 * arguments. */
const char *machine_name_at(const GPtrArray *machines, const char *path);

/* Whether the shell pattern fits the name of a machine, or is its UUID. */
bool machine_fits(const char *pattern, const char *name, const char *uuid);

/* Names the patterns that fit none of the machines, on standard error. Not an error: patterns may. */
void machines_report_patterns(const Cli *cli, const GPtrArray *machines, char **patterns, unsigned n);

/* The UUID in the path of a machine's object; new string, NULL if it is the path of something else. */
char *machine_path_uuid(const char *path);

/* Whether there are codes in Warnings of its facts. */
bool machine_has_warnings(const Machine *machine);

/* The colour of a word of State. */
Colour machine_state_colour(const char *state);

/* Whether a machine in this state is executing ("running", "blocked"). */
bool machine_state_runs(const char *state);
