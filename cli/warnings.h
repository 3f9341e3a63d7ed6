/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/*
 * What a code of Warnings of a machine says to people, and what can be done (NULL: the code is not known).
 * Both are new strings. name: of the machine, as it may be shown.
 */
void warning_explain(const char *code, const char *name, char **ret_sentence, char **ret_remedy);

/* What can be done about a machine that is in a state for this reason ("io-error"); new string, NULL:
 * nothing. */
char *state_reason_remedy(const char *reason, const char *name);

/* The tables behind them, not yet translated. {word}: the name as it is typed; {name}: as it is shown. Each
 * ends with an empty entry. */
typedef struct WarningText {
        const char *code, *sentence, *remedy;
} WarningText;

typedef struct ReasonRemedy {
        const char *reason, *remedy;
} ReasonRemedy;

extern const WarningText warning_texts[];
extern const ReasonRemedy reason_remedies[];
