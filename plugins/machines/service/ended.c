/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/text.h"
#include "end.h"
#include "notify.h"
#include "places.h"
#include "qemu-log.h"
#include "run.h"
#include "task.h"
#include "verbs.h"
#include "vm.h"

/* QEMU's end comes from the kernel, and libvirt may hear of it later. */
#define VERDICT_SPAN (15 * G_TIME_SPAN_SECOND)
#define ASK_FIRST (10 * G_TIME_SPAN_MILLISECOND)
#define ASK_SELDOM (250 * G_TIME_SPAN_MILLISECOND)
/* How long a start that was killed is cleaned up after; it may be a machine that is saved again. */
#define CLEAN_SPAN (2 * G_TIME_SPAN_MINUTE)

#define LOG_LINES 10U

/* What libvirt says of the run; on a thread. */
typedef struct Verdict {
        RunRecord run;
        bool crashed;
        char *name;
} Verdict;

/* Whether there is an answer: it may still take the run for running. */
static bool ask(Verdict *verdict, Vm *vm) {
        g_auto(Failure) failure = { 0 };
        int state, reason;
        unsigned id;

        if (vm_find_uuid(verdict->run.uuid, vm, &failure) < 0 || vm_ask_run(vm, &id, &failure) < 0)
                return failure.code == ERROR_NO_SUCH_MACHINE;
        if (id == verdict->run.id)
                return false;
        /* Another run has begun: this one was no crash that anybody has to mend. */
        if (id != 0)
                return true;
        if (vm_ask_state(vm, &state, &reason, &failure) < 0)
                return false;

        verdict->crashed = state == VIR_DOMAIN_SHUTOFF && reason == VIR_DOMAIN_SHUTOFF_CRASHED;
        verdict->name = g_strdup(vm->name);
        return true;
}

static void verdict_run(gpointer p) {
        int64_t deadline = g_get_monotonic_time() + VERDICT_SPAN, pause = ASK_FIRST;
        g_auto(Vm) vm = { 0 };

        while (!ask(p, &vm) && g_get_monotonic_time() < deadline) {
                g_usleep((gulong) pause);
                pause = MIN(2 * pause, ASK_SELDOM);
        }
}

/* As systemd.exec(5) tells of the main process. */
static char *tell_how(void) {
        const char *code = getenv("EXIT_CODE"), *status = getenv("EXIT_STATUS");

        if (!code || !status || g_str_equal(code, "exited"))
                return g_strdup(!status || g_str_equal(status, "0") ? "libvirt says so" : "QEMU has failed");
        return g_strdup_printf("QEMU was killed by SIG%s", status);
}

static void tell(const Verdict *verdict) {
        g_autofree char *how = tell_how(), *name = text_printable(verdict->name);
        g_auto(GStrv) lines = qemu_log_tail(QEMU_LOG_FOLDER, verdict->name, LOG_LINES);

        for (char **line = lines; *line; line++)
                log_notice("QEMU: %s", *line);
        log_error("\"%s\" has crashed: %s", name, how);
        notify_status("Crashed: %s", how);
        notify_settle();
}

ExitStatus verb_ended(const char *instance) {
        Verdict *verdict = g_new0(Verdict, 1);

        vm_be_quiet();
        if (run_record_read(RUNS_FOLDER, instance, &verdict->run) < 0)
                return EXIT_DONE;
        run_record_remove(RUNS_FOLDER, instance);

        if (verdict->run.pid == 0) {
                log_notice("Its start was killed; seeing to it that nothing runs");
                (void) run_end_in_own_time(&verdict->run, /* pidfd= */ -1,
                                           verdict->run.restored ? END_SAVE : END_HARD, CLEAN_SPAN);
                return EXIT_DONE;
        }

        /* Where libvirt does not answer, nobody knows: it is no crash. What was stopped is waited for as
         * well: the next start must not take it for running. */
        if (task_run(verdict_run, verdict, VERDICT_SPAN) != TASK_DONE || !verdict->crashed ||
            verdict->run.stopped)
                return EXIT_DONE;

        tell(verdict);
        return EXIT_CRASHED;
}
