/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machine.h"
#include "plugin.h"

#include "common/options.h"

/* What each verb of org.hatago.Host1.Machine is: verbs.c has the way that all of them take. */

#define SHUTDOWN_TIMEOUT_MIN (1 * G_TIME_SPAN_SECOND)
#define SHUTDOWN_TIMEOUT_MAX (24 * G_TIME_SPAN_HOUR)

/* The options of all verbs; each verb's table says which it takes. */
typedef struct VerbOptions {
        bool paused;
        uint64_t timeout;
        bool managed_save, snapshots_metadata, nvram;
} VerbOptions;

typedef struct Verb {
        const char *member; /* of org.hatago.Host1.Machine */
        const char *name;
        const char *action;
        Lane lane;
        JobAnswer answer;
        const Option *options;

        /* Whether the machine can do this now. Main thread. */
        int (*check)(const Machine *machine, Failure *failure);

        /* The call to libvirt, returning less than 0 with libvirt's error set. On a thread. */
        int (*run)(virDomain *domain, const VerbOptions *options);

        /* Whether it is the state of the machine, changed since check(), that libvirt refused as invalid:
         * the code that says so, else ERROR_NONE. On a thread. */
        ErrorCode (*blame)(virDomain *domain);

        bool until_off; /* the job ends when the machine is off */
} Verb;

/* By the name of the method; never NULL for one of the vtable. */
const Verb *verb_find(const char *member);
