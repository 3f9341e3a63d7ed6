/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

/*
 * Watches a connection on the bus, by its unique name, without blocking (sd_bus_track asks the bus and waits
 * for its answer). changed is called for its NameOwnerChanged, of which peer_left() says whether it is the
 * end; installed when the bus has answered to the match, with an error if it refuses: sd-bus would leave the
 * bus if nobody took that. Freeing the slot ends it. Who left before this is not noticed.
 */
int peer_watch(sd_bus *bus, const char *name, sd_bus_message_handler_t changed,
               sd_bus_message_handler_t installed, void *userdata, sd_bus_slot **ret);
bool peer_left(sd_bus_message *changed);
