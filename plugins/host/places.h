/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where the probe, the agent and the remedies leave things for each other. */

/* The probe's report, for the agent. Units and tmpfiles name the folder too. */
#define REPORT_FOLDER "/run/hatago-probe"
#define REPORT_NAME "report"

/* What was before a remedy, one file for each, named by the id of its check; while it is there, the remedy
 * can be taken back. */
#define RECORDS_FOLDER "/var/lib/hatago-fix"
