/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* More than any real one of libvirt's, by far. */
#define XML_TEXT_MAX (1024U * 1024)
#define XML_NODES_MAX 20000U /* elements and attributes */

/*
 * Parses a text that anybody may have written: at most XML_TEXT_MAX bytes and XML_NODES_MAX nodes,
 * well-formed, and without a DOCTYPE (entities could read files, and grow without bound). Nothing is
 * fetched. Fails with -EBADMSG (InvalidXML, says where). Any thread. Free the document with xmlFreeDoc().
 */
int xml_parse(const char *text, xmlDoc **ret, Failure *failure);

/* Elements and attributes of libvirt's own names, which are in no namespace: one of another namespace is
 * another element, as it is to libvirt. All take NULL for an element that is not there. */

/* The first child of this name, as libvirt picks it; NULL: any element. NULL if there is none. */
xmlNode *node_child(const xmlNode *parent, const char *name);

/* The next sibling of this name. */
xmlNode *node_next(const xmlNode *node, const char *name);

unsigned node_count(const xmlNode *parent, const char *name);

bool node_is(const xmlNode *node, const char *name);

/* The text of an attribute; NULL if there is none. Of the document: valid until it changes. */
const char *node_attribute(const xmlNode *node, const char *name);

/* Whether the attribute has this value. */
bool node_attribute_is(const xmlNode *node, const char *name, const char *value);

/* The text of an element, which is owned by the caller. NULL if there is no such element. */
char *node_text(const xmlNode *node);

/* The number that begins a text; 0 if there is none. */
uint64_t text_number(const char *text);
