/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd, NetworkManager and the agent, as the system bus has them. */
#include <string.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "host-internal.h"

#define NM_NAME "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"
#define NM_DEVICE NM_NAME ".Device"

/*
 * systemd
 */

void host_unit_free(gpointer p) {
        HostUnit *unit = p;

        if (!unit)
                return;

        g_free(unit->load);
        g_free(unit->active);
        g_free(unit->file);
        g_free(unit);
}

/* Copied with g_malloc(); "" where there is no answer. */
static char *ask_string(sd_bus *bus, const char *service, const char *path, const char *interface,
                        const char *property) {
        char *text = NULL, *copy;

        if (sd_bus_get_property_string(bus, service, path, interface, property, /* error= */ NULL, &text) <
            0)
                return g_strdup("");

        copy = g_strdup(text);
        free(text);
        return copy;
}

static HostUnit *unit_ask(sd_bus *bus, const char *name) {
        g_autoptr(sd_bus_message) reply = NULL;
        const char *path;
        HostUnit *unit;

        if (sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "LoadUnit",
                               /* error= */ NULL, &reply, "s", name) < 0 ||
            sd_bus_message_read(reply, "o", &path) < 0)
                return NULL;

        unit = g_new(HostUnit, 1);
        *unit = (HostUnit){
                .load = ask_string(bus, SYSTEMD_NAME, path, SYSTEMD_UNIT, "LoadState"),
                .active = ask_string(bus, SYSTEMD_NAME, path, SYSTEMD_UNIT, "ActiveState"),
                .file = ask_string(bus, SYSTEMD_NAME, path, SYSTEMD_UNIT, "UnitFileState"),
        };
        return unit;
}

const HostUnit *host_unit(Host *host, Verdict *verdict, const char *name) {
        g_autofree char *source = g_strconcat("systemd: ", name, NULL);
        gpointer unit = NULL;

        verdict_read(verdict, source);
        if (g_hash_table_lookup_extended(host->units, name, /* orig_key= */ NULL, &unit))
                return unit;

        if (host_bus(host))
                unit = unit_ask(host->bus, name);
        g_hash_table_insert(host->units, g_strdup(name), unit);
        return unit;
}

/*
 * NetworkManager
 */

static void device_free(gpointer p) {
        HostDevice *device = p;

        g_free(device->name);
        g_free(device);
}

void host_network_manager_init(HostNetworkManager *manager) {
        *manager = (HostNetworkManager){
                .version = g_strdup(""),
                .devices = g_ptr_array_new_with_free_func(device_free),
        };
}

void host_network_manager_done(HostNetworkManager *manager) {
        g_free(manager->version);
        g_ptr_array_unref(manager->devices);
}

void host_device_add(GPtrArray *devices, const char *name, unsigned type, unsigned state, bool managed) {
        HostDevice *device = g_new(HostDevice, 1);

        *device = (HostDevice){ .name = g_strdup(name), .type = type, .state = state, .managed = managed };
        g_ptr_array_add(devices, device);
}

/* The dictionary of one device's properties. */
static int read_device(sd_bus_message *m, GPtrArray *devices) {
        const char *key, *name = "";
        unsigned type = 0, state = 0;
        int managed = 0, r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = sd_bus_message_read(m, "s", &key);
                if (r < 0)
                        return r;

                if (g_str_equal(key, "Interface"))
                        r = sd_bus_message_read(m, "v", "s", &name);
                else if (g_str_equal(key, "DeviceType"))
                        r = sd_bus_message_read(m, "v", "u", &type);
                else if (g_str_equal(key, "State"))
                        r = sd_bus_message_read(m, "v", "u", &state);
                else if (g_str_equal(key, "Managed"))
                        r = sd_bus_message_read(m, "v", "b", &managed);
                else
                        r = sd_bus_message_skip(m, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r >= 0)
                host_device_add(devices, name, type, state, managed);
        return r;
}

/* The interfaces of one object. */
static int read_interfaces(sd_bus_message *m, GPtrArray *devices) {
        const char *interface;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                r = sd_bus_message_read(m, "s", &interface);
                if (r >= 0)
                        r = g_str_equal(interface, NM_DEVICE) ? read_device(m, devices)
                                                              : sd_bus_message_skip(m, "a{sv}");
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_objects(sd_bus_message *m, GPtrArray *devices) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
                r = sd_bus_message_skip(m, "o");
                if (r >= 0)
                        r = read_interfaces(m, devices);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r;
}

/* Whether somebody on the bus has the name now: asking nobody starts nobody. */
static bool bus_has(sd_bus *bus, const char *name) {
        return sd_bus_get_name_creds(bus, name, /* mask= */ 0, /* ret= */ NULL) >= 0;
}

const HostNetworkManager *host_network_manager(Host *host, Verdict *verdict) {
        HostNetworkManager *manager = &host->network_manager;
        g_autoptr(sd_bus_message) reply = NULL;
        sd_bus *bus;

        verdict_read(verdict, "D-Bus: " NM_NAME);
        if (host->have_network_manager)
                return manager;

        host->have_network_manager = true;
        bus = host_bus(host);
        if (!bus || !bus_has(bus, NM_NAME) ||
            sd_bus_call_method(bus, NM_NAME, "/org/freedesktop", "org.freedesktop.DBus.ObjectManager",
                               "GetManagedObjects", /* error= */ NULL, &reply, NULL) < 0 ||
            read_objects(reply, manager->devices) < 0)
                return manager;

        manager->running = true;
        g_free(manager->version);
        manager->version = ask_string(bus, NM_NAME, NM_PATH, NM_NAME, "Version");
        return manager;
}

/*
 * The agent
 */

static bool ask_feature(sd_bus *bus, const char *feature) {
        char **features = NULL; /* by malloc() */
        bool has;

        if (sd_bus_get_property_strv(bus, BUS_NAME, PATH_ROOT, IFACE_MANAGER, "Features", /* error= */ NULL,
                                     &features) < 0)
                return false;

        has = features && g_strv_contains((const char *const *) features, feature);
        for (char **each = features; each && *each; each++)
                free(*each);
        free(features);
        return has;
}

const HostAgent *host_agent(Host *host, Verdict *verdict) {
        HostAgent *agent = &host->agent;
        int connected = 0;
        sd_bus *bus;

        verdict_read(verdict, "D-Bus: " BUS_NAME);
        if (host->have_agent)
                return agent;

        host->have_agent = true;
        bus = host_bus(host);
        if (!bus || !bus_has(bus, BUS_NAME) ||
            sd_bus_get_property_trivial(bus, BUS_NAME, PATH_ROOT, IFACE_MANAGER, "Connected",
                                        /* error= */ NULL, 'b', &connected) < 0)
                return agent;

        agent->running = true;
        agent->connected = connected;
        agent->mirrors = ask_feature(bus, "mirror");
        g_free(agent->connection_error);
        agent->connection_error = ask_string(bus, BUS_NAME, PATH_ROOT, IFACE_MANAGER, "ConnectionError");
        return agent;
}
