/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

#include "common/log.h"
#include "test-sync-world.h"

/* Whatever happens, and in whatever order the agent hears of it: when all is quiet, the model is true. */

#define N_DOMAINS 5 /* few, so that much happens to each */
#define N_ROUNDS 60U
#define N_STEPS 60U

static void count_up(void *data) {
        ++*(unsigned *) data;
}

static void change_domain(World *w, GRand *random) {
        Domain *d = &w->domains[g_rand_int_range(random, 0, N_DOMAINS)];

        switch (g_rand_int_range(random, 0, 7)) {
        case 0:
                world_define(w, d);
                break;
        case 1:
                if (d->persistent)
                        world_undefine(w, d);
                break;
        case 2:
                if (d->id == 0)
                        world_start(w, d);
                break;
        case 3:
                if (d->id != 0)
                        world_stop(w, d);
                break;
        case 4:
                if (d->id != 0)
                        world_save(w, d);
                break;
        case 5:
                if (d->state == VIR_DOMAIN_RUNNING)
                        world_suspend(w, d);
                else if (d->state == VIR_DOMAIN_PAUSED)
                        world_resume(w, d);
                break;
        default:
                if (domain_exists(d))
                        world_set_memory(w, d, g_rand_int(random));
                d->autostart = d->persistent; /* no event tells */
                d->managed_save = d->persistent && d->id == 0 && g_rand_boolean(random);
        }
}

/* A restart of libvirtd counts runs from the highest that is there. */
static void change_connection(World *w, GRand *random) {
        if (w->open != 0) {
                world_lose(w);
                return;
        }

        if (g_rand_boolean(random)) {
                w->last_id = 0;
                for (unsigned i = 0; i < N_DOMAINS; i++)
                        w->last_id = MAX(w->last_id, w->domains[i].id);
        }
        world_open(w);
}

static void step(World *w, GRand *random, unsigned *n_waiting, unsigned *n_called) {
        int what = g_rand_int_range(random, 0, 100);
        WorldCall *call =
                        w->calls->len == 0
                                        ? NULL
                                        : w->calls->pdata[g_rand_int_range(random, 0, (int) w->calls->len)];

        if (what < 25)
                change_domain(w, random);
        else if (what < 50)
                (void) world_deliver_mail(w);
        else if (what < 70 && call && !call->ran)
                world_run(w, call);
        else if (what < 90 && call)
                world_deliver(w, call);
        else if (what < 94) {
                const Domain *d = &w->domains[g_rand_int_range(random, 0, N_DOMAINS)];
                ++*n_waiting;
                sync_read(w->machines->sync, d->uuid, FACTS_STATE, count_up, n_called);
        } else if (what < 97)
                change_connection(w, random);
        else if (w->timers->len > 0)
                world_fire(w);
        else if (what == 99)
                w->fail_all = !w->fail_all;
}

static void test_the_model_equals_the_world_whatever_the_order(const void *seed) {
        g_autoptr(GRand) random = g_rand_new_with_seed(GPOINTER_TO_UINT(seed));
        World *w = world_new();
        unsigned n_waiting = 0, n_called = 0;

        for (unsigned round = 0; round < N_ROUNDS; round++) {
                for (unsigned i = 0; i < N_STEPS; i++)
                        step(w, random, &n_waiting, &n_called);

                w->fail_all = false;
                if (w->open == 0)
                        world_open(w);
                world_settle(w);
                sync_set_subscribed(w->machines->sync, false);
                sync_set_subscribed(w->machines->sync, true); /* reconciles at once */
                world_settle(w);
                g_assert_true(sync_is_synced(w->machines->sync));
                g_assert_cmpuint(n_called, ==, n_waiting);
                world_assert_true(w);
        }

        world_free(w);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        log_set_level(LOG_ERR); /* failures are wanted here */

        for (unsigned seed = 1; seed <= 20; seed++) {
                g_autofree char *path = g_strdup_printf(
                                "/sync-random/the-model-equals-the-world-whatever-the-order/%u", seed);
                g_test_add_data_func(path, GUINT_TO_POINTER(seed),
                                     test_the_model_equals_the_world_whatever_the_order);
        }

        return g_test_run();
}
