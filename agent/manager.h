/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "objects.h"
#include "plugin.h"
#include "subscriptions.h"

/* The service as a whole: makes the parts, ties them together, and runs them. */
typedef struct Manager Manager;

typedef struct ManagerOptions {
        bool user;              /* on the bus of the user's session, with qemu:///session */
        const char *uri;        /* libvirt connection; NULL: of the configuration */
        const char *plugin_dir; /* NULL: the installed one */
} ManagerOptions;

int manager_new(const ManagerOptions *options, Manager **ret);

/* Stops the threads and frees all. Leaves the process at once where a call to libvirt hangs. NULL is none.
 */
Manager *manager_free(Manager *manager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manager, manager_free)

/* Takes the bus name, connects to the hypervisor, and runs until SIGTERM, SIGINT or the end of the bus.
 * Returns the exit status of the process, or a negative errno. */
int manager_run(Manager *manager);

const Services *manager_services(const Manager *manager);
bool manager_is_ready(const Manager *manager);
bool manager_is_connected(const Manager *manager);
Subscriptions *manager_subscriptions(const Manager *manager);
const GArray *manager_plugins(const Manager *manager); /* of Plugin */

/* The face on the bus, manager-dbus.c. */
int manager_publish(Manager *manager);
extern const ObjectInterface manager_interface;

/* Bits of manager_interface, in its order. */
enum {
        MANAGER_PROPERTY_READY,
        MANAGER_PROPERTY_CONNECTED,
        MANAGER_PROPERTY_CONNECTION_ERROR,
        MANAGER_PROPERTY_LIBVIRT_VERSION,
        MANAGER_PROPERTY_HYPERVISOR_VERSION,
        MANAGER_PROPERTY_HOSTNAME,
};
