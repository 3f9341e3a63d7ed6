/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

#include <errno.h>

#include "common/log.h"
#include "common/text.h"

#define CONFIGS_PER_REQUEST 32U
#define RETRY_USEC (2 * G_TIME_SPAN_SECOND)
#define RETRY_LAST_USEC (1 * G_TIME_SPAN_MINUTE)

struct Sync {
        Machines *machines;
        GHashTable *reads;   /* by UUID, of Read: wanted or under way */
        GHashTable *touched; /* set of UUIDs; NULL unless a reading of all is under way */
        unsigned n_requests; /* of the reading of all */
        bool failed_all;     /* one of them failed */
        bool again;          /* they are of an older connection */
        bool synced;

        GHashTable *failed; /* set of UUIDs that could not be read, though libvirt is there */
        sd_event_source *retry;
        uint64_t retry_usec;
};

typedef struct Waiter {
        void (*done)(void *data);
        void *data;
} Waiter;

typedef struct Read {
        Sync *sync;
        char uuid[VIR_UUID_STRING_BUFLEN];
        FactsMask want;     /* not asked for yet */
        FactsMask asked;    /* by the request under way; 0: none */
        GArray *waiters;    /* of Waiter: for want and asked */
        MachineFacts facts; /* of the request; the thread's until it is done */
} Read;

/* The next connection brings a reading of all. */
static bool is_disconnected(int result) {
        return result == -EHOSTDOWN || result == -ECANCELED;
}

/*
 * One domain
 */

static void read_free(gpointer p) {
        Read *read = p;
        g_array_unref(read->waiters);
        g_free(read);
}

static void read_submit(Read *read);

static void sync_begin(Sync *sync);

static int sync_on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Sync *sync = userdata;
        g_autoptr(GHashTable) failed = g_steal_pointer(&sync->failed);
        GHashTableIter i;
        gpointer uuid;

        sync->retry = sd_event_source_disable_unref(sync->retry);
        sync->failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        if (sync->failed_all) {
                sync_begin(sync);
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

static void sync_read_later(Sync *sync, const char *uuid) {
        g_hash_table_add(sync->failed, g_strdup(uuid));
        sync_retry_later(sync);
}

/* Ends it: whoever waited may go on. */
static void read_end(Read *read) {
        g_autoptr(GArray) waiters = g_array_ref(read->waiters);

        g_hash_table_remove(read->sync->reads, read->uuid); /* frees it */
        for (guint i = 0; i < waiters->len; i++) {
                Waiter *waiter = &g_array_index(waiters, Waiter, i);
                waiter->done(waiter->data);
        }
}

static int read_run(void *data, virConnect *connection, Failure *failure) {
        Read *read = data;
        return facts_read(connection, read->uuid, read->asked, &read->facts, failure);
}

/* Whether an answer is void: something happened since and it may be older than that, or it was asked of a
 * connection that another has replaced. */
static bool read_is_void(const Read *read, int result) {
        bool connected = hypervisor_is_connected(read->sync->machines->services->hypervisor);

        return is_disconnected(result) ? connected : read->want != 0;
}

static void read_done(void *data, int result, Failure *failure) {
        Read *read = data;
        bool is_void = read_is_void(read, result);

        log_debug("Read machine %s: asked %x, wanted since %x, result %d", read->uuid,
                  (unsigned) read->asked, (unsigned) read->want, result);
        if (result < 0 && !is_disconnected(result)) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot read machine %s, trying again later: %s", read->uuid, reason);
                sync_read_later(read->sync, read->uuid);
        }

        if (result >= 0) {
                if (!is_void)
                        machines_apply_facts(read->sync->machines, &read->facts);
                facts_done(&read->facts);
        }

        if (is_void) {
                read->want |= read->asked;
                read_submit(read);
        } else
                read_end(read);
}

static void read_submit(Read *read) {
        g_auto(Failure) failure = { 0 };
        Request request = {
                .lane = LANE_READ,
                .key = read->uuid,
                .run = read_run,
                .done = read_done,
                .data = read,
        };

        read->asked = read->want;
        read->want = 0;
        if (hypervisor_submit(read->sync->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) < 0) {
                log_warning("Cannot read machine %s, trying again later: %s", read->uuid, failure.message);
                sync_read_later(read->sync, read->uuid);
                read_end(read);
        }
}

void sync_read(Sync *sync, const char *uuid, FactsMask want, void (*done)(void *data), void *data) {
        Read *read = g_hash_table_lookup(sync->reads, uuid);
        Waiter waiter = { done, data };

        /* What is not known at all, and what the reading of all will leave out, is read whole. */
        if (sync->touched || !machines_find(sync->machines, uuid))
                want = FACTS_ALL;
        if (sync->touched)
                g_hash_table_add(sync->touched, g_strdup(uuid));

        if (!read) {
                read = g_new0(Read, 1);
                read->sync = sync;
                g_strlcpy(read->uuid, uuid, sizeof(read->uuid));
                read->waiters = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE,
                                            sizeof(Waiter));
                g_hash_table_insert(sync->reads, read->uuid, read);
        }

        read->want |= want;
        if (done)
                g_array_append_val(read->waiters, waiter);
        if (read->asked == 0)
                read_submit(read);
}

/*
 * Events
 */

/* What an event leaves to be read: what it cannot say itself. */
static FactsMask event_wants(int event) {
        switch (event) {
        case VIR_DOMAIN_EVENT_DEFINED:
        case VIR_DOMAIN_EVENT_UNDEFINED:
                return FACTS_ALL; /* the mark for autostart goes with the definition */
        case VIR_DOMAIN_EVENT_STARTED:
        case VIR_DOMAIN_EVENT_STOPPED:
                return FACTS_STATE | FACTS_CONFIG;
        default:
                return FACTS_STATE;
        }
}

void sync_on_event(Sync *sync, const MachineEvent *event) {
        Machine *machine = machines_find(sync->machines, event->uuid);

        log_debug("Event %d, detail %d, of machine %s, run %u", event->event, event->detail, event->uuid,
                  event->id);

        /* A transient machine that stopped is gone: it is never shown as one that is off. */
        if (machine && (machine->persistent || event->event != VIR_DOMAIN_EVENT_STOPPED))
                machines_changed(sync->machines, machine, machine_apply_event(machine, event));

        sync_read(sync, event->uuid, event_wants(event->event), NULL, NULL);
}

void sync_on_config_event(Sync *sync, const char *uuid) {
        sync_read(sync, uuid, FACTS_CONFIG, NULL, NULL);
}

void sync_post(Sync *sync, mail_handler_t deliver, void *mail) {
        hypervisor_post(sync->machines->services->hypervisor, deliver, mail);
}

/*
 * All domains
 */

typedef struct ReadAll {
        Sync *sync;
        GArray *facts; /* of MachineFacts */
} ReadAll;

/* One request of the reading of all has ended; with the last one, all is known. */
static void sync_end_request(Sync *sync) {
        const Services *services = sync->machines->services;

        if (--sync->n_requests > 0)
                return;

        g_clear_pointer(&sync->touched, g_hash_table_unref);
        if (!hypervisor_is_connected(services->hypervisor))
                return;

        if (sync->again) {
                sync_begin(sync);
                return;
        }

        if (sync->failed_all) {
                sync_retry_later(sync);
                return;
        }

        sync->synced = true;
        services->synced_changed(services->userdata);
}

static void sync_fail_request(Sync *sync, int result, const Failure *failure) {
        if (!is_disconnected(result)) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot read the machines of this host: %s", reason);
        }
        sync->failed_all = true;
}

/* Applies what a reading of all brought, but for what was touched since it began. */
static void sync_apply(Sync *sync, const GArray *all) {
        for (guint i = 0; i < all->len; i++) {
                const MachineFacts *facts = &g_array_index(all, MachineFacts, i);
                if (!g_hash_table_contains(sync->touched, facts->uuid))
                        machines_apply_facts(sync->machines, facts);
        }
}

static void facts_clear(gpointer facts) {
        facts_done(facts);
}

static GArray *facts_array_new(void) {
        GArray *array = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(MachineFacts));

        g_array_set_clear_func(array, facts_clear);
        return array;
}

static int configs_run(void *data, virConnect *connection, Failure *failure) {
        ReadAll *all = data;

        for (guint i = 0; i < all->facts->len; i++) {
                MachineFacts *facts = &g_array_index(all->facts, MachineFacts, i);
                int r = facts_read_more(connection, FACTS_CONFIG, facts, failure);
                if (is_disconnected(r))
                        return r;
                if (r < 0) {
                        g_autofree char *reason = text_printable(failure->message);
                        log_warning("Cannot read the XML of machine %s, trying again later: %s", facts->uuid,
                                    reason);
                }
        }

        return 0;
}

static void configs_done(void *data, int result, Failure *failure) {
        g_autofree ReadAll *all = data;

        if (result < 0)
                sync_fail_request(all->sync, result, failure);
        else
                sync_apply(all->sync, all->facts);

        for (guint i = 0; result >= 0 && i < all->facts->len; i++) {
                const MachineFacts *facts = &g_array_index(all->facts, MachineFacts, i);

                if (!(facts->have & FACTS_CONFIG) && !facts->gone)
                        sync_read_later(all->sync, facts->uuid);
        }

        g_array_unref(all->facts);
        sync_end_request(all->sync);
}

static void sync_submit(Sync *sync, GArray *facts, int (*run)(void *, virConnect *, Failure *),
                        void (*done)(void *, int, Failure *)) {
        g_auto(Failure) failure = { 0 };
        ReadAll *all = g_new(ReadAll, 1);
        Request request = { .lane = LANE_READ, .run = run, .done = done, .data = all };
        int r;

        *all = (ReadAll){ .sync = sync, .facts = facts };
        sync->n_requests++;
        r = hypervisor_submit(sync->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure);
        if (r < 0)
                done(all, r, &failure);
}

/* Asks for the XML of all. What the facts hold already goes along, and is applied with it. */
static void sync_submit_configs(Sync *sync, GArray *all) {
        for (guint first = 0; first < all->len; first += CONFIGS_PER_REQUEST) {
                GArray *some = facts_array_new();

                for (guint i = first; i < all->len && i < first + CONFIGS_PER_REQUEST; i++) {
                        MachineFacts *facts = &g_array_index(all, MachineFacts, i);

                        g_array_append_val(some, *facts);
                        facts->name = NULL; /* has moved */
                }

                sync_submit(sync, some, configs_run, configs_done);
        }
}

/* Machines that are known show what was read at once; a new one comes with its XML, whole. */
static void sync_apply_known(Sync *sync, GArray *all) {
        for (guint i = 0; i < all->len; i++) {
                MachineFacts *facts = &g_array_index(all, MachineFacts, i);

                if (!machines_find(sync->machines, facts->uuid))
                        continue;
                if (!g_hash_table_contains(sync->touched, facts->uuid))
                        machines_apply_facts(sync->machines, facts);
                facts_done(facts);
                facts->have = 0;
        }
}

static int all_run(void *data, virConnect *connection, Failure *failure) {
        ReadAll *all = data;

        return facts_read_all(connection, &all->facts, failure);
}

static void all_done(void *data, int result, Failure *failure) {
        g_autofree ReadAll *all = data;
        Sync *sync = all->sync;

        if (result < 0)
                sync_fail_request(sync, result, failure);
        else {
                g_autoptr(GHashTable) uuids = g_hash_table_new(g_str_hash, g_str_equal);
                GHashTableIter i;
                gpointer uuid;

                g_hash_table_iter_init(&i, sync->touched);
                while (g_hash_table_iter_next(&i, &uuid, NULL))
                        g_hash_table_add(uuids, uuid);
                for (guint n = 0; n < all->facts->len; n++)
                        g_hash_table_add(uuids, g_array_index(all->facts, MachineFacts, n).uuid);

                machines_retain(sync->machines, uuids);
                sync_apply_known(sync, all->facts);
                sync_submit_configs(sync, all->facts);
                g_array_unref(all->facts);
        }

        sync_end_request(sync);
}

/* What is being read may come from a connection that another has replaced, as late as its thread likes, and
 * no event told what happened between the two: those answers are void. */
static void sync_touch_reads(Sync *sync) {
        GHashTableIter i;
        gpointer read;

        g_hash_table_iter_init(&i, sync->reads);
        while (g_hash_table_iter_next(&i, NULL, &read)) {
                ((Read *) read)->want = FACTS_ALL;
                g_hash_table_add(sync->touched, g_strdup(((Read *) read)->uuid));
        }
}

static void sync_begin(Sync *sync) {
        sync->retry = sd_event_source_disable_unref(sync->retry);
        sync->again = sync->n_requests > 0;
        if (sync->again)
                return;

        sync->failed_all = false;
        g_hash_table_remove_all(sync->failed); /* this reads them too */
        sync->touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sync_touch_reads(sync);
        sync_submit(sync, NULL, all_run, all_done);
}

void sync_on_connected(void *userdata) {
        Sync *sync = userdata;

        sync->retry_usec = RETRY_USEC;
        sync_begin(sync);
}

void sync_on_disconnected(void *userdata) {
        Sync *sync = userdata;
        const Services *services = sync->machines->services;

        sync->synced = false;
        services->synced_changed(services->userdata);
}

bool sync_is_synced(const Sync *sync) {
        return sync->synced;
}

Sync *sync_new(Machines *machines) {
        Sync *sync = g_new0(Sync, 1);

        sync->machines = machines;
        sync->reads = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, read_free);
        sync->failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sync->retry_usec = RETRY_USEC;
        return sync;
}

Sync *sync_free(Sync *sync) {
        if (!sync)
                return NULL;

        sd_event_source_disable_unref(sync->retry);
        g_hash_table_unref(sync->failed);
        g_clear_pointer(&sync->touched, g_hash_table_unref);
        g_hash_table_unref(sync->reads);
        g_free(sync);
        return NULL;
}
