/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/*
 * All that "hatago host" shows, read from the agent: the properties of org.hatago.Host1.Manager and .Host,
 * what GetUsage tells (but the counters of time), and:
 *
 *   CPUUsage         0 to 1, of all CPUs, in half a second
 *   Accelerator      "kvm", "none"; "" if it is not known
 *   Machines, MachinesRunning; VCPUsRunning, MemoryRunning (bytes): of those that run
 *   CPUsUsedByMachines, MemoryUsedByMachines
 *                    what those take of it: processors (0.5: half of one), bytes; absent if one does not
 * tell Problems         the checks that are wrong, with what they say, after a new look at the host
 *   ChecksError      why that look failed, for people: then Problems are those of the look before
 *   CheckedAt        when there was the last that did not; 0: never, so nothing is known
 *
 * What the agent cannot tell (a part of it may be missing, or libvirt not answer) is left out.
 * Sets error on failure: there is no agent.
 */
int host_facts_read(const Cli *cli, sd_bus_error *error, JsonObject **ret);

/* How busy all CPUs were between two answers of GetUsage, 0 to 1; -1: they do not tell. */
double host_cpu_usage(JsonObject *before, JsonObject *after);
