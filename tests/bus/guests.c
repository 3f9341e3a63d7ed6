/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/*
 * What the guests of libvirt's test driver cannot do, by the name of the machine: one that begins with
 * "deaf" does not hear that it is to shut down; one that begins with "stuck" hangs in a suspend until there
 * is a file at $HATAGO_TEST_GATE; one that begins with "slow" takes as long to be saved, tells how far it is
 * (another 10 MiB of 1000 at each question), and can be broken off; one that begins with "broken" does not
 * start, for want of a network, until there is the file. A save that was broken off
 * ends when there is no file "gate.aborting". And a clock that jumps: by as many seconds as the file
 * $HATAGO_TEST_CLOCK says, as a number of 64 bits. Preloaded into the agent; see agent.py.
 */

static const int64_t *clock_file(void) {
        const char *path = getenv("HATAGO_TEST_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *map = fd >= 0 ? mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

        if (fd >= 0)
                (void) close(fd);
        return map == MAP_FAILED ? NULL : map;
}

static int64_t clock_jumped(void) {
        static const int64_t none;
        static _Atomic(const int64_t *) jumped;

        if (!jumped)
                jumped = clock_file() ?: &none;
        return *jumped;
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
        int r = (int) syscall(SYS_clock_gettime, clock, ret);

        if (r == 0 && clock == CLOCK_REALTIME)
                ret->tv_sec += clock_jumped();
        return r;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone) {
        int r = (int) syscall(SYS_gettimeofday, ret, zone);

        if (r == 0)
                ret->tv_sec += clock_jumped();
        return r;
}

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

static _Thread_local virErrorPtr last_error;

int virDomainCreateWithFlags(virDomainPtr domain, unsigned int flags) {
        int (*real)(virDomainPtr, unsigned int) = dlsym(RTLD_NEXT, "virDomainCreateWithFlags");
        static virError inactive = {
                .domain = VIR_FROM_NETWORK,
                .code = VIR_ERR_OPERATION_INVALID,
                .message = (char *) "Requested operation is not valid: network 'it's %s' is not active",
                .level = VIR_ERR_ERROR,
        };

        if (!domain_is(domain, "broken") || access(getenv("HATAGO_TEST_GATE"), F_OK) == 0)
                return real(domain, flags);

        last_error = &inactive;
        return -1;
}

int virGetLastErrorCode(void) {
        int (*real)(void) = dlsym(RTLD_NEXT, "virGetLastErrorCode");

        return last_error ? last_error->code : real();
}

/* Once: any other call would have forgotten it. */
virErrorPtr virGetLastError(void) {
        virErrorPtr (*real)(void) = dlsym(RTLD_NEXT, "virGetLastError"), error = last_error;

        last_error = NULL;
        return error ?: real();
}

static atomic_bool slow_runs, slow_aborted;
static atomic_ullong slow_mebibytes;

/* Whether there is a file of this name beside the gate; end: it is removed. */
static bool beside_gate(const char *what, bool end) {
        const char *gate = getenv("HATAGO_TEST_GATE");
        char path[4096];

        if (!gate || snprintf(path, sizeof(path), "%s.%s", gate, what) >= (int) sizeof(path))
                return false;

        return end ? unlink(path) >= 0 : access(path, F_OK) >= 0;
}

/* A save that goes on without the agent that asked for it, as long as there is a file beside the gate. */
static bool slow_goes_on(bool end) {
        return beside_gate("saving", end);
}

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
        while (slow_aborted && beside_gate("aborting", /* end= */ false))
                usleep(5000);
        slow_runs = false;
        return slow_aborted ? -1 : real(domain, flags);
}

int virDomainGetJobStats(virDomainPtr domain, int *type, virTypedParameterPtr *params, int *nparams,
                         unsigned int flags) {
        int n = 0, max = 0;

        *params = NULL;
        *nparams = 0;
        *type = (slow_runs || slow_goes_on(/* end= */ false)) && domain_is(domain, "slow")
                                ? VIR_DOMAIN_JOB_UNBOUNDED
                                : VIR_DOMAIN_JOB_NONE;
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
        (void) slow_goes_on(/* end= */ true);
        return 0;
}
