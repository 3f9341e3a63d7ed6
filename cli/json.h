/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "options.h"
#include "util.h"

/*
 * Values of D-Bus messages as JSON: numbers and strings as such, arrays and structs as arrays, dictionaries
 * as objects (keys that are no strings are written out), variants as what they hold, file descriptors as
 * their index. What JSON cannot hold (NaN, infinity) is null.
 */

/* Reads the next complete value. Returns -ENXIO at the end of the message or container, or sd-bus's error.
 */
int json_from_message(sd_bus_message *message, JsonNode **ret);

/* Reads a dictionary a{sv}, as Properties.GetAll returns it. */
int json_object_from_message(sd_bus_message *message, JsonObject **ret);

/* The text of a value; what could be taken for a control of a terminal is escaped (\u009b). New string. */
char *json_text(JsonNode *node, bool pretty);

/* Prints the value and a newline to standard output, in the mode of the options. */
void json_print(JsonMode mode, JsonNode *node);

/*
 * The text of a property for people: strings escaped, booleans as yes and no, arrays of simple values with
 * spaces between, the rest as JSON. New string.
 */
char *json_property_text(JsonNode *node);

/* The strings of an array, with commas between; new string, empty if there is no array. */
char *json_words_text(JsonArray *words);

/* Members of an object, or nothing ("", 0, false) if it has none of that name and type. */
const char *json_string(JsonObject *object, const char *name);
uint64_t json_number(JsonObject *object, const char *name);
bool json_flag(JsonObject *object, const char *name);
JsonArray *json_array(JsonObject *object, const char *name); /* NULL is none */
