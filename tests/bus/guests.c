/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What the guests of libvirt's test driver cannot do, by the name of the machine: one that begins with
 * "deaf" does not hear that it is to shut down; one that begins with "stuck" hangs in a suspend until there
 * is a file at $HATAGO_TEST_GATE. Preloaded into the agent; see agent.py.
 */

static bool domain_is(virDomainPtr domain, const char *prefix) {
        return strncmp(virDomainGetName(domain), prefix, strlen(prefix)) == 0;
}

int virDomainShutdownFlags(virDomainPtr domain, unsigned int flags) {
        int (*real)(virDomainPtr, unsigned int) = dlsym(RTLD_NEXT, "virDomainShutdownFlags");

        return domain_is(domain, "deaf") ? 0 : real(domain, flags);
}

int virDomainSuspend(virDomainPtr domain) {
        int (*real)(virDomainPtr) = dlsym(RTLD_NEXT, "virDomainSuspend");
        const char *gate = getenv("HATAGO_TEST_GATE");

        while (domain_is(domain, "stuck") && access(gate, F_OK) < 0)
                usleep(5000);
        return real(domain);
}
