/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/getter.h"
#include "common/names.h"
#include "usage.h"

/* The face of the host itself on the bus: org.hatago.Host1.Host. The userdata is the Node. */

static const char *const node_properties[_NODE_PROPERTY_MAX + 1] = {
        [NODE_CPU_MODEL] = "CPUModel",
        [NODE_ARCHITECTURE] = "Architecture",
        [NODE_CPUS] = "CPUs",
        [NODE_SOCKETS] = "Sockets",
        [NODE_CORES_PER_SOCKET] = "CoresPerSocket",
        [NODE_THREADS_PER_CORE] = "ThreadsPerCore",
        [NODE_MEMORY] = "Memory",
        [NODE_OPERATING_SYSTEM] = "OperatingSystem",
        [NODE_KERNEL] = "Kernel",
};

const ObjectInterface node_interface = { .name = IFACE_HOST, .properties = node_properties };

BUS_GETTER(get_cpu_model, Node, node, "s", node->cpu_model)
BUS_GETTER(get_architecture, Node, node, "s", node->facts.architecture)
BUS_GETTER(get_cpus, Node, node, "u", node->facts.cpus)
BUS_GETTER(get_sockets, Node, node, "u", node->facts.sockets)
BUS_GETTER(get_cores_per_socket, Node, node, "u", node->facts.cores_per_socket)
BUS_GETTER(get_threads_per_core, Node, node, "u", node->facts.threads_per_core)
BUS_GETTER(get_memory, Node, node, "t", node->facts.memory)
BUS_GETTER(get_operating_system, Node, node, "s", node->operating_system)
BUS_GETTER(get_kernel, Node, node, "s", node->kernel)

static int method_get_usage(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = usage_on_call(userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static int append_number(sd_bus_message *reply, const char *name, uint64_t number) {
        return number == USAGE_UNKNOWN ? 0 : sd_bus_message_append(reply, "{sv}", name, "t", number);
}

static int append_pool(sd_bus_message *reply, const void *item) {
        const UsagePool *pool = item;
        int r;

        r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "Name", "s", pool->name, "Active", "b",
                                  (int) pool->active, "Path", "s", pool->path);
        if (r >= 0)
                r = append_number(reply, "Capacity", pool->capacity);
        if (r >= 0)
                r = append_number(reply, "Available", pool->available);
        return r;
}

static int append_network(sd_bus_message *reply, const void *item) {
        const UsageNetwork *network = item;

        return sd_bus_message_append(reply, "{sv}{sv}{sv}", "Name", "s", network->name, "Active", "b",
                                     (int) network->active, "Bridge", "s", network->bridge);
}

static int append_list(sd_bus_message *reply, const char *name, const GPtrArray *list,
                       int (*append)(sd_bus_message *reply, const void *item)) {
        int r;

        if (!list)
                return 0;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", name);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "aa{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < list->len; i++) {
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
                if (r >= 0)
                        r = append(reply, list->pdata[i]);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        for (unsigned i = 0; r >= 0 && i < 3; i++)
                r = sd_bus_message_close_container(reply);
        return r;
}

int usage_append(const Usage *usage, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_number(reply, "CPUTime", usage->cpu_time);
        if (r >= 0)
                r = append_number(reply, "CPUIdleTime", usage->cpu_idle_time);
        if (r >= 0)
                r = append_number(reply, "MemoryAvailable", usage->memory_available);
        if (r >= 0)
                r = append_list(reply, "Pools", usage->pools, append_pool);
        if (r >= 0)
                r = append_list(reply, "Networks", usage->networks, append_network);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define TOLD SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable node_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("CPUModel", "s", get_cpu_model, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Architecture", "s", get_architecture, 0, TOLD),
        SD_BUS_PROPERTY("CPUs", "u", get_cpus, 0, TOLD),
        SD_BUS_PROPERTY("Sockets", "u", get_sockets, 0, TOLD),
        SD_BUS_PROPERTY("CoresPerSocket", "u", get_cores_per_socket, 0, TOLD),
        SD_BUS_PROPERTY("ThreadsPerCore", "u", get_threads_per_core, 0, TOLD),
        SD_BUS_PROPERTY("Memory", "t", get_memory, 0, TOLD),
        SD_BUS_PROPERTY("OperatingSystem", "s", get_operating_system, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Kernel", "s", get_kernel, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_METHOD_WITH_ARGS("GetUsage", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("a{sv}", usage),
                                method_get_usage, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int node_publish(Node *node) {
        return sd_bus_add_object_vtable(node->services->bus, NULL, PATH_ROOT, IFACE_HOST, node_vtable, node);
}
