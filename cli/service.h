/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fields.h"
#include "machine.h"

/* How machines are services (org.hatago.Host1.Machine.Service): reading them, and words for people. */

/* All machines, with these properties in their facts, those that others start after first. Elements are
 * Machine. Sets error on failure. */
int services_read(const Cli *cli, sd_bus_error *error, GPtrArray **ret);

/* Sorts machines so that each stands behind those that it starts after, and else by name. */
void services_sort(GPtrArray *machines);

/* Whether there is more to say of it than that nothing was set. */
bool service_is_set(JsonObject *facts);

/* What starts it has this word in it: "hatago", "libvirt" or "systemd". */
bool service_is_started_by(JsonObject *facts, const char *word);

/* Cells of a table: new strings, NULL where there is nothing to be said. machines: all, for the names of
 * those that it starts after. */
char *service_after_text(JsonObject *facts, const GPtrArray *machines);
char *service_delay_text(JsonObject *facts);
char *service_ready_word(JsonObject *facts);
char *service_stop_timeout_text(JsonObject *facts);

/* Whether it starts after the machine with this UUID. */
bool service_starts_after(JsonObject *facts, const char *uuid);

/* The name of the machine with this UUID; NULL: it is not among them. Points into them. */
const char *service_name_of(const GPtrArray *machines, const char *uuid);

/* Words of AutostartBy, of which the first counts that a machine has, and of ReadyState, and what they say;
 * not yet translated. Each ends with an empty entry. */
typedef struct ServiceText {
        const char *word, *text;
} ServiceText;

extern const ServiceText service_by_texts[];
extern const ServiceText service_ready_texts[];

/* Lines about one machine; with all, also of what is as it is where nothing was set. */
void service_fields_add(Fields *fields, JsonObject *facts, const GPtrArray *machines, bool all);
