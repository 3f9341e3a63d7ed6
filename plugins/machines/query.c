/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "query.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/options.h"
#include "common/text.h"

/* The properties that were asked for, in that order. */
typedef struct Query {
        MachineProperty properties[_MACHINE_SERVICE_PROPERTY_MAX];
        unsigned n;
} Query;

static int query_add(Query *query, const char *name, Failure *failure) {
        MachineProperty property;

        if (!machine_property_find(name, &property)) {
                g_autofree char *printable = text_printable(name);
                return failure_set(failure, ERROR_UNKNOWN_PROPERTY, "There is no property \"%s\".",
                                   printable);
        }

        for (unsigned i = 0; i < query->n; i++)
                if (query->properties[i] == property)
                        return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                           "Property \"%s\" is asked for twice.", name);

        query->properties[query->n++] = property;
        return 0;
}

static int query_read(sd_bus_message *message, Query *query, Failure *failure) {
        const char *name;
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "s");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(message, "s", &name)) > 0) {
                r = query_add(query, name, failure);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int query_append(const Query *query, Machine *machine, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "oa{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "o", machine->path);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        for (unsigned i = 0; r >= 0 && i < query->n; i++)
                r = machine_property_append(machine, query->properties[i], reply);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int query_answer(const Query *query, const GPtrArray *machines, sd_bus_message *message) {
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{oa{sv}}");
        for (guint i = 0; r >= 0 && i < machines->len; i++)
                r = query_append(query, machines->pdata[i], reply);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int query_on_call(Machines *machines, sd_bus_message *message, Failure *failure) {
        g_autoptr(GPtrArray) list = NULL;
        Query query = { .n = 0 };
        int r;

        r = query_read(message, &query, failure);
        if (r >= 0)
                r = options_read(message, NULL, NULL, failure);
        if (r < 0)
                return r;

        list = machines_list(machines);
        return query_answer(&query, list, message);
}
