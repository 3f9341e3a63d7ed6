/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pending.h"

#include "common/xml.h"

typedef enum Section {
        SECTION_TITLE,
        SECTION_DESCRIPTION,
        SECTION_METADATA,
        SECTION_MEMORY,
        SECTION_VCPUS,
        SECTION_CPU,
        SECTION_TUNING,
        SECTION_OS,
        SECTION_FEATURES,
        SECTION_CLOCK,
        SECTION_EVENTS,
        SECTION_DISKS,
        SECTION_INTERFACES,
        SECTION_DISPLAYS,
        SECTION_VIDEO,
        SECTION_CONTROLLERS,
        SECTION_FILESYSTEMS,
        SECTION_HOST_DEVICES,
        SECTION_CONSOLES,
        SECTION_INPUT,
        SECTION_SOUND,
        SECTION_TPM,
        SECTION_OTHER_DEVICES,
        _SECTION_MAX,
} Section;

static const char *const section_words[_SECTION_MAX] = {
        [SECTION_TITLE] = "title",
        [SECTION_DESCRIPTION] = "description",
        [SECTION_METADATA] = "metadata",
        [SECTION_MEMORY] = "memory",
        [SECTION_VCPUS] = "vcpus",
        [SECTION_CPU] = "cpu",
        [SECTION_TUNING] = "tuning",
        [SECTION_OS] = "os",
        [SECTION_FEATURES] = "features",
        [SECTION_CLOCK] = "clock",
        [SECTION_EVENTS] = "events",
        [SECTION_DISKS] = "disks",
        [SECTION_INTERFACES] = "interfaces",
        [SECTION_DISPLAYS] = "displays",
        [SECTION_VIDEO] = "video",
        [SECTION_CONTROLLERS] = "controllers",
        [SECTION_FILESYSTEMS] = "filesystems",
        [SECTION_HOST_DEVICES] = "host-devices",
        [SECTION_CONSOLES] = "consoles",
        [SECTION_INPUT] = "input",
        [SECTION_SOUND] = "sound",
        [SECTION_TPM] = "tpm",
        [SECTION_OTHER_DEVICES] = "other-devices",
};

const char *pending_to_string(unsigned bit) {
        return bit < _SECTION_MAX ? section_words[bit] : NULL;
}

static bool node_equal(const xmlNode *live, const xmlNode *stored);
static bool memory_equal(const xmlNode *live, const xmlNode *stored);
static bool balloon_equal(const xmlNode *live, const xmlNode *stored);
static bool cpu_equal(const xmlNode *live, const xmlNode *stored);

/* An element of <domain>, or of <devices>, and the section it belongs to. */
typedef struct Element {
        const char *name;
        Section section;
        bool (*equal)(const xmlNode *live, const xmlNode *stored);
} Element;

static const Element domain_elements[] = {
        { "title", SECTION_TITLE, node_equal },
        { "description", SECTION_DESCRIPTION, node_equal },
        { "metadata", SECTION_METADATA, node_equal },
        { "memory", SECTION_MEMORY, memory_equal },
        { "currentMemory", SECTION_MEMORY, balloon_equal },
        { "maxMemory", SECTION_MEMORY, node_equal },
        { "memoryBacking", SECTION_MEMORY, node_equal },
        { "vcpu", SECTION_VCPUS, node_equal },
        { "cpu", SECTION_CPU, cpu_equal },
        { "cputune", SECTION_TUNING, node_equal },
        { "memtune", SECTION_TUNING, node_equal },
        { "numatune", SECTION_TUNING, node_equal },
        { "blkiotune", SECTION_TUNING, node_equal },
        { "iothreads", SECTION_TUNING, node_equal },
        { "os", SECTION_OS, node_equal },
        { "features", SECTION_FEATURES, node_equal },
        { "clock", SECTION_CLOCK, node_equal },
        { "on_poweroff", SECTION_EVENTS, node_equal },
        { "on_reboot", SECTION_EVENTS, node_equal },
        { "on_crash", SECTION_EVENTS, node_equal },
        { "pm", SECTION_EVENTS, node_equal },
};

static const Element device_elements[] = {
        { "disk", SECTION_DISKS, node_equal },
        { "interface", SECTION_INTERFACES, node_equal },
        { "graphics", SECTION_DISPLAYS, node_equal },
        { "video", SECTION_VIDEO, node_equal },
        { "controller", SECTION_CONTROLLERS, node_equal },
        { "filesystem", SECTION_FILESYSTEMS, node_equal },
        { "hostdev", SECTION_HOST_DEVICES, node_equal },
        { "redirdev", SECTION_HOST_DEVICES, node_equal },
        { "serial", SECTION_CONSOLES, node_equal },
        { "parallel", SECTION_CONSOLES, node_equal },
        { "console", SECTION_CONSOLES, node_equal },
        { "channel", SECTION_CONSOLES, node_equal },
        { "input", SECTION_INPUT, node_equal },
        { "sound", SECTION_SOUND, node_equal },
        { "audio", SECTION_SOUND, node_equal },
        { "tpm", SECTION_TPM, node_equal },
        { "emulator", SECTION_OTHER_DEVICES, node_equal },
        { "rng", SECTION_OTHER_DEVICES, node_equal },
        { "watchdog", SECTION_OTHER_DEVICES, node_equal },
        { "memballoon", SECTION_OTHER_DEVICES, node_equal },
        { "memory", SECTION_MEMORY, node_equal },
        { "shmem", SECTION_OTHER_DEVICES, node_equal },
        { "vsock", SECTION_OTHER_DEVICES, node_equal },
        { "panic", SECTION_OTHER_DEVICES, node_equal },
        { "iommu", SECTION_OTHER_DEVICES, node_equal },
};

/*
 * What libvirt fills in. Seen with libvirt 9.0 and read in its src/conf/domain_conf.c: what it formats
 * unless asked for the stored XML.
 */
typedef enum Filling {
        EXTRA,   /* only the running machine may have it */
        DIFFERS, /* both may, and need not agree */
} Filling;

typedef struct Place {
        const char *parent; /* of the element; NULL: any */
        const char *element;
        const char *attribute; /* NULL: the whole element */
        Filling filling;
} Place;

static const Place places[] = {
        /* Of any device. Slots are given out anew for what is attached while it runs. */
        { NULL, "alias", NULL, DIFFERS },
        { "source", "address", NULL, EXTRA }, /* of a USB device that is named by vendor and product */
        { NULL, "source", "index", EXTRA },

        { "os", "loader", NULL, EXTRA },
        { "os", "nvram", NULL, EXTRA },
        { "os", "firmware", NULL, EXTRA },
        { "os", "loader", "readonly", EXTRA },
        { "os", "loader", "type", EXTRA },
        { "os", "loader", "secure", EXTRA },
        { "os", "loader", "format", EXTRA },
        { "os", "nvram", "template", EXTRA },
        { "os", "nvram", "templateFormat", EXTRA },
        { "os", "nvram", "type", EXTRA },
        { "os", "nvram", "format", EXTRA },
        { "features", "smm", NULL, EXTRA },
        { "features", "gic", NULL, EXTRA },
        { NULL, "clock", "adjustment", DIFFERS }, /* the guest sets it */
        { "cpu", "topology", "dies", EXTRA },
        { "cpu", "topology", "clusters", EXTRA },

        { "disk", "backingStore", NULL, DIFFERS },
        { "disk", "mirror", NULL, EXTRA },
        { "disk", "target", "tray", DIFFERS },
        { "reservations", "source", NULL, EXTRA },

        { "interface", "source", "portid", EXTRA },
        { "interface", "source", "bridge", EXTRA }, /* of the network: that one decides these */
        { "interface", "source", "dev", EXTRA },
        { "interface", "source", "mode", EXTRA },
        { "interface", "target", NULL, EXTRA },
        { "interface", "target", "dev", EXTRA },
        { "interface", "virtualport", NULL, EXTRA },
        { "interface", "vlan", NULL, EXTRA },
        { "interface", "driver", NULL, EXTRA },
        { "interface", "backend", NULL, EXTRA },

        { NULL, "graphics", "listen", EXTRA },
        { "graphics", "listen", "address", EXTRA },
        { "graphics", "listen", "socket", EXTRA },
        { NULL, "graphics", "socket", EXTRA },
        { NULL, "graphics", "passwdValidTo", DIFFERS },

        { "serial", "source", NULL, EXTRA }, /* the pty that it got */
        { "parallel", "source", NULL, EXTRA },
        { "console", "source", NULL, EXTRA },
        { "channel", "source", NULL, EXTRA },
        { "serial", "source", "tls", EXTRA },
        { NULL, "console", "tty", EXTRA },
        { "channel", "target", "state", EXTRA },

        { "hostdev", "driver", NULL, EXTRA },
        { "filesystem", "binary", NULL, EXTRA },
        { "backend", "profile", NULL, EXTRA }, /* of a TPM */
        { "vsock", "cid", "address", EXTRA },
        { "memballoon", "stats", NULL, DIFFERS }, /* who watches it sets the period */
        { "target", "current", NULL, EXTRA },     /* of memory devices */
};

static bool name_is(const xmlNode *node, const char *name) {
        return node && node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name);
}

static bool place_may(const xmlNode *element, const xmlChar *attribute, Filling filling) {
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                const Place *p = &places[i];

                if (name_is(element, p->element) && (!p->parent || name_is(element->parent, p->parent)) &&
                    (attribute ? p->attribute && xmlStrEqual(attribute, BAD_CAST p->attribute)
                               : !p->attribute) &&
                    (p->filling == DIFFERS || filling == EXTRA))
                        return true;
        }

        return false;
}

/* Whether the element does not count at all. Where a device sits is libvirt's affair, but which one of the
 * host's it is is not. */
static bool element_is_void(const xmlNode *element) {
        if (name_is(element, "address"))
                return !name_is(element->parent, "source");
        if (name_is(element, "controller"))
                return node_attribute_is(element, "type", "pci");

        return place_may(element, NULL, DIFFERS);
}

/* Ports that libvirt picks. */
static bool is_auto_port(const xmlNode *element, const xmlChar *attribute) {
        return name_is(element, "graphics") && node_attribute_is(element, "autoport", "yes") &&
               (xmlStrEqual(attribute, BAD_CAST "port") || xmlStrEqual(attribute, BAD_CAST "tlsPort") ||
                xmlStrEqual(attribute, BAD_CAST "websocket"));
}

/* An interface on a network shows, while it runs, how that network is made. */
static bool is_type_by_network(const xmlNode *live, const xmlChar *attribute) {
        return name_is(live, "interface") && xmlStrEqual(attribute, BAD_CAST "type") &&
               node_attribute(node_child(live, "source"), "network");
}

/* libvirt stores "raw" for it, and does not give it to a run. */
static bool is_format_of_empty_drive(const xmlNode *element, const xmlChar *attribute) {
        return name_is(element, "driver") && name_is(element->parent, "disk") &&
               xmlStrEqual(attribute, BAD_CAST "type") && !node_child(element->parent, "source");
}

static const xmlChar *attribute_value(const xmlNode *node, const xmlAttr *attribute) {
        for (const xmlAttr *a = node->properties; a; a = a->next)
                if (xmlStrEqual(a->name, attribute->name) &&
                    xmlStrEqual(a->ns ? a->ns->href : NULL, attribute->ns ? attribute->ns->href : NULL))
                        return a->children ? a->children->content : BAD_CAST "";

        return NULL;
}

static bool attributes_equal(const xmlNode *live, const xmlNode *stored) {
        for (const xmlAttr *a = stored->properties; a; a = a->next)
                if (!xmlStrEqual(attribute_value(stored, a), attribute_value(live, a)) &&
                    !place_may(stored, a->name, DIFFERS) && !is_auto_port(stored, a->name) &&
                    !is_type_by_network(live, a->name) && !is_format_of_empty_drive(live, a->name))
                        return false;

        for (const xmlAttr *a = live->properties; a; a = a->next)
                if (!attribute_value(stored, a) && !place_may(live, a->name, EXTRA) &&
                    !is_auto_port(live, a->name))
                        return false;

        return true;
}

/* The next element that counts, from this one on. */
static const xmlNode *element_from(const xmlNode *node) {
        while (node && (node->type != XML_ELEMENT_NODE || element_is_void(node)))
                node = node->next;

        return node;
}

static bool children_equal(const xmlNode *live, const xmlNode *stored) {
        const xmlNode *l = element_from(live->children), *s = element_from(stored->children);

        while (l || s) {
                if (l && s && xmlStrEqual(l->name, s->name) && node_equal(l, s)) {
                        l = element_from(l->next);
                        s = element_from(s->next);
                } else if (l && place_may(l, NULL, EXTRA) && (!s || !xmlStrEqual(l->name, s->name)))
                        l = element_from(l->next);
                else
                        return false;
        }

        return true;
}

static bool texts_equal(const xmlNode *live, const xmlNode *stored) {
        g_autofree char *l = NULL, *s = NULL;

        if (xmlFirstElementChild((xmlNode *) live) || xmlFirstElementChild((xmlNode *) stored))
                return true;

        l = node_text(live);
        s = node_text(stored);
        if (!*g_strstrip(s) && place_may(live, NULL, EXTRA))
                return true;
        return g_str_equal(g_strstrip(l), s);
}

static bool node_equal(const xmlNode *live, const xmlNode *stored) {
        return xmlStrEqual(live->ns ? live->ns->href : NULL, stored->ns ? stored->ns->href : NULL) &&
               attributes_equal(live, stored) && texts_equal(live, stored) && children_equal(live, stored);
}

/* QEMU is given whole MiB: libvirt rounds up, for the run alone. */
static bool memory_equal(const xmlNode *live, const xmlNode *stored) {
        g_autofree char *l = node_text(live), *s = node_text(stored);
        uint64_t a = text_number(l), b = text_number(s);

        return a - b < 1024; /* KiB; no sign: less is far more */
}

/* A guest has all its memory first and gives some back when its balloon driver is there, if it ever is: that
 * it has more than was stored says nothing. */
static bool balloon_equal(const xmlNode *live, const xmlNode *stored) {
        g_autofree char *l = node_text(live), *s = node_text(stored);

        return text_number(s) < text_number(l) + 1024;
}

static bool cpu_has_feature(const xmlNode *cpu, const char *name) {
        for (const xmlNode *n = node_child(cpu, "feature"); n; n = node_next(n, "feature"))
                if (node_attribute_is(n, "name", name))
                        return true;

        return false;
}

static bool cpu_part_equal(const xmlNode *live, const xmlNode *stored, const char *name) {
        const xmlNode *l = node_child(live, name), *s = node_child(stored, name);
        return l && s ? node_equal(l, s) : l == s;
}

/* A run has the model and all features spelled out that the stored configuration leaves to libvirt: what is
 * said there must be found in it. */
static bool cpu_equal(const xmlNode *live, const xmlNode *stored) {
        g_autofree char *live_model = node_text(node_child(live, "model")),
                        *stored_model = node_text(node_child(stored, "model"));
        const char *live_mode = node_attribute(live, "mode") ?: "custom",
                   *stored_mode = node_attribute(stored, "mode") ?: "custom";
        bool expands = g_str_equal(stored_mode, "host-model") && g_str_equal(live_mode, "custom");

        if (!expands && !g_str_equal(live_mode, stored_mode))
                return false;
        if (!expands && g_str_equal(stored_mode, "custom") && g_strcmp0(live_model, stored_model) != 0)
                return false;
        for (const xmlNode *n = node_child(stored, "feature"); n; n = node_next(n, "feature"))
                if (!cpu_has_feature(live, node_attribute(n, "name")))
                        return false;

        return cpu_part_equal(live, stored, "topology") && cpu_part_equal(live, stored, "numa") &&
               cpu_part_equal(live, stored, "cache");
}

static const xmlNode *element_next(const xmlNode *node, const char *name) {
        do
                node = node_next(node, name);
        while (node && element_is_void(node));

        return node;
}

static const xmlNode *element_first(const xmlNode *parent, const char *name) {
        const xmlNode *first = node_child(parent, name);
        return first && element_is_void(first) ? element_next(first, name) : first;
}

/* Each of the one has its like in the other. They mostly stand in the same order: looked for are those that
 * do not. */
static bool elements_equal(const Element *element, const xmlNode *live, const xmlNode *stored) {
        const xmlNode *l = element_first(live, element->name), *s = element_first(stored, element->name);
        g_autoptr(GPtrArray) rest = NULL;

        while (l && s && element->equal(l, s)) {
                l = element_next(l, element->name);
                s = element_next(s, element->name);
        }

        /* libvirt writes what is not said, as a processor, when it knows it. */
        if (!l || !s)
                return l == s || (element->equal == cpu_equal && !s);

        rest = g_ptr_array_new();
        for (; s; s = element_next(s, element->name))
                g_ptr_array_add(rest, (gpointer) s);
        for (; l; l = element_next(l, element->name)) {
                guint i = 0;

                while (i < rest->len && !element->equal(l, rest->pdata[i]))
                        i++;
                if (i == rest->len)
                        return false;
                g_ptr_array_remove_index(rest, i);
        }

        return rest->len == 0;
}

static uint32_t compare(const Element *elements, size_t n, const xmlNode *live, const xmlNode *stored) {
        uint32_t mask = 0;

        for (size_t i = 0; i < n; i++) {
                uint32_t bit = UINT32_C(1) << elements[i].section;

                if (!(mask & bit) && !elements_equal(&elements[i], live, stored))
                        mask |= bit;
        }

        return mask;
}

uint32_t pending_compare(const xmlNode *live, const xmlNode *stored) {
        return compare(domain_elements, G_N_ELEMENTS(domain_elements), live, stored) |
               compare(device_elements, G_N_ELEMENTS(device_elements), node_child(live, "devices"),
                       node_child(stored, "devices"));
}
