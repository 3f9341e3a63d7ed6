/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>

/*
 * What a machine needs of libvirt and the host before it can start: networks, storage pools, and links of
 * the host (bridges, and what macvtap sits on). What is missing is waited for (boot-wait.h), and never made.
 */
typedef enum NeedKind {
        NEED_NETWORK,
        NEED_POOL,
        NEED_LINK,
} NeedKind;

typedef struct Need {
        NeedKind kind;
        char *name;
} Need;

/* From the XML of a domain, each once; none where that cannot be read. Of Need; the caller unrefs it. */
GPtrArray *needs_read(const char *xml);

/* The first that is not there or not active; NULL: none. What libvirt cannot tell counts as there. Calls
 * libvirt: on a thread. */
const Need *needs_find_missing(GPtrArray *needs, virConnect *connection);

/* "network \"default\"", for people. g_malloc(). */
char *need_describe(const Need *need);
