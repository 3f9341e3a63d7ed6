/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager.h"

#include "can.h"
#include "common/cleanup.h"
#include "common/getter.h"
#include "common/names.h"
#include "common/options.h"
#include "config.h"
#include "plugin-loader.h"

/* The agent's own face on the bus: org.hatago.Host1.Manager. The userdata is the Manager. */

static const char *const manager_properties[] = {
        [MANAGER_PROPERTY_READY] = "Ready",
        [MANAGER_PROPERTY_CONNECTED] = "Connected",
        [MANAGER_PROPERTY_CONNECTION_ERROR] = "ConnectionError",
        [MANAGER_PROPERTY_LIBVIRT_VERSION] = "LibvirtVersion",
        [MANAGER_PROPERTY_HYPERVISOR_VERSION] = "HypervisorVersion",
        [MANAGER_PROPERTY_HOSTNAME] = "Hostname",
        NULL,
};

const ObjectInterface manager_interface = { .name = IFACE_MANAGER, .properties = manager_properties };

BUS_GETTER(get_version, Manager, manager, "s", VERSION)
BUS_GETTER(get_ready, Manager, manager, "b", (int) manager_is_ready(manager))
BUS_GETTER(get_connected, Manager, manager, "b", (int) manager_is_connected(manager))
BUS_GETTER(get_connection_error, Manager, manager, "s",
           hypervisor_connection_error(manager_services(manager)->hypervisor))
BUS_GETTER(get_libvirt_uri, Manager, manager, "s", hypervisor_uri(manager_services(manager)->hypervisor))
BUS_GETTER(get_libvirt_version, Manager, manager, "s",
           hypervisor_libvirt_version(manager_services(manager)->hypervisor))
BUS_GETTER(get_hypervisor_version, Manager, manager, "s",
           hypervisor_version(manager_services(manager)->hypervisor))
BUS_GETTER(get_hostname, Manager, manager, "s", hypervisor_hostname(manager_services(manager)->hypervisor))

static int get_plugins(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const GArray *plugins = manager_plugins(userdata);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        for (guint i = 0; r >= 0 && i < plugins->len; i++)
                r = sd_bus_message_append(reply, "s", g_array_index(plugins, Plugin, i).descriptor->name);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* What the agent itself offers beside what was there from the first day. */
static const char *const own_features[] = { "can", "subscribe", NULL };

static int append_features(sd_bus_message *reply, const char *const *features) {
        int r = 0;

        for (; r >= 0 && features && *features; features++)
                r = sd_bus_message_append(reply, "s", *features);
        return r;
}

static int get_features(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const GArray *plugins = manager_plugins(userdata);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "s");
        if (r >= 0)
                r = append_features(reply, own_features);
        for (guint i = 0; r >= 0 && i < plugins->len; i++)
                r = append_features(reply, g_array_index(plugins, Plugin, i).descriptor->features);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int method_list_jobs(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(sd_bus_message) reply = NULL;
        g_auto(Failure) failure = { 0 };
        int r;

        r = options_read(message, NULL, NULL, &failure);
        if (r < 0)
                return failure_or_result(&failure, r, error);

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = jobs_append_running(manager_services(userdata)->jobs, reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static void subscribe_identified(Call *call, void *arguments) {
        g_auto(Failure) failure = { 0 };

        if (subscriptions_add(manager_subscriptions(arguments), call_sender(call), call_caller(call)->uid,
                              &failure) < 0)
                call_fail(call, &failure);
        else
                call_reply(call, NULL);
}

/* It takes the same way as Subscribe, lest it overtakes one. */
static void unsubscribe_identified(Call *call, void *arguments) {
        subscriptions_remove(manager_subscriptions(arguments), call_sender(call));
        call_reply(call, NULL);
}

static int begin_identified(sd_bus_message *message, Manager *manager, const char *verb,
                            void (*identified)(Call *call, void *arguments), sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        const CallInfo info = {
                .verb = verb,
                .object = PATH_ROOT,
                .authorized = identified,
                .arguments = manager,
        };
        int r;

        r = options_read(message, NULL, NULL, &failure);
        if (r >= 0)
                r = call_begin(manager_services(manager), message, &info, &failure);
        return failure_or_result(&failure, r, error);
}

static int method_subscribe(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return begin_identified(message, userdata, "subscribe", subscribe_identified, error);
}

static int method_unsubscribe(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return begin_identified(message, userdata, "unsubscribe", unsubscribe_identified, error);
}

static int method_can(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        const char *object;
        char **verbs = NULL; /* of sd-bus, by malloc(), and NULL for an empty array */
        int r;

        r = sd_bus_message_read(message, "o", &object);
        if (r >= 0)
                r = sd_bus_message_read_strv(message, &verbs);
        if (r >= 0)
                r = options_read(message, NULL, NULL, &failure);
        if (r >= 0)
                r = can_begin(userdata, message, object, verbs, &failure);

        for (char **verb = verbs; verb && *verb; verb++)
                free(*verb);
        free(verbs);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable manager_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Ready", "b", get_ready, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Connected", "b", get_connected, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ConnectionError", "s", get_connection_error, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("LibvirtURI", "s", get_libvirt_uri, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("LibvirtVersion", "s", get_libvirt_version, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("HypervisorVersion", "s", get_hypervisor_version, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Hostname", "s", get_hostname, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Plugins", "as", get_plugins, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Features", "as", get_features, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_METHOD_WITH_ARGS("Subscribe", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
                                method_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Unsubscribe", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
                                method_unsubscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Can", SD_BUS_ARGS("o", object, "as", verbs, "a{sv}", options),
                                SD_BUS_RESULT("a{ss}", answers), method_can, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListJobs", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("a(usoao)", jobs),
                                method_list_jobs, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("JobNew", SD_BUS_ARGS("o", job), 0),
        SD_BUS_SIGNAL_WITH_ARGS("JobRemoved", SD_BUS_ARGS("o", job, "s", result, "s", error, "s", message),
                                0),
        SD_BUS_VTABLE_END,
};

int manager_publish(Manager *manager) {
        const Services *services = manager_services(manager);
        int r;

        r = objects_manage(services->objects, PATH_ROOT);
        if (r < 0)
                return r;

        r = sd_bus_add_object_vtable(services->bus, NULL, PATH_ROOT, IFACE_MANAGER, manager_vtable, manager);
        if (r < 0)
                return r;

        return jobs_publish(services);
}
