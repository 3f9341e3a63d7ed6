/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libvirt/virterror.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/log.h"
#include "boot-wait.h"
#include "end.h"
#include "notify.h"
#include "places.h"
#include "qemu-log.h"
#include "request.h"
#include "run.h"
#include "settings.h"
#include "task.h"
#include "unit-list.h"
#include "verbs.h"
#include "vm-status.h"
#include "vm.h"

/* libvirt may be started by its socket first, and reads all its machines. */
#define FIND_SPAN (60 * G_TIME_SPAN_SECOND)
/* Longer than GONE_SPAN, and what libvirt takes for its answers. */
#define CHECK_SPAN (30 * G_TIME_SPAN_SECOND)
#define STATUS_SPAN (3 * G_TIME_SPAN_SECOND)
/* How often is looked whether what somebody else is starting runs. */
#define SETTLE_PAUSE (50 * G_TIME_SPAN_MILLISECOND)
/* How long libvirt may take to see that QEMU has ended. */
#define GONE_SPAN (15 * G_TIME_SPAN_SECOND)
/* systemd wants it stopped, and nobody knows yet whether it runs. */
#define LEAVE_LOOK_SPAN (5 * G_TIME_SPAN_SECOND)
/* A managed save may be written once more. */
#define LEAVE_SPAN (150 * G_TIME_SPAN_SECOND)

#define LOG_LINES 10U

/* What is there when a start has looked. */
typedef enum Found {
        FOUND_OFF,
        FOUND_RUNNING,  /* it is taken over */
        FOUND_STARTING, /* somebody else is about to start it */
        FOUND_INCOMING, /* a migration is prepared; it does not run here yet */
} Found;

/* One start of a unit; threads fill it in, one at a time. */
typedef struct Start {
        const char *instance;
        Vm vm;
        bool looked; /* and has the request, if there is one */
        StartRequest request;
        Found found;
        unsigned id; /* of the run that is there */
        RunRecord run;
        bool ours;      /* we have started it */
        bool lost;      /* the connection broke while libvirt was starting it */
        bool overtaken; /* somebody else has started it meanwhile */
        bool gone;      /* it has ended again */
        int pidfd;
        char *status;
        int result;
        Failure failure; /* of a thread, which may still be at it */
        Failure told;    /* the main thread's alone */
        bool late;       /* a thread has all the rest */
} Start;

/*
 * On a thread.
 */

static Found judge(int state, int reason) {
        if (state != VIR_DOMAIN_PAUSED)
                return FOUND_RUNNING;
        if (reason == VIR_DOMAIN_PAUSED_STARTING_UP)
                return FOUND_STARTING;
        return reason == VIR_DOMAIN_PAUSED_MIGRATION ? FOUND_INCOMING : FOUND_RUNNING;
}

/* The agent's request is taken once, by the first look. */
static void look(gpointer p) {
        Start *start = p;
        int state, reason;

        if (!start->looked)
                (void) start_request_take(REQUESTS_FOLDER, start->instance, &start->request);
        start->looked = true;
        start->result = vm_find(start->instance, &start->vm, &start->failure);
        if (start->result < 0)
                return;
        (void) g_strlcpy(start->run.uuid, start->vm.uuid, sizeof(start->run.uuid));

        start->result = vm_ask_run(&start->vm, &start->id, &start->failure);
        start->found = FOUND_OFF;
        /* Of an earlier look there may be another one. */
        start->run.id = start->result < 0 ? 0 : start->id;
        if (start->result < 0 || start->id == 0)
                return;
        start->result = vm_ask_state(&start->vm, &state, &reason, &start->failure);
        if (start->result >= 0)
                start->found = judge(state, reason);
}

static void create(gpointer p) {
        Start *start = p;
        unsigned flags = (start->request.paused ? VIR_DOMAIN_START_PAUSED : 0) |
                         (start->request.discard_save ? VIR_DOMAIN_START_FORCE_BOOT : 0);

        start->result = 0;
        start->run.restored = !start->request.discard_save &&
                              virDomainHasManagedSaveImage(start->vm.domain, /* flags= */ 0) > 0;
        if (start->run.restored)
                notify_status("Restoring what was saved");
        /* Whoever cleans up after us, if we are killed, knows what may be coming up. */
        if (run_record_write(RUNS_FOLDER, start->instance, &start->run) < 0) {
                start->result = failure_set(&start->failure, ERROR_FAILED, "Cannot write into %s",
                                            RUNS_FOLDER);
                return;
        }

        if (virDomainCreateWithFlags(start->vm.domain, flags) >= 0) {
                start->id = virDomainGetID(start->vm.domain);
                start->ours = true;
                return;
        }
        start->overtaken = virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID;
        start->result = vm_failure(&start->failure, /* what= */ NULL);
        start->lost = virConnectIsAlive(start->vm.connection) <= 0;
}

/* Whether libvirt takes what was there for crashed. */
static bool has_crashed(Start *start) {
        g_auto(Failure) failure = { 0 };
        int state, reason;

        return vm_ask_state(&start->vm, &state, &reason, &failure) >= 0 && state == VIR_DOMAIN_SHUTOFF &&
               reason == VIR_DOMAIN_SHUTOFF_CRASHED;
}

/* libvirt's id and QEMU's process are those of one run only if the id is still the same afterwards. */
static int find_process(Start *start, unsigned *ret_id) {
        int fd = qemu_find(QEMU_PID_FOLDER, start->vm.name, start->vm.uuid, &start->run.pid);

        start->result = vm_ask_run(&start->vm, ret_id, &start->failure);
        if (start->result >= 0 && *ret_id == start->id)
                return fd;
        if (fd >= 0)
                (void) close(fd);
        return -ESRCH;
}

/* QEMU's end comes from the kernel, and libvirt may still take it for running. */
static void check(gpointer p) {
        Start *start = p;
        int64_t deadline = g_get_monotonic_time() + GONE_SPAN;
        unsigned id = 0;
        int fd;

        while ((fd = find_process(start, &id)) < 0 && start->result >= 0 && id == start->id &&
               g_get_monotonic_time() < deadline)
                g_usleep(SETTLE_PAUSE);

        if (fd >= 0) {
                start->pidfd = fd;
                return;
        }
        if (start->result < 0) {
                /* Of a transient machine nothing is left. */
                start->gone = start->failure.code == ERROR_NO_SUCH_MACHINE;
        } else if (id == start->id)
                start->result = failure_set(&start->failure, ERROR_FAILED, "Cannot find QEMU's process: %s",
                                            g_strerror(-fd));
        else if (start->ours && has_crashed(start))
                start->result = failure_set(&start->failure, ERROR_FAILED, "It crashed as soon as it ran");
        else {
                start->gone = true;
                start->result = -ESRCH;
        }
}

static void describe(gpointer p) {
        Start *start = p;
        g_auto(VmStatus) status = { 0 };

        if (vm_status_read(start->vm.domain, &status) >= 0)
                start->status = vm_status_format(&status);
}

/*
 * On the main thread.
 */

/* A task has ended so. -EINTR: systemd wants it stopped; another negative errno with what is told. The
 * thread may still be at it then. */
static int step_end(Start *start, TaskEnd end) {
        switch (end) {
        case TASK_DONE:
                if (start->result < 0)
                        failure_move(&start->told, &start->failure);
                return start->result;
        case TASK_STOPPED:
                start->late = true;
                return -EINTR;
        default:
                start->late = true;
                return failure_set(&start->told, ERROR_HYPERVISOR_UNAVAILABLE, "libvirt does not answer");
        }
}

static int step(Start *start, void (*run)(gpointer p), int64_t span) {
        failure_done(&start->told);
        return step_end(start, task_run(run, start, span));
}

/* Looks until it is on or off. */
static int step_look(Start *start) {
        int r;

        do {
                r = step(start, look, FIND_SPAN);
                if (r < 0 || start->found != FOUND_STARTING)
                        return r;
        } while (task_wait(/* task= */ NULL, -1, g_get_monotonic_time() + SETTLE_PAUSE) == TASK_LATE);
        return -EINTR;
}

/* Others may have started it during a wait. */
static int step_boot(Start *start) {
        g_autoptr(ServiceSettings) settings = service_settings_load(SETTINGS_FOLDER, start->vm.uuid);
        int r;

        /* The first start of a boot waits, and none after that. */
        if (run_was_seen(RUNS_FOLDER, start->instance))
                return 0;
        r = boot_wait(start->vm.domain, settings);
        return r > 0 ? step_look(start) : r;
}

/* What it restores is as good as lost if systemd's patience with a stop ends before it can be saved again.
 */
static TaskEnd wait_create(Start *start) {
        Patience patience = patience_new(LEAVE_SPAN, g_get_monotonic_time());
        Task *task = task_start(create, start);
        TaskEnd end;

        failure_done(&start->told);
        while ((end = task_wait(task, -1, g_get_monotonic_time() + LOOK_PAUSE)) == TASK_LATE)
                if (stop_signal_came())
                        patience_look(&patience, /* restores= */ true, start->vm.name, start->vm.uuid);
        return end;
}

/* libvirt's call is waited for, whatever systemd wants meanwhile: what it leads to must not run on. */
static int step_create(Start *start) {
        g_auto(Failure) failure = { 0 };
        int r;

        stop_signal_heed(false);
        r = step_end(start, wait_create(start));
        if (r < 0 && (start->lost || start->overtaken)) {
                /* libvirtd has ended under the call, or somebody was quicker: the next look tells. */
                failure_move(&failure, &start->told);
                if (step_look(start) >= 0 && start->found == FOUND_RUNNING) {
                        start->ours = start->lost;
                        r = 0;
                } else
                        failure_move(&start->told, &failure);
        }
        stop_signal_heed(true);

        start->run.id = r < 0 ? 0 : start->id;
        if (r < 0)
                run_record_remove(RUNS_FOLDER, start->instance);
        return r;
}

/* Not one that we did not start, unless systemd wants it stopped. */
static void end_ours(Start *start) {
        stop_signal_heed(false);
        if (start->ours)
                (void) run_end_in_own_time(&start->run, start->pidfd,
                                           start->run.restored ? END_SAVE : END_HARD, LEAVE_SPAN);
        run_record_remove(RUNS_FOLDER, start->instance);
}

/* Nothing is left running: systemd knows no process, and does not run ExecStop=. What runs since before we
 * came is stopped as by that. */
static ExitStatus leave(Start *start) {
        stop_signal_heed(false);
        if (!start->ours && start->found == FOUND_RUNNING)
                (void) run_stop(&start->run, start->pidfd);
        end_ours(start);
        return EXIT_DONE;
}

/* There is nothing to take over: the unit is inactive again, and has not failed. */
static ExitStatus skip(const char *why) {
        log_info("%s", why);
        (void) sd_notifyf(/* unset_environment= */ false, "READY=1\nSTATUS=%s", why);
        notify_settle();
        return EXIT_DONE;
}

/* The agent has its unit started once more when it runs. */
static ExitStatus refuse_incoming(Start *start) {
        if (start->request.adopt)
                return skip("It is migrating, and does not run here");
        (void) failure_set(&start->told, ERROR_TIMED_OUT, "It is migrating, and does not run here");
        return notify_failure(&start->told);
}

/* With what QEMU wrote, which libvirt may have left out. */
static ExitStatus fail(Start *start) {
        if (!start->late && start->vm.name) {
                g_auto(GStrv) lines = qemu_log_tail(QEMU_LOG_FOLDER, start->vm.name, LOG_LINES);

                for (char **line = lines; *line; line++)
                        log_notice("QEMU: %s", *line);
        }
        return notify_failure(&start->told);
}

/* The number, and that all is well, in one message: systemd must not take either alone. */
static ExitStatus hand_over(Start *start) {
        int r = run_record_write(RUNS_FOLDER, start->instance, &start->run);

        run_note_seen(RUNS_FOLDER, start->instance);
        if (r < 0) {
                (void) failure_set(&start->told, ERROR_FAILED, "Cannot write into %s: %s", RUNS_FOLDER,
                                   g_strerror(-r));
                end_ours(start);
                return notify_failure(&start->told);
        }
        if (stop_signal_came())
                return leave(start);

        (void) sd_notifyf(/* unset_environment= */ false, "MAINPID=%d\nREADY=1\nSTATUS=%s",
                          (int) start->run.pid, start->status ?: "Running");
        notify_settle();
        /* systemd has read it. If it had wanted us to stop before that, we would know by now. */
        return stop_signal_came() ? leave(start) : EXIT_DONE;
}

static ExitStatus take_over(Start *start) {
        int r = -EINTR;

        /* What a thread would still write into must not be read: nothing interrupts it before CHECK_SPAN. */
        stop_signal_heed(false);
        if (!stop_signal_came())
                r = step(start, check, CHECK_SPAN);
        if (r >= 0 && task_run(describe, start, STATUS_SPAN) != TASK_DONE)
                start->status = NULL;
        if (stop_signal_came())
                return leave(start);
        if (r >= 0)
                return hand_over(start);

        end_ours(start);
        return start->gone ? skip("It is off again") : fail(start);
}

static Start *start_new(const char *instance) {
        Start *start = g_new(Start, 1);

        *start = (Start){ .instance = instance, .pidfd = -EBADF };
        return start;
}

/* Stopped while it looked: what runs already is stopped as any that is taken over, or it would be stopped in
 * name only. The thread that was looking keeps what it has. */
static ExitStatus leave_unseen(const char *instance) {
        Start *start = start_new(instance);

        stop_signal_heed(false);
        if (step(start, look, LEAVE_LOOK_SPAN) >= 0 && start->found == FOUND_RUNNING) {
                (void) step(start, check, CHECK_SPAN);
                if (!start->late && !start->gone)
                        return leave(start);
        }
        if (start->late)
                log_warning("libvirt does not answer; if it runs, it runs on");
        return EXIT_DONE;
}

static ExitStatus start_run(const char *instance) {
        Start *start = start_new(instance);
        int r;

        stop_signal_catch();
        vm_be_quiet();

        r = step_look(start);
        if (r >= 0 && start->found == FOUND_OFF && !start->request.adopt)
                r = step_boot(start);
        if (r == -EINTR)
                return leave_unseen(instance);
        /* Of a transient machine nothing is left. */
        if (r < 0 && !start->late && start->request.adopt && start->told.code == ERROR_NO_SUCH_MACHINE)
                return skip("It is gone again");
        if (r < 0)
                return notify_failure(&start->told);

        if (start->request.adopt && start->id != start->request.adopt)
                return skip("It is off again");
        if (start->found == FOUND_INCOMING)
                return refuse_incoming(start);
        if (start->found == FOUND_RUNNING)
                return take_over(start);

        r = step_create(start);
        if (r >= 0)
                return take_over(start);
        return stop_signal_came() ? EXIT_DONE : fail(start);
}

/* Nobody is told of a failure that comes after a crash, and what was in the way may be gone a second later:
 * libvirtd was just being started. Whoever asks for a start is told, and asks again. */
ExitStatus verb_start(const char *instance) {
        ExitStatus status = start_run(instance);

        if (status != EXIT_NO_LIBVIRT && status != EXIT_REFUSED && status != EXIT_TIMED_OUT)
                return status;
        return unit_is_restarted(instance) ? EXIT_RETRY : status;
}
