/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-start.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/unit-name.h"
#include "image-watch.h"
#include "mirror.h"
#include "service/exit-status.h"
#include "service/places.h"
#include "service/vm-status.h"
#include "start-failure.h"
#include "units.h"

/* A request counts for REQUEST_AGE_MAX, and systemd's job may wait for longer before its program is run. */
#define RENEW_USEC (REQUEST_AGE_MAX / 3)

struct UnitStarts {
        Machines *machines;
        char *folder;        /* of requests */
        GHashTable *by_uuid; /* of UnitStart, which own themselves */
};

struct UnitStart {
        UnitStarts *starts;
        char uuid[VIR_UUID_STRING_BUFLEN];
        char *unit, *instance; /* its name's, escaped */
        StartRequest request;
        void (*done)(void *userdata, int result, Failure *failure);
        void *userdata;
        sd_event_source *renew;
        bool over, canceled, stopping; /* systemd's job to start it, and to stop it */
        int result;
        Failure failure;
};

/*
 * Why it failed
 */

/* A failure whose reason is looked for; the words alone may not tell. */
typedef struct Question {
        UnitStarts *starts;
        char uuid[VIR_UUID_STRING_BUFLEN];
        Failure failure;
        UnitStart *start; /* NULL: somebody else's */
} Question;

static void question_tell(Question *question);

/* What the unit's program ends with, where it has started no machine. */
static ErrorCode code_of_exit(const UnitFacts *facts) {
        switch (facts->code == CLD_EXITED ? facts->exit : 0) {
        case EXIT_NO_MACHINE:
                return ERROR_NO_SUCH_MACHINE;
        case EXIT_NO_LIBVIRT:
                return ERROR_HYPERVISOR_UNAVAILABLE;
        case EXIT_TIMED_OUT:
                return ERROR_TIMED_OUT;
        default:
                return ERROR_FAILED;
        }
}

static int question_run(void *data, virConnect *connection, Failure *failure) {
        Question *question = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, question->uuid);

        if (domain)
                start_failure_ask(domain, &question->failure);
        return 0;
}

static void question_done(void *data, int result, Failure *failure) {
        question_tell(data);
}

/* Takes the question. */
static void question_ask(Question *question, const UnitFacts *facts) {
        Hypervisor *hypervisor = question->starts->machines->services->hypervisor;
        g_auto(Failure) none = { 0 };
        Request request = { .lane = LANE_ORDINARY,
                            .key = question->uuid,
                            .run = question_run,
                            .done = question_done,
                            .data = question };

        question->failure.code = code_of_exit(facts);
        if (question->failure.code == ERROR_FAILED)
                (void) start_failure_read(&question->failure);
        if (question->failure.code != ERROR_FAILED ||
            hypervisor_submit(hypervisor, &request, /* ret_id= */ NULL, &none) < 0)
                question_tell(question);
}

static Question *question_new(UnitStarts *starts, const char *uuid, UnitStart *start) {
        Question *question = g_new(Question, 1);

        *question = (Question){ .starts = starts, .start = start };
        g_strlcpy(question->uuid, uuid, sizeof(question->uuid));
        return question;
}

static void question_free(Question *question) {
        failure_done(&question->failure);
        g_free(question);
}

/*
 * A start of this agent's
 */

static void unit_start_free(UnitStart *start) {
        (void) g_hash_table_remove(start->starts->by_uuid, start->uuid);
        sd_event_source_disable_unref(start->renew);
        failure_done(&start->failure);
        g_free(start->unit);
        g_free(start->instance);
        g_free(start);
}

static void unit_start_end(UnitStart *start, int result, Failure *failure) {
        void (*done)(void *userdata, int result, Failure *failure) = start->done;
        UnitStarts *starts = start->starts;
        void *userdata = start->userdata;
        g_autofree char *uuid = g_strdup(start->uuid);
        const Machine *machine;

        unit_start_free(start);
        done(userdata, result, failure);

        /* Somebody else may have started it meanwhile. */
        machine = machines_find(starts->machines, uuid);
        if (machine)
                mirror_look(starts->machines->mirror, machine);
}

/* systemd has no job for it any more. */
static void unit_start_conclude(UnitStart *start) {
        Machine *machine = machines_find(start->starts->machines, start->uuid);
        g_auto(Failure) failure = { 0 };
        int result = start->result;

        failure_move(&failure, &start->failure);
        if (start->canceled)
                result = failure_set(&failure, ERROR_CANCELED, "Canceled; the machine is off.");
        else if (result < 0 && failure.code == ERROR_FAILED && machine) {
                Question *question = question_new(start->starts, start->uuid, start);
                g_autofree char *text = status_line_to_text(failure.message);

                (void) failure_set(&question->failure, ERROR_FAILED, "%s", text);
                question_ask(question, &machine->unit_facts);
                return;
        }
        unit_start_end(start, result, &failure);
}

static void unit_start_on_over(void *userdata, int result, Failure *failure) {
        UnitStart *start = userdata;

        start->over = true;
        start->result = result;
        failure_move(&start->failure, failure);
        start->renew = sd_event_source_disable_unref(start->renew);

        /* The agent stops: systemd's job goes on, and its program has yet to read this. */
        if (result != -ECANCELED)
                start_request_remove(start->starts->folder, start->instance);
        if (!start->stopping)
                unit_start_conclude(start);
}

static void unit_start_on_stopped(void *userdata, int result, Failure *failure) {
        UnitStart *start = userdata;

        start->stopping = false;
        /* It may have been too late for that, or systemd may not have done it. */
        start->canceled = result >= 0;
        if (start->over)
                unit_start_conclude(start);
}

void unit_start_cancel(UnitStart *start) {
        const UnitOrder order = {
                .unit = start->unit,
                .verb = UNIT_STOP,
                .failed = ERROR_FAILED,
                .done = unit_start_on_stopped,
                .userdata = start,
        };

        if (start->stopping || start->over)
                return;

        start->stopping = true;
        unit_runner_order(start->starts->machines->services->units, &order);
}

/* A plain start needs no words. */
static int unit_start_write(const UnitStarts *starts, const char *instance, const StartRequest *request) {
        if (request->adopt != 0 || request->paused || request->discard_save)
                return start_request_write(starts->folder, instance, request);

        start_request_remove(starts->folder, instance);
        return 0;
}

/* Until its program runs, which takes it. */
static int unit_start_on_renew(sd_event_source *source, uint64_t usec, void *userdata) {
        UnitStart *start = userdata;
        const Machine *machine = machines_find(start->starts->machines, start->uuid);

        if (!machine || g_str_equal(machine->unit_facts.active, "activating"))
                return 0;

        (void) unit_start_write(start->starts, start->instance, &start->request);
        (void) sd_event_source_set_time_relative(source, RENEW_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int unit_start_new(UnitStarts *starts, const Machine *machine, const StartRequest *request,
                   void (*done)(void *userdata, int result, Failure *failure), void *userdata,
                   UnitStart **ret, Failure *failure) {
        UnitOrder order = {
                .unit = machine->unit, .verb = UNIT_START, .failed = ERROR_FAILED, .fresh = true
        };
        g_autofree char *instance = vm_instance(machine->name, machine->uuid);
        UnitStart *start;
        int r;

        if (unit_starts_any(starts, machine->uuid))
                return failure_set(failure, ERROR_BUSY, "Machine \"%s\" is being started.", machine->name);

        r = unit_start_write(starts, instance, request);
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot write into %s: %s", starts->folder,
                                   g_strerror(-r));

        start = g_new(UnitStart, 1);
        *start = (UnitStart){
                .starts = starts,
                .unit = g_strdup(machine->unit),
                .instance = g_steal_pointer(&instance),
                .request = *request,
                .done = done,
                .userdata = userdata,
        };
        g_strlcpy(start->uuid, machine->uuid, sizeof(start->uuid));
        g_hash_table_insert(starts->by_uuid, start->uuid, start);
        (void) sd_event_add_time_relative(starts->machines->services->event, &start->renew, CLOCK_BOOTTIME,
                                          RENEW_USEC, /* accuracy= */ 0, unit_start_on_renew, start);
        order.done = unit_start_on_over;
        order.userdata = start;
        *ret = start;
        unit_runner_order(starts->machines->services->units, &order);
        return 0;
}

/*
 * Anybody's
 */

/* QEMU, which has the process later, ends with less. */
static bool facts_are_failed_start(const UnitFacts *facts) {
        return g_str_equal(facts->active, "failed") && facts->code == CLD_EXITED &&
               facts->exit >= EXIT_USAGE && *facts->status;
}

/* Whether it has failed, and nobody tells why. */
static bool is_untold(const UnitStarts *starts, const Machine *machine) {
        return !machine_is_active(machine) && facts_are_failed_start(&machine->unit_facts) &&
               !unit_starts_any(starts, machine->uuid);
}

/* Of a start of ours whoever asked for it is told, and remembers. */
static void question_tell(Question *question) {
        UnitStarts *starts = question->starts;
        Machine *machine = machines_find(starts->machines, question->uuid);

        if (question->start)
                unit_start_end(question->start, error_code_to_errno(question->failure.code),
                               &question->failure);
        else if (machine && is_untold(starts, machine)) {
                machines_changed(starts->machines, machine,
                                 machine_apply_start(machine, &question->failure));
                image_watch_look(starts->machines->images, machine->uuid);
        }
        question_free(question);
}

void unit_starts_look(UnitStarts *starts, Machine *machine) {
        g_autofree char *text = NULL;
        Question *question;

        if (!starts || !is_untold(starts, machine))
                return;

        text = status_line_to_text(machine->unit_facts.status);
        if (g_strcmp0(machine->start_failure.message, text) == 0)
                return;

        question = question_new(starts, machine->uuid, /* start= */ NULL);
        (void) failure_set(&question->failure, ERROR_FAILED, "%s", text);
        question_ask(question, &machine->unit_facts);
}

/*
 * All of them
 */

bool unit_starts_any(const UnitStarts *starts, const char *uuid) {
        return starts && g_hash_table_contains(starts->by_uuid, uuid);
}

void unit_starts_on_known(UnitStarts *starts, bool any_starting) {
        if (!any_starting && g_hash_table_size(starts->by_uuid) == 0)
                start_requests_clear(starts->folder);
}

/* What systemd has made for it (RuntimeDirectory=), or a test. */
static char *requests_folder(void) {
        const char *folder = getenv("RUNTIME_DIRECTORY");

        return folder && g_path_is_absolute(folder) ? g_build_filename(folder, "requests", NULL)
                                                    : g_strdup(REQUESTS_FOLDER);
}

UnitStarts *unit_starts_new(Machines *machines) {
        UnitStarts *starts;

        if (!machines_use_units(machines))
                return NULL;

        starts = g_new(UnitStarts, 1);
        *starts = (UnitStarts){ .machines = machines,
                                .folder = requests_folder(),
                                .by_uuid = g_hash_table_new(g_str_hash, g_str_equal) };
        return starts;
}

UnitStarts *unit_starts_free(UnitStarts *starts) {
        if (!starts)
                return NULL;

        g_assert(g_hash_table_size(starts->by_uuid) == 0);
        g_hash_table_unref(starts->by_uuid);
        g_free(starts->folder);
        g_free(starts);
        return NULL;
}
