/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kvm-trial.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIAL_SECONDS 1

typedef enum Step {
        STEP_OPEN,
        STEP_API,
        STEP_VM,
        STEP_MEMORY,
        STEP_VCPU,
        STEP_REGISTERS,
        STEP_RUN,
        STEP_ANSWER,
        _STEP_MAX,
} Step;

static const char *const step_names[_STEP_MAX] = {
        [STEP_OPEN] = "open",
        [STEP_API] = "KVM_GET_API_VERSION",
        [STEP_VM] = "KVM_CREATE_VM",
        [STEP_MEMORY] = "KVM_SET_USER_MEMORY_REGION",
        [STEP_VCPU] = "KVM_CREATE_VCPU",
        [STEP_REGISTERS] = "KVM_SET_SREGS",
        [STEP_RUN] = "KVM_RUN",
        [STEP_ANSWER] = "answer of the guest",
};

#if defined(__x86_64__)

#define GUEST_ADDRESS 0x1000U
#define GUEST_BYTES 4096U
#define GUEST_PORT 0x10U
#define GUEST_ANSWER 42U

/* mov $42, %al; out %al, $0x10; hlt: in real mode, as a processor starts. */
static const uint8_t guest_code[] = { 0xb0, GUEST_ANSWER, 0xe6, GUEST_PORT, 0xf4 };

typedef struct Outcome {
        Step step; /* that failed */
        int error; /* positive errno; 0: all went well */
} Outcome;

static Outcome fail(Step step) {
        return (Outcome){ .step = step, .error = errno };
}

static int vcpu_set_registers(int vcpu) {
        struct kvm_regs registers = { .rip = GUEST_ADDRESS, .rflags = 2 /* the bit that is always set */ };
        struct kvm_sregs special;

        if (ioctl(vcpu, KVM_GET_SREGS, &special) < 0)
                return -1;

        special.cs.base = 0;
        special.cs.selector = 0;
        if (ioctl(vcpu, KVM_SET_SREGS, &special) < 0)
                return -1;
        return ioctl(vcpu, KVM_SET_REGS, &registers);
}

static int vm_set_memory(int vm) {
        struct kvm_userspace_memory_region region = { .guest_phys_addr = GUEST_ADDRESS,
                                                      .memory_size = GUEST_BYTES };
        uint8_t *memory = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED)
                return -1;

        memcpy(memory, guest_code, sizeof(guest_code));
        region.userspace_addr = (uintptr_t) memory;
        return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* What it opens and maps goes with its process. */
static Outcome run(const char *device) {
        const struct kvm_run *state;
        int kvm, vm, vcpu, size;

        kvm = open(device, O_RDWR | O_CLOEXEC);
        if (kvm < 0)
                return fail(STEP_OPEN);
        if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
                return (Outcome){ STEP_API, EPROTO };
        vm = ioctl(kvm, KVM_CREATE_VM, 0);
        if (vm < 0)
                return fail(STEP_VM);
        if (vm_set_memory(vm) < 0)
                return fail(STEP_MEMORY);
        vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
        if (vcpu < 0)
                return fail(STEP_VCPU);
        if (vcpu_set_registers(vcpu) < 0)
                return fail(STEP_REGISTERS);

        size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
        state = size < 0 ? MAP_FAILED
                         : mmap(NULL, (size_t) size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
        if (state == MAP_FAILED || ioctl(vcpu, KVM_RUN, 0) < 0)
                return fail(STEP_RUN);
        if (state->exit_reason != KVM_EXIT_IO || state->io.port != GUEST_PORT ||
            ((const uint8_t *) state)[state->io.data_offset] != GUEST_ANSWER)
                return (Outcome){ STEP_ANSWER, EPROTO };

        return (Outcome){ .step = STEP_RUN };
}

bool kvm_trial_exists(void) {
        return true;
}

/* In the child, a copy of a process that may have had threads: system calls alone. */
static void run_child(const char *device, int out) {
        Outcome outcome;

        (void) signal(SIGALRM, SIG_DFL);
        (void) alarm(TRIAL_SECONDS);
        outcome = run(device);
        _exit(write(out, &outcome, sizeof(outcome)) == sizeof(outcome) ? 0 : 1);
}

int kvm_trial(const char *device, const char **ret_step) {
        Outcome outcome = { STEP_RUN, ETIMEDOUT }; /* where a guest that runs for ever is stopped */
        int ends[2];
        pid_t pid;

        *ret_step = "fork";
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;

        pid = fork();
        if (pid == 0)
                run_child(device, ends[1]);
        (void) close(ends[1]);
        if (pid < 0) {
                (void) close(ends[0]);
                return -errno;
        }

        if (read(ends[0], &outcome, sizeof(outcome)) != sizeof(outcome))
                outcome = (Outcome){ STEP_RUN, ETIMEDOUT };
        (void) close(ends[0]);
        (void) waitpid(pid, NULL, 0);

        *ret_step = step_names[outcome.step];
        return -outcome.error;
}

#else

bool kvm_trial_exists(void) {
        return false;
}

int kvm_trial(const char *device, const char **ret_step) {
        *ret_step = step_names[STEP_OPEN];
        return -EOPNOTSUPP;
}

#endif
