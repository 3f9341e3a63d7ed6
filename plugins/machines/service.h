/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/* How a machine is a service: what org.hatago.Host1.Machine.Service shows and changes, and
 * org.hatago.Host1.Machine.SetAutostart. */

/* A call of Configure or SetAutostart, by the member's name; service-configure.c. */
int service_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure);

/* The face on the bus, service-dbus.c. */
int service_publish(Machines *machines);
