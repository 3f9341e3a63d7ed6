/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/options.h"
#include "machine.h"
#include "plugin.h"

/* What each verb of org.hatago.Host1.Machine is: verbs.c has the way that all of them take. */

#define SHUTDOWN_TIMEOUT_MIN (1 * G_TIME_SPAN_SECOND)
#define SHUTDOWN_TIMEOUT_MAX (24 * G_TIME_SPAN_HOUR)

/* The arguments and options of all verbs; each verb's tables say which it takes. Owns its strings. */
typedef struct VerbOptions {
        char *name;
        bool paused, running, discard_save, bypass_cache;
        uint64_t timeout;
        bool managed_save, snapshots_metadata, nvram;
} VerbOptions;

void verb_options_done(VerbOptions *options);

/* What is seen of a verb whose end nobody saw. */
typedef enum VerbOutcome {
        VERB_UNKNOWN,
        VERB_DONE,
        VERB_GOES_ON,
} VerbOutcome;

typedef struct Verb {
        const char *member; /* of org.hatago.Host1.Machine */
        const char *name;
        const char *action;
        Lane lane;
        JobAnswer answer;
        const Option *arguments; /* that come before the options; NULL: none */
        const Option *options;

        /* Whether arguments and options can be meant so; NULL: always. Main thread, before polkit is asked.
         */
        int (*validate)(const VerbOptions *options, Failure *failure);

        /* Whether the machine can do this now. Main thread. */
        int (*check)(const Machine *machine, Failure *failure);

        /* The call to libvirt, returning less than 0 with libvirt's error set, or with a failure. On a
         * thread.
         */
        int (*run)(virDomain *domain, const VerbOptions *options, Failure *failure);

        /* Whether it is the state of the machine, changed since check(), that libvirt refused as invalid:
         * the code that says so, else ERROR_NONE. On a thread. */
        ErrorCode (*blame)(virDomain *domain);

        /* What else it may be, from the failure's text or by asking libvirt; NULL: nothing. Of a failure
         * that blame() has not explained. On a thread. */
        void (*explain)(virDomain *domain, Failure *failure);

        /* Whether the machine (NULL: it is gone) shows that it was done, for a verb that an agent before
         * this one had begun; it is written down before it is begun. NULL: it is done at once. Main thread.
         */
        VerbOutcome (*outcome)(const Machine *machine);

        FactsMask reads;  /* what it changes beside the state and that it is persistent */
        bool until_off;   /* the job ends when the machine is off */
        bool starts;      /* its failure is kept as that of the last start */
        bool libvirt_job; /* it is one for libvirt, too: it tells how far it is, and can be broken off */
} Verb;

/* Fails with MachineTransient. */
int verb_check_persistent(const Machine *machine, Failure *failure);

/* By the name of the method; never NULL for one of the vtable. */
const Verb *verb_find(const char *member);

/* By its word; NULL if there is none. */
const Verb *verb_find_by_name(const char *name);
