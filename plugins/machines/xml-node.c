/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml-node.h"

bool node_is(const xmlNode *node, const char *name) {
        return node->type == XML_ELEMENT_NODE && !node->ns &&
               (!name || xmlStrEqual(node->name, BAD_CAST name));
}

xmlNode *node_next(const xmlNode *node, const char *name) {
        for (xmlNode *n = node ? node->next : NULL; n; n = n->next)
                if (node_is(n, name))
                        return n;

        return NULL;
}

xmlNode *node_child(const xmlNode *parent, const char *name) {
        xmlNode *first = parent ? parent->children : NULL;

        return !first || node_is(first, name) ? first : node_next(first, name);
}

unsigned node_count(const xmlNode *parent, const char *name) {
        unsigned n = 0;

        for (xmlNode *child = node_child(parent, name); child; child = node_next(child, name))
                n++;
        return n;
}

/* libxml2 keeps a value as one text, but for values with entities, which a document without DOCTYPE does not
 * have: those of XML itself are replaced already. */
const char *node_attribute(const xmlNode *node, const char *name) {
        for (const xmlAttr *a = node ? node->properties : NULL; a; a = a->next)
                if (!a->ns && xmlStrEqual(a->name, BAD_CAST name))
                        return a->children ? (const char *) a->children->content ?: "" : "";

        return NULL;
}

bool node_attribute_is(const xmlNode *node, const char *name, const char *value) {
        return g_strcmp0(node_attribute(node, name), value) == 0;
}

char *node_text(const xmlNode *node) {
        xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
        char *text = node ? g_strdup((const char *) content ?: "") : NULL;

        xmlFree(content);
        return text;
}

uint64_t text_number(const char *text) {
        return text ? g_ascii_strtoull(text, /* endptr= */ NULL, /* base= */ 10) : 0;
}
