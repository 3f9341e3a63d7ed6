/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "common/xml.h"

/* https://gitlab.com/libosinfo/libosinfo: what its tools write into a domain's metadata. */
#define OSINFO_NAMESPACE "http://libosinfo.org/xmlns/libvirt/domain/1.0"
#define AGENT_CHANNEL "org.qemu.guest_agent.0"

/* Some hundred bytes hold what a machine with two disks says. */
#define STRINGS_BLOCK 512U

static void config_clear(gpointer p) {
        Config *config = p;

        g_free(config->disks.items);
        g_free(config->interfaces.items);
        g_free(config->displays.items);
        g_clear_pointer(&config->strings, g_string_chunk_free);
}

Config *config_new(void) {
        Config *config = g_atomic_rc_box_new0(Config);

        config->title = config->description = config->architecture = config->machine_type = "";
        config->firmware = config->os_info = "";
        return config;
}

Config *config_ref(Config *config) {
        return config ? g_atomic_rc_box_acquire(config) : NULL;
}

Config *config_unref(Config *config) {
        if (config)
                g_atomic_rc_box_release_full(config, config_clear);
        return NULL;
}

static const char *config_keep(Config *config, const char *text) {
        return text && *text ? g_string_chunk_insert(config->strings, text) : "";
}

static const char *config_attribute(Config *config, const xmlNode *node, const char *name) {
        return config_keep(config, node_attribute(node, name));
}

/* A text that people wrote. */
static const char *config_text(Config *config, const xmlNode *node) {
        g_autofree char *text = node_text(node);
        const char *end;

        if (!text)
                return "";
        if (strlen(text) > CONFIG_TEXT_MAX) {
                (void) g_utf8_validate_len(text, CONFIG_TEXT_MAX, &end);
                text[end - text] = '\0';
        }
        return config_keep(config, text);
}

static void *items_new(Items *list, const ItemKind *kind, const xmlNode *devices, const char *name) {
        list->n = node_count(devices, name);
        list->items = list->n > 0 ? g_malloc0_n(list->n, kind->size) : NULL;
        return list->items;
}

/* Where a source lies, in the words of its type (https://libvirt.org/formatdomain.html#disk). */
static const char *source_place(const char *type, const xmlNode *source) {
        static const struct {
                const char *type, *attribute;
        } places[] = {
                { "file", "file" },     { "block", "dev" },    { "dir", "dir" },
                { "volume", "volume" }, { "network", "name" }, { "vhostuser", "path" },
                { "vhostvdpa", "dev" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
                if (g_strcmp0(type, places[i].type) == 0)
                        return node_attribute(source, places[i].attribute);

        return NULL;
}

static uint32_t boot_order(const xmlNode *device) {
        return (uint32_t) text_number(node_attribute(node_child(device, "boot"), "order"));
}

static void disk_read(Config *config, const xmlNode *node, MachineDisk *disk) {
        const xmlNode *source = node_child(node, "source"), *target = node_child(node, "target"),
                      *backing = node_child(node, "backingStore");
        const char *type = node_attribute(node, "type"), *device = node_attribute(node, "device");
        g_autofree char *serial = node_text(node_child(node, "serial"));

        disk->key = config_attribute(config, target, "dev");
        disk->device = config_keep(config, device ?: "disk");
        disk->bus = config_attribute(config, target, "bus");
        disk->type = config_keep(config, type);
        disk->source = config_keep(config, source_place(type, source));
        disk->pool = config_attribute(config, source, "pool");
        disk->protocol = config_attribute(config, source, "protocol");
        disk->format = config_attribute(config, node_child(node, "driver"), "type");
        disk->serial = config_keep(config, serial);
        disk->backing = config_keep(config, source_place(node_attribute(backing, "type"),
                                                         node_child(backing, "source")));
        disk->boot_order = boot_order(node);
        disk->read_only = node_child(node, "readonly") != NULL;
        disk->shareable = node_child(node, "shareable") != NULL;
}

static void disks_read(Config *config, const xmlNode *devices) {
        MachineDisk *disk = items_new(&config->disks, &disk_kind, devices, "disk");

        for (const xmlNode *n = node_child(devices, "disk"); n; n = node_next(n, "disk"))
                disk_read(config, n, disk++);
}

/* What it is connected to: only one of these is there, but for a network, whose name comes first. */
static const char *interface_source(const xmlNode *source) {
        static const char *const places[] = { "network", "bridge", "dev", "path", "name", "address" };

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                const char *place = node_attribute(source, places[i]);
                if (place)
                        return place;
        }

        return NULL;
}

/* Two of a machine may have one MAC. */
static const char *interface_key(Config *config, const xmlNode *node, uint32_t i) {
        const MachineInterface *all = config->interfaces.items;
        const char *mac = node_attribute(node_child(node, "mac"), "address") ?: "";
        g_autofree char *numbered = g_strdup_printf("%s#%u", mac, i);

        for (uint32_t other = 0; other < i; other++)
                if (g_str_equal(all[other].key, mac))
                        return config_keep(config, numbered);

        return config_keep(config, mac);
}

/* On a network that is a bridge, libvirt says "bridge" while it runs. */
static const char *interface_type(const xmlNode *node) {
        return node_attribute(node_child(node, "source"), "network") ? "network"
                                                                     : node_attribute(node, "type");
}

static void interface_read(Config *config, const xmlNode *node, uint32_t i, MachineInterface *interface) {
        interface->key = interface_key(config, node, i);
        interface->type = config_keep(config, interface_type(node));
        interface->source = config_keep(config, interface_source(node_child(node, "source")));
        interface->model = config_attribute(config, node_child(node, "model"), "type");
        interface->target = config_attribute(config, node_child(node, "target"), "dev");
        interface->boot_order = boot_order(node);
        interface->link_up = !node_attribute_is(node_child(node, "link"), "state", "down");
}

static void interfaces_read(Config *config, const xmlNode *devices) {
        MachineInterface *all = items_new(&config->interfaces, &interface_kind, devices, "interface");
        uint32_t i = 0;

        for (const xmlNode *n = node_child(devices, "interface"); n; n = node_next(n, "interface"), i++)
                interface_read(config, n, i, &all[i]);
}

/* libvirt writes -1 while there is none. */
static uint32_t display_port(const xmlNode *node, const char *name) {
        uint64_t port = text_number(node_attribute(node, name));
        return port <= UINT16_MAX ? (uint32_t) port : 0;
}

static void display_read(Config *config, const xmlNode *node, uint32_t i, MachineDisplay *display) {
        const xmlNode *listen = node_child(node, "listen");
        const char *type = node_attribute(node, "type") ?: "";
        g_autofree char *key = g_strdup_printf("%s%u", type, i);

        display->key = config_keep(config, key);
        display->type = config_keep(config, type);
        display->index = i;
        display->listen = config_keep(config,
                                      node_attribute(listen, "address") ?: node_attribute(node, "listen"));
        display->socket = config_keep(config,
                                      node_attribute(listen, "socket") ?: node_attribute(node, "socket"));
        display->port = display_port(node, "port");
        display->tls_port = display_port(node, "tlsPort");
        display->web_socket = display_port(node, "websocket");
}

static void displays_read(Config *config, const xmlNode *devices) {
        MachineDisplay *all = items_new(&config->displays, &display_kind, devices, "graphics");
        uint32_t i = 0;

        for (const xmlNode *n = node_child(devices, "graphics"); n; n = node_next(n, "graphics"), i++)
                display_read(config, n, i, &all[i]);
}

static AgentChannel agent_read(const xmlNode *devices) {
        for (const xmlNode *n = node_child(devices, "channel"); n; n = node_next(n, "channel")) {
                const xmlNode *target = node_child(n, "target");

                if (node_attribute_is(target, "name", AGENT_CHANNEL))
                        return node_attribute_is(target, "state", "connected") ? AGENT_CONNECTED
                                                                               : AGENT_DISCONNECTED;
        }

        return AGENT_NONE;
}

/* Words of org.hatago.Host1.Machine.Firmware. */
static const char *firmware_read(const xmlNode *os, const char *architecture) {
        const xmlNode *loader = node_child(os, "loader");
        g_autofree char *kind = node_text(node_child(os, "type"));
        bool is_pc = g_strcmp0(kind, "hvm") == 0 &&
                     (g_strcmp0(architecture, "x86_64") == 0 || g_strcmp0(architecture, "i686") == 0);

        if (node_attribute_is(os, "firmware", "efi") || node_attribute_is(loader, "type", "pflash") ||
            node_child(os, "nvram"))
                return "efi";
        if (node_attribute_is(os, "firmware", "bios"))
                return "bios";

        /* QEMU's PCs come with one; what another loader is, its file does not say. */
        return is_pc && !loader ? "bios" : "";
}

static const char *os_info_read(const xmlNode *metadata) {
        for (const xmlNode *n = metadata ? metadata->children : NULL; n; n = n->next) {
                if (n->type != XML_ELEMENT_NODE || !n->ns || !xmlStrEqual(n->name, BAD_CAST "libosinfo") ||
                    !xmlStrEqual(n->ns->href, BAD_CAST OSINFO_NAMESPACE))
                        continue;

                for (const xmlNode *os = n->children; os; os = os->next)
                        if (os->type == XML_ELEMENT_NODE && os->ns == n->ns &&
                            xmlStrEqual(os->name, BAD_CAST "os"))
                                return node_attribute(os, "id");
        }

        return NULL;
}

Config *config_read(const xmlNode *domain) {
        const xmlNode *os = node_child(domain, "os"), *type = node_child(os, "type"),
                      *devices = node_child(domain, "devices");
        g_autofree char *vcpus = node_text(node_child(domain, "vcpu")),
                        *memory = node_text(node_child(domain, "memory"));
        Config *config = config_new();

        config->strings = g_string_chunk_new(STRINGS_BLOCK);
        config->title = config_text(config, node_child(domain, "title"));
        config->description = config_text(config, node_child(domain, "description"));
        config->architecture = config_attribute(config, type, "arch");
        config->machine_type = config_attribute(config, type, "machine");
        config->firmware = firmware_read(os, config->architecture);
        config->os_info = config_keep(config, os_info_read(node_child(domain, "metadata")));
        config->vcpus_maximum = (unsigned) text_number(vcpus);
        config->memory_maximum = text_number(memory) * 1024; /* libvirt always writes KiB */
        config->agent = agent_read(devices);
        disks_read(config, devices);
        interfaces_read(config, devices);
        displays_read(config, devices);
        return config;
}
