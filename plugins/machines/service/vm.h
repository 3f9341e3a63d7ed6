/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "common/error.h"
#include "exit-status.h"

/*
 * The machine of a unit, as libvirt knows it. Every function here calls libvirt, whose answer can take for
 * ever: on a thread (task.h).
 */
typedef struct Vm {
        virConnect *connection;
        virDomain *domain; /* as it was looked up: libvirt's id of the run is that of this moment */
        char *name;
        char uuid[VIR_UUID_STRING_BUFLEN];
} Vm;

/* { 0 } is none, and again afterwards. */
void vm_done(Vm *vm);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Vm, vm_done)

/* Finds the machine whose unit has this instance, as systemd escaped it: each machine has one alone
 * (vm_instance()), and where another was named, the failure says which. What ret held is replaced. Failures:
 * NoSuchMachine; HypervisorUnavailable; another of libvirt's. */
int vm_find(const char *instance, Vm *ret, Failure *failure);

/* Connects again and finds the machine by its UUID; as vm_find(). */
int vm_find_uuid(const char *uuid, Vm *ret, Failure *failure);

/* The run that is going on now, by a question of its own: libvirt's id; 0: it is off; a negative errno. */
int vm_ask_run(Vm *vm, unsigned *ret, Failure *failure);

/* State and reason (virDomainState, and the enumeration of that state). */
int vm_ask_state(Vm *vm, int *ret_state, int *ret_reason, Failure *failure);

/* The last error of libvirt in this thread as a failure: "WHAT: libvirt's text", or that alone where what is
 * NULL. Returns its negative errno. */
int vm_failure(Failure *failure, const char *what);

/* libvirt prints errors by itself, unless this was called. */
void vm_be_quiet(void);

/* What a failure is to systemd. */
ExitStatus vm_exit_status(const Failure *failure);
