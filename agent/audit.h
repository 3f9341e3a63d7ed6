/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "auth.h"
#include "common/error.h"

/* One record in the journal for each change that was asked for, with the HATAGO_* fields of names.h. */
typedef struct AuditRecord {
        const Caller *caller;   /* NULL: unknown */
        const char *verb;       /* "start" */
        const char *object;     /* path, or NULL */
        const char *name;       /* of the object, for people; or NULL */
        const char *job;        /* path, or NULL: it never came to a job */
        const char *result;     /* "done", "failed", "canceled", "timeout", "denied" */
        const Failure *failure; /* of a result that is not "done" */
} AuditRecord;

void audit_write(const AuditRecord *record);
