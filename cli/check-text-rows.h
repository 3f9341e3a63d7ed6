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

/* Each ends with an entry without id. */
extern const CheckText check_texts_acceleration[];
extern const CheckText check_texts_kernel[];   /* devices, cgroup, iommu, secure-guest, memory */
extern const CheckText check_texts_services[]; /* libvirt, programs, system */
extern const CheckText check_texts_places[];   /* network, storage */
