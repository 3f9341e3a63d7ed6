/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/getter.h"
#include "common/names.h"
#include "validation.h"

/* The face of all checks on the bus: org.hatago.Host1.Validation. The userdata is the HostModel. */

static const char *const validation_properties[_VALIDATION_PROPERTY_MAX + 1] = {
        [VALIDATION_CHECKED_AT] = "CheckedAt",
        [VALIDATION_READ_BY] = "ReadBy",
};

const ObjectInterface validation_interface = { .name = IFACE_VALIDATION,
                                               .properties = validation_properties };

BUS_GETTER(get_checked_at, HostModel, model, "t", model->checked_at)
BUS_GETTER(get_read_by, HostModel, model, "s", model->read_by)

static int method_run(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = validation_run_on_call(userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static int method_query(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const HostModel *model = userdata;
        g_auto(Failure) failure = { 0 };
        int r;

        r = objects_query(model->services->objects, model->by_path, message, &failure);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable validation_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("CheckedAt", "t", get_checked_at, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ReadBy", "s", get_read_by, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_ARGS("Query", SD_BUS_ARGS("as", properties, "a{sv}", options),
                                SD_BUS_RESULT("a{oa{sv}}", checks), method_query,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Run", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job), method_run,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int validation_publish(HostModel *model) {
        return sd_bus_add_object_vtable(model->services->bus, NULL, PATH_ROOT, IFACE_VALIDATION,
                                        validation_vtable, model);
}
