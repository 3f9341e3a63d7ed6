/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin.h"

#include "common/log.h"

/* A plugin for test_subscriptions.py: logs what it is told about subscriptions. */

static int plugin_create(const Services *services, void **ret) {
        *ret = (void *) services;
        return 0;
}

static int plugin_start(void *plugin) {
        const Services *services = plugin;

        log_info("start: %s", services->is_subscribed(services->userdata) ? "subscribed" : "not subscribed");
        return 0;
}

static bool plugin_synced(const void *plugin) {
        return true;
}

static void plugin_subscribed(void *plugin, bool subscribed) {
        const Services *services = plugin;

        log_info("told: %s, asked: %s", subscribed ? "subscribed" : "not subscribed",
                 services->is_subscribed(services->userdata) ? "subscribed" : "not subscribed");
}

static void *plugin_free(void *plugin) {
        return NULL;
}

static const char *const features[] = { "test-a", "test-b", NULL };

const PluginDescriptor hatago_plugin = {
        .abi = PLUGIN_ABI,
        .name = "subscription",
        .features = features,
        .create = plugin_create,
        .start = plugin_start,
        .synced = plugin_synced,
        .subscribed = plugin_subscribed,
        .free = plugin_free,
};
