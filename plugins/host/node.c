/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "node.h"

#include <libvirt/libvirt.h>
#include <string.h>
#include <sys/utsname.h>

#include "checks/cpuid.h"
#include "common/log.h"
#include "common/names.h"
#include "common/text.h"
#include "usage.h"

/* CPUID's leaves of the name, of 16 bytes each. */
#define CPUID_NAME 0x80000002U
#define CPUID_NAME_LEAVES 3U

static char *read_cpu_model(void) {
        unsigned name[CPUID_NAME_LEAVES * 4 + 1] = { 0 }; /* and its end */

        for (unsigned i = 0; i < CPUID_NAME_LEAVES && cpuid_read(CPUID_NAME + i, name + 4 * i); i++)
                ;
        return text_printable(g_strstrip((char *) name));
}

/* os-release(5): PRETTY_NAME= with a value as a shell reads it. */
char *os_release_name(const char *path) {
        static const char key[] = "PRETTY_NAME=";
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        if (!g_file_get_contents(path, &text, /* length= */ NULL, /* error= */ NULL))
                return g_strdup("");

        lines = g_strsplit(text, "\n", /* max_tokens= */ -1);
        for (char **line = lines; *line; line++) {
                g_autofree char *value = NULL;

                if (!g_str_has_prefix(*line, key))
                        continue;
                value = g_shell_unquote(*line + strlen(key), /* error= */ NULL);
                return text_printable(value ?: "");
        }

        return g_strdup("");
}

Node *node_new(const Services *services) {
        struct utsname kernel = { 0 };
        Node *node = g_new(Node, 1);

        (void) uname(&kernel);
        *node = (Node){
                .services = services,
                .cpu_model = read_cpu_model(),
                .operating_system = os_release_name("/etc/os-release"),
                .kernel = g_strdup(kernel.release),
                .facts = { .architecture = g_strdup("") },
                .usage_calls = user_count_new(USAGE_CALLS_PER_USER_MAX),
        };
        return node;
}

Node *node_free(Node *node) {
        if (!node)
                return NULL;

        user_count_free(node->usage_calls);
        g_free(node->cpu_model);
        g_free(node->operating_system);
        g_free(node->kernel);
        g_free(node->facts.architecture);
        g_free(node);
        return NULL;
}

/*
 * What libvirt says
 */

typedef struct NodeReading {
        Node *node;
        NodeFacts facts;
} NodeReading;

static int reading_run(void *data, virConnect *connection, Failure *failure) {
        NodeReading *reading = data;
        virNodeInfo info;

        if (virNodeGetInfo(connection, &info) < 0)
                return hypervisor_failure(failure);

        reading->facts = (NodeFacts){
                .architecture = g_strndup(info.model, sizeof(info.model)),
                .cpus = info.cpus,
                .sockets = info.sockets * MAX(info.nodes, 1), /* libvirt's are of a NUMA node */
                .cores_per_socket = info.cores,
                .threads_per_core = info.threads,
                .memory = (uint64_t) info.memory * 1024,
        };
        return 0;
}

static uint64_t node_apply(Node *node, NodeFacts *facts) {
        const NodeFacts old = node->facts;
        uint64_t mask = 0;

        if (!g_str_equal(old.architecture, facts->architecture))
                mask |= UINT64_C(1) << NODE_ARCHITECTURE;
        if (old.cpus != facts->cpus)
                mask |= UINT64_C(1) << NODE_CPUS;
        if (old.sockets != facts->sockets)
                mask |= UINT64_C(1) << NODE_SOCKETS;
        if (old.cores_per_socket != facts->cores_per_socket)
                mask |= UINT64_C(1) << NODE_CORES_PER_SOCKET;
        if (old.threads_per_core != facts->threads_per_core)
                mask |= UINT64_C(1) << NODE_THREADS_PER_CORE;
        if (old.memory != facts->memory)
                mask |= UINT64_C(1) << NODE_MEMORY;

        node->facts = *facts;
        facts->architecture = old.architecture;
        return mask;
}

static void reading_done(void *data, int result, Failure *failure) {
        g_autofree NodeReading *reading = data;
        Node *node = reading->node;

        if (result == 0)
                objects_changed(node->services->objects, PATH_ROOT, &node_interface,
                                node_apply(node, &reading->facts));
        else if (hypervisor_is_connected(node->services->hypervisor)) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot read what the host has, ignoring: %s", reason);
        }
        g_free(reading->facts.architecture);
}

static void node_on_connected(void *userdata) {
        NodeReading *reading = g_new(NodeReading, 1);
        g_auto(Failure) failure = { 0 };
        Node *node = userdata;
        Request request = { .lane = LANE_READ, .run = reading_run, .done = reading_done, .data = reading };

        *reading = (NodeReading){ .node = node };
        if (hypervisor_submit(node->services->hypervisor, &request, /* ret_id= */ NULL, &failure) < 0) {
                log_warning("Cannot read what the host has, ignoring: %s", failure.message);
                g_free(reading);
        }
}

int node_start(Node *node) {
        hypervisor_listen(node->services->hypervisor,
                          &(HypervisorListener){ .connected = node_on_connected, .userdata = node });
        return node_publish(node);
}
