/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <systemd/sd-bus.h>

#include "bench.h"

/*
 * bench-null [NAME]: a service that does nothing but answer, with sd-bus: the least that a service can cost.
 *
 * Its object has one property, Name, and GetManagedObjects: the values of the agent's answer, which it asks
 * for at the first call, appended one by one at each.
 */

typedef struct Step {
        char type; /* of a value or of a container that opens; 0: one closes */
        char *contents;
        union {
                uint64_t number;
                char *text;
        } value;
} Step;

static Step *steps;
static size_t n_steps;

static Step *step_new(char type) {
        steps = realloc(steps, (n_steps + 1) * sizeof(Step));
        if (!steps)
                abort();
        steps[n_steps] = (Step){ .type = type };
        return &steps[n_steps++];
}

static int is_text(char type) {
        return strchr("sog", type) != NULL;
}

static int is_container(char type) {
        return strchr("arev", type) != NULL;
}

static void record(sd_bus_message *m) {
        const char *contents;
        char type;

        while (must(sd_bus_message_peek_type(m, &type, &contents), "peek") > 0) {
                uint64_t number = 0;
                const char *text;

                if (is_container(type)) {
                        step_new(type)->contents = strdup(contents);
                        must(sd_bus_message_enter_container(m, type, contents), "enter");
                        record(m);
                        must(sd_bus_message_exit_container(m), "exit");
                        (void) step_new(0);
                } else if (is_text(type)) {
                        must(sd_bus_message_read_basic(m, type, &text), "read");
                        step_new(type)->value.text = strdup(text);
                } else {
                        must(sd_bus_message_read_basic(m, type, &number), "read");
                        step_new(type)->value.number = number;
                }
        }
}

static void ask_agent(void) {
        sd_bus_message *answer = NULL;
        sd_bus *bus;

        must(sd_bus_open_system(&bus), "bus");
        must(sd_bus_call_method(bus, AGENT_NAME, AGENT_PATH, OBJECT_MANAGER, "GetManagedObjects", NULL,
                                &answer, NULL),
             "the agent");
        record(answer);
        sd_bus_message_unref(answer);
        sd_bus_flush_close_unref(bus);
}

static int step_append(const Step *step, sd_bus_message *m) {
        if (step->type == 0)
                return sd_bus_message_close_container(m);
        if (is_container(step->type))
                return sd_bus_message_open_container(m, step->type, step->contents);

        return sd_bus_message_append_basic(m, step->type,
                                           is_text(step->type) ? (const void *) step->value.text
                                                               : &step->value.number);
}

static int method_get_managed_objects(sd_bus_message *call, void *userdata, sd_bus_error *error) {
        sd_bus_message *reply = NULL;
        int r;

        if (!steps)
                ask_agent();

        r = sd_bus_message_new_method_return(call, &reply);
        for (size_t i = 0; r >= 0 && i < n_steps; i++)
                r = step_append(&steps[i], reply);
        if (r >= 0)
                r = sd_bus_send(NULL, reply, NULL);
        sd_bus_message_unref(reply);
        return r;
}

static int get_name(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "s", "bench-00000");
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_name, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD("GetManagedObjects", "", "a{oa{sa{sv}}}", method_get_managed_objects,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int main(int argc, char **argv) {
        sd_bus *bus;

        must(sd_bus_open_system(&bus), "bus");
        must(sd_bus_add_object_vtable(bus, NULL, NULL_PATH, NULL_INTERFACE, vtable, NULL), "vtable");
        must(sd_bus_request_name(bus, argc > 1 ? argv[1] : NULL_NAME, 0), "name");
        for (;;)
                if (must(sd_bus_process(bus, NULL), "process") == 0)
                        must(sd_bus_wait(bus, UINT64_MAX), "wait");
}
