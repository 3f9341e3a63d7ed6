/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * What the test driver does not tell. The statistics of its guests, which has none: half a processor's time,
 * a disk that reads a million bytes in a second, an interface that receives two. The process of a machine
 * whose name begins with "stuck" does not tell its part until there is a file at $HATAGO_TEST_GATE.
 * Preloaded with guests.c.
 */

#define NSEC_PER_SEC 1000000000ULL

static void wait_while_stuck(virDomainPtr domain) {
        while (strncmp(virDomainGetName(domain), "stuck", strlen("stuck")) == 0 &&
               access(getenv("HATAGO_TEST_GATE"), F_OK) < 0)
                usleep(5000);
}

static unsigned long long nsec_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (unsigned long long) now.tv_sec * NSEC_PER_SEC + (unsigned long long) now.tv_nsec;
}

static void record_add(virDomainStatsRecordPtr record, const char *name, unsigned long long value) {
        int n_max = record->nparams;

        (void) virTypedParamsAddULLong(&record->params, &record->nparams, &n_max, name, value);
}

static void record_add_name(virDomainStatsRecordPtr record, const char *name, const char *value) {
        int n_max = record->nparams;

        (void) virTypedParamsAddString(&record->params, &record->nparams, &n_max, name, value);
}

static void record_fill(virDomainStatsRecordPtr record, unsigned int stats) {
        unsigned long long now = nsec_now();

        if (stats & VIR_DOMAIN_STATS_INTERFACE) {
                record_add_name(record, "net.0.name", "vnet0");
                record_add(record, "net.0.rx.bytes", now / 500);
                record_add(record, "net.0.tx.bytes", 7);
        }
        if (stats & VIR_DOMAIN_STATS_BALLOON) {
                record_add(record, "balloon.current", 262144);
                record_add(record, "balloon.rss", 65536);
        }
        if (stats & VIR_DOMAIN_STATS_BLOCK) {
                record_add_name(record, "block.0.name", "vda");
                record_add(record, "block.0.rd.bytes", now / 1000);
                record_add(record, "block.0.capacity", 1 << 20);
        }
}

/* A host that is busy for a quarter of its time. */
int virNodeGetCPUStats(virConnectPtr connection, int cpu, virNodeCPUStatsPtr stats, int *n_stats,
                       unsigned int flags) {
        static const struct {
                const char *field;
                unsigned share;
        } parts[] = {
                { VIR_NODE_CPU_STATS_KERNEL, 1 },
                { VIR_NODE_CPU_STATS_USER, 3 },
                { VIR_NODE_CPU_STATS_IDLE, 11 },
                { VIR_NODE_CPU_STATS_IOWAIT, 1 },
        };
        unsigned long long now = nsec_now();

        *n_stats = sizeof(parts) / sizeof(parts[0]);
        for (int i = 0; stats && i < *n_stats; i++) {
                strcpy(stats[i].field, parts[i].field);
                stats[i].value = now * parts[i].share;
        }
        return 0;
}

int virDomainGetInfo(virDomainPtr domain, virDomainInfoPtr info) {
        int (*real)(virDomainPtr, virDomainInfoPtr) = dlsym(RTLD_NEXT, "virDomainGetInfo");
        int r = real(domain, info);

        info->cpuTime = nsec_now() / 2;
        return r;
}

int virConnectGetAllDomainStats(virConnectPtr connection, unsigned int stats,
                                virDomainStatsRecordPtr **records, unsigned int flags) {
        int (*real)(virConnectPtr, unsigned int, virDomainStatsRecordPtr **, unsigned int) =
                        dlsym(RTLD_NEXT, "virConnectGetAllDomainStats");
        int n = real(connection, stats, records, flags);

        for (int i = 0; i < n; i++)
                record_fill((*records)[i], stats);
        return n;
}

int virDomainListGetStats(virDomainPtr *domains, unsigned int stats, virDomainStatsRecordPtr **records,
                          unsigned int flags) {
        int (*real)(virDomainPtr *, unsigned int, virDomainStatsRecordPtr **, unsigned int) =
                        dlsym(RTLD_NEXT, "virDomainListGetStats");
        int n;

        for (virDomainPtr *domain = domains; *domain; domain++)
                wait_while_stuck(*domain);

        n = real(domains, stats, records, flags);
        for (int i = 0; i < n; i++)
                record_fill((*records)[i], stats);
        return n;
}
