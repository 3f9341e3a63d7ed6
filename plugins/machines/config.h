/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine-items.h"

/* The guest agent's channel, as the XML of a run tells. */
typedef enum AgentChannel {
        AGENT_NONE,         /* the machine has no channel for it */
        AGENT_DISCONNECTED, /* nobody has opened it in the guest */
        AGENT_CONNECTED,
} AgentChannel;

/*
 * What the XML of a domain says of it, beside what libvirt also tells by other calls. Never changed once it
 * is read: a thread makes it, and the model keeps it as it is. Strings are never NULL; "" is not said.
 */
typedef struct Config {
        const char *title, *description;
        const char *architecture, *machine_type, *firmware;
        const char *os_info; /* id of libosinfo */
        unsigned vcpus_maximum;
        uint64_t memory_maximum; /* bytes */
        AgentChannel agent;
        uint32_t pending;                  /* bits of pending.h */
        Items disks, interfaces, displays; /* MachineDisk, MachineInterface, MachineDisplay */
        GStringChunk *strings;             /* holds them all; NULL: there are none */
} Config;

/* Longer texts are cut, at a character: everybody who lists the machines gets them. */
#define CONFIG_TEXT_MAX 4096U

/* Reads the element <domain>. Any thread. */
Config *config_read(const xmlNode *domain);

/* One that says nothing. */
Config *config_new(void);

Config *config_ref(Config *config);   /* NULL is none */
Config *config_unref(Config *config); /* NULL is none; returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_unref)
