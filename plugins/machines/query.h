/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/* Machines.Query: answers a call with properties of many machines at once. Fails with UnknownProperty, and
 * with InvalidArgument where one is asked for twice. */
int query_on_call(Machines *machines, sd_bus_message *message, Failure *failure);
