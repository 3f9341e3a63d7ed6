/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"
#include "plugin.h"
#include "sync.h"

/*
 * A libvirt, and the threads and connections to it, in slow motion: for tests of what comes in which order.
 *
 * It stands in for hypervisor.c, facts.c, objects.c and the parts of the plugin beside the model. A request
 * is run, and its answer delivered, when the test says so: it sees the domains as they are when it is run.
 * Events and news of the connection are delivered in order, when the test says so too.
 */

#define WORLD_DOMAINS 40U

typedef struct Domain {
        char uuid[VIR_UUID_STRING_BUFLEN];
        bool persistent, autostart, managed_save;
        unsigned id;
        int state, reason;
        unsigned vcpus;
        uint64_t memory;
        bool unreadable;  /* its XML */
        const char *name; /* static; NULL: "vm-" and its number */
} Domain;

/* A request of the agent. */
typedef struct WorldCall {
        Request request; /* key is owned */
        unsigned link;   /* as of the submission; 0: there was none */
        bool ran;
        int result;
        Failure failure;
} WorldCall;

typedef struct World {
        Services services;
        Machines *machines;
        Domain domains[WORLD_DOMAINS];
        unsigned last_id;

        GPtrArray *calls;  /* of WorldCall: those not delivered, oldest first */
        GPtrArray *timers; /* armed, oldest first */
        GQueue mails;      /* events, and news of the connection */
        unsigned link;     /* that the agent knows; 0: none */
        unsigned open;     /* that works; 0: none */
        unsigned last_link;
        bool full;     /* no request is taken */
        bool fail_all; /* facts_read_all() fails */

        GHashTable *shown; /* by path: the Machine as others were told */
        unsigned n_signals, n_synced_changed, n_read_all, n_read_marks;
        FactsMask last_want; /* of facts_read() */
} World;

World *world_new(void);
World *world_free(World *w);

/* What happens to a domain: its event is queued while a connection works. */
void world_define(World *w, Domain *d); /* or changes the definition */
void world_undefine(World *w, Domain *d);
void world_rename(World *w, Domain *d, const char *name); /* static */
void world_start(World *w, Domain *d);                    /* a transient one if it is not defined */
void world_stop(World *w, Domain *d);
void world_save(World *w, Domain *d); /* and stops it */
void world_suspend(World *w, Domain *d);
void world_resume(World *w, Domain *d);
void world_set_memory(World *w, Domain *d, uint64_t memory);
bool domain_exists(const Domain *d);

/* The connection breaks, or is there again. The agent learns it from the mail. */
void world_lose(World *w);
void world_open(World *w);

/* Delivers the next mail, or all; false if there is none. */
bool world_deliver_mail(World *w);
void world_deliver_mails(World *w);

/* The oldest request that is about this domain alone, or for NULL the oldest about all. NULL if there is
 * none. */
WorldCall *world_find_call(World *w, const Domain *d);

/* A thread runs it; what it answered is delivered; both. */
void world_run(World *w, WorldCall *call);
void world_deliver(World *w, WorldCall *call); /* runs it if it has not been, and frees it */

/* The oldest timer fires. */
void world_fire(World *w);

/* Runs and delivers all that is under way, and what follows from it; timers fire, a few times. */
void world_settle(World *w);

/* The machine in the model; NULL if there is none. */
Machine *world_machine(World *w, const Domain *d);

/* Fails unless the model shows the domains as they are. */
void world_assert_true(World *w);
