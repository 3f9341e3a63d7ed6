/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "host-check.h"
#include "plugin.h"

/* Bits of validation_interface, in its order. */
enum {
        VALIDATION_CHECKED_AT,
        VALIDATION_READ_BY,
        _VALIDATION_PROPERTY_MAX,
};

/* All that is known of this host's fitness, and the parts of the plugin that find it out and mend it. */
typedef struct HostModel {
        const Services *services;
        GHashTable *by_path;  /* owns the HostCheck */
        uint64_t checked_at;  /* of the last report, µs since the epoch; 0: none yet */
        char *read_by;        /* who read for it; "" */
        GHashTable *remedies; /* that are under way, by the id of their check */
        struct ReportWatch *watch;
        struct ProbeRuns *runs;
        struct ProbeTriggers *triggers;
        struct Node *node;
} HostModel;

/* For tests, reads reports in $HATAGO_REPORT_FOLDER instead of REPORT_FOLDER, and lets
 * $HATAGO_PROBE_INTERVAL
 * ("100ms") be between two looks. */
HostModel *host_model_new(const Services *services);
HostModel *host_model_free(HostModel *model); /* NULL is none */

/* Takes over a whole report that report_parse() has passed: checks come, change and go as it says. */
void host_model_apply_report(HostModel *model, GVariant *report);

/* NULL: none. */
HostCheck *host_model_find(HostModel *model, const char *path);

/* The faces on the bus: validation-dbus.c, host-check-dbus.c. */
int validation_publish(HostModel *model);
int host_check_publish(HostModel *model);
extern const ObjectInterface validation_interface;
extern const ObjectInterface host_check_interface;

/* What org.hatago.Host1.Manager.Can is to say of checks and of looking at the host: see PluginDescriptor. */
int host_model_can(HostModel *model, const char *object, const char *verb, CanAnswer *ret, Failure *failure);
