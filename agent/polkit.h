/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "common/error.h"

/* Asks polkit, asynchronously. */
typedef struct Polkit Polkit;
typedef struct Question Question;

typedef enum PolkitAnswer {
        POLKIT_YES,
        POLKIT_PASSWORD, /* a password would help; never the answer to an interactive question */
        POLKIT_NO,
        POLKIT_BROKEN, /* polkit did not answer */
} PolkitAnswer;

/* Once, and never from within question_new(): the question is still to be freed. text: of POLKIT_BROKEN,
 * why.
 */
typedef void (*polkit_handler_t)(void *userdata, PolkitAnswer answer, const char *text);

typedef struct QuestionInfo {
        const char *subject; /* unique name on the bus: never what a caller says of itself */
        uid_t uid;           /* of the subject, who is counted for it */
        const char *action;
        const char *const *details; /* keys and values in turn; ends with NULL */
        bool interactive; /* the user may be asked for a password: it takes as long as that takes */
} QuestionInfo;

Polkit *polkit_new(sd_bus *bus);
Polkit *polkit_free(Polkit *polkit); /* all questions have been freed; NULL is none */

/* Nothing of info is kept. Fails with -ENOBUFS (LimitsExceeded: 16 questions of this user, or 80 in all,
 * wait for their answer) or the errno of sd-bus (Failed). */
int question_new(Polkit *polkit, const QuestionInfo *info, polkit_handler_t handler, void *userdata,
                 Question **ret, Failure *failure);
Question *question_free(Question *question); /* takes it back if it is not answered; NULL is none */
