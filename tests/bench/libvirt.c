/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bench.h"

/*
 * bench-libvirt facts COUNT
 *         reads what libvirt tells of all machines in four calls, as plain as C can.
 * bench-libvirt trigger NAME COUNT GAP_MSEC
 *         suspends and resumes a machine; prints the times before and after each call.
 * bench-libvirt bridge
 *         turns each lifecycle event into one signal: the least that a service between libvirt and the bus
 * can do.
 */

#define URI "qemu:///system"

static virConnectPtr open_libvirt(void) {
        virConnectPtr connection = virConnectOpen(URI);

        if (!connection)
                exit(EXIT_FAILURE);
        return connection;
}

static void list_once(virConnectPtr connection, unsigned flags) {
        virDomainPtr *domains;
        int n = must(virConnectListAllDomains(connection, &domains, flags), "list");

        for (int i = 0; i < n; i++)
                virDomainFree(domains[i]);
        free(domains);
}

static int verb_facts(char **words, int n_words) {
        virConnectPtr connection = open_libvirt();

        for (long i = 0; i <= (n_words > 0 ? atol(words[0]) : 1); i++) {
                virDomainStatsRecordPtr *records;
                uint64_t begin = now_nsec(), end;

                list_once(connection, 0);
                list_once(connection, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
                list_once(connection, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);
                must(virConnectGetAllDomainStats(connection,
                                                 VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_BALLOON |
                                                                 VIR_DOMAIN_STATS_VCPU,
                                                 &records, 0),
                     "statistics");
                end = now_nsec();
                virDomainStatsRecordListFree(records);
                if (i > 0) /* the first was to warm up */
                        printf("%" PRIu64 "\n", end - begin);
        }

        virConnectClose(connection);
        return EXIT_SUCCESS;
}

static int verb_trigger(char **words, int n_words) {
        virConnectPtr connection = open_libvirt();
        virDomainPtr domain;

        if (n_words < 3)
                return 2;
        domain = virDomainLookupByName(connection, words[0]);
        if (!domain)
                return EXIT_FAILURE;

        for (long i = 0; i < 2 * atol(words[1]); i++) {
                uint64_t before = now_nsec();

                must(i % 2 == 0 ? virDomainSuspend(domain) : virDomainResume(domain), "trigger");
                printf("%s %" PRIu64 " %" PRIu64 "\n", i % 2 == 0 ? "paused" : "running", before,
                       now_nsec());
                usleep((useconds_t) atol(words[2]) * 1000);
        }

        virDomainFree(domain);
        virConnectClose(connection);
        return EXIT_SUCCESS;
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *opaque) {
        char uuid[VIR_UUID_STRING_BUFLEN], path[128];

        (void) virDomainGetUUIDString(domain, uuid);
        for (char *p = uuid; *p; p++)
                if (*p == '-')
                        *p = '_';
        snprintf(path, sizeof(path), NULL_PATH "/%s", uuid);
        must(sd_bus_emit_signal(opaque, NULL_PATH, NULL_INTERFACE, "DomainEvent", "oii", path, event,
                                detail),
             "signal");
        return must(sd_bus_flush(opaque), "flush") < 0;
}

static int verb_bridge(char **words, int n_words) {
        virConnectPtr connection;
        sd_bus *bus;

        virEventRegisterDefaultImpl();
        connection = open_libvirt();
        must(sd_bus_open_system(&bus), "bus");
        must(sd_bus_request_name(bus, BRIDGE_NAME, 0), "name");
        must(virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), bus, NULL),
             "events");
        puts("ready");
        fflush(stdout);
        while (virEventRunDefaultImpl() >= 0)
                ;
        return EXIT_FAILURE;
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                int (*run)(char **words, int n_words);
        } verbs[] = { { "facts", verb_facts }, { "trigger", verb_trigger }, { "bridge", verb_bridge } };

        for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
                if (strcmp(argv[1], verbs[i].name) == 0)
                        return verbs[i].run(argv + 2, argc - 2);

        fprintf(stderr, "usage: see libvirt.c\n");
        return 2;
}
