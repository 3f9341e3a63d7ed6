/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <stdatomic.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What the guests of libvirt's test driver cannot do, by the name of the machine: one that begins with
 * "deaf" does not hear that it is to shut down; one that begins with "stuck" hangs in a suspend until there
 * is a file at $HATAGO_TEST_GATE; one that begins with "slow" takes as long to be saved, tells how far it is
 * (another 10 MiB of 1000 at each question), and can be broken off. Preloaded into the agent; see agent.py.
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

static atomic_bool slow_runs, slow_aborted;
static atomic_ullong slow_mebibytes;

int virDomainManagedSave(virDomainPtr domain, unsigned int flags) {
        int (*real)(virDomainPtr, unsigned int) = dlsym(RTLD_NEXT, "virDomainManagedSave");
        const char *gate = getenv("HATAGO_TEST_GATE");

        if (!domain_is(domain, "slow"))
                return real(domain, flags);

        slow_aborted = false;
        slow_mebibytes = 0;
        slow_runs = true;
        while (!slow_aborted && access(gate, F_OK) < 0)
                usleep(5000);
        slow_runs = false;
        return slow_aborted ? -1 : real(domain, flags);
}

int virDomainGetJobStats(virDomainPtr domain, int *type, virTypedParameterPtr *params, int *nparams,
                         unsigned int flags) {
        int n = 0, max = 0;

        *params = NULL;
        *nparams = 0;
        *type = slow_runs && domain_is(domain, "slow") ? VIR_DOMAIN_JOB_UNBOUNDED : VIR_DOMAIN_JOB_NONE;
        if (*type == VIR_DOMAIN_JOB_NONE)
                return 0;

        slow_mebibytes += 10;
        (void) virTypedParamsAddInt(params, &n, &max, VIR_DOMAIN_JOB_OPERATION,
                                    VIR_DOMAIN_JOB_OPERATION_SAVE);
        (void) virTypedParamsAddULLong(params, &n, &max, VIR_DOMAIN_JOB_DATA_TOTAL, 1000ULL << 20);
        (void) virTypedParamsAddULLong(params, &n, &max, VIR_DOMAIN_JOB_DATA_REMAINING,
                                       (1000 - slow_mebibytes) << 20);
        *nparams = n;
        return 0;
}

int virDomainAbortJob(virDomainPtr domain) {
        slow_aborted = true;
        return 0;
}
