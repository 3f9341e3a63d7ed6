/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * The units of machines (hatago-vm@) that a target which every boot reaches wants, requires or upholds in
 * one of these folders (multi-user.target and those around it, and what is the default one; ends with NULL;
 * paths that are not absolute are left out), as "systemctl enable" leaves them there: a new set of their
 * names, of new strings. Those that are masked are not in it. What cannot be read is empty; no file is
 * opened. On a thread.
 */
GHashTable *enabled_units_scan(char *const *folders);
