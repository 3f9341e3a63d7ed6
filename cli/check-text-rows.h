/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/*
 * The texts of check-texts.h, by check and reason, not yet translated. Keys in braces are arguments of the
 * verdict; "{free:size}" is one in bytes, and those of check-advice.h are more than one word.
 */
typedef struct CheckText {
        const char *id;
        const char *reason;
        const char *meaning;
        const char *why;    /* NULL: the meaning says it */
        const char *remedy; /* NULL: there is nothing to do */
} CheckText;

/* What a check is called; in the order in which they are shown. Ends with an entry without id. */
typedef struct CheckTitle {
        const char *id, *title;
        bool cryptic; /* its value says nothing to people */
} CheckTitle;

extern const CheckTitle check_titles[];

/* What the remedies of hatago-fix do, each with its way back, which is told with the last row of a check:
 * that of any reason. Ends with an entry without id. */
typedef struct CheckFix {
        const char *id, *reason; /* NULL: whatever the reason */
        const char *does, *undoes;
} CheckFix;

extern const CheckFix check_fixes[];

/* What each check can say: no id. Ends with an entry without reason. */
extern const CheckText check_texts_general[];

/* Each ends with an entry without id. */
extern const CheckText check_texts_acceleration[];
extern const CheckText check_texts_kernel[];   /* devices, cgroup, iommu, secure-guest, memory */
extern const CheckText check_texts_services[]; /* libvirt, programs, system */
extern const CheckText check_texts_places[];   /* network, storage */
