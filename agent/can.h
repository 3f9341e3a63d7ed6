/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "common/error.h"
#include "manager.h"

/*
 * org.hatago.Host1.Manager.Can: what would become of some verbs on an object, if this caller asked for them.
 * Nothing is done, and nobody is asked for a password. verbs ends with NULL; NULL is none. Fails with
 * InvalidArgument (more than 64 verbs, one twice, one that the object has not, an object that has none),
 * NoSuchMachine, NoSuchJob, or the errors of call_begin().
 */
int can_begin(Manager *manager, sd_bus_message *message, const char *object, char **verbs, Failure *failure);
