/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>
#include <stdbool.h>

/*
 * Guest agents that did not answer in time. libvirt's call waits for them in a thread of libvirtd, of which
 * there are few: such an agent is not asked again in that run of its machine, and when UNANSWERED_MAX of
 * those that run are so, none is asked any more. A guest can have its agent behave so on purpose.
 *
 * An empty file UUID.ID for each, in a folder in memory that is root's.
 */
#define UNANSWERED_FOLDER "/run/hatago-vm-status"
#define UNANSWERED_MAX 4U

bool unanswered_is(const char *folder, const char *uuid, unsigned id);

/* One that could not be noted is asked again; that is logged. */
void unanswered_add(const char *folder, const char *uuid, unsigned id);

/* Runs of which the machine is active no more are forgotten; is_active tells which are. Returns how many are
 * left. */
unsigned unanswered_sweep(const char *folder, bool (*is_active)(void *userdata, const char *run),
                          void *userdata);

/* The name of a run there, "UUID.ID": g_malloc(). */
char *unanswered_name(const char *uuid, unsigned id);
