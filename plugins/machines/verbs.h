/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/* What can be done with a machine: one table of verbs, and their common way from the call to the end of the
 * job. */
typedef struct Verbs Verbs;

Verbs *verbs_new(Machines *machines);
Verbs *verbs_free(Verbs *verbs); /* cancels what waits for a machine to be off; NULL is none */

/* Takes over the jobs that an agent before this one had begun, and tells what becomes of them. */
void verbs_adopt(Verbs *verbs);

/* A call of one of the verbs on a machine: the method of a bus vtable, which finds the verb by the member's
 * name. */
int verbs_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure);

/* A machine is in this run now (0: off, or gone): jobs that waited for the end of another end. */
void verbs_on_run_ended(Verbs *verbs, const char *uuid, unsigned run);

/* org.hatago.Host1.Machine.GetXML, get-xml.c. */
int get_xml_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure);

/* org.hatago.Host1.Machines.DefineMachine, and SetXML of the machine that it replaces the definition of;
 * define.c.
 */
int define_on_call(Machines *machines, const Machine *replaces, sd_bus_message *message, Failure *failure);

/* What org.hatago.Host1.Manager.Can asks of the plugin, can.c: see PluginDescriptor. */
int machines_can(Machines *machines, const char *object, const char *name, CanAnswer *ret, Failure *failure);
