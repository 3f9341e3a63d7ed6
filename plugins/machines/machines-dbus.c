/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machines.h"

#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"
#include "common/options.h"
#include "event-log.h"
#include "state.h"
#include "statistics.h"
#include "verbs.h"

/* The face of all machines on the bus: org.hatago.Host1.Machines. The userdata is the Machines. */

static int append_row(sd_bus_message *reply, const Machine *m) {
        return sd_bus_message_append(reply, "(ossssbut)", m->path, m->name, m->uuid,
                                     state_to_string(m->state), machine_unit(m), m->autostart_by != 0,
                                     m->vcpus, m->memory);
}

static int reply_list(sd_bus_message *message, Machines *machines) {
        g_autoptr(GPtrArray) list = machines_list(machines);
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(ossssbut)");
        for (guint i = 0; r >= 0 && i < list->len; i++)
                r = append_row(reply, list->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_list_machines(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = options_read(message, NULL, NULL, &failure);
        if (r >= 0)
                r = reply_list(message, userdata);
        return failure_or_result(&failure, r, error);
}

static int method_query(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const Machines *machines = userdata;
        g_auto(Failure) failure = { 0 };
        int r;

        r = objects_query(machines->services->objects, machines->by_path, message, &failure);
        return failure_or_result(&failure, r, error);
}

static int method_get_machine(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        Machine *machine;
        const char *name;
        int r;

        r = sd_bus_message_read(message, "s", &name);
        if (r >= 0)
                r = options_read(message, NULL, NULL, &failure);
        if (r >= 0)
                r = machines_find_by_name(userdata, name, &machine, &failure);
        if (r < 0)
                return failure_or_result(&failure, r, error);

        return sd_bus_reply_method_return(message, "o", machine->path);
}

static int method_define_machine(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = define_on_call(userdata, /* replaces= */ NULL, message, &failure);
        return failure_or_result(&failure, r, error);
}

typedef struct EventsOptions {
        uint64_t since, limit;
} EventsOptions;

static int append_event(sd_bus_message *reply, const EventRecord *record) {
        return sd_bus_message_append(reply, "(tosss)", record->when, record->path, record->name,
                                     record->event, record->detail);
}

/* The clock may have been set back meanwhile: of each its own time decides. */
static int reply_events(sd_bus_message *message, const EventLog *log, const EventsOptions *options) {
        g_autoptr(sd_bus_message) reply = NULL;
        unsigned n = event_log_count(log), first = n;
        uint64_t left = options->limit;
        int r;

        for (; first > 0 && left > 0; first--)
                left -= event_log_get(log, first - 1)->when >= options->since;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(tosss)");
        for (unsigned i = first; r >= 0 && i < n; i++)
                if (event_log_get(log, i)->when >= options->since)
                        r = append_event(reply, event_log_get(log, i));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int method_list_events(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const Option options[] = {
                { "since", OPTION_UINT64, offsetof(EventsOptions, since), 0, (UINT64_C(1) << 53) - 1 },
                { "limit", OPTION_UINT32, offsetof(EventsOptions, limit), 1, EVENT_LOG_MAX },
                {},
        };
        EventsOptions read = { .limit = EVENT_LOG_MAX };
        g_auto(Failure) failure = { 0 };
        const Machines *machines = userdata;
        int r;

        r = options_read(message, options, &read, &failure);
        if (r >= 0)
                r = reply_events(message, machines->events, &read);
        return failure_or_result(&failure, r, error);
}

void machines_tell_event(Machines *machines, const EventRecord *record) {
        int r;

        r = sd_bus_emit_signal(machines->services->bus, PATH_ROOT, IFACE_MACHINES, "EventRecorded", "tosss",
                               record->when, record->path, record->name, record->event, record->detail);
        if (r < 0)
                log_warning("Cannot tell what happened to %s, ignoring: %s", record->path, g_strerror(-r));
}

static const sd_bus_vtable machines_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("ListMachines", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(ossssbut)", machines), method_list_machines,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Query", SD_BUS_ARGS("as", properties, "a{sv}", options),
                                SD_BUS_RESULT("a{oa{sv}}", machines), method_query,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetMachine", SD_BUS_ARGS("s", name, "a{sv}", options),
                                SD_BUS_RESULT("o", machine), method_get_machine, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("DefineMachine", SD_BUS_ARGS("s", xml, "a{sv}", options),
                                SD_BUS_RESULT("o", machine), method_define_machine,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetStatistics", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("t", when, "a{oa{sv}}", machines), statistics_method_get,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListEvents", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("a(tosss)", events), method_list_events,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("EventRecorded",
                                SD_BUS_ARGS("t", when, "o", machine, "s", name, "s", event, "s", detail), 0),
        SD_BUS_VTABLE_END,
};

int machines_publish(Machines *machines) {
        return sd_bus_add_object_vtable(machines->services->bus, NULL, PATH_ROOT, IFACE_MACHINES,
                                        machines_vtable, machines);
}
