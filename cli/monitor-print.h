/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"
#include "monitor-model.h"

/* The monitor's lines: with the time of day for people, or one JSON object each. */

void monitor_print_event(const Cli *cli, const MonitorEvent *event);

/* job: its properties, as far as they are known. */
void monitor_print_job_new(const Cli *cli, const MonitorModel *model, const char *path, JsonObject *job);
void monitor_print_job_removed(const Cli *cli, const char *path, const char *result, const char *error,
                               const char *message);

/* The agent came to, or left, the bus. */
void monitor_print_agent(const Cli *cli, bool present);
