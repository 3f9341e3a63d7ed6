/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "needs.h"

#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "common/text.h"
#include "common/xml.h"

/* Where a device says what it is on: the kind of device, and the attributes of it and of its <source>. */
static const struct {
        const char *element, *type, *attribute;
        NeedKind kind;
} places[] = {
        { "interface", "network", "network", NEED_NETWORK },
        { "interface", "bridge", "bridge", NEED_LINK },
        { "interface", "direct", "dev", NEED_LINK },
        { "disk", "volume", "pool", NEED_POOL },
};

static const char *const kind_names[] = {
        [NEED_NETWORK] = "network",
        [NEED_POOL] = "storage pool",
        [NEED_LINK] = "network link",
};

static void need_free(void *data) {
        Need *need = data;

        g_free(need->name);
        g_free(need);
}

static gboolean needs_equal(const void *a, const void *b) {
        const Need *left = a, *right = b;

        return left->kind == right->kind && g_str_equal(left->name, right->name);
}

static void add_need(GPtrArray *needs, NeedKind kind, const char *name) {
        const Need wanted = { kind, (char *) name };
        Need *need;

        if (g_ptr_array_find_with_equal_func(needs, &wanted, needs_equal, NULL))
                return;

        need = g_new(Need, 1);
        *need = (Need){ kind, g_strdup(name) };
        g_ptr_array_add(needs, need);
}

static void read_device(GPtrArray *needs, const xmlNode *device) {
        const xmlNode *source = node_child(device, "source");

        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                const char *name;

                if (!node_is(device, places[i].element) ||
                    !node_attribute_is(device, "type", places[i].type))
                        continue;
                name = node_attribute(source, places[i].attribute);
                if (name && *name)
                        add_need(needs, places[i].kind, name);
        }
}

GPtrArray *needs_read(const char *xml) {
        GPtrArray *needs = g_ptr_array_new_with_free_func(need_free);
        g_autoptr(xmlDoc) document = xmlReadMemory(
                        xml, (int) strlen(xml), /* URL= */ NULL,
                        /* encoding= */ NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        const xmlNode *devices = document ? node_child(xmlDocGetRootElement(document), "devices") : NULL;

        for (const xmlNode *device = node_child(devices, NULL); device; device = node_next(device, NULL))
                read_device(needs, device);
        return needs;
}

static bool network_is_there(const char *name, virConnect *connection) {
        virNetwork *network = virNetworkLookupByName(connection, name);
        bool is_there;

        if (!network)
                return virGetLastErrorCode() != VIR_ERR_NO_NETWORK;

        is_there = virNetworkIsActive(network) != 0;
        (void) virNetworkFree(network);
        return is_there;
}

static bool pool_is_there(const char *name, virConnect *connection) {
        virStoragePool *pool = virStoragePoolLookupByName(connection, name);
        bool is_there;

        if (!pool)
                return virGetLastErrorCode() != VIR_ERR_NO_STORAGE_POOL;

        is_there = virStoragePoolIsActive(pool) != 0;
        (void) virStoragePoolFree(pool);
        return is_there;
}

static bool link_is_there(const char *name) {
        return if_nametoindex(name) != 0;
}

static bool is_there(const Need *need, virConnect *connection) {
        switch (need->kind) {
        case NEED_NETWORK:
                return network_is_there(need->name, connection);
        case NEED_POOL:
                return pool_is_there(need->name, connection);
        case NEED_LINK:
                return link_is_there(need->name);
        }
        return true;
}

const Need *needs_find_missing(GPtrArray *needs, virConnect *connection) {
        for (guint i = 0; i < needs->len; i++)
                if (!is_there(needs->pdata[i], connection))
                        return needs->pdata[i];
        return NULL;
}

char *need_describe(const Need *need) {
        g_autofree char *name = text_printable(need->name);

        return g_strdup_printf("%s \"%s\"", kind_names[need->kind], name);
}
