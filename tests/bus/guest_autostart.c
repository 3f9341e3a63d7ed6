/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * libvirt's own flag: a machine whose name begins with "flagged" has it when it is first listed, as if virsh
 * had set it before; of one that begins with "flagged-stubborn" it cannot be cleared; one that
 * begins with "late" has it as long as there is a file at $HATAGO_TEST_GATE. Preloaded with
 * guests.c.
 */

static void flag_all(virConnectPtr connection, int (*list)(virConnectPtr, virDomainPtr **, unsigned int)) {
        int (*set)(virDomainPtr, int) = dlsym(RTLD_NEXT, "virDomainSetAutostart");
        virDomainPtr *domains = NULL;
        int n = list(connection, &domains, VIR_CONNECT_LIST_DOMAINS_PERSISTENT);

        for (int i = 0; i < n; i++) {
                if (strncmp(virDomainGetName(domains[i]), "flagged", strlen("flagged")) == 0)
                        (void) set(domains[i], 1);
                virDomainFree(domains[i]);
        }
        free(domains);
}

int virConnectListAllDomains(virConnectPtr connection, virDomainPtr **domains, unsigned int flags) {
        int (*real)(virConnectPtr, virDomainPtr **, unsigned int) =
                        dlsym(RTLD_NEXT, "virConnectListAllDomains");
        static atomic_flag done = ATOMIC_FLAG_INIT;

        if (!atomic_flag_test_and_set(&done))
                flag_all(connection, real);
        return real(connection, domains, flags);
}

int virDomainGetAutostart(virDomainPtr domain, int *ret) {
        int (*real)(virDomainPtr, int *) = dlsym(RTLD_NEXT, "virDomainGetAutostart");

        if (strncmp(virDomainGetName(domain), "late", strlen("late")) != 0)
                return real(domain, ret);
        *ret = access(getenv("HATAGO_TEST_GATE"), F_OK) == 0;
        return 0;
}

int virDomainSetAutostart(virDomainPtr domain, int autostart) {
        int (*real)(virDomainPtr, int) = dlsym(RTLD_NEXT, "virDomainSetAutostart");
        const char stubborn[] = "flagged-stubborn";

        /* With an error of libvirt's own. */
        if (!autostart && strncmp(virDomainGetName(domain), stubborn, strlen(stubborn)) == 0)
                return real(NULL, autostart);
        return real(domain, autostart);
}
