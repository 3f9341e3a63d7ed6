/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

#include <glib.h>

int peer_watch(sd_bus *bus, const char *name, sd_bus_message_handler_t changed,
               sd_bus_message_handler_t installed, void *userdata, sd_bus_slot **ret) {
        g_autofree char *match = NULL;

        match = g_strdup_printf("type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                                name);
        return sd_bus_add_match_async(bus, ret, match, changed, installed, userdata);
}

bool peer_left(sd_bus_message *changed) {
        const char *new_owner;

        return sd_bus_message_read(changed, "sss", NULL, NULL, &new_owner) >= 0 && !*new_owner;
}
