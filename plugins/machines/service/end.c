/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "end.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "host-state.h"
#include "notify.h"
#include "places.h"
#include "settings.h"
#include "task.h"
#include "vm.h"

/* A guest that is booting does not hear the power button. */
#define ASK_AGAIN (15 * G_TIME_SPAN_SECOND)
/* After libvirt did not do it, or where only libvirt can tell that it is off. */
#define TRY_AGAIN G_TIME_SPAN_SECOND

/* How long it may take to tell a name, without which a save is as any other call. */
#define NAME_SPAN (5 * G_TIME_SPAN_SECOND)

/* One thing asked of libvirt; on a thread. */
typedef struct Attempt {
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned id;
        EndHow how;
        bool off;  /* as libvirt says */
        bool busy; /* libvirt is at something else with it, and will be ready for it */
        bool soon; /* it has to be asked once more, and is about to be able to hear */
        char *name;
        int result;
        Failure failure;
} Attempt;

/* Who sleeps, or is stopped, hears nothing. Others have stopped it for a reason, and let it go on
 * themselves.
 */
static int ask_guest(Vm *vm, bool *ret_soon, Failure *failure) {
        int state, reason, r;

        r = vm_ask_state(vm, &state, &reason, failure);
        if (r >= 0 && state == VIR_DOMAIN_PMSUSPENDED) {
                *ret_soon = true;
                return virDomainPMWakeup(vm->domain, /* flags= */ 0) < 0 ? vm_failure(failure, NULL) : 0;
        }
        if (r >= 0 && state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_USER)
                (void) virDomainResume(vm->domain);
        if (r >= 0 && virDomainShutdownFlags(vm->domain, VIR_DOMAIN_SHUTDOWN_DEFAULT) < 0)
                r = vm_failure(failure, /* what= */ NULL);
        return r;
}

/* libvirt lets nobody else at a machine that it restores; when its lock is not to be had for 30 s, or it is
 * being restarted, nothing is wrong with the machine. */
static int save(Attempt *attempt, Vm *vm) {
        int state, reason, r;

        r = vm_ask_state(vm, &state, &reason, &attempt->failure);
        attempt->busy = r >= 0 && state == VIR_DOMAIN_PAUSED &&
                        (reason == VIR_DOMAIN_PAUSED_STARTING_UP || reason == VIR_DOMAIN_PAUSED_MIGRATION);
        if (attempt->busy)
                return failure_set(&attempt->failure, ERROR_BUSY, "libvirt is still starting it");

        if (r >= 0 && virDomainManagedSave(vm->domain, /* flags= */ 0) < 0)
                r = vm_failure(&attempt->failure, /* what= */ NULL);
        attempt->off = r >= 0;
        return r;
}

static bool may_pass(const Attempt *attempt) {
        return attempt->busy || attempt->failure.code == ERROR_TIMED_OUT ||
               attempt->failure.code == ERROR_HYPERVISOR_UNAVAILABLE;
}

static int attempt_one(Attempt *attempt, Vm *vm) {
        unsigned id;
        int r;

        r = vm_find_uuid(attempt->uuid, vm, &attempt->failure);
        if (r >= 0)
                r = vm_ask_run(vm, &id, &attempt->failure);
        if (attempt->failure.code == ERROR_NO_SUCH_MACHINE ||
            (r >= 0 && (id == 0 || (attempt->id != 0 && attempt->id != id)))) {
                attempt->off = true;
                return 0;
        }
        if (r < 0)
                return r;

        if (attempt->how == END_SHUTDOWN)
                return ask_guest(vm, &attempt->soon, &attempt->failure);
        if (attempt->how == END_SAVE)
                return save(attempt, vm);
        if (virDomainDestroy(vm->domain) < 0)
                return vm_failure(&attempt->failure, /* what= */ NULL);
        attempt->off = true;
        return 0;
}

static void attempt_run(gpointer p) {
        Attempt *attempt = p;
        g_auto(Vm) vm = { 0 };

        attempt->result = attempt_one(attempt, &vm);
}

static Attempt *attempt_new(const RunRecord *run, EndHow how) {
        Attempt *attempt = g_new0(Attempt, 1);

        (void) g_strlcpy(attempt->uuid, run->uuid, sizeof(attempt->uuid));
        attempt->id = run->id;
        attempt->how = how;
        return attempt;
}

static void attempt_free(Attempt *attempt) {
        failure_done(&attempt->failure);
        g_free(attempt->name);
        g_free(attempt);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attempt, attempt_free)

/* Waits for the process, where there is a descriptor, else sleeps. */
static bool wait_for_end(int pidfd, int64_t deadline) {
        return task_wait(/* task= */ NULL, pidfd, deadline) == TASK_FD_READY;
}

/* Where libvirt says that it is off, its process has been killed, and is about to be gone. */
static bool confirm(int pidfd) {
        return pidfd < 0 || wait_for_end(pidfd, g_get_monotonic_time() + END_KILL_SPAN);
}

static const char *const complaints[] = {
        [END_SHUTDOWN] = "Its guest could not be asked to shut down",
        [END_SAVE] = "It could not be saved",
        [END_HARD] = "It could not be powered off",
};

static const char *const words[] = {
        [END_SHUTDOWN] = "Shutting down",
        [END_SAVE] = "Saving",
        [END_HARD] = "Powering off",
};

void patience_look(Patience *patience, bool restores, const char *name, const char *uuid) {
        int64_t mark = restores ? progress_of_restore(QEMU_PID_FOLDER, name, uuid)
                                : progress_of_save(QEMU_SAVE_FOLDER, name);

        if (patience_renew(patience, mark, g_get_monotonic_time()))
                notify_extend(patience->span + STOP_MARGIN);
}

/* The run's end, in time. */
typedef struct Ending {
        const RunRecord *run;
        int pidfd;
        EndHow how;
        char *name;    /* of what is saved; NULL: libvirt did not tell */
        bool restores; /* libvirt does, before it can be saved */
        Patience patience;
} Ending;

static void name_run(gpointer p) {
        Attempt *attempt = p;
        g_auto(Vm) vm = { 0 };

        if (vm_find_uuid(attempt->uuid, &vm, &attempt->failure) >= 0)
                attempt->name = g_strdup(vm.name);
}

static char *find_name(const RunRecord *run) {
        Attempt *attempt = attempt_new(run, END_SAVE);
        char *name;

        if (task_run(name_run, attempt, NAME_SPAN) != TASK_DONE)
                return NULL;
        name = g_steal_pointer(&attempt->name);
        attempt_free(attempt);
        return name;
}

/* Waits for a task, a pause, or the process's end, at the most until the patience is at its end, which lasts
 * as long as a save, or what it waits for, goes on. */
static TaskEnd wait_looking(Ending *ending, Task *task, int64_t until) {
        for (;;) {
                int64_t now = g_get_monotonic_time(), deadline = MIN(until, ending->patience.deadline);
                TaskEnd end;

                end = task_wait(task, ending->pidfd,
                                ending->name ? MIN(deadline, now + LOOK_PAUSE) : deadline);
                if (end != TASK_LATE)
                        return end;
                if (ending->name && ending->how == END_SAVE)
                        patience_look(&ending->patience, ending->restores, ending->name, ending->run->uuid);
                if (g_get_monotonic_time() >= MIN(until, ending->patience.deadline))
                        return TASK_LATE;
        }
}

static bool end_in_time(const RunRecord *run, int pidfd, EndHow how, int64_t span) {
        g_autofree char *name = how == END_SAVE ? find_name(run) : NULL;
        Ending ending = { .run = run, .pidfd = pidfd, .how = how, .name = name };
        bool told = false;

        ending.patience = patience_new(span, g_get_monotonic_time());
        while (g_get_monotonic_time() < ending.patience.deadline) {
                Attempt *running = attempt_new(run, ending.how);
                g_autoptr(Attempt) attempt = NULL;
                int64_t pause = pidfd < 0 ? TRY_AGAIN : ASK_AGAIN;

                switch (wait_looking(&ending, task_start(attempt_run, running), G_MAXINT64)) {
                case TASK_FD_READY:
                        return true;
                case TASK_DONE:
                        attempt = running;
                        break;
                default:
                        return false;
                }

                if (attempt->off)
                        return confirm(pidfd);
                ending.restores = attempt->busy;
                if (attempt->result < 0) {
                        if (!told)
                                log_warning("%s: %s", complaints[ending.how], attempt->failure.message);
                        told = true;
                        pause = TRY_AGAIN;
                        if (ending.how == END_SAVE && !may_pass(attempt)) {
                                ending.how = END_SHUTDOWN;
                                told = false;
                        }
                }
                if (attempt->soon)
                        pause = TRY_AGAIN;
                if (wait_looking(&ending, /* task= */ NULL, g_get_monotonic_time() + pause) == TASK_FD_READY)
                        return true;
        }
        return false;
}

static bool end_hard(const RunRecord *run, int pidfd) {
        int64_t deadline = g_get_monotonic_time() + END_HARD_SPAN;
        Attempt *attempt = attempt_new(run, END_HARD);

        switch (task_wait(task_start(attempt_run, attempt), pidfd, deadline)) {
        case TASK_FD_READY:
                return true;
        case TASK_DONE:
                if (attempt->off && confirm(pidfd)) {
                        attempt_free(attempt);
                        return true;
                }
                log_warning("libvirt did not power it off: %s",
                            attempt->failure.message ?: "its process is still there");
                attempt_free(attempt);
                break;
        default:
                log_warning("libvirt does not answer");
        }

        if (pidfd < 0)
                return false;
        log_warning("Killing QEMU");
        if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, /* info= */ NULL, /* flags= */ 0) < 0 &&
            errno != ESRCH)
                log_warning("Cannot kill QEMU: %s", g_strerror(errno));
        return wait_for_end(pidfd, g_get_monotonic_time() + END_KILL_SPAN);
}

bool run_end(const RunRecord *run, int pidfd, EndHow how, int64_t span) {
        /* Without a process nothing but libvirt can do it, which is asked as long as there is time. */
        if (how != END_HARD || pidfd < 0) {
                if (end_in_time(run, pidfd, how, span))
                        return true;
                log_warning("It is not off after %" G_GINT64_FORMAT " s; powering it off hard",
                            span / G_USEC_PER_SEC);
        }
        return end_hard(run, pidfd);
}

bool run_end_in_own_time(const RunRecord *run, int pidfd, EndHow how, int64_t span) {
        notify_extend(span + STOP_MARGIN);
        return run_end(run, pidfd, how, span);
}

static const EndHow at_host_shutdown[] = {
        [HOST_SHUTDOWN_SHUTDOWN] = END_SHUTDOWN,
        [HOST_SHUTDOWN_SAVE] = END_SAVE,
        [HOST_SHUTDOWN_POWEROFF] = END_HARD,
};

bool run_stop(const RunRecord *run, int pidfd) {
        g_autoptr(ServiceSettings) settings = service_settings_load(SETTINGS_FOLDER, run->uuid);
        EndHow how = at_host_shutdown[settings->host_shutdown];

        if (how != END_SHUTDOWN && host_state_read() != HOST_STOPPING)
                how = END_SHUTDOWN;

        notify_status("%s", words[how]);
        return run_end(run, pidfd, how, (int64_t) (settings->stop_timeout ?: STOP_TIMEOUT_DEFAULT));
}
