/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include "checks/libvirt-xml.h"
#include "common/cleanup.h"
#include "common/options.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)

static void pool_free(gpointer p) {
        UsagePool *pool = p;

        g_free(pool->name);
        g_free(pool->path);
        g_free(pool);
}

static void network_free(gpointer p) {
        UsageNetwork *network = p;

        g_free(network->name);
        g_free(network->bridge);
        g_free(network);
}

void usage_init(Usage *usage) {
        *usage = (Usage){
                .cpu_time = USAGE_UNKNOWN,
                .cpu_idle_time = USAGE_UNKNOWN,
                .memory_available = USAGE_UNKNOWN,
        };
}

void usage_done(Usage *usage) {
        g_clear_pointer(&usage->pools, g_ptr_array_unref);
        g_clear_pointer(&usage->networks, g_ptr_array_unref);
}

/*
 * What libvirt says, on a thread
 */

static bool is_unsupported(void) {
        const virError *error = virGetLastError();
        return error && (error->code == VIR_ERR_NO_SUPPORT || error->code == VIR_ERR_OPERATION_UNSUPPORTED);
}

/* What a driver does not know is left out; all else is an error. */
static int usage_failure(Failure *failure) {
        return is_unsupported() ? 0 : hypervisor_failure(failure);
}

static int read_cpu(Usage *usage, virConnect *connection, Failure *failure) {
        g_autofree virNodeCPUStats *stats = NULL;
        uint64_t busy = 0, idle = 0;
        int n = 0;

        if (virNodeGetCPUStats(connection, VIR_NODE_CPU_STATS_ALL_CPUS, NULL, &n, /* flags= */ 0) < 0)
                return usage_failure(failure);

        stats = g_new0(virNodeCPUStats, n);
        if (virNodeGetCPUStats(connection, VIR_NODE_CPU_STATS_ALL_CPUS, stats, &n, /* flags= */ 0) < 0)
                return usage_failure(failure);

        for (int i = 0; i < n; i++) {
                if (g_str_equal(stats[i].field, VIR_NODE_CPU_STATS_KERNEL) ||
                    g_str_equal(stats[i].field, VIR_NODE_CPU_STATS_USER))
                        busy += stats[i].value;
                if (g_str_equal(stats[i].field, VIR_NODE_CPU_STATS_IDLE) ||
                    g_str_equal(stats[i].field, VIR_NODE_CPU_STATS_IOWAIT))
                        idle += stats[i].value;
        }
        usage->cpu_time = busy;
        usage->cpu_idle_time = idle;
        return 0;
}

uint64_t usage_memory_available(uint64_t free, uint64_t cached, uint64_t shared) {
        return free + (cached > shared ? cached - shared : 0);
}

/* Bytes; libvirt does not tell. */
static uint64_t shared_memory(void) {
        struct sysinfo info;

        return sysinfo(&info) < 0 ? 0 : (uint64_t) info.sharedram * info.mem_unit;
}

static int read_memory(Usage *usage, virConnect *connection, Failure *failure) {
        g_autofree virNodeMemoryStats *stats = NULL;
        uint64_t unused = 0, cached = 0;
        int n = 0;

        if (virNodeGetMemoryStats(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, NULL, &n, /* flags= */ 0) < 0)
                return usage_failure(failure);

        stats = g_new0(virNodeMemoryStats, n);
        if (virNodeGetMemoryStats(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &n, /* flags= */ 0) <
            0)
                return usage_failure(failure);

        for (int i = 0; i < n; i++) {
                if (g_str_equal(stats[i].field, VIR_NODE_MEMORY_STATS_FREE))
                        unused += stats[i].value;
                if (g_str_equal(stats[i].field, VIR_NODE_MEMORY_STATS_BUFFERS) ||
                    g_str_equal(stats[i].field, VIR_NODE_MEMORY_STATS_CACHED))
                        cached += stats[i].value;
        }
        usage->memory_available = usage_memory_available(unused * 1024, cached * 1024, shared_memory());
        return 0;
}

static char *pool_path(virStoragePool *pool) {
        char *xml = virStoragePoolGetXMLDesc(pool, /* flags= */ 0), *path;

        path = libvirt_xml_find(xml, LIBVIRT_XML_TARGET);
        free(xml);
        return path;
}

static UsagePool *pool_read(virStoragePool *pool) {
        UsagePool *usage = g_new(UsagePool, 1);
        virStoragePoolInfo info;

        *usage = (UsagePool){
                .name = g_strdup(virStoragePoolGetName(pool)),
                .path = pool_path(pool),
                .active = virStoragePoolIsActive(pool) > 0,
                .capacity = USAGE_UNKNOWN,
                .available = USAGE_UNKNOWN,
        };
        if (usage->active && virStoragePoolGetInfo(pool, &info) >= 0) {
                usage->capacity = info.capacity;
                usage->available = info.available;
        }
        return usage;
}

static gint compare_pools(gconstpointer a, gconstpointer b) {
        return g_strcmp0((*(const UsagePool *const *) a)->name, (*(const UsagePool *const *) b)->name);
}

static int read_pools(Usage *usage, virConnect *connection, Failure *failure) {
        virStoragePool **list = NULL;
        int n = virConnectListAllStoragePools(connection, &list, /* flags= */ 0);

        if (n < 0)
                return usage_failure(failure);

        usage->pools = g_ptr_array_new_with_free_func(pool_free);
        for (int i = 0; i < n; i++) {
                g_autoptr(virStoragePool) pool = list[i];
                g_ptr_array_add(usage->pools, pool_read(pool));
        }
        free(list);
        g_ptr_array_sort(usage->pools, compare_pools);
        return 0;
}

static UsageNetwork *network_read(virNetwork *network) {
        UsageNetwork *usage = g_new(UsageNetwork, 1);
        char *bridge = virNetworkGetBridgeName(network);

        *usage = (UsageNetwork){
                .name = g_strdup(virNetworkGetName(network)),
                .bridge = g_strdup(bridge ?: ""),
                .active = virNetworkIsActive(network) > 0,
        };
        free(bridge);
        return usage;
}

static gint compare_networks(gconstpointer a, gconstpointer b) {
        return g_strcmp0((*(const UsageNetwork *const *) a)->name, (*(const UsageNetwork *const *) b)->name);
}

static int read_networks(Usage *usage, virConnect *connection, Failure *failure) {
        virNetwork **list = NULL;
        int n = virConnectListAllNetworks(connection, &list, /* flags= */ 0);

        if (n < 0)
                return usage_failure(failure);

        usage->networks = g_ptr_array_new_with_free_func(network_free);
        for (int i = 0; i < n; i++) {
                g_autoptr(virNetwork) network = list[i];
                g_ptr_array_add(usage->networks, network_read(network));
        }
        free(list);
        g_ptr_array_sort(usage->networks, compare_networks);
        return 0;
}

int usage_read(Usage *usage, virConnect *connection, Failure *failure) {
        static int (*const readers[])(Usage * usage, virConnect * connection, Failure * failure) = {
                read_cpu,
                read_memory,
                read_pools,
                read_networks,
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(readers); i++)
                r = readers[i](usage, connection, failure);
        return r;
}

/*
 * The call
 */

typedef struct UsageCall {
        Node *node;
        Call *call;
        uid_t uid;
        bool counted;
        Usage usage;
} UsageCall;

static void usage_call_free(void *data) {
        UsageCall *uc = data;

        if (uc->counted)
                user_count_give_back(uc->node->usage_calls, uc->uid);
        usage_done(&uc->usage);
        g_free(uc);
}

static int usage_run(void *data, virConnect *connection, Failure *failure) {
        UsageCall *uc = data;
        return usage_read(&uc->usage, connection, failure);
}

static void usage_done_reading(void *data, int result, Failure *failure) {
        UsageCall *uc = data;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        if (result < 0) {
                call_fail(uc->call, failure);
                return;
        }

        r = call_new_reply(uc->call, &reply);
        if (r >= 0)
                r = usage_append(&uc->usage, reply);
        call_send_reply(uc->call, r, reply);
}

/* One reading at a time, beside those of the model: the lane is theirs. */
static int usage_begin(UsageCall *uc, Failure *failure) {
        const Request request = {
                .lane = LANE_READ,
                .key = "usage",
                .run = usage_run,
                .done = usage_done_reading,
                .data = uc,
        };

        uc->uid = call_caller(uc->call)->uid;
        uc->counted = user_count_take(uc->node->usage_calls, uc->uid);
        if (!uc->counted)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "%u calls of this user wait already.",
                                   USAGE_CALLS_PER_USER_MAX);

        return hypervisor_submit(uc->node->services->hypervisor, &request, /* ret_id= */ NULL, failure);
}

static void usage_identified(Call *call, void *arguments) {
        UsageCall *uc = arguments;
        g_auto(Failure) failure = { 0 };

        uc->call = call;
        if (usage_begin(uc, &failure) < 0)
                call_fail(call, &failure);
}

int usage_on_call(Node *node, sd_bus_message *message, Failure *failure) {
        UsageCall *uc = g_new(UsageCall, 1);
        const CallInfo info = {
                .verb = "get-usage",
                .authorized = usage_identified,
                .arguments = uc,
                .arguments_free = usage_call_free,
        };
        int r;

        *uc = (UsageCall){ .node = node };
        usage_init(&uc->usage);
        r = options_read(message, /* table= */ NULL, /* target= */ NULL, failure);
        if (r >= 0)
                r = call_begin(node->services, message, &info, failure);
        if (r < 0)
                usage_call_free(uc);
        return r;
}
