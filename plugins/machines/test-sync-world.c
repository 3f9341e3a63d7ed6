/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-sync-world.h"

#include <errno.h>

#include "state.h"

/* What fails for good is tried for good. */
#define SETTLE_TIMERS 8U

const ObjectInterface machine_interface = { .name = "Machine" };
const ObjectInterface service_interface = { .name = "Machine.Service" };

/*
 * For hypervisor.c
 */

static World *world_of_hypervisor(const Hypervisor *h) {
        return (World *) h;
}

int hypervisor_submit(Hypervisor *h, const Request *request, uint64_t *ret_id, Failure *failure) {
        World *w = world_of_hypervisor(h);
        WorldCall *call;

        if (w->full)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "Too much waits.");

        call = g_new(WorldCall, 1);
        *call = (WorldCall){ .request = *request, .link = w->link };
        call->request.key = g_strdup(request->key);
        g_ptr_array_add(w->calls, call);
        return 0;
}

bool hypervisor_is_connected(const Hypervisor *h) {
        return world_of_hypervisor(h)->link != 0;
}

int hypervisor_unavailable(const Hypervisor *h, Failure *failure) {
        return failure_set(failure, ERROR_HYPERVISOR_UNAVAILABLE, "There is no connection.");
}

typedef struct Mail {
        mail_handler_t deliver;
        void *data;
        World *world;
        unsigned link;
        MachineEvent event;
} Mail;

void hypervisor_post(Hypervisor *h, mail_handler_t deliver, void *data) {
        Mail *mail = g_new(Mail, 1);

        *mail = (Mail){ .deliver = deliver, .data = data ?: mail };
        g_queue_push_tail(&world_of_hypervisor(h)->mails, mail);
}

void world_run(World *w, WorldCall *call) {
        virConnect *connection = (virConnect *) w;

        g_assert_false(call->ran);
        call->ran = true;
        if (call->link != 0 && call->link == w->open)
                call->result = call->request.run(call->request.data, connection, &call->failure);
        else
                call->result = hypervisor_unavailable(w->services.hypervisor, &call->failure);
}

static void call_free(gpointer p) {
        WorldCall *call = p;

        failure_done(&call->failure);
        g_free((char *) call->request.key);
        g_free(call);
}

void world_deliver(World *w, WorldCall *call) {
        if (!call->ran)
                world_run(w, call);

        g_assert_true(g_ptr_array_remove(w->calls, call));
        call->request.done(call->request.data, call->result, &call->failure);
        call_free(call);
}

/* A request about one domain has its UUID as the key. */
WorldCall *world_find_call(World *w, const Domain *d) {
        for (guint i = 0; i < w->calls->len; i++) {
                WorldCall *call = w->calls->pdata[i];
                if (g_strcmp0(call->request.key, d ? d->uuid : NULL) == 0)
                        return call;
        }

        return NULL;
}

/*
 * For sd-event: timers
 */

typedef struct Timer {
        World *world;
        sd_event_time_handler_t callback;
        void *userdata;
} Timer;

int sd_event_add_time_relative(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
                               uint64_t accuracy, sd_event_time_handler_t callback, void *userdata) {
        World *w = (World *) event;
        Timer *timer = g_new(Timer, 1);

        *timer = (Timer){ .world = w, .callback = callback, .userdata = userdata };
        g_ptr_array_add(w->timers, timer);
        *ret = (sd_event_source *) timer;
        return 0;
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *source) {
        Timer *timer = (Timer *) source;

        if (timer)
                g_assert_true(g_ptr_array_remove(timer->world->timers, timer));
        return NULL;
}

/* It fires once again; the oldest is the first still. */
int sd_event_source_set_time_relative(sd_event_source *source, uint64_t usec) {
        return 0;
}

int sd_event_source_set_enabled(sd_event_source *source, int enabled) {
        return 0;
}

void world_fire(World *w) {
        Timer *timer;

        g_assert_cmpuint(w->timers->len, >, 0);
        timer = w->timers->pdata[0];
        (void) timer->callback((sd_event_source *) timer, /* usec= */ 0, timer->userdata);
}

/*
 * For facts.c
 */

void facts_done(MachineFacts *facts) {
        g_clear_pointer(&facts->name, g_free);
}

static MachineFacts domain_facts(World *w, const Domain *d, FactsMask have) {
        MachineFacts facts = {
                .have = have,
                .id = d->id,
                .state = d->state,
                .reason = d->reason,
                .persistent = d->persistent,
                .autostart = d->autostart,
                .managed_save = d->managed_save,
                .vcpus = d->vcpus,
                .memory = d->memory,
                .accelerator = "kvm",
        };

        if (have & FACTS_NAME)
                facts.name = d->name ? g_strdup(d->name)
                                     : g_strdup_printf("vm-%u", (unsigned) (d - w->domains));
        g_strlcpy(facts.uuid, d->uuid, sizeof(facts.uuid));
        return facts;
}

static Domain *world_find_domain(World *w, const char *uuid) {
        for (unsigned i = 0; i < WORLD_DOMAINS; i++)
                if (g_str_equal(w->domains[i].uuid, uuid))
                        return &w->domains[i];

        g_assert_not_reached();
}

int facts_read(virConnect *connection, const char *uuid, FactsMask want, MachineFacts *ret,
               Failure *failure) {
        World *w = (World *) connection;
        const Domain *d = world_find_domain(w, uuid);

        w->last_want = want;
        if (domain_exists(d) && d->unreadable && want & FACTS_CONFIG)
                return failure_set(failure, ERROR_FAILED, "The XML cannot be read.");

        if (domain_exists(d))
                *ret = domain_facts(w, d, want | FACTS_NAME);
        else {
                *ret = (MachineFacts){ .gone = true };
                g_strlcpy(ret->uuid, uuid, sizeof(ret->uuid));
        }
        return 0;
}

int facts_read_more(virConnect *connection, FactsMask want, MachineFacts *facts, Failure *failure) {
        MachineFacts more;
        int r;

        g_assert_cmpuint(want, ==, FACTS_CONFIG);
        r = facts_read(connection, facts->uuid, want, &more, failure);
        if (r < 0)
                return r;

        if (more.gone) {
                facts_done(facts);
                *facts = more;
                return 0;
        }

        facts->have |= FACTS_CONFIG | FACTS_NAME;
        g_free(facts->name);
        facts->name = more.name;
        facts->vcpus = more.vcpus;
        facts->memory = more.memory;
        facts->accelerator = more.accelerator;
        return 0;
}

static void facts_clear(gpointer p) {
        facts_done(p);
}

int facts_read_all(virConnect *connection, GArray **ret, Failure *failure) {
        World *w = (World *) connection;

        w->n_read_all++;
        if (w->fail_all)
                return failure_set(failure, ERROR_FAILED, "The domains cannot be read.");

        *ret = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(MachineFacts));
        g_array_set_clear_func(*ret, facts_clear);
        for (unsigned i = 0; i < WORLD_DOMAINS; i++) {
                MachineFacts facts;

                if (!domain_exists(&w->domains[i]))
                        continue;
                facts = domain_facts(w, &w->domains[i], FACTS_ALL & ~FACTS_CONFIG);
                g_array_append_val(*ret, facts);
        }

        return 0;
}

void facts_marks_done(FactsMarks *marks) {
        g_clear_pointer(&marks->autostart, g_hash_table_unref);
        g_clear_pointer(&marks->managed_save, g_hash_table_unref);
}

int facts_read_marks(virConnect *connection, FactsMarks *ret, Failure *failure) {
        World *w = (World *) connection;

        w->n_read_marks++;
        if (w->fail_all)
                return failure_set(failure, ERROR_FAILED, "The domains cannot be read.");

        ret->autostart = g_hash_table_new(g_str_hash, g_str_equal);
        ret->managed_save = g_hash_table_new(g_str_hash, g_str_equal);
        for (unsigned i = 0; i < WORLD_DOMAINS; i++) {
                if (w->domains[i].autostart)
                        g_hash_table_add(ret->autostart, w->domains[i].uuid);
                if (w->domains[i].managed_save)
                        g_hash_table_add(ret->managed_save, w->domains[i].uuid);
        }
        return 0;
}

void facts_mark(MachineFacts *facts, const FactsMarks *marks) {
        facts->autostart = g_hash_table_contains(marks->autostart, facts->uuid);
        facts->managed_save = g_hash_table_contains(marks->managed_save, facts->uuid);
        facts->have |= FACTS_MARKS;
}

/*
 * For objects.c: what others know. Each change must be told, and nothing else.
 */

static void shown_free(gpointer p) {
        Machine *shown = p;

        g_free(shown->name);
        g_free(shown);
}

static Machine *shown_new(const Machine *machine) {
        Machine *shown = g_new(Machine, 1);

        *shown = *machine;
        shown->name = g_strdup(machine->name);
        shown->path = NULL;
        return shown;
}

static uint64_t machine_compare(const Machine *a, const Machine *b) {
        const char *reason_a = state_reason_to_string(a->state, a->reason),
                   *reason_b = state_reason_to_string(b->state, b->reason);

        return (g_str_equal(a->name, b->name) ? 0 : MACHINE_BIT(MACHINE_NAME)) |
               (a->id == b->id ? 0 : MACHINE_BIT(MACHINE_DOMAIN_ID)) |
               (a->state == b->state ? 0 : MACHINE_BIT(MACHINE_STATE)) |
               (g_str_equal(reason_a, reason_b) ? 0 : MACHINE_BIT(MACHINE_STATE_REASON)) |
               (a->persistent == b->persistent ? 0 : MACHINE_BIT(MACHINE_PERSISTENT)) |
               (a->autostart_by == b->autostart_by ? 0 : MACHINE_BIT(MACHINE_AUTOSTART)) |
               (a->managed_save == b->managed_save ? 0 : MACHINE_BIT(MACHINE_MANAGED_SAVE)) |
               (a->vcpus == b->vcpus ? 0 : MACHINE_BIT(MACHINE_VCPUS)) |
               (a->memory == b->memory ? 0 : MACHINE_BIT(MACHINE_MEMORY)) |
               (g_str_equal(a->accelerator, b->accelerator) ? 0 : MACHINE_BIT(MACHINE_ACCELERATOR));
}

static Machine *find_object(World *w, const char *path) {
        Machine *machine = g_hash_table_lookup(w->machines->by_path, path);

        g_assert_nonnull(machine);
        return machine;
}

void objects_added(Objects *objects, const char *path) {
        World *w = (World *) objects;

        w->n_signals++;
        g_assert_true(g_hash_table_insert(w->shown, g_strdup(path), shown_new(find_object(w, path))));
}

void objects_removed(Objects *objects, const char *path) {
        World *w = (World *) objects;

        w->n_signals++;
        (void) find_object(w, path);
        g_assert_true(g_hash_table_remove(w->shown, path));
}

void objects_changed(Objects *objects, const char *path, const ObjectInterface *interface, uint64_t mask) {
        World *w = (World *) objects;
        const Machine *machine = find_object(w, path), *shown = g_hash_table_lookup(w->shown, path);

        g_assert_nonnull(shown);
        if (interface == &service_interface)
                return;
        g_assert_cmphex(mask, ==, machine_compare(machine, shown));
        if (mask == 0)
                return;

        w->n_signals++;
        g_hash_table_replace(w->shown, g_strdup(path), shown_new(machine));
}

/*
 * What happens
 */

bool domain_exists(const Domain *d) {
        return d->persistent || d->id != 0;
}

static void deliver_event(void *data) {
        Mail *mail = data;
        sync_on_event(mail->world->machines->sync, &mail->event);
}

static void deliver_config(void *data) {
        Mail *mail = data;
        sync_on_config_event(mail->world->machines->sync, mail->event.uuid);
}

static void deliver_lost(void *data) {
        Mail *mail = data;

        mail->world->link = 0;
        sync_on_disconnected(mail->world->machines->sync);
}

static void deliver_open(void *data) {
        Mail *mail = data;

        mail->world->link = mail->link;
        sync_on_connected(mail->world->machines->sync);
}

static Mail *world_post(World *w, mail_handler_t deliver) {
        Mail *mail;

        sync_post(w->machines->sync, deliver, NULL);
        mail = g_queue_peek_tail(&w->mails);
        mail->world = w;
        return mail;
}

static void world_post_event(World *w, const Domain *d, int event, int detail) {
        Mail *mail;

        if (w->open == 0)
                return; /* nobody hears it */

        mail = world_post(w, deliver_event);
        mail->event = (MachineEvent){ .id = d->id, .event = event, .detail = detail };
        g_strlcpy(mail->event.uuid, d->uuid, sizeof(mail->event.uuid));
}

static void domain_enter(World *w, Domain *d, int event, int detail) {
        g_assert_true(state_after_event(event, detail, &d->state, &d->reason));
        world_post_event(w, d, event, detail);
}

void world_define(World *w, Domain *d) {
        if (!domain_exists(d)) {
                d->state = VIR_DOMAIN_SHUTOFF;
                d->reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;
        }
        d->persistent = true;
        d->vcpus++;
        world_post_event(w, d, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED);
}

void world_undefine(World *w, Domain *d) {
        d->persistent = d->autostart = d->managed_save = false;
        world_post_event(w, d, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
}

/* As libvirt's drivers do it: first it is no more what it was, then it is something else. */
void world_rename(World *w, Domain *d, const char *name) {
        d->name = name;
        world_post_event(w, d, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
        world_post_event(w, d, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
}

void world_start(World *w, Domain *d) {
        d->id = ++w->last_id;
        d->managed_save = false;
        domain_enter(w, d, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
}

void world_stop(World *w, Domain *d) {
        d->id = 0;
        domain_enter(w, d, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
}

void world_save(World *w, Domain *d) {
        d->id = 0;
        d->managed_save = d->persistent;
        domain_enter(w, d, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED);
}

void world_suspend(World *w, Domain *d) {
        domain_enter(w, d, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

void world_resume(World *w, Domain *d) {
        domain_enter(w, d, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
}

void world_set_memory(World *w, Domain *d, uint64_t memory) {
        d->memory = memory;
        if (w->open != 0)
                g_strlcpy(world_post(w, deliver_config)->event.uuid, d->uuid, sizeof(d->uuid));
}

void world_lose(World *w) {
        w->open = 0;
        world_post(w, deliver_lost);
}

void world_open(World *w) {
        w->open = ++w->last_link;
        world_post(w, deliver_open)->link = w->open;
}

bool world_deliver_mail(World *w) {
        g_autofree Mail *mail = g_queue_pop_head(&w->mails);

        if (mail)
                mail->deliver(mail->data);
        return mail != NULL;
}

void world_deliver_mails(World *w) {
        while (world_deliver_mail(w))
                ;
}

void world_settle(World *w) {
        unsigned n_fired = 0;

        for (unsigned turns = 0;; turns++) {
                g_assert_cmpuint(turns, <, 10000); /* it ends */
                world_deliver_mails(w);
                if (w->calls->len > 0)
                        world_deliver(w, w->calls->pdata[0]);
                else if (w->timers->len > 0 && n_fired++ < SETTLE_TIMERS)
                        world_fire(w);
                else
                        return;
        }
}

Machine *world_machine(World *w, const Domain *d) {
        return machines_find(w->machines, d->uuid);
}

static void domain_assert_shown(World *w, const Domain *d) {
        const Machine *machine = world_machine(w, d);

        if (!domain_exists(d)) {
                g_assert_null(machine);
                return;
        }

        g_assert_nonnull(machine);
        g_assert_cmpuint(machine->id, ==, d->id);
        g_assert_cmpint(machine->state, ==, d->state);
        g_assert_cmpint(machine->reason, ==, d->reason);
        g_assert_cmpint(machine->persistent, ==, d->persistent);
        g_assert_cmpint(machine->autostart_by != 0, ==, d->autostart);
        g_assert_cmpint(machine->managed_save, ==, d->managed_save);
        g_assert_cmpuint(machine->vcpus, ==, d->vcpus);
        g_assert_cmpuint(machine->memory, ==, d->memory);
}

void world_assert_true(World *w) {
        g_autoptr(GPtrArray) machines = machines_list(w->machines);

        for (unsigned i = 0; i < WORLD_DOMAINS; i++)
                domain_assert_shown(w, &w->domains[i]);

        /* ... and others know it so. */
        g_assert_cmpuint(g_hash_table_size(w->shown), ==, machines->len);
        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];
                g_assert_cmphex(machine_compare(machine, g_hash_table_lookup(w->shown, machine->path)), ==,
                                0);
        }
}

static void on_synced_changed(void *userdata) {
        World *w = userdata;
        w->n_synced_changed++;
}

World *world_new(void) {
        World *w = g_new(World, 1);

        *w = (World){
                .services = { .event = (sd_event *) w,
                              .hypervisor = (Hypervisor *) w,
                              .objects = (Objects *) w,
                              .synced_changed = on_synced_changed,
                              .userdata = w },
                .calls = g_ptr_array_new(),
                .timers = g_ptr_array_new_with_free_func(g_free),
                .mails = G_QUEUE_INIT,
                .shown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, shown_free),
        };
        for (unsigned i = 0; i < WORLD_DOMAINS; i++)
                g_snprintf(w->domains[i].uuid, VIR_UUID_STRING_BUFLEN,
                           "6695eb01-f6a4-8304-79aa-97f2502e1%03x", i);

        w->machines = machines_new(&w->services);
        return w;
}

World *world_free(World *w) {
        if (w->open != 0)
                world_lose(w);
        world_settle(w); /* all that is under way ends */
        machines_free(w->machines);
        g_assert_cmpuint(w->timers->len, ==, 0);
        g_ptr_array_unref(w->timers);
        g_ptr_array_unref(w->calls);
        g_hash_table_unref(w->shown);
        g_free(w);
        return NULL;
}
