/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reading.h"

#include "common/log.h"
#include "common/text.h"

struct Readings {
        Machines *machines;
        GHashTable *by_uuid; /* of Reading */
        void (*failed)(void *userdata, const char *uuid);
        void *userdata;
};

typedef struct Waiter {
        void (*done)(void *data);
        void *data;
        unsigned after; /* the reading that must have begun */
} Waiter;

typedef struct Reading {
        Readings *readings;
        char uuid[VIR_UUID_STRING_BUFLEN];
        GArray *waiters;   /* of Waiter */
        MachineFacts told; /* by events, while the machine is not known */
        bool submitted;
        bool stale; /* the answer under way counts for nothing */

        GMutex lock;      /* of these four */
        FactsMask want;   /* not asked for yet */
        FactsMask asked;  /* by the thread */
        FactsMask voided; /* of asked: known better since */
        unsigned begun;   /* how many readings have */

        MachineFacts facts; /* the answer; the thread's until it is done */
} Reading;

static void reading_free(gpointer p) {
        Reading *reading = p;

        g_array_unref(reading->waiters);
        g_mutex_clear(&reading->lock);
        g_free(reading);
}

static Reading *reading_new(Readings *readings, const char *uuid) {
        Reading *reading = g_new0(Reading, 1);

        reading->readings = readings;
        g_strlcpy(reading->uuid, uuid, sizeof(reading->uuid));
        reading->waiters = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Waiter));
        g_mutex_init(&reading->lock);
        return reading;
}

/* On a thread. */
static int reading_run(void *data, virConnect *connection, Failure *failure) {
        Reading *reading = data;

        g_mutex_lock(&reading->lock);
        reading->asked = reading->want;
        reading->want = reading->voided = 0;
        reading->begun++;
        g_mutex_unlock(&reading->lock);

        return facts_read(connection, reading->uuid, reading->asked, &reading->facts, failure);
}

/* Takes out those that the answer is for: that began to wait before the reading began; or all. */
static GArray *reading_take_waiters(Reading *reading, bool all) {
        GArray *taken = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Waiter));
        guint kept = 0;

        for (guint i = 0; i < reading->waiters->len; i++) {
                Waiter *waiter = &g_array_index(reading->waiters, Waiter, i);

                if (all || waiter->after < reading->begun)
                        g_array_append_val(taken, *waiter);
                else
                        g_array_index(reading->waiters, Waiter, kept++) = *waiter;
        }
        g_array_set_size(reading->waiters, kept);
        return taken;
}

static void waiters_call(GArray *waiters) {
        if (!waiters)
                return;

        for (guint i = 0; i < waiters->len; i++) {
                Waiter *waiter = &g_array_index(waiters, Waiter, i);
                waiter->done(waiter->data);
        }
        g_array_unref(waiters);
}

static void facts_complete(MachineFacts *facts, const MachineFacts *told) {
        FactsMask missing = told->have & ~facts->have;

        if (missing & FACTS_PERSISTENT)
                facts->persistent = told->persistent;
        if (missing & FACTS_AUTOSTART)
                facts->autostart = told->autostart;
        if (missing & FACTS_MANAGED_SAVE)
                facts->managed_save = told->managed_save;
        facts->have |= missing;
}

/* Shows what is not void of the answer. False if that is not enough to show whether there is a machine. */
static bool reading_apply(Reading *reading) {
        Machines *machines = reading->readings->machines;
        MachineFacts *facts = &reading->facts;

        /* Of the name, an event says no more than that it is there: who has waited for a new one gets it. */
        facts->have &= ~(reading->voided & ~FACTS_NAME);
        reading->want |= reading->asked & reading->voided;
        if (facts->gone && reading->voided & FACTS_NAME)
                return false; /* it has been made again */

        if (!facts->gone && !machines_find(machines, reading->uuid)) {
                facts_complete(facts, &reading->told);
                if (facts->have != FACTS_ALL) {
                        reading->want |= FACTS_ALL & ~reading->told.have;
                        return false;
                }
        }

        machines_apply_facts(machines, facts);
        reading->told = (MachineFacts){ 0 };
        return true;
}

static void reading_submit(Reading *reading);

/* Frees it; who waited is to be called. */
static GArray *reading_end(Reading *reading) {
        GArray *waiters = reading_take_waiters(reading, /* all= */ true);

        g_hash_table_remove(reading->readings->by_uuid, reading->uuid);
        return waiters;
}

static void reading_warn(const Reading *reading, const Failure *failure) {
        g_autofree char *reason = text_printable(failure->message);

        log_warning("Cannot read machine %s, trying again later: %s", reading->uuid, reason);
        reading->readings->failed(reading->readings->userdata, reading->uuid);
}

static void reading_done(void *data, int result, Failure *failure) {
        Reading *reading = data;
        Readings *readings = reading->readings;
        const Services *services = readings->machines->services;
        bool answered = false, hopeless = false;
        GArray *waiters = NULL;

        /* No lock: the thread has done its part. */
        log_debug("Read machine %s: asked %x, wanted since %x, void %x, result %d", reading->uuid,
                  (unsigned) reading->asked, (unsigned) reading->want, (unsigned) reading->voided, result);
        if (reading->stale)
                reading->want |= reading->asked;
        else if (result >= 0)
                answered = reading_apply(reading);
        else if (reading_is_disconnected(result)) {
                reading->want |= reading->asked;
                hopeless = !hypervisor_is_connected(services->hypervisor);
        } else {
                reading_warn(reading, failure);
                answered = true;
        }
        if (result >= 0)
                facts_done(&reading->facts);

        if (hopeless || reading->want == 0)
                waiters = reading_end(reading);
        else {
                if (answered)
                        waiters = reading_take_waiters(reading, /* all= */ false);
                reading_submit(reading);
        }
        waiters_call(waiters);
}

static void reading_submit(Reading *reading) {
        Readings *readings = reading->readings;
        g_auto(Failure) failure = { 0 };
        Request request = {
                .lane = LANE_READ,
                .key = reading->uuid,
                .run = reading_run,
                .done = reading_done,
                .data = reading,
        };

        reading->submitted = true;
        reading->stale = false;
        if (hypervisor_submit(readings->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) < 0) {
                if (failure.code != ERROR_CANCELED)
                        reading_warn(reading, &failure);
                waiters_call(reading_end(reading));
        }
}

static Reading *readings_get(Readings *readings, const char *uuid) {
        Reading *reading = g_hash_table_lookup(readings->by_uuid, uuid);

        if (!reading) {
                reading = reading_new(readings, uuid);
                g_hash_table_insert(readings->by_uuid, reading->uuid, reading);
        }
        return reading;
}

void readings_want(Readings *readings, const char *uuid, FactsMask want, void (*done)(void *data),
                   void *data) {
        Reading *reading = readings_get(readings, uuid);
        Waiter waiter = { .done = done, .data = data };

        g_mutex_lock(&reading->lock);
        reading->want |= want;
        waiter.after = reading->begun;
        g_mutex_unlock(&reading->lock);

        if (done)
                g_array_append_val(reading->waiters, waiter);
        if (!reading->submitted)
                reading_submit(reading);
}

void readings_tell(Readings *readings, const MachineEvent *event) {
        MachineFacts *told = &readings_get(readings, event->uuid)->told;

        told->have = FACTS_PERSISTENT | FACTS_AUTOSTART | FACTS_MANAGED_SAVE;
        if (event->event == VIR_DOMAIN_EVENT_DEFINED || event->event == VIR_DOMAIN_EVENT_UNDEFINED)
                told->persistent = event->event == VIR_DOMAIN_EVENT_DEFINED;
}

void readings_void(Readings *readings, const char *uuid, FactsMask voided) {
        Reading *reading = g_hash_table_lookup(readings->by_uuid, uuid);

        if (!reading)
                return;

        g_mutex_lock(&reading->lock);
        reading->voided |= voided;
        g_mutex_unlock(&reading->lock);
}

void readings_renew(Readings *readings, void (*each)(void *userdata, const char *uuid), void *userdata) {
        GHashTableIter i;
        gpointer value;

        g_hash_table_iter_init(&i, readings->by_uuid);
        while (g_hash_table_iter_next(&i, NULL, &value)) {
                Reading *reading = value;

                g_mutex_lock(&reading->lock);
                reading->want = FACTS_ALL;
                g_mutex_unlock(&reading->lock);
                reading->stale = true;
                each(userdata, reading->uuid);
        }
}

Readings *readings_new(Machines *machines, void (*failed)(void *userdata, const char *uuid),
                       void *userdata) {
        Readings *readings = g_new(Readings, 1);

        *readings = (Readings){
                .machines = machines,
                .by_uuid = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, reading_free),
                .failed = failed,
                .userdata = userdata,
        };
        return readings;
}

Readings *readings_free(Readings *readings) {
        if (!readings)
                return NULL;

        g_hash_table_unref(readings->by_uuid);
        g_free(readings);
        return NULL;
}
