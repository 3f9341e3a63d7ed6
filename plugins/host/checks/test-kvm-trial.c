/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trial with a KVM that does what a case says: the linker has its calls of ioctl() come here (--wrap).
 */
#include "kvm-trial.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

#define STATE_BYTES 8192U
#define DATA_OFFSET 4096U

typedef struct Case {
        unsigned long request; /* that fails; 0: none */
        int error;             /* as errno; 0: it never ends */
        uint32_t exit_reason;
        uint16_t port;
        uint8_t answer;
        int result; /* that is expected of the trial */
        const char *step;
} Case;

/* NULL: the machine's own KVM. The trial's process inherits it. */
static const Case *fake;

/* What the processor leaves in memory that the trial maps. */
static int vcpu_new(void) {
        struct kvm_run state = { .exit_reason = fake->exit_reason };
        int fd = memfd_create("vcpu", MFD_CLOEXEC);

        state.io.port = fake->port;
        state.io.data_offset = DATA_OFFSET;
        if (fd < 0 || ftruncate(fd, STATE_BYTES) < 0 || pwrite(fd, &state, sizeof(state), 0) < 0 ||
            pwrite(fd, &fake->answer, 1, DATA_OFFSET) < 0)
                return -1;
        return fd;
}

static int fake_ioctl(unsigned long request) {
        if (fake->request == request) {
                if (fake->error == 0)
                        (void) pause();
                errno = fake->error;
                return -1;
        }

        switch (request) {
        case KVM_GET_API_VERSION:
                return KVM_API_VERSION;
        case KVM_CREATE_VM:
                return memfd_create("vm", MFD_CLOEXEC);
        case KVM_CREATE_VCPU:
                return vcpu_new();
        case KVM_GET_VCPU_MMAP_SIZE:
                return (int) STATE_BYTES;
        default:
                return 0;
        }
}

int __wrap_ioctl(int fd, unsigned long request, ...) {
        va_list arguments;
        void *argument;

        va_start(arguments, request);
        argument = va_arg(arguments, void *);
        va_end(arguments);
        return fake ? fake_ioctl(request) : __real_ioctl(fd, request, argument);
}

#define RIGHT .exit_reason = KVM_EXIT_IO, .port = 0x10, .answer = 42

static void test_each_step_can_fail(void) {
        static const Case cases[] = {
                { RIGHT, .result = 0, .step = "KVM_RUN" },
                { KVM_GET_API_VERSION, ENOTTY, RIGHT, .result = -EPROTO, .step = "KVM_GET_API_VERSION" },
                { KVM_CREATE_VM, EBUSY, RIGHT, .result = -EBUSY, .step = "KVM_CREATE_VM" },
                { KVM_SET_USER_MEMORY_REGION, ENOMEM, RIGHT, .result = -ENOMEM,
                  .step = "KVM_SET_USER_MEMORY_REGION" },
                { KVM_CREATE_VCPU, EBUSY, RIGHT, .result = -EBUSY, .step = "KVM_CREATE_VCPU" },
                { KVM_GET_SREGS, EIO, RIGHT, .result = -EIO, .step = "KVM_SET_SREGS" },
                { KVM_SET_REGS, EINVAL, RIGHT, .result = -EINVAL, .step = "KVM_SET_SREGS" },
                { KVM_GET_VCPU_MMAP_SIZE, EINVAL, RIGHT, .result = -EINVAL, .step = "KVM_RUN" },
                { KVM_RUN, ENOEXEC, RIGHT, .result = -ENOEXEC, .step = "KVM_RUN" },
                { KVM_RUN, 0, RIGHT, .result = -ETIMEDOUT, .step = "KVM_RUN" },
                { .exit_reason = KVM_EXIT_HLT,
                  .port = 0x10,
                  .answer = 42,
                  .result = -EPROTO,
                  .step = "answer of the guest" },
                { .exit_reason = KVM_EXIT_IO,
                  .port = 0x11,
                  .answer = 42,
                  .result = -EPROTO,
                  .step = "answer of the guest" },
                { .exit_reason = KVM_EXIT_IO,
                  .port = 0x10,
                  .answer = 41,
                  .result = -EPROTO,
                  .step = "answer of the guest" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *step = NULL;

                fake = &cases[i];
                g_assert_cmpint(kvm_trial("/dev/null", &step), ==, cases[i].result);
                g_assert_cmpstr(step, ==, cases[i].step);
        }
        fake = NULL;
}

static void test_what_is_not_there_is_not_opened(void) {
        const char *step;

        g_assert_cmpint(kvm_trial("/dev/null/kvm", &step), ==, -ENOTDIR);
        g_assert_cmpstr(step, ==, "open");
}

/* It works, or says where it does not; and what it says is an errno. */
static void test_the_machines_own(void) {
        const char *step = NULL;
        int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), r;

        if (fd < 0) {
                g_test_skip("no /dev/kvm for us here");
                return;
        }
        (void) close(fd);

        r = kvm_trial("/dev/kvm", &step);
        g_test_message("%s: %s", step, g_strerror(-r));
        g_assert_cmpint(r, <=, 0);
        g_assert_nonnull(step);
        if (r < 0)
                g_assert_cmpstr(step, !=, "fork");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        if (!kvm_trial_exists()) {
                g_test_message("no trial on this architecture");
                return 77;
        }
        g_test_add_func("/kvm-trial/each-step-can-fail", test_each_step_can_fail);
        g_test_add_func("/kvm-trial/what-is-not-there-is-not-opened", test_what_is_not_there_is_not_opened);
        g_test_add_func("/kvm-trial/the-machines-own", test_the_machines_own);
        return g_test_run();
}
