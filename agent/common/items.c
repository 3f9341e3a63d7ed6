/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "items.h"

#include <glib.h>

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
        case 'U':
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
                if (field_number(field, item) == 0)
                        return 0;
                /* fall through */
        case 'U':
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
