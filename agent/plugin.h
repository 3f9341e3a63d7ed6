/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "auth.h"
#include "call.h"
#include "configuration.h"
#include "hypervisor.h"
#include "job.h"
#include "objects.h"
#include "unit-runner.h"

/*
 * The contract between the agent and its plugins. A plugin is a shared module in <libdir>/hatago/plugins
 * that owns one kind of object. It includes this header (with those above, which are the agent's services)
 * and common/, nothing else of the agent, and exports one symbol:
 *
 *     const PluginDescriptor hatago_plugin = { .abi = PLUGIN_ABI, .name = "machines", … };
 *
 * All functions are called on the main thread.
 */
#define PLUGIN_ABI 5U
#define PLUGIN_SYMBOL "hatago_plugin"

/* What the agent lends to its plugins, until their free() has returned. */
typedef struct Services {
        sd_event *event;
        sd_bus *bus;
        Configuration *configuration;
        Hypervisor *hypervisor;
        Objects *objects;
        Auth *auth;
        Jobs *jobs;
        UnitRunner *units; /* of the system's systemd; an agent of a user's session has no use for it */
        bool user_session; /* on the bus of a user's session, with the rights of that user alone */

        /* A plugin calls this when what synced() says has changed. */
        void (*synced_changed)(void *userdata);
        /* Whether the objects show what the hypervisor says now (Connected), or ever did (Ready). */
        bool (*is_connected)(void *userdata);
        bool (*is_ready)(void *userdata);
        /* Whether a client has subscribed: then what has no event is reconciled, and samples are taken. */
        bool (*is_subscribed)(void *userdata);
        void *userdata;
} Services;

/* What a verb on an object needs, and whether it could happen now. */
typedef struct CanAnswer {
        const char *action;      /* polkit action; static; NULL: everybody may */
        ErrorCode reason;        /* that the verb would fail with as the object is; ERROR_NONE: none */
        const char *name, *uuid; /* of the object, as in CallInfo; valid within this turn of the loop */
} CanAnswer;

typedef struct PluginDescriptor {
        uint32_t abi;     /* PLUGIN_ABI of the header it was built with */
        const char *name; /* as in org.hatago.Host1.Manager.Plugins */

        /* Words for org.hatago.Host1.Manager.Features; ends with NULL. NULL is none. */
        const char *const *features;

        /* Makes the plugin; nothing of it is visible yet. services outlives it. Negative errno on failure.
         */
        int (*create)(const Services *services, void **ret);

        /* Publishes its interfaces, before the bus name is taken and the hypervisor connects. */
        int (*start)(void *plugin);

        /* Whether its objects show what the hypervisor says now. */
        bool (*synced)(const void *plugin);

        /* Tells what a verb on an object needs. Returns 1; 0: the plugin has no such object, or no such verb
         * on it; -errno where the object should be its own and is not there (NoSuchMachine). May be NULL. */
        int (*can)(void *plugin, const char *object, const char *verb, CanAnswer *ret, Failure *failure);

        /* What services->is_subscribed() says has changed: the first client subscribed, or the last one is
         * gone. May be NULL. */
        void (*subscribed)(void *plugin, bool subscribed);

        /* After hypervisor_stop(): no callback comes any more. NULL is none; returns NULL. */
        void *(*free)(void *plugin);
} PluginDescriptor;

extern const PluginDescriptor hatago_plugin;
