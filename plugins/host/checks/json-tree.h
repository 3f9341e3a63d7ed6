/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>
#include <stdbool.h>

/* JSON that others wrote: what is not of the kind that is asked for is not there. All take NULL for a node
 * that is not there. Nodes and texts belong to the tree. */

JsonNode *tree_parse(const char *text); /* NULL: no JSON. For json_node_unref(). */
JsonNode *tree_find(JsonNode *object, const char *key);
const char *tree_text(JsonNode *object, const char *key); /* "": no such text */

/* Of an array. */
guint tree_length(JsonNode *array);
JsonNode *tree_item(JsonNode *array, guint i); /* i: below tree_length() */
bool tree_has_text(JsonNode *array, const char *text);
/* Whether it has an object with that text. */
bool tree_has_member(JsonNode *array, const char *key, const char *text);
