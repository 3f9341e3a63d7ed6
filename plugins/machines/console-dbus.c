/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/names.h"
#include "console.h"

/* org.hatago.Host1.Machine.Console, beside org.hatago.Host1.Machine on each machine. */

static int method_console(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        /* The plugin, of which the machine is one. */
        Machines *machines =
                        sd_bus_slot_get_userdata(sd_bus_get_current_slot(sd_bus_message_get_bus(message)));
        g_auto(Failure) failure = { 0 };
        int r;

        r = console_on_call(machines, userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable console_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("OpenSerial", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("h", console),
                                method_console, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("OpenDisplay", SD_BUS_ARGS("u", index, "a{sv}", options),
                                SD_BUS_RESULT("h", display), method_console, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Screenshot", SD_BUS_ARGS("a{sv}", options),
                                SD_BUS_RESULT("h", picture, "s", type), method_console,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SendKeys", SD_BUS_ARGS("aau", keys, "a{sv}", options), SD_BUS_NO_RESULT,
                                method_console, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int console_publish(Machines *machines) {
        return objects_publish(machines->services->objects,
                               &(ObjectKind){ .prefix = PATH_MACHINES,
                                              .interface = IFACE_MACHINE_CONSOLE,
                                              .vtable = console_vtable,
                                              .table = machines->by_path,
                                              .find = machine_find,
                                              .userdata = machines });
}
