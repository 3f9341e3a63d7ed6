/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "plugin.h"
#include "probe-runs.h"
#include "unit-runner.h"

/*
 * What makes the agent look at the host again by itself: its own start, libvirt's coming and going,
 * libvirt's networks and pools, units that are started or stopped, enabled or disabled, and NetworkManager.
 * What the kernel tells starts a unit of its own (units/hatago-probe-kernel.socket). The rest has no event
 * (files, packages, free space): it is looked for every 60 s while a client has subscribed, and else never.
 */
typedef struct ProbeTriggers ProbeTriggers;

ProbeTriggers *probe_triggers_new(const Services *services, ProbeRuns *runs);
ProbeTriggers *probe_triggers_free(ProbeTriggers *triggers); /* after hypervisor_stop(); NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProbeTriggers, probe_triggers_free)

/* Before hypervisor_connect(). Returns a negative errno. */
int probe_triggers_start(ProbeTriggers *triggers);

void probe_triggers_set_subscribed(ProbeTriggers *triggers, bool subscribed);
