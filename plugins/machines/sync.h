/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts.h"
#include "machines.h"

/*
 * Keeps the machines true to libvirt.
 *
 * After each connection a survey reads all of them (survey.h). From then on events tell of changes: what an
 * event says is applied at once, and a reading of that machine is queued that settles what it left open
 * (reading.h). While somebody has subscribed, small surveys bring what libvirt has no event for.
 */
typedef struct Sync Sync;

Sync *sync_new(Machines *machines);
Sync *sync_free(Sync *sync); /* after hypervisor_stop(): nothing is under way; NULL is none */

/* The hypervisor's listener, and whether the machines show what it says now. */
void sync_on_connected(void *sync);
void sync_on_disconnected(void *sync);
bool sync_is_synced(const Sync *sync);

/* Whether somebody wants to hear of what libvirt has no event for. */
void sync_set_subscribed(Sync *sync, bool subscribed);

/* Reads a domain; done (may be NULL) is called when the machine shows the result, or when it could not be
 * read. */
void sync_read(Sync *sync, const char *uuid, FactsMask want, void (*done)(void *data), void *data);

/* From events.c, any thread: delivers mail to the main thread. */
void sync_post(Sync *sync, mail_handler_t deliver, void *mail);

/* From events.c, main thread: a lifecycle event, or one that says no more than that the configuration
 * changed. */
void sync_on_event(Sync *sync, const MachineEvent *event);
void sync_on_config_event(Sync *sync, const char *uuid);

/* ... and one of a device: libvirt stores the configuration only after it has changed the run, and tells
 * nothing of that, so it is read once more. */
void sync_on_device_event(Sync *sync, const char *uuid);
