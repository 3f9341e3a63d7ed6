/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

#include "address-watch.h"
#include "event-log.h"
#include "common/log.h"
#include "image-watch.h"
#include "mirror.h"
#include "reading.h"
#include "state.h"
#include "survey.h"

#define RETRY_USEC (2 * G_TIME_SPAN_SECOND)
#define RETRY_LAST_USEC (1 * G_TIME_SPAN_MINUTE)
#define STORED_USEC (500 * G_TIME_SPAN_MILLISECOND)
#define RECONCILE_USEC (5 * G_TIME_SPAN_SECOND)

struct Sync {
        Machines *machines;
        Readings *readings;
        Survey *survey;
        bool synced;
        bool subscribed;
        sd_event_source *reconcile; /* while synced and subscribed */

        GHashTable *storing; /* set of UUIDs whose configuration libvirt may be about to store */
        sd_event_source *stored;

        bool failed_all;    /* the last full survey */
        GHashTable *failed; /* set of UUIDs that could not be read, though libvirt is there */
        sd_event_source *retry;
        uint64_t retry_usec;
};

/*
 * What could not be read
 */

static int sync_on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Sync *sync = userdata;
        g_autoptr(GHashTable) failed = g_steal_pointer(&sync->failed);
        GHashTableIter i;
        gpointer uuid;

        sync->retry = sd_event_source_disable_unref(sync->retry);
        sync->failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        if (sync->failed_all) {
                survey_begin(sync->survey);
                return 0;
        }

        g_hash_table_iter_init(&i, failed);
        while (g_hash_table_iter_next(&i, &uuid, NULL))
                sync_read(sync, uuid, FACTS_ALL, NULL, NULL);
        return 0;
}

/* What libvirt could not tell though it is there is asked again, less and less often. */
static void sync_retry_later(Sync *sync) {
        if (sync->retry)
                return;

        (void) sd_event_add_time_relative(sync->machines->services->event, &sync->retry, CLOCK_MONOTONIC,
                                          sync->retry_usec, /* accuracy= */ 0, sync_on_retry, sync);
        sync->retry_usec = MIN(sync->retry_usec * 2, (uint64_t) RETRY_LAST_USEC);
}

static void sync_on_unread(void *userdata, const char *uuid) {
        Sync *sync = userdata;

        g_hash_table_add(sync->failed, g_strdup(uuid));
        sync_retry_later(sync);
}

/*
 * One machine
 */

void sync_read(Sync *sync, const char *uuid, FactsMask want, void (*done)(void *data), void *data) {
        /* What is not known at all, and what a survey will leave out, is read whole. */
        if (survey_is_full(sync->survey) || !machines_find(sync->machines, uuid))
                want = FACTS_ALL;

        survey_touch(sync->survey, uuid);
        readings_want(sync->readings, uuid, want, done, data);
}

/*
 * What an event leaves to be read, since it cannot say it itself. With the search for the domain each group
 * is a call to libvirt, and the configuration of one that runs is two: hence no more than needed.
 *
 * And what it says itself, so that an answer under way, which may be older, is void. Nothing else is: who
 * waits for an answer waits for what no event brings.
 */
static const struct {
        FactsMask want, says;
} event_facts[] = {
        [VIR_DOMAIN_EVENT_DEFINED] = { FACTS_CONFIG, FACTS_NAME | FACTS_PERSISTENT },
        [VIR_DOMAIN_EVENT_UNDEFINED] = { FACTS_PERSISTENT, FACTS_PERSISTENT | FACTS_MARKS },
        [VIR_DOMAIN_EVENT_STARTED] = { FACTS_STATE | FACTS_CONFIG,
                                       FACTS_NAME | FACTS_STATE | FACTS_MANAGED_SAVE },
        [VIR_DOMAIN_EVENT_STOPPED] = { FACTS_STATE | FACTS_CONFIG, FACTS_STATE },
};

static FactsMask event_wants(const MachineEvent *event, const Machine *machine, bool was_gone) {
        size_t i = (size_t) event->event;

        /* Its state has been said, and it has been shown. */
        if (event->event == VIR_DOMAIN_EVENT_STARTED && event->detail == VIR_DOMAIN_EVENT_STARTED_BOOTED &&
            machine->id == event->id)
                return FACTS_CONFIG;

        /* The same; what has not is whether it will go on from there. */
        if (event->event == VIR_DOMAIN_EVENT_STOPPED && event->detail == VIR_DOMAIN_EVENT_STOPPED_SAVED &&
            !machine_is_active(machine))
                return FACTS_MANAGED_SAVE | FACTS_CONFIG;

        /* Another machine. */
        if (event->event == VIR_DOMAIN_EVENT_DEFINED && was_gone)
                return FACTS_STATE | FACTS_CONFIG;

        return i < G_N_ELEMENTS(event_facts) && event_facts[i].want != 0 ? event_facts[i].want : FACTS_STATE;
}

/* FACTS_NAME: that it is there. */
static FactsMask event_says(const MachineEvent *event) {
        size_t i = (size_t) event->event;
        return i < G_N_ELEMENTS(event_facts) && event_facts[i].says != 0 ? event_facts[i].says : FACTS_STATE;
}

/* Whether the machine shows it: an event of an older run than the known one is not applied. */
static bool event_is_shown(const MachineEvent *event, const Machine *machine) {
        int state, reason;

        return !state_after_event(event->event, event->detail, &state, &reason) || machine->state == state;
}

/* Of a machine that nothing is known of, only what its events leave open is read. */
static void sync_read_new(Sync *sync, const MachineEvent *event) {
        if (survey_is_full(sync->survey)) {
                sync_read(sync, event->uuid, FACTS_ALL, NULL, NULL);
                return;
        }

        survey_touch(sync->survey, event->uuid);
        readings_tell(sync->readings, event);
        readings_want(sync->readings, event->uuid, FACTS_STATE | FACTS_CONFIG, NULL, NULL);
}

void sync_on_event(Sync *sync, const MachineEvent *event) {
        Machine *machine = machines_find(sync->machines, event->uuid);
        bool was_gone; /* but for the answer that says so */

        log_debug("Event %d, detail %d, of machine %s, run %u", event->event, event->detail, event->uuid,
                  event->id);

        if (!machine) {
                readings_void(sync->readings, event->uuid, event_says(event));
                sync_read_new(sync, event);
                return;
        }

        was_gone = !machine->persistent && !machine_is_active(machine);

        /* A transient machine that stopped is gone: it is never shown as one that is off. */
        if (machine->persistent || event->event != VIR_DOMAIN_EVENT_STOPPED)
                machines_changed(sync->machines, machine, machine_apply_event(machine, event));
        else
                event_log_note_end(sync->machines->events, machine, event);
        if (event_is_shown(event, machine))
                readings_void(sync->readings, event->uuid, event_says(event));

        sync_read(sync, event->uuid, event_wants(event, machine, was_gone), NULL, NULL);
}

void sync_on_config_event(Sync *sync, const char *uuid) {
        sync_read(sync, uuid, FACTS_CONFIG, NULL, NULL);
}

static int sync_on_stored(sd_event_source *source, uint64_t usec, void *userdata) {
        Sync *sync = userdata;
        GHashTableIter i;
        gpointer uuid;

        sync->stored = sd_event_source_disable_unref(sync->stored);
        g_hash_table_iter_init(&i, sync->storing);
        while (g_hash_table_iter_next(&i, &uuid, NULL))
                sync_read(sync, uuid, FACTS_CONFIG, NULL, NULL);
        g_hash_table_remove_all(sync->storing);
        return 0;
}

void sync_on_device_event(Sync *sync, const char *uuid) {
        sync_on_config_event(sync, uuid);

        g_hash_table_add(sync->storing, g_strdup(uuid));
        if (!sync->stored)
                (void) sd_event_add_time_relative(sync->machines->services->event, &sync->stored,
                                                  CLOCK_MONOTONIC, STORED_USEC, /* accuracy= */ 0,
                                                  sync_on_stored, sync);
}

void sync_post(Sync *sync, mail_handler_t deliver, void *mail) {
        hypervisor_post(sync->machines->services->hypervisor, deliver, mail);
}

/*
 * All machines
 */

static int sync_on_reconcile(sd_event_source *source, uint64_t usec, void *userdata) {
        Sync *sync = userdata;

        survey_begin_small(sync->survey);
        (void) sd_event_source_set_time_relative(source, RECONCILE_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void sync_update_reconcile(Sync *sync) {
        bool wanted = sync->synced && sync->subscribed;

        if (!wanted)
                sync->reconcile = sd_event_source_disable_unref(sync->reconcile);
        else if (!sync->reconcile) {
                survey_begin_small(sync->survey);
                (void) sd_event_add_time_relative(sync->machines->services->event, &sync->reconcile,
                                                  CLOCK_MONOTONIC, RECONCILE_USEC, /* accuracy= */ 0,
                                                  sync_on_reconcile, sync);
        }
}

void sync_set_subscribed(Sync *sync, bool subscribed) {
        sync->subscribed = subscribed;
        sync_update_reconcile(sync);
}

static void sync_set_synced(Sync *sync, bool synced) {
        const Services *services = sync->machines->services;

        sync->synced = synced;
        sync_update_reconcile(sync);
        services->synced_changed(services->userdata);
}

static void sync_touch(void *userdata, const char *uuid) {
        Sync *sync = userdata;
        survey_touch(sync->survey, uuid);
}

static void sync_on_survey_began(void *userdata) {
        Sync *sync = userdata;

        sync->failed_all = false;
        sync->retry = sd_event_source_disable_unref(sync->retry);
        g_hash_table_remove_all(sync->failed); /* this reads them too */
        readings_renew(sync->readings, sync_touch, sync);
}

static void sync_on_turn(void *userdata, const char *uuid) {
        Sync *sync = userdata;
        image_watch_look(sync->machines->images, uuid);
        address_watch_turn(sync->machines->addresses, uuid);
}

static void sync_on_survey_ended(void *userdata, bool complete) {
        Sync *sync = userdata;

        sync->failed_all = !complete;
        if (complete) {
                sync_set_synced(sync, true);
                mirror_look_all(sync->machines->mirror);
        } else
                sync_retry_later(sync);
}

void sync_on_connected(void *userdata) {
        Sync *sync = userdata;

        sync->retry_usec = RETRY_USEC;
        survey_begin(sync->survey);
        image_watch_on_connected(sync->machines->images);
}

void sync_on_disconnected(void *userdata) {
        sync_set_synced(userdata, false);
}

bool sync_is_synced(const Sync *sync) {
        return sync->synced;
}

Sync *sync_new(Machines *machines) {
        static const SurveyHandlers handlers = {
                .began = sync_on_survey_began,
                .ended = sync_on_survey_ended,
                .turn = sync_on_turn,
                .unread = sync_on_unread,
        };
        Sync *sync = g_new0(Sync, 1);

        sync->machines = machines;
        sync->readings = readings_new(machines, sync_on_unread, sync);
        sync->survey = survey_new(machines, &handlers, sync);
        sync->failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sync->storing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sync->retry_usec = RETRY_USEC;
        return sync;
}

Sync *sync_free(Sync *sync) {
        if (!sync)
                return NULL;

        sd_event_source_disable_unref(sync->reconcile);
        sd_event_source_disable_unref(sync->retry);
        sd_event_source_disable_unref(sync->stored);
        g_hash_table_unref(sync->storing);
        g_hash_table_unref(sync->failed);
        survey_free(sync->survey);
        readings_free(sync->readings);
        g_free(sync);
        return NULL;
}
