/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verb of hatago-vm-ready@.service: waits until a machine is ready for others. */
#include "ready.h"

#include "common/log.h"
#include "notify.h"
#include "places.h"
#include "task.h"
#include "verbs.h"
#include "vm.h"

/* From one look to the next; so long nobody is told. */
#define PAUSE G_TIME_SPAN_SECOND

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

/* Connects once more where libvirt has gone meanwhile: nobody waits the longer for that. */
static void look(gpointer p) {
        Ready *ready = p;

        if (virConnectIsAlive(ready->vm.connection) <= 0) {
                find(p);
                if (ready->result < 0) {
                        ready->text = g_strdup(ready->failure.message);
                        ready->state = READY_NOT_YET;
                        return;
                }
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

/* Looks until it is ready, or it is late. When the machine ends, systemd stops this unit. */
static ExitStatus wait_ready(Ready *ready, int64_t since) {
        int64_t deadline = since + (int64_t) ready->settings->ready_timeout;
        g_autofree char *told = NULL;

        for (;;) {
                TaskEnd end = task_wait(task_start(look, ready), /* fd= */ -1, deadline);

                if (end == TASK_STOPPED)
                        return EXIT_DONE;
                if (end == TASK_LATE)
                        return fail_late(ready, told);
                if (ready->state == READY_YES)
                        return succeed(ready, since);
                if (ready->state == READY_NEVER)
                        return fail_never(ready);

                tell(ready->text, &told);
                g_clear_pointer(&ready->text, g_free);
                if (g_get_monotonic_time() + PAUSE > deadline)
                        return fail_late(ready, told);
                if (task_wait(/* task= */ NULL, /* fd= */ -1, g_get_monotonic_time() + PAUSE) ==
                    TASK_STOPPED)
                        return EXIT_DONE;
        }
}

ExitStatus verb_ready(const char *instance) {
        int64_t since = g_get_monotonic_time();
        Ready *ready = g_new(Ready, 1);

        *ready = (Ready){ .instance = instance };
        stop_signal_catch();
        vm_be_quiet();

        switch (task_run(find, ready, READY_TIMEOUT_DEFAULT)) {
        case TASK_DONE:
                break;
        case TASK_STOPPED:
                return EXIT_DONE;
        default:
                return fail_unanswered();
        }
        if (ready->result < 0)
                return notify_failure(&ready->failure);

        ready->settings = service_settings_load(SETTINGS_FOLDER, ready->vm.uuid);
        return wait_ready(ready, since);
}
