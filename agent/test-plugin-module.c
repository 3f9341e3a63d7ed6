/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <glib.h>

#include "plugin.h"

/* A plugin for test-plugin-loader.c, built several times: under the name TEST_NAME, for the ABI TEST_ABI,
 * its descriptor under the symbol TEST_SYMBOL, its create() answering TEST_RESULT. It writes what is done to
 * it into the test's diary. */

extern GString *diary;
extern const PluginDescriptor TEST_SYMBOL;

static int test_create(const Services *services, void **ret) {
        g_string_append(diary, "+" TEST_NAME);
        if (TEST_RESULT < 0)
                return TEST_RESULT;

        *ret = (void *) services;
        return 0;
}

static int test_start(void *plugin) {
        return 0;
}

static bool test_synced(const void *plugin) {
        return true;
}

static void *test_free(void *plugin) {
        g_string_append(diary, "-" TEST_NAME);
        return NULL;
}

const PluginDescriptor TEST_SYMBOL = {
        .abi = TEST_ABI,
        .name = TEST_NAME,
        .create = test_create,
        .start = test_start,
        .synced = test_synced,
        .free = test_free,
};
