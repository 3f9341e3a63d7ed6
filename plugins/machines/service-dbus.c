/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machines.h"

#include "common/getter.h"
#include "common/names.h"
#include "service.h"

/* How one machine is a service, on the bus: org.hatago.Host1.Machine.Service. The userdata of a found object
 * is the Machine. */

#define TOLD SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define SERVICE_PROPERTIES(P)                                                                               \
        P(MACHINE_SERVICE_AUTOSTART_BY, "AutostartBy", "as", get_autostart_by)                              \
        P(MACHINE_SERVICE_START_AFTER, "StartAfter", "as", get_start_after)                                 \
        P(MACHINE_SERVICE_START_DELAY, "StartDelay", "t", get_start_delay)                                  \
        P(MACHINE_SERVICE_READY_WHEN, "ReadyWhen", "s", get_ready_when)                                     \
        P(MACHINE_SERVICE_READY_PORT, "ReadyPort", "u", get_ready_port)                                     \
        P(MACHINE_SERVICE_READY_TIMEOUT, "ReadyTimeout", "t", get_ready_timeout)                            \
        P(MACHINE_SERVICE_READY_STATE, "ReadyState", "s", get_ready_state)                                  \
        P(MACHINE_SERVICE_STOP_TIMEOUT, "StopTimeout", "t", get_stop_timeout)                               \
        P(MACHINE_SERVICE_HOST_SHUTDOWN, "HostShutdown", "s", get_host_shutdown)                            \
        P(MACHINE_SERVICE_UNIT_RESULT, "UnitResult", "s", get_unit_result)                                  \
        P(MACHINE_SERVICE_UNIT_STATUS, "UnitStatus", "s", get_unit_status)

#define PROPERTY_NAME(property, name, type, getter) [(property) -_MACHINE_PROPERTY_MAX] = (name),
#define PROPERTY_ROW(property, name, type, getter) SD_BUS_PROPERTY(name, type, getter, 0, TOLD),

static const char *const service_properties[_MACHINE_SERVICE_PROPERTY_MAX - _MACHINE_PROPERTY_MAX + 1] = {
        SERVICE_PROPERTIES(PROPERTY_NAME) /* and NULL */
};

const ObjectInterface service_interface = { .name = IFACE_MACHINE_SERVICE,
                                            .properties = service_properties };

BUS_GETTER(get_start_delay, Machine, m, "t", machine_settings(m)->start_delay)
BUS_GETTER(get_ready_when, Machine, m, "s", ready_when_to_string(machine_settings(m)->ready))
BUS_GETTER(get_ready_port, Machine, m, "u", (uint32_t) machine_settings(m)->ready_port)
BUS_GETTER(get_ready_timeout, Machine, m, "t", machine_settings(m)->ready_timeout)
BUS_GETTER(get_ready_state, Machine, m, "s", m->ready_state)
BUS_GETTER(get_stop_timeout, Machine, m, "t", machine_settings(m)->stop_timeout)
BUS_GETTER(get_host_shutdown, Machine, m, "s", host_shutdown_to_string(machine_settings(m)->host_shutdown))
BUS_GETTER(get_unit_result, Machine, m, "s", m->unit_facts.result)
BUS_GETTER(get_unit_status, Machine, m, "s", m->unit_facts.status)

static int get_autostart_by(sd_bus *bus, const char *path, const char *interface, const char *property,
                            sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        static const char *const words[] = { [AUTOSTART_HATAGO] = "hatago",
                                             [AUTOSTART_LIBVIRT] = "libvirt",
                                             [AUTOSTART_SYSTEMD] = "systemd" };
        const Machine *machine = userdata;
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "s");
        for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(words); i++)
                if (machine->autostart_by & (UINT32_C(1) << i))
                        r = sd_bus_message_append(reply, "s", words[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_start_after(sd_bus *bus, const char *path, const char *interface, const char *property,
                           sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append_strv(reply, machine_settings(userdata)->start_after);
}

static int method_configure(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        Machines *machines =
                        sd_bus_slot_get_userdata(sd_bus_get_current_slot(sd_bus_message_get_bus(message)));
        g_auto(Failure) failure = { 0 };
        int r;

        r = service_on_call(machines, userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable service_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SERVICE_PROPERTIES(PROPERTY_ROW) /* with commas */
        SD_BUS_METHOD_WITH_ARGS("Configure", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
                                method_configure, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int service_publish(Machines *machines) {
        return objects_publish(machines->services->objects,
                               &(ObjectKind){ .prefix = PATH_MACHINES,
                                              .interface = IFACE_MACHINE_SERVICE,
                                              .vtable = service_vtable,
                                              .table = machines->by_path,
                                              .find = machine_find,
                                              .userdata = machines });
}
