/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"
#include "monitor-model.h"

/* The monitor's lines: with the time of day for people, or one JSON object each. */

void monitor_print_event(const Cli *cli, const MonitorEvent *event);

/* What a job does and to what, as far as its properties tell: "start web". For people; new string. */
char *monitor_job_text(const Cli *cli, const MonitorModel *model, JsonObject *job);

/* text: what monitor_job_text() said. JSON has the properties instead. */
void monitor_print_job_new(const Cli *cli, const char *path, JsonObject *job, const char *text);
void monitor_print_job_removed(const Cli *cli, const char *path, const char *text, const char *result,
                               const char *error, const char *message);

/* For people only: JSON has the single properties. */
void monitor_print_job_progress(const Cli *cli, const char *path, JsonObject *job, const char *text);

/* The agent came to, or left, the bus. */
void monitor_print_agent(const Cli *cli, bool present);
