/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "items.h"

#include <glib.h>

#define FIELD(Type, field, type, name)                                                                      \
        { name, type, offsetof(Type, field) }

static const ItemField disk_fields[] = {
        FIELD(MachineDisk, key, 's', "Key"),
        FIELD(MachineDisk, device, 's', "Device"),
        FIELD(MachineDisk, bus, 's', "Bus"),
        FIELD(MachineDisk, type, 's', "Type"),
        FIELD(MachineDisk, source, 's', "Source"),
        FIELD(MachineDisk, pool, 's', "Pool"),
        FIELD(MachineDisk, protocol, 's', "Protocol"),
        FIELD(MachineDisk, format, 's', "Format"),
        FIELD(MachineDisk, serial, 's', "Serial"),
        FIELD(MachineDisk, backing, 's', "Backing"),
        FIELD(MachineDisk, boot_order, 'u', "BootOrder"),
        FIELD(MachineDisk, read_only, 'b', "ReadOnly"),
        FIELD(MachineDisk, shareable, 'b', "Shareable"),
        { 0 },
};

static const ItemField interface_fields[] = {
        FIELD(MachineInterface, key, 's', "Key"),
        FIELD(MachineInterface, type, 's', "Type"),
        FIELD(MachineInterface, source, 's', "Source"),
        FIELD(MachineInterface, model, 's', "Model"),
        FIELD(MachineInterface, target, 's', "Target"),
        FIELD(MachineInterface, boot_order, 'u', "BootOrder"),
        FIELD(MachineInterface, link_up, 'b', "LinkUp"),
        { 0 },
};

static const ItemField display_fields[] = {
        FIELD(MachineDisplay, key, 's', "Key"),
        FIELD(MachineDisplay, index, 'u', "Index"),
        FIELD(MachineDisplay, type, 's', "Type"),
        FIELD(MachineDisplay, listen, 's', "Listen"),
        FIELD(MachineDisplay, socket, 's', "Socket"),
        FIELD(MachineDisplay, port, 'u', "Port"),
        FIELD(MachineDisplay, tls_port, 'u', "TLSPort"),
        FIELD(MachineDisplay, web_socket, 'u', "WebSocket"),
        { 0 },
};

const ItemKind disk_kind = { sizeof(MachineDisk), disk_fields };
const ItemKind interface_kind = { sizeof(MachineInterface), interface_fields };
const ItemKind display_kind = { sizeof(MachineDisplay), display_fields };

static const void *field_of(const ItemField *field, const void *item) {
        return (const char *) item + field->offset;
}

static const char *field_text(const ItemField *field, const void *item) {
        return *(const char *const *) field_of(field, item);
}

static uint32_t field_number(const ItemField *field, const void *item) {
        return *(const uint32_t *) field_of(field, item);
}

static bool field_flag(const ItemField *field, const void *item) {
        return *(const bool *) field_of(field, item);
}

static bool field_equal(const ItemField *field, const void *a, const void *b) {
        switch (field->type) {
        case 's':
                return g_str_equal(field_text(field, a), field_text(field, b));
        case 'u':
                return field_number(field, a) == field_number(field, b);
        default:
                return field_flag(field, a) == field_flag(field, b);
        }
}

static bool item_equal(const ItemKind *kind, const void *a, const void *b) {
        for (const ItemField *field = kind->fields; field->name; field++)
                if (!field_equal(field, a, b))
                        return false;

        return true;
}

static const void *item_at(const ItemKind *kind, const Items *list, uint32_t i) {
        return (const char *) list->items + i * kind->size;
}

bool items_equal(const ItemKind *kind, const Items *a, const Items *b) {
        if (a->n != b->n)
                return false;

        for (uint32_t i = 0; i < a->n; i++)
                if (!item_equal(kind, item_at(kind, a, i), item_at(kind, b, i)))
                        return false;

        return true;
}

static int field_append(const ItemField *field, const void *item, sd_bus_message *message) {
        switch (field->type) {
        case 's':
                if (!*field_text(field, item))
                        return 0;
                return sd_bus_message_append(message, "{sv}", field->name, "s", field_text(field, item));
        case 'u':
                if (field_number(field, item) == 0 && !g_str_equal(field->name, "Index"))
                        return 0;
                return sd_bus_message_append(message, "{sv}", field->name, "u", field_number(field, item));
        default:
                return sd_bus_message_append(message, "{sv}", field->name, "b",
                                             (int) field_flag(field, item));
        }
}

int items_append(const ItemKind *kind, const Items *list, sd_bus_message *message) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "a{sv}");
        for (uint32_t i = 0; r >= 0 && i < list->n; i++) {
                r = sd_bus_message_open_container(message, 'a', "{sv}");
                for (const ItemField *field = kind->fields; r >= 0 && field->name; field++)
                        r = field_append(field, item_at(kind, list, i), message);
                if (r >= 0)
                        r = sd_bus_message_close_container(message);
        }
        return r < 0 ? r : sd_bus_message_close_container(message);
}
