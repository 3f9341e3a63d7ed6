/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/tree.h>
#include <stdint.h>

/*
 * What of a running machine's stored configuration waits for its next start.
 *
 * libvirt keeps two: as it runs, and as stored. The first has much more in it, which libvirt fills in when
 * the machine starts (paths, ports, addresses, labels, the features of a processor); none of that is a
 * difference. What this file does not know, as elements of a newer libvirt, is no difference either: a wrong
 * one would never go away.
 */

/* The sections that differ, as bits: of the elements <domain> of the machine as it runs, and as stored. Any
 * thread. */
uint32_t pending_compare(const xmlNode *live, const xmlNode *stored);

/* The word of org.hatago.Host1.Machine.PendingChanges for a bit by its number; NULL after the last. */
const char *pending_to_string(unsigned bit);
