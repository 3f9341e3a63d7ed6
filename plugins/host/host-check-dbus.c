/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/getter.h"
#include "common/names.h"
#include "host-model.h"
#include "host-check-fix.h"

/* The face of one check on the bus: org.hatago.Host1.HostCheck. The userdata of a found object is the
 * HostCheck. */

#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define TOLD SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define HOST_CHECK_PROPERTIES(P)                                                                            \
        P(HOST_CHECK_ID, "Id", "s", get_id, CONST)                                                          \
        P(HOST_CHECK_GROUP, "Group", "s", get_group, TOLD)                                                  \
        P(HOST_CHECK_RESULT, "Result", "s", get_result, TOLD)                                               \
        P(HOST_CHECK_REASON, "Reason", "s", get_reason, TOLD)                                               \
        P(HOST_CHECK_VALUE, "Value", "s", get_value, TOLD)                                                  \
        P(HOST_CHECK_ARGUMENTS, "Arguments", "a{ss}", get_arguments, TOLD)                                  \
        P(HOST_CHECK_SOURCES, "Sources", "as", get_sources, TOLD)                                           \
        P(HOST_CHECK_READ_BY, "ReadBy", "s", get_read_by, TOLD)                                             \
        P(HOST_CHECK_CHECKED_AT, "CheckedAt", "t", get_checked_at, TOLD)                                    \
        P(HOST_CHECK_FIXABLE, "Fixable", "b", get_fixable, TOLD)                                            \
        P(HOST_CHECK_UNDOABLE, "Undoable", "b", get_undoable, TOLD)

#define PROPERTY_NAME(property, name, type, getter, flags) [property] = (name),
#define PROPERTY_ROW(property, name, type, getter, flags) SD_BUS_PROPERTY(name, type, getter, 0, flags),

static const char *const host_check_properties[_HOST_CHECK_PROPERTY_MAX + 1] = {
        HOST_CHECK_PROPERTIES(PROPERTY_NAME) /* and NULL */
};

const ObjectInterface host_check_interface = { .name = IFACE_HOST_CHECK,
                                               .properties = host_check_properties };

BUS_GETTER(get_id, HostCheck, check, "s", check->id)
BUS_GETTER(get_group, HostCheck, check, "s", check->group)
BUS_GETTER(get_result, HostCheck, check, "s", check_result_to_string(check->result))
BUS_GETTER(get_reason, HostCheck, check, "s", check->reason)
BUS_GETTER(get_value, HostCheck, check, "s", check->value)
BUS_GETTER(get_read_by, HostCheck, check, "s", check->read_by)
BUS_GETTER(get_checked_at, HostCheck, check, "t", check->checked_at)
BUS_GETTER(get_fixable, HostCheck, check, "b", (int) check->fixable)
BUS_GETTER(get_undoable, HostCheck, check, "b", (int) check->undoable)

static int get_arguments(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const HostCheck *check = userdata;
        const char *key, *value;
        GVariantIter i;
        int r;

        g_variant_iter_init(&i, check->arguments);
        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{ss}");
        while (r >= 0 && g_variant_iter_next(&i, "{&s&s}", &key, &value))
                r = sd_bus_message_append(reply, "{ss}", key, value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_sources(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const HostCheck *check = userdata;
        g_autofree const char **sources = g_variant_get_strv(check->sources, NULL);

        return sd_bus_message_append_strv(reply, (char **) sources);
}

static int method_fix(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        /* The plugin, of which the check is one. */
        HostModel *model =
                        sd_bus_slot_get_userdata(sd_bus_get_current_slot(sd_bus_message_get_bus(message)));
        g_auto(Failure) failure = { 0 };
        int r;

        r = host_check_fix_on_call(model, userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable host_check_vtable[] = {
        SD_BUS_VTABLE_START(0),
        HOST_CHECK_PROPERTIES(PROPERTY_ROW) /* with commas */
        SD_BUS_METHOD_WITH_ARGS("Fix", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, method_fix,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int host_check_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                           sd_bus_error *error) {
        *ret = host_model_find(userdata, path);
        return *ret != NULL;
}

int host_check_publish(HostModel *model) {
        return objects_publish(model->services->objects, &(ObjectKind){ .prefix = PATH_CHECKS,
                                                                        .interface = IFACE_HOST_CHECK,
                                                                        .vtable = host_check_vtable,
                                                                        .table = model->by_path,
                                                                        .find = host_check_find,
                                                                        .userdata = model });
}
