/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mirror.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "sync.h"
#include "unit-start.h"
#include "units.h"

/* Each is a program that asks libvirt. */
#define AT_ONCE_MAX 8U

/* One that systemd has waiting for other units does not hold up the others. */
#define SLOT_USEC (5 * G_TIME_SPAN_SECOND)

/* Of one run: at once, and after 1, 4 and 16 s. */
#define TRIES_MAX 4U
#define RETRY_USEC (1 * G_TIME_SPAN_SECOND)

/* A unit that has been active for so long, and is not any more while the run goes on, is begun with anew. */
#define SETTLED_USEC (1 * G_TIME_SPAN_MINUTE)

typedef enum AdoptionStep {
        ADOPTION_IDLE,
        ADOPTION_WAITING,  /* for its turn */
        ADOPTION_READING,  /* libvirt is asked whether it still runs */
        ADOPTION_STARTING, /* its unit */
        ADOPTION_RESTING,  /* before the next try */
} AdoptionStep;

/* What was done about one machine. */
typedef struct Adoption {
        Mirror *mirror;
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned run; /* libvirt's id of it */
        unsigned n_tries;
        int64_t adopted_at; /* monotonic; 0: not yet */
        char *reason;       /* why the last try came to nothing */
        AdoptionStep step;
        bool counts;            /* one of those at once */
        sd_event_source *timer; /* for the next try; or until it does not count */
} Adoption;

struct Mirror {
        Machines *machines;
        GHashTable *by_uuid; /* owns the Adoption */
        GQueue waiting;
        unsigned n_at_once;
};

bool mirror_wants(const Machine *machine) {
        const char *active = machine->unit_facts.active;

        if (!machine_is_active(machine))
                return false;
        if (machine->state == VIR_DOMAIN_PAUSED && (machine->reason == VIR_DOMAIN_PAUSED_MIGRATION ||
                                                    machine->reason == VIR_DOMAIN_PAUSED_STARTING_UP))
                return false;

        /* Activating: somebody starts it, or systemd will after a crash; deactivating: its end is coming. */
        return g_str_equal(active, "inactive") || g_str_equal(active, "failed");
}

/* Whether what is known of both sides is of now, and nobody else is at it. */
static bool mirror_can_judge(const Mirror *mirror, const Machine *machine) {
        const Machines *machines = mirror->machines;

        return units_are_known(machines->units) && sync_is_synced(machines->sync) &&
               !unit_starts_any(machines->starts, machine->uuid);
}

static void adoption_free(gpointer p) {
        Adoption *adoption = p;

        sd_event_source_disable_unref(adoption->timer);
        g_free(adoption->reason);
        g_free(adoption);
}

static void mirror_next(Mirror *mirror);

static void adoption_discount(Adoption *adoption) {
        if (adoption->counts)
                adoption->mirror->n_at_once--;
        adoption->counts = false;
}

/* It is over, for now: another run may be there meanwhile. */
static void adoption_rest(Adoption *adoption) {
        Mirror *mirror = adoption->mirror;
        const Machine *machine = machines_find(mirror->machines, adoption->uuid);

        adoption_discount(adoption);
        adoption->step = ADOPTION_IDLE;
        if (machine)
                mirror_look(mirror, machine);
        else
                mirror_forget(mirror, adoption->uuid);
        mirror_next(mirror);
}

/*
 * One try
 */

static void adoption_on_started(void *userdata, int result, Failure *failure) {
        Adoption *adoption = userdata;

        adoption->timer = sd_event_source_disable_unref(adoption->timer);
        if (result == -ECANCELED)
                return; /* the agent stops */

        g_free(adoption->reason);
        adoption->reason = result < 0 ? text_printable(failure->message) : NULL;
        if (result >= 0)
                adoption->adopted_at = g_get_monotonic_time();
        /* It is masked, or systemd does not take it as it is: that does not pass by itself. */
        else if (failure->code == ERROR_UNIT_UNAVAILABLE)
                adoption->n_tries = TRIES_MAX;
        adoption_rest(adoption);
}

static int adoption_on_slot(sd_event_source *source, uint64_t usec, void *userdata) {
        Adoption *adoption = userdata;

        adoption->timer = sd_event_source_disable_unref(adoption->timer);
        adoption_discount(adoption);
        mirror_next(adoption->mirror);
        return 0;
}

static void adoption_start(Adoption *adoption, const Machine *machine) {
        Machines *machines = adoption->mirror->machines;
        const StartRequest request = { .adopt = machine->id };
        g_auto(Failure) failure = { 0 };
        UnitStart *start;

        adoption->step = ADOPTION_STARTING;
        adoption->n_tries++;
        (void) sd_event_add_time_relative(machines->services->event, &adoption->timer, CLOCK_MONOTONIC,
                                          SLOT_USEC,
                                          /* accuracy= */ 0, adoption_on_slot, adoption);
        if (unit_start_new(machines->starts, machine, &request, adoption_on_started, adoption, &start,
                           &failure) < 0)
                adoption_on_started(adoption, error_code_to_errno(failure.code), &failure);
}

/* libvirt has been asked after both sides told what they did. */
static void adoption_on_read(void *data) {
        Adoption *adoption = data;
        Mirror *mirror = adoption->mirror;
        const Machine *machine = machines_find(mirror->machines, adoption->uuid);

        if (machine && machine->id == adoption->run && mirror_can_judge(mirror, machine) &&
            mirror_wants(machine))
                adoption_start(adoption, machine);
        else
                adoption_rest(adoption);
}

static void mirror_next(Mirror *mirror) {
        Adoption *adoption;

        while (mirror->n_at_once < AT_ONCE_MAX && (adoption = g_queue_pop_head(&mirror->waiting))) {
                mirror->n_at_once++;
                adoption->counts = true;
                adoption->step = ADOPTION_READING;
                sync_read(mirror->machines->sync, adoption->uuid, FACTS_STATE, adoption_on_read, adoption);
        }
}

/*
 * Which are tried, and when
 */

static void adoption_queue(Adoption *adoption) {
        adoption->step = ADOPTION_WAITING;
        g_queue_push_tail(&adoption->mirror->waiting, adoption);
        mirror_next(adoption->mirror);
}

static int adoption_on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Adoption *adoption = userdata;
        const Machine *machine = machines_find(adoption->mirror->machines, adoption->uuid);

        adoption->timer = sd_event_source_disable_unref(adoption->timer);
        adoption->step = ADOPTION_IDLE;
        if (machine && machine->id == adoption->run && mirror_wants(machine))
                adoption_queue(adoption);
        else
                adoption_rest(adoption);
        return 0;
}

static void adoption_retry_later(Adoption *adoption) {
        uint64_t delay = RETRY_USEC << (2 * (adoption->n_tries - 1));

        adoption->step = ADOPTION_RESTING;
        (void) sd_event_add_time_relative(adoption->mirror->machines->services->event, &adoption->timer,
                                          CLOCK_MONOTONIC, delay, /* accuracy= */ 0, adoption_on_retry,
                                          adoption);
}

static Adoption *mirror_get(Mirror *mirror, const char *uuid) {
        Adoption *adoption = g_hash_table_lookup(mirror->by_uuid, uuid);

        if (!adoption) {
                adoption = g_new(Adoption, 1);
                *adoption = (Adoption){ .mirror = mirror };
                g_strlcpy(adoption->uuid, uuid, sizeof(adoption->uuid));
                g_hash_table_insert(mirror->by_uuid, adoption->uuid, adoption);
        }
        return adoption;
}

/* A run that was not there before has all its tries, and so has one whose unit was active for long. */
static void adoption_renew(Adoption *adoption, const Machine *machine) {
        bool settled = adoption->adopted_at != 0 &&
                       g_get_monotonic_time() - adoption->adopted_at > SETTLED_USEC;

        if (adoption->run == machine->id && !settled)
                return;

        adoption->run = machine->id;
        adoption->n_tries = 0;
        adoption->adopted_at = 0;
}

static void adoption_give_up(Adoption *adoption, const Machine *machine) {
        g_autofree char *name = text_printable(machine->name);

        adoption->n_tries++;
        log_warning("Machine \"%s\" runs, and %s does not start for it, ignoring until its next start: %s",
                    name, machine->unit, adoption->reason ?: "it ends again at once.");
}

void mirror_look(Mirror *mirror, const Machine *machine) {
        Adoption *adoption;

        if (!mirror || !mirror_can_judge(mirror, machine) || !mirror_wants(machine))
                return;

        adoption = mirror_get(mirror, machine->uuid);
        if (adoption->step == ADOPTION_RESTING && adoption->run != machine->id) {
                adoption->timer = sd_event_source_disable_unref(adoption->timer);
                adoption->step = ADOPTION_IDLE;
        }
        if (adoption->step != ADOPTION_IDLE)
                return; /* it looks again when it is over */

        adoption_renew(adoption, machine);
        if (adoption->n_tries == 0)
                adoption_queue(adoption);
        else if (adoption->n_tries < TRIES_MAX)
                adoption_retry_later(adoption);
        else if (adoption->n_tries == TRIES_MAX)
                adoption_give_up(adoption, machine);
}

void mirror_look_all(Mirror *mirror) {
        g_autoptr(GPtrArray) list = NULL;

        if (!mirror)
                return;

        list = machines_list(mirror->machines);
        for (guint i = 0; i < list->len; i++)
                mirror_look(mirror, list->pdata[i]);
}

/* One that is under way forgets itself when it is over. */
void mirror_forget(Mirror *mirror, const char *uuid) {
        Adoption *adoption = mirror ? g_hash_table_lookup(mirror->by_uuid, uuid) : NULL;

        if (adoption && (adoption->step == ADOPTION_IDLE || adoption->step == ADOPTION_RESTING))
                (void) g_hash_table_remove(mirror->by_uuid, uuid);
}

Mirror *mirror_new(Machines *machines) {
        bool wanted = configuration_boolean(machines->services->configuration, "Machines", "Mirror",
                                            /* otherwise= */ true);
        Mirror *mirror;

        if (!machines_use_units(machines) || !wanted)
                return NULL;

        mirror = g_new(Mirror, 1);
        *mirror = (Mirror){ .machines = machines,
                            .by_uuid = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, adoption_free) };
        g_queue_init(&mirror->waiting);
        return mirror;
}

Mirror *mirror_free(Mirror *mirror) {
        if (!mirror)
                return NULL;

        g_queue_clear(&mirror->waiting);
        g_hash_table_unref(mirror->by_uuid);
        g_free(mirror);
        return NULL;
}
