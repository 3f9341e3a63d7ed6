/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <errno.h>
#include <math.h>

#include "text.h"

static JsonNode *node_from_double(double value) {
        if (!isfinite(value))
                return json_node_new(JSON_NODE_NULL);
        return json_node_init_double(json_node_alloc(), value);
}

static JsonNode *node_from_integer(int64_t value) {
        return json_node_init_int(json_node_alloc(), value);
}

static JsonNode *node_from_unsigned(uint64_t value) {
        if (value > INT64_MAX)
                return node_from_double((double) value);
        return node_from_integer((int64_t) value);
}

static JsonNode *node_from_basic(char type, const void *value) {
        const union {
                uint8_t y;
                int b, i;
                int16_t n;
                uint16_t q;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                const char *s;
        } *v = value;

        switch (type) {
        case SD_BUS_TYPE_BYTE:
                return node_from_integer(v->y);
        case SD_BUS_TYPE_BOOLEAN:
                return json_node_init_boolean(json_node_alloc(), v->b);
        case SD_BUS_TYPE_INT16:
                return node_from_integer(v->n);
        case SD_BUS_TYPE_UINT16:
                return node_from_integer(v->q);
        case SD_BUS_TYPE_INT32:
        case SD_BUS_TYPE_UNIX_FD:
                return node_from_integer(v->i);
        case SD_BUS_TYPE_UINT32:
                return node_from_integer(v->u);
        case SD_BUS_TYPE_INT64:
                return node_from_integer(v->x);
        case SD_BUS_TYPE_UINT64:
                return node_from_unsigned(v->t);
        case SD_BUS_TYPE_DOUBLE:
                return node_from_double(v->d);
        case SD_BUS_TYPE_STRING:
        case SD_BUS_TYPE_OBJECT_PATH:
        case SD_BUS_TYPE_SIGNATURE:
                return json_node_init_string(json_node_alloc(), v->s);
        default:
                return NULL;
        }
}

static int read_basic(sd_bus_message *message, char type, JsonNode **ret) {
        uint64_t value[2] = { 0 }; /* room for any basic type */
        JsonNode *node;
        int r;

        r = sd_bus_message_read_basic(message, type, value);
        if (r < 0)
                return r;
        node = node_from_basic(type, value);
        if (!node)
                return -EOPNOTSUPP;
        *ret = node;
        return 0;
}

static int read_variant(sd_bus_message *message, const char *contents, JsonNode **ret) {
        g_autoptr(JsonNode) node = NULL;
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, contents);
        if (r < 0)
                return r;
        r = json_from_message(message, &node);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(message);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&node);
        return 0;
}

/* Arrays and structs. */
static int read_sequence(sd_bus_message *message, char type, const char *contents, JsonNode **ret) {
        g_autoptr(JsonArray) array = json_array_new();
        int r;

        r = sd_bus_message_enter_container(message, type, contents);
        if (r < 0)
                return r;
        while ((r = sd_bus_message_at_end(message, /* complete= */ false)) == 0) {
                JsonNode *item;

                r = json_from_message(message, &item);
                if (r < 0)
                        return r;
                json_array_add_element(array, item); /* takes it */
        }
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(message);
        if (r < 0)
                return r;
        *ret = json_node_init_array(json_node_alloc(), array);
        return 0;
}

static int read_entry(sd_bus_message *message, JsonObject *object) {
        g_autoptr(JsonNode) key = NULL;
        g_autofree char *text = NULL;
        JsonNode *value;
        int r;

        r = json_from_message(message, &key);
        if (r < 0)
                return r;
        r = json_from_message(message, &value);
        if (r < 0)
                return r;
        text = json_node_get_value_type(key) == G_TYPE_STRING ? json_node_dup_string(key)
                                                              : json_to_string(key, FALSE);
        json_object_set_member(object, text, value); /* takes it */
        return 0;
}

static int read_dictionary(sd_bus_message *message, const char *contents, JsonObject *object) {
        g_autofree char *entry = NULL;
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, contents);
        if (r < 0)
                return r;
        entry = g_strndup(contents + 1, strlen(contents) - 2); /* without the braces */
        while ((r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, entry)) > 0) {
                r = read_entry(message, object);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        return sd_bus_message_exit_container(message);
}

int json_from_message(sd_bus_message *message, JsonNode **ret) {
        const char *contents;
        char type;
        int r;

        r = sd_bus_message_peek_type(message, &type, &contents);
        if (r < 0)
                return r;
        if (r == 0)
                return -ENXIO;
        if (type == SD_BUS_TYPE_ARRAY && contents[0] == SD_BUS_TYPE_DICT_ENTRY_BEGIN) {
                g_autoptr(JsonObject) object = json_object_new();

                r = read_dictionary(message, contents, object);
                if (r < 0)
                        return r;
                *ret = json_node_init_object(json_node_alloc(), object);
                return 0;
        }
        if (type == SD_BUS_TYPE_ARRAY || type == SD_BUS_TYPE_STRUCT)
                return read_sequence(message, type, contents, ret);
        if (type == SD_BUS_TYPE_VARIANT)
                return read_variant(message, contents, ret);
        return read_basic(message, type, ret);
}

int json_object_from_message(sd_bus_message *message, JsonObject **ret) {
        g_autoptr(JsonObject) object = json_object_new();
        int r;

        r = read_dictionary(message, "{sv}", object);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&object);
        return 0;
}

char *json_text(JsonNode *node, bool pretty) {
        g_autofree char *raw = json_to_string(node, pretty);
        GString *out = g_string_sized_new(strlen(raw));

        /* Such characters stand within strings only: json-glib escapes C0 but for its last, and the rest is
         * punctuation. */
        for (const char *p = raw; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (c == 0x1f || (c >= 0x7f && c <= 0x9f))
                        g_string_append_printf(out, "\\u%04x", (unsigned) c);
                else
                        g_string_append_len(out, p, g_utf8_next_char(p) - p);
        }
        return g_string_free(out, FALSE);
}

void json_print(JsonMode mode, JsonNode *node) {
        g_autofree char *text = json_text(node, mode == JSON_PRETTY);

        puts(text);
}

static bool array_is_simple(JsonArray *array) {
        for (guint i = 0; i < json_array_get_length(array); i++)
                if (!JSON_NODE_HOLDS_VALUE(json_array_get_element(array, i)))
                        return false;
        return true;
}

static char *array_text(JsonArray *array) {
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < json_array_get_length(array); i++) {
                g_autofree char *item = json_property_text(json_array_get_element(array, i));

                g_string_append_printf(out, "%s%s", i > 0 ? " " : "", item);
        }
        return g_string_free(out, FALSE);
}

char *json_property_text(JsonNode *node) {
        if (JSON_NODE_HOLDS_ARRAY(node) && array_is_simple(json_node_get_array(node)))
                return array_text(json_node_get_array(node));
        if (!JSON_NODE_HOLDS_VALUE(node))
                return json_text(node, /* pretty= */ false);
        if (json_node_get_value_type(node) == G_TYPE_STRING)
                return text_escape(json_node_get_string(node), /* ascii= */ false);
        if (json_node_get_value_type(node) == G_TYPE_BOOLEAN)
                return g_strdup(json_node_get_boolean(node) ? "yes" : "no");
        return json_text(node, /* pretty= */ false);
}

static JsonNode *member_find(JsonObject *object, const char *name, GType type) {
        JsonNode *node = json_object_get_member(object, name);

        return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type ? node : NULL;
}

const char *json_string(JsonObject *object, const char *name) {
        JsonNode *node = member_find(object, name, G_TYPE_STRING);

        return node ? json_node_get_string(node) : "";
}

uint64_t json_number(JsonObject *object, const char *name) {
        JsonNode *node = member_find(object, name, G_TYPE_INT64);

        return node ? (uint64_t) json_node_get_int(node) : 0;
}

bool json_flag(JsonObject *object, const char *name) {
        JsonNode *node = member_find(object, name, G_TYPE_BOOLEAN);

        return node && json_node_get_boolean(node);
}

JsonArray *json_array(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

char *json_words_text(JsonArray *words) {
        GString *out = g_string_new(NULL);

        for (guint i = 0; words && i < json_array_get_length(words); i++)
                g_string_append_printf(out, "%s%s", i > 0 ? ", " : "",
                                       json_array_get_string_element(words, i));
        return g_string_free(out, FALSE);
}
