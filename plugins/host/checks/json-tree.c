/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-tree.h"

JsonNode *tree_parse(const char *text) {
        return text ? json_from_string(text, /* error= */ NULL) : NULL;
}

JsonNode *tree_find(JsonNode *object, const char *key) {
        return object && JSON_NODE_HOLDS_OBJECT(object)
                               ? json_object_get_member(json_node_get_object(object), key)
                               : NULL;
}

/* The text of a node itself. */
static const char *node_text(JsonNode *node) {
        const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

        return text ?: "";
}

const char *tree_text(JsonNode *object, const char *key) {
        return node_text(tree_find(object, key));
}

guint tree_length(JsonNode *array) {
        return array && JSON_NODE_HOLDS_ARRAY(array) ? json_array_get_length(json_node_get_array(array)) : 0;
}

JsonNode *tree_item(JsonNode *array, guint i) {
        return json_array_get_element(json_node_get_array(array), i);
}

bool tree_has_text(JsonNode *array, const char *text) {
        for (guint i = 0; i < tree_length(array); i++)
                if (g_str_equal(node_text(tree_item(array, i)), text))
                        return true;

        return false;
}

bool tree_has_member(JsonNode *array, const char *key, const char *text) {
        for (guint i = 0; i < tree_length(array); i++)
                if (g_str_equal(tree_text(tree_item(array, i), key), text))
                        return true;

        return false;
}
