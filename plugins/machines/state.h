/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* libvirt's numbers for states, reasons and lifecycle events, and our words for them. */

/* A word of org.hatago.Host1.Machine.State for a virDomainState. */
const char *state_to_string(int state);

/* A word of StateReason for a virDomainState and its virDomain…Reason. */
const char *state_reason_to_string(int state, int reason);

/* The state that a lifecycle event (virDomainEventType and its detail) leaves behind. False where the event
 * tells none. */
bool state_after_event(int event, int detail, int *ret_state, int *ret_reason);
