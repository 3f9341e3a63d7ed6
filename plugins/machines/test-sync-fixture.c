/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-sync-fixture.h"

void connect_and_read(World *w) {
        world_open(w);
        world_settle(w);
        g_assert_true(sync_is_synced(w->machines->sync));
        world_assert_true(w);
}

/* A connection, and one domain that is defined and off. */
static void fixture_init(Fixture *f, const void *unused) {
        f->w = world_new();
        f->d = &f->w->domains[0];
        world_define(f->w, f->d);
        connect_and_read(f->w);
}

static void fixture_done(Fixture *f, const void *unused) {
        world_free(f->w);
}

bool is_synced(Fixture *f) {
        return sync_is_synced(f->w->machines->sync);
}

unsigned shown_id(Fixture *f, const Domain *d) {
        const Machine *machine = world_machine(f->w, d);

        g_assert_nonnull(machine);
        return machine->id;
}

WorldCall *call_of(Fixture *f, const Domain *d) {
        WorldCall *call = world_find_call(f->w, d);

        g_assert_nonnull(call);
        return call;
}

void reconnect(Fixture *f) {
        world_lose(f->w);
        world_open(f->w);
        world_deliver_mails(f->w);
}

void settle_to_truth(Fixture *f) {
        world_settle(f->w);
        world_assert_true(f->w);
        g_assert_true(is_synced(f));
}

void start_unheard(Fixture *f) {
        world_start(f->w, f->d);
        g_free(g_queue_pop_tail(&f->w->mails));
}

void fixture_add(const char *path, void (*test)(Fixture *, const void *)) {
        g_test_add(path, Fixture, NULL, fixture_init, test, fixture_done);
}
