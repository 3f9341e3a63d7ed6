/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "plugin.h"

/* A plugin that was loaded; the module stays in memory. */
typedef struct Plugin {
        const PluginDescriptor *descriptor;
        void *instance;
} Plugin;

/*
 * Loads and creates the plugins in a folder, by file name: an array of Plugin. A module that is not one, or
 * was built for another ABI, or has the name of one that is loaded, is logged and left out. -errno if the
 * folder cannot be read.
 */
int plugins_load(const char *folder, const Services *services, GArray **ret);

/* Frees the instances, the last one first, and the array. NULL is none. */
GArray *plugins_free(GArray *plugins);
