/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * libvirt's own job on a domain, where a job of ours is one for libvirt too (a save): how far it is, asked
 * twice a second for as long as this lives, and its end before its time.
 *
 * A QEMU that hangs holds a call up for as long as it hangs. So two calls at most are under way at once, of
 * all that live: a third of the lane is left for power-offs, whatever hangs.
 */
typedef struct DomainJob DomainJob;

/* What libvirt says of it. */
typedef enum DomainJobState {
        DOMAIN_JOB_UNKNOWN, /* it could not be asked */
        DOMAIN_JOB_NONE,    /* nothing is under way on the domain */
        DOMAIN_JOB_RUNNING,
        DOMAIN_JOB_GONE, /* there is no such domain */
} DomainJobState;

/* job gets what is learnt by job_set_bytes(), and must outlive it. answered (may be NULL) is called with
 * each answer. */
DomainJob *domain_job_new(Machines *machines, Job *job, const char *uuid,
                          void (*answered)(void *userdata, DomainJobState state), void *userdata);
DomainJob *domain_job_free(DomainJob *domain_job); /* NULL is none */

/* Asks libvirt to break it off, and again until it has heard: it may not have begun yet. */
void domain_job_abort(DomainJob *domain_job);
