/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of hatago-vm-ready@.service, which waits until a machine is ready for others, and of
 * hatago-vm-late@.service, which goes on with that when it has failed. */
#include "ready.h"

#include <libvirt/virterror.h>

#include "common/log.h"
#include "notify.h"
#include "places.h"
#include "task.h"
#include "unit-list.h"
#include "verbs.h"
#include "vm.h"

/* From one look to the next: twice as long each time. libvirt's journal bears it, and no guest that takes so
 * long is waited for by somebody who counts seconds. */
#define PAUSE_FIRST G_TIME_SPAN_SECOND
#define PAUSE_LAST (15 * G_TIME_SPAN_SECOND)
/* How long after the machine's end systemd may take to stop this; "hatago-vm ended" waits for libvirt. */
#define OFF_SPAN (60 * G_TIME_SPAN_SECOND)

/* One unit's wait; threads fill it in, one at a time. */
typedef struct Ready {
        const char *instance;
        Vm vm;
        ServiceSettings *settings;
        ReadyState state;
        char *text; /* what was seen last */
        int result; /* of finding the machine; else with the failure */
        Failure failure;
} Ready;

static void find(gpointer p) {
        Ready *ready = p;

        failure_done(&ready->failure);
        ready->result = vm_find(ready->instance, &ready->vm, &ready->failure);
}

/* A look at one that has ended would only tell what it did not do. */
static bool is_off(virDomain *domain) {
        int on = virDomainIsActive(domain);

        return on == 0 || (on < 0 && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN);
}

/* Connects once more where libvirt has gone meanwhile: nobody waits the longer for that. */
static void look(gpointer p) {
        Ready *ready = p;

        if (virConnectIsAlive(ready->vm.connection) <= 0) {
                find(p);
                if (ready->result < 0) {
                        ready->text = g_strdup(ready->failure.message);
                        ready->state = ready->failure.code == ERROR_NO_SUCH_MACHINE ? READY_OFF
                                                                                    : READY_NOT_YET;
                        return;
                }
        }
        if (is_off(ready->vm.domain)) {
                ready->text = g_strdup("The machine is off");
                ready->state = READY_OFF;
                return;
        }
        ready->state = ready_look(ready->vm.domain, ready->settings, &ready->text);
}

static void tell(const char *text, char **told) {
        if (g_strcmp0(text, *told) == 0)
                return;

        notify_status("Waiting: %s", text);
        g_free(*told);
        *told = g_strdup(text);
}

static ExitStatus succeed(const Ready *ready, int64_t since) {
        unsigned seconds = (unsigned) ((g_get_monotonic_time() - since) / G_USEC_PER_SEC);

        log_info("%s, after %u s", ready->text, seconds);
        notify_status("%s", ready->text);
        notify_settle();
        return EXIT_DONE;
}

static ExitStatus fail_late(const Ready *ready, const char *seen) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_TIMED_OUT, "Not ready after %u s: %s",
                           (unsigned) (ready->settings->ready_timeout / G_TIME_SPAN_SECOND),
                           seen ?: "libvirt does not answer");
        return notify_failure(&failure);
}

/* The thread still has its own failure. */
static ExitStatus fail_unanswered(void) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_HYPERVISOR_UNAVAILABLE, "libvirt does not answer");
        return notify_failure(&failure);
}

static ExitStatus fail_never(const Ready *ready) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_NOT_SUPPORTED, "It cannot become ready: %s", ready->text);
        return notify_failure(&failure);
}

/* systemd stops this, as the machine has ended, or wants it to: for its unit that is no failure. */
static ExitStatus leave(void) {
        log_info("The machine was turned off before it was ready");
        return EXIT_DONE;
}

static ExitStatus wait_end(Ready *ready) {
        if (task_wait(/* task= */ NULL, /* fd= */ -1, g_get_monotonic_time() + OFF_SPAN) == TASK_STOPPED)
                return leave();
        return fail_never(ready);
}

/* Looks until it is ready, or it is late. When the machine ends, systemd stops this unit. */
static ExitStatus wait_ready(Ready *ready, int64_t since) {
        int64_t deadline = since + (int64_t) ready->settings->ready_timeout;
        int64_t pause = PAUSE_FIRST, now, next;
        g_autofree char *told = NULL;

        for (;;) {
                TaskEnd end = task_wait(task_start(look, ready), /* fd= */ -1, deadline);

                if (end == TASK_STOPPED)
                        return leave();
                if (end == TASK_LATE)
                        return fail_late(ready, told);
                if (ready->state == READY_YES)
                        return succeed(ready, since);
                if (ready->state == READY_NEVER)
                        return fail_never(ready);
                if (ready->state == READY_OFF)
                        return wait_end(ready);

                tell(ready->text, &told);
                g_clear_pointer(&ready->text, g_free);
                now = g_get_monotonic_time();
                if (now + PAUSE_FIRST > deadline)
                        return fail_late(ready, told);
                /* The last look is just before the deadline. */
                next = MIN(now + pause, MAX(now + PAUSE_FIRST / 2, deadline - PAUSE_FIRST));
                if (task_wait(/* task= */ NULL, /* fd= */ -1, next) == TASK_STOPPED)
                        return leave();
                pause = MIN(2 * pause, PAUSE_LAST);
        }
}

/* Finds the machine; EXIT_DONE with ret, which is never freed, or without one if it is to be stopped. */
static ExitStatus ready_find(const char *instance, Ready **ret) {
        Ready *ready = g_new(Ready, 1);

        *ready = (Ready){ .instance = instance };
        *ret = NULL;
        stop_signal_catch();
        vm_be_quiet();

        switch (task_run(find, ready, READY_TIMEOUT_DEFAULT)) {
        case TASK_DONE:
                break;
        case TASK_STOPPED:
                return leave();
        default:
                return fail_unanswered();
        }
        if (ready->result < 0)
                return notify_failure(&ready->failure);

        ready->settings = service_settings_load(SETTINGS_FOLDER, ready->vm.uuid);
        *ret = ready;
        return EXIT_DONE;
}

ExitStatus verb_ready(const char *instance) {
        int64_t since = g_get_monotonic_time();
        Ready *ready;
        ExitStatus status = ready_find(instance, &ready);

        return ready ? wait_ready(ready, since) : status;
}

/* Without an end: until it is ready, ends, or is found to be one that cannot. */
static bool wait_late(Ready *ready) {
        g_autofree char *told = NULL;

        for (;;) {
                if (task_run(look, ready, /* span= */ 0) != TASK_DONE || ready->state == READY_NEVER ||
                    ready->state == READY_OFF)
                        return false;
                if (ready->state == READY_YES)
                        return true;

                tell(ready->text, &told);
                g_clear_pointer(&ready->text, g_free);
                if (task_wait(/* task= */ NULL, /* fd= */ -1, g_get_monotonic_time() + PAUSE_LAST) ==
                    TASK_STOPPED)
                        return false;
        }
}

/* The unit that failed looks once more itself, and is active. */
ExitStatus verb_late(const char *instance) {
        Ready *ready;
        ExitStatus status = ready_find(instance, &ready);
        int r;

        if (!ready || !wait_late(ready))
                return status;

        log_info("Ready after all: %s", ready->text);
        r = unit_start_ready(instance);
        if (r >= 0)
                return EXIT_DONE;
        log_warning("Cannot have systemd start the unit that waited for it: %s", g_strerror(-r));
        return EXIT_REFUSED;
}
