/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager.h"

#include <errno.h>
#include <signal.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"
#include "config.h"
#include "plugin-loader.h"

struct Manager {
        Services services; /* what it points to is ours */
        Mailbox *mailbox;
        GArray *plugins;
        Subscriptions *subscriptions;
        sd_bus_slot *name_slot;
        sd_event_source *exit_source;
        bool ready, connected, stopped;
};

const Services *manager_services(const Manager *manager) {
        return &manager->services;
}

bool manager_is_ready(const Manager *manager) {
        return manager->ready;
}

bool manager_is_connected(const Manager *manager) {
        return manager->connected;
}

Subscriptions *manager_subscriptions(const Manager *manager) {
        return manager->subscriptions;
}

const GArray *manager_plugins(const Manager *manager) {
        return manager->plugins;
}

static bool services_is_ready(void *userdata) {
        return manager_is_ready(userdata);
}

static bool services_is_connected(void *userdata) {
        return manager_is_connected(userdata);
}

static bool services_is_subscribed(void *userdata) {
        const Manager *manager = userdata;
        return subscriptions_any(manager->subscriptions);
}

static void manager_on_subscribed(void *userdata, bool subscribed) {
        const Manager *manager = userdata;

        for (guint i = 0; i < manager->plugins->len; i++) {
                const Plugin *plugin = &g_array_index(manager->plugins, Plugin, i);
                if (plugin->descriptor->subscribed)
                        plugin->descriptor->subscribed(plugin->instance, subscribed);
        }
}

static bool manager_all_synced(const Manager *manager) {
        if (!hypervisor_is_connected(manager->services.hypervisor))
                return false;

        for (guint i = 0; i < manager->plugins->len; i++) {
                const Plugin *plugin = &g_array_index(manager->plugins, Plugin, i);
                if (!plugin->descriptor->synced(plugin->instance))
                        return false;
        }

        return true;
}

/* Decides Ready and Connected, and tells everybody. */
static void manager_update(void *userdata) {
        Manager *manager = userdata;
        bool connected = manager_all_synced(manager), ready = manager->ready || connected;
        uint64_t mask = 0;

        if (connected != manager->connected)
                mask |= UINT64_C(1) << MANAGER_PROPERTY_CONNECTED;
        if (ready != manager->ready)
                mask |= UINT64_C(1) << MANAGER_PROPERTY_READY;
        if (mask == 0)
                return;

        manager->connected = connected;
        manager->ready = ready;
        objects_changed(manager->services.objects, PATH_ROOT, &manager_interface, mask);
        (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s %s.",
                          connected ? "Connected to" : "Waiting for",
                          hypervisor_uri(manager->services.hypervisor));
}

static void manager_on_complained(void *userdata) {
        Manager *manager = userdata;

        objects_changed(manager->services.objects, PATH_ROOT, &manager_interface,
                        UINT64_C(1) << MANAGER_PROPERTY_CONNECTION_ERROR);
}

static void manager_on_connected(void *userdata) {
        Manager *manager = userdata;

        manager_on_complained(manager);
        objects_changed(manager->services.objects, PATH_ROOT, &manager_interface,
                        UINT64_C(1) << MANAGER_PROPERTY_LIBVIRT_VERSION |
                                        UINT64_C(1) << MANAGER_PROPERTY_HYPERVISOR_VERSION |
                                        UINT64_C(1) << MANAGER_PROPERTY_HOSTNAME);
        manager_update(manager);
}

static char *bus_address(bool user) {
        const char *address = getenv(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");

        if (address)
                return g_strdup(address);

        return user ? g_strdup_printf("unix:path=%s/bus", g_get_user_runtime_dir())
                    : g_strdup("unix:path=/run/dbus/system_bus_socket");
}

/* As sd_bus_open_system() or sd_bus_open_user() do. Descriptors go out with answers, so they can come in
 * too, though no method takes one: the policy of the system bus keeps them from us, since with messages that
 * wait anybody could fill our table. On the bus of a session, it is the user's own agent. */
static int bus_open(bool user, sd_bus **ret) {
        g_autoptr(sd_bus) bus = NULL;
        g_autofree char *address = bus_address(user);
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_description(bus, "hatagod");
        if (r >= 0)
                r = sd_bus_set_address(bus, address);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_negotiate_fds(bus, true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&bus);
        return 0;
}

static int manager_open_bus(Manager *manager, const ManagerOptions *options) {
        int r;

        r = bus_open(options->user, &manager->services.bus);
        if (r < 0) {
                log_error("Cannot connect to the %s bus: %s", options->user ? "session" : "system",
                          g_strerror(-r));
                return r;
        }

        r = sd_bus_set_exit_on_disconnect(manager->services.bus, true);
        if (r < 0)
                return r;

        return sd_bus_attach_event(manager->services.bus, manager->services.event, SD_EVENT_PRIORITY_NORMAL);
}

static int manager_make_event(Manager *manager) {
        int r;

        r = sd_event_default(&manager->services.event);
        if (r < 0)
                return r;

        /* Threads must not take them: they are blocked here, before the first thread is made. */
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return -errno;

        r = sd_event_add_signal(manager->services.event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(manager->services.event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = sd_event_set_watchdog(manager->services.event, true);
        return r;
}

static void manager_read_configuration(Manager *manager) {
        static const char *const folders[] = { CONF_DIR, VENDOR_CONF_DIR, NULL };
        const char *level;
        int priority;

        manager->services.configuration = configuration_new(folders);

        level = configuration_string(manager->services.configuration, "Log", "Level", "info");
        priority = log_level_from_string(level);
        if (priority < 0)
                log_warning("Level= in [Log] knows error, warning, notice, info and debug, ignoring.");
        else
                log_set_level(priority);
}

static int manager_make_services(Manager *manager, const ManagerOptions *options) {
        Services *s = &manager->services;
        const char *uri;
        int r;

        s->synced_changed = manager_update;
        s->is_ready = services_is_ready;
        s->is_connected = services_is_connected;
        s->is_subscribed = services_is_subscribed;
        s->userdata = manager;
        s->user_session = options->user;

        manager->subscriptions = subscriptions_new(s->bus, manager_on_subscribed, manager);

        s->units = unit_runner_new(s->event, s->bus);
        if (!options->user) {
                r = unit_runner_listen(s->units);
                if (r < 0)
                        return r;
        }

        r = objects_new(s->bus, &s->objects);
        if (r >= 0)
                r = auth_new(s->bus, options->user, &s->auth);
        if (r >= 0)
                r = jobs_new(s, &s->jobs);
        if (r >= 0)
                r = mailbox_new(s->event, &manager->mailbox);
        if (r < 0)
                return r;

        uri = configuration_string(s->configuration, "Hypervisor", "URI",
                                   options->user ? "qemu:///session" : "qemu:///system");
        r = hypervisor_new(s->event, manager->mailbox, options->uri ?: uri, &s->hypervisor);
        if (r < 0)
                return r;

        hypervisor_listen(s->hypervisor, &(HypervisorListener){ .connected = manager_on_connected,
                                                                .disconnected = manager_update,
                                                                .complained = manager_on_complained,
                                                                .userdata = manager });
        return 0;
}

/* Where records of jobs are kept: systemd's StateDirectory=, or that of the user. NULL: nowhere. */
static char *records_folder(bool user) {
        const char *state = getenv("STATE_DIRECTORY");

        if (user)
                return g_build_filename(g_get_user_state_dir(), "hatago", "jobs", NULL);

        return state && g_path_is_absolute(state) ? g_build_filename(state, "jobs", NULL) : NULL;
}

/* An agent without them works; it cannot tell what became of a job if it is killed. */
static void manager_keep_records(Manager *manager, const ManagerOptions *options) {
        g_autofree char *folder = records_folder(options->user);
        int r;

        if (!folder) {
                log_debug("$STATE_DIRECTORY is not set: jobs are not written down.");
                return;
        }

        r = jobs_keep_records(manager->services.jobs, folder);
        if (r < 0)
                log_warning("Cannot use the folder %s, ignoring: %s; jobs are not written down.", folder,
                            g_strerror(-r));
}

static int manager_start_plugins(Manager *manager, const ManagerOptions *options) {
        int r;

        r = plugins_load(options->plugin_dir ?: PLUGIN_DIR, &manager->services, &manager->plugins);
        if (r < 0)
                return r;

        r = manager_publish(manager);
        if (r >= 0)
                manager_keep_records(manager, options);
        for (guint i = 0; r >= 0 && i < manager->plugins->len; i++) {
                const Plugin *plugin = &g_array_index(manager->plugins, Plugin, i);
                r = plugin->descriptor->start(plugin->instance);
        }
        if (r >= 0)
                jobs_end_left(manager->services.jobs);

        return r;
}

int manager_new(const ManagerOptions *options, Manager **ret) {
        g_autoptr(Manager) manager = g_new0(Manager, 1);
        int r;

        r = manager_make_event(manager);
        if (r < 0)
                return r;

        manager_read_configuration(manager);

        r = manager_open_bus(manager, options);
        if (r >= 0)
                r = manager_make_services(manager, options);
        if (r >= 0)
                r = manager_start_plugins(manager, options);
        if (r < 0)
                return r;

        configuration_warn_unknown(manager->services.configuration);
        *ret = g_steal_pointer(&manager);
        return 0;
}

/* Ends all work: what waits is canceled, and whoever waits for it is told. */
static void manager_stop(Manager *manager) {
        Services *s = &manager->services;

        if (s->hypervisor && hypervisor_stop(s->hypervisor) < 0) {
                int status = EXIT_FAILURE;

                log_warning("A call to libvirt hangs, leaving it.");
                jobs_abandon(s->jobs);
                (void) sd_bus_flush(s->bus);
                (void) sd_event_get_exit_code(s->event, &status);
                _exit(status);
        }

        /* Calls that wait for polkit or for a unit hold what their plugin gave them. */
        s->auth = auth_free(s->auth);
        s->units = unit_runner_free(s->units);
        manager->subscriptions = subscriptions_free(manager->subscriptions);
        manager->plugins = plugins_free(manager->plugins);
        manager->stopped = true;
}

Manager *manager_free(Manager *manager) {
        Services *s;

        if (!manager)
                return NULL;

        s = &manager->services;
        sd_bus_slot_unref(manager->name_slot);
        sd_event_source_disable_unref(manager->exit_source);
        if (!manager->stopped)
                manager_stop(manager);

        jobs_free(s->jobs);
        mailbox_free(manager->mailbox);
        hypervisor_free(s->hypervisor);
        objects_free(s->objects);
        configuration_free(s->configuration);
        sd_bus_flush_close_unref(s->bus);
        sd_event_unref(s->event);
        g_free(manager);
        return NULL;
}

/* At the end of the loop, and before sd-bus closes the bus there: what is canceled can still be told. */
static int manager_on_exit(sd_event_source *source, void *userdata) {
        (void) sd_notify(/* unset_environment= */ false, "STOPPING=1\nSTATUS=Stopping.");
        manager_stop(userdata);
        return 0;
}

static int manager_on_name(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Manager *manager = userdata;
        uint32_t answer = 0;

        if (sd_bus_message_is_method_error(m, NULL)) {
                log_error("Cannot take the name %s: %s", BUS_NAME, sd_bus_message_get_error(m)->message);
                return sd_event_exit(manager->services.event, EXIT_FAILURE);
        }

        /* 1 is DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER: nobody waits in the queue, there is one agent. */
        if (sd_bus_message_read(m, "u", &answer) < 0 || answer != 1) {
                log_error("Another agent has the name %s.", BUS_NAME);
                return sd_event_exit(manager->services.event, EXIT_FAILURE);
        }

        (void) sd_notify(/* unset_environment= */ false, "READY=1");
        return 0;
}

int manager_run(Manager *manager) {
        int r;

        r = sd_event_add_exit(manager->services.event, &manager->exit_source, manager_on_exit, manager);
        if (r >= 0)
                r = sd_event_source_set_priority(manager->exit_source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return r;

        r = sd_bus_request_name_async(manager->services.bus, &manager->name_slot, BUS_NAME, /* flags= */ 0,
                                      manager_on_name, manager);
        if (r < 0)
                return r;

        hypervisor_connect(manager->services.hypervisor);

        return sd_event_loop(manager->services.event);
}
