/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt says, through its read-only socket, which is open to everybody. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "common/cleanup.h"
#include "deadline.h"
#include "host-internal.h"
#include "libvirt-xml.h"

#define URI "qemu:///system"
/* libvirt may be started by its socket first, which takes half a second. */
#define DEADLINE_USEC (3 * G_TIME_SPAN_SECOND)
#define GUESTS_USEC G_TIME_SPAN_SECOND
#define GUESTS_MAX 1000

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)

static void part_free(gpointer p) {
        HostPart *part = p;

        g_free(part->name);
        g_free(part->kind);
        g_free(part->detail);
        g_free(part);
}

void host_libvirt_init(HostLibvirt *libvirt) {
        *libvirt = (HostLibvirt){
                .error = g_strdup(""),
                .networks = g_ptr_array_new_with_free_func(part_free),
                .pools = g_ptr_array_new_with_free_func(part_free),
                .domains = g_ptr_array_new_with_free_func(part_free),
        };
}

void host_libvirt_done(HostLibvirt *libvirt) {
        g_free(libvirt->error);
        g_ptr_array_unref(libvirt->networks);
        g_ptr_array_unref(libvirt->pools);
        g_ptr_array_unref(libvirt->domains);
}

void host_part_add(GPtrArray *parts, const char *name, const char *kind, const char *detail, bool active,
                   bool autostart) {
        HostPart *part = g_new(HostPart, 1);

        *part = (HostPart){ .name = g_strdup(name),
                            .kind = g_strdup(kind ?: ""),
                            .detail = g_strdup(detail ?: ""),
                            .active = active,
                            .autostart = autostart };
        g_ptr_array_add(parts, part);
}

const HostPart *host_part_find(const GPtrArray *parts, const char *name) {
        for (guint i = 0; i < parts->len; i++) {
                const HostPart *part = parts->pdata[i];

                if (g_str_equal(part->name, name))
                        return part;
        }
        return NULL;
}

/*
 * On a thread: calls to libvirt have no deadline.
 */

static int read_networks(virConnect *connection, GPtrArray *parts) {
        virNetwork **list = NULL;
        int n = virConnectListAllNetworks(connection, &list, /* flags= */ 0);

        for (int i = 0; i < n; i++) {
                g_autoptr(virNetwork) network = list[i];
                char *bridge = virNetworkGetBridgeName(network);
                char *xml = virNetworkGetXMLDesc(network, /* flags= */ 0);
                g_autofree char *forward = libvirt_xml_find(xml, LIBVIRT_XML_FORWARD);
                int autostart = 0;

                (void) virNetworkGetAutostart(network, &autostart);
                host_part_add(parts, virNetworkGetName(network), forward, bridge,
                              virNetworkIsActive(network) > 0, autostart);
                free(xml);
                free(bridge);
        }

        free(list);
        return n;
}

static int read_pools(virConnect *connection, GPtrArray *parts) {
        virStoragePool **list = NULL;
        int n = virConnectListAllStoragePools(connection, &list, /* flags= */ 0);

        for (int i = 0; i < n; i++) {
                g_autoptr(virStoragePool) pool = list[i];
                char *xml = virStoragePoolGetXMLDesc(pool, /* flags= */ 0);
                g_autofree char *target = libvirt_xml_find(xml, LIBVIRT_XML_TARGET);
                int autostart = 0;

                (void) virStoragePoolGetAutostart(pool, &autostart);
                host_part_add(parts, virStoragePoolGetName(pool), /* kind= */ NULL, target,
                              virStoragePoolIsActive(pool) > 0, autostart);
                free(xml);
        }

        free(list);
        return n;
}

/* One call, however many there are. */
static int read_domains(virConnect *connection, GPtrArray *parts) {
        virDomain **list = NULL;
        int n = virConnectListAllDomains(connection, &list, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);

        for (int i = 0; i < n; i++) {
                g_autoptr(virDomain) domain = list[i];

                host_part_add(parts, virDomainGetName(domain), /* kind= */ NULL, /* detail= */ NULL,
                              virDomainGetID(domain) != (unsigned) -1, /* autostart= */ true);
        }

        free(list);
        return n;
}

static void set_error(HostLibvirt *answer) {
        const virError *error = virGetLastError();

        g_free(answer->error);
        answer->error = g_strdup(error && error->message ? error->message : "unknown error");
}

static void read_all(gpointer p) {
        HostLibvirt *answer = p;
        g_autoptr(virConnect) connection = virConnectOpenReadOnly(URI);

        if (!connection || read_networks(connection, answer->networks) < 0 ||
            read_pools(connection, answer->pools) < 0 || read_domains(connection, answer->domains) < 0)
                set_error(answer);
        else
                answer->connected = true;
}

/* libvirt writes errors to standard error by itself. */
static void say_nothing(void *userdata, virError *error) {
}

static void libvirt_ask(HostLibvirt *libvirt) {
        HostLibvirt *answer = g_new(HostLibvirt, 1);

        virSetErrorFunc(/* userdata= */ NULL, say_nothing);
        host_libvirt_init(answer);
        if (deadline_run(DEADLINE_USEC, read_all, answer)) {
                host_libvirt_done(libvirt);
                *libvirt = *answer;
                g_free(answer);
                return;
        }

        g_free(libvirt->error);
        libvirt->error = g_strdup("libvirt does not answer");
}

const HostLibvirt *host_libvirt(Host *host, Verdict *verdict) {
        verdict_read(verdict, "libvirt: " URI);
        if (!host->have_libvirt) {
                host->have_libvirt = true;
                if (host->is_real)
                        libvirt_ask(&host->libvirt);
        }
        return &host->libvirt;
}

/* No call waits for a QEMU: what libvirtd knows of each is told. */
static void read_guest_memory(gpointer p) {
        uint64_t *bytes = p;
        g_autoptr(virConnect) connection = virConnectOpenReadOnly(URI);
        virDomain **list = NULL;
        int n = connection ? virConnectListAllDomains(connection, &list, VIR_CONNECT_LIST_DOMAINS_ACTIVE)
                           : 0;

        for (int i = 0; i < n; i++) {
                g_autoptr(virDomain) domain = list[i];
                virDomainInfo info;

                if (i < GUESTS_MAX && virDomainGetInfo(domain, &info) >= 0)
                        *bytes += (uint64_t) info.memory * 1024;
        }
        free(list);
}

uint64_t host_guest_memory(Host *host, Verdict *verdict) {
        uint64_t *answer, bytes;

        if (!host_libvirt(host, verdict)->connected || !host->is_real)
                return host->guest_memory;

        answer = g_new0(uint64_t, 1);
        if (!deadline_run(GUESTS_USEC, read_guest_memory, answer))
                return 0;
        bytes = *answer;
        g_free(answer);
        return bytes;
}
