/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "config.h"

/* What was read of one domain, as values: it crosses from the thread that asked libvirt to the main thread.
 */
typedef enum FactsMask {
        FACTS_NAME = 1 << 0,  /* comes with any of the others */
        FACTS_STATE = 1 << 1, /* id, state, reason */
        FACTS_PERSISTENT = 1 << 2,
        FACTS_AUTOSTART = 1 << 3,
        FACTS_MANAGED_SAVE = 1 << 4,
        FACTS_CONFIG = 1 << 5, /* from the XML: vcpus, memory, accelerator, config, stored_digest */
        FACTS_ALL = (1 << 6) - 1,
        FACTS_MARKS = FACTS_AUTOSTART | FACTS_MANAGED_SAVE, /* what libvirt has no event for */
} FactsMask;

typedef struct MachineFacts {
        FactsMask have; /* which of the fields below were read */
        char uuid[VIR_UUID_STRING_BUFLEN];
        bool gone; /* libvirt does not know it (any more); have is 0 */
        char *name;
        unsigned id;       /* 0: off */
        int state, reason; /* virDomainState, and its reason */
        bool persistent, autostart, managed_save;
        unsigned vcpus;
        uint64_t memory;         /* bytes */
        const char *accelerator; /* interned */
        Config *config;          /* NULL: not read, or not understood */
        uint64_t stored_digest;  /* of the stored XML, without passwords */
} MachineFacts;

void facts_done(MachineFacts *facts);

/*
 * Reads one domain: one call to find it, one for each group of facts wanted. That there is none is no
 * failure, but gone. Fails with the errors of hypervisor_failure(). On a thread.
 */
int facts_read(virConnect *connection, const char *uuid, FactsMask want, MachineFacts *ret,
               Failure *failure);

/* Reads more of the domain of facts->uuid into facts that hold some already; those that were held stay. If
 * it is gone, all are. On a thread. */
int facts_read_more(virConnect *connection, FactsMask want, MachineFacts *facts, Failure *failure);

/* Reads all facts but FACTS_CONFIG of all domains, in four calls: an array of MachineFacts. On a thread. */
int facts_read_all(virConnect *connection, GArray **ret, Failure *failure);

/* Which domains are marked: two sets of UUIDs. */
typedef struct FactsMarks {
        GHashTable *autostart, *managed_save;
} FactsMarks;

void facts_marks_done(FactsMarks *marks);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FactsMarks, facts_marks_done)

/* Reads FACTS_MARKS of all domains, in two calls. On a thread. */
int facts_read_marks(virConnect *connection, FactsMarks *ret, Failure *failure);

/* Fills in FACTS_MARKS. */
void facts_mark(MachineFacts *facts, const FactsMarks *marks);
