/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-sync-world.h"

/* A connection, and one domain that is defined and off: what most tests of readings, surveys and sync begin
 * with. */
typedef struct Fixture {
        World *w;
        Domain *d; /* the one that most tests are about */
} Fixture;

/* A test of its own world. */
void fixture_add(const char *path, void (*test)(Fixture *, const void *));

void connect_and_read(World *w);
void reconnect(Fixture *f);

/* All ends, and the model is true. */
void settle_to_truth(Fixture *f);

bool is_synced(Fixture *f);
unsigned shown_id(Fixture *f, const Domain *d);

/* The oldest request about this domain alone, or for NULL about all: there is one. */
WorldCall *call_of(Fixture *f, const Domain *d);

/* Starts it where no event tells of it. */
void start_unheard(Fixture *f);
