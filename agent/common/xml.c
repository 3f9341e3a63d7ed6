/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <string.h>

#include "text.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* What a reading has come upon, and must end with. */
typedef struct Reading {
        bool doctype;
        unsigned n_nodes;
} Reading;

static void on_doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system) {
        xmlParserCtxt *parser = context;

        ((Reading *) parser->_private)->doctype = true;
        xmlStopParser(parser);
}

/* A tree takes far more memory than its text: anybody may send one. */
static void on_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                       int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
                       const xmlChar **attributes) {
        xmlParserCtxt *parser = context;
        Reading *reading = parser->_private;

        reading->n_nodes += 1 + (unsigned) n_namespaces + (unsigned) n_attributes;
        if (reading->n_nodes > XML_NODES_MAX)
                xmlStopParser(parser);
        else
                xmlSAX2StartElementNs(context, name, prefix, uri, n_namespaces, namespaces, n_attributes,
                                      n_defaulted, attributes);
}

/* Some errors libxml2 does not tell the parser, but prints: a caller could write into the log so. */
static void on_generic_error(void *context, const char *message, ...) {
}

int xml_parse(const char *text, xmlDoc **ret, Failure *failure) {
        g_autoptr(xmlParserCtxt) parser = NULL;
        g_autoptr(xmlDoc) document = NULL;
        size_t length = strlen(text);
        Reading reading = { 0 };

        if (length > XML_TEXT_MAX)
                return failure_set(failure, ERROR_INVALID_XML, "The XML has %zu bytes, more than %u.",
                                   length, XML_TEXT_MAX);

        parser = xmlNewParserCtxt();
        if (!parser)
                return failure_set(failure, ERROR_NO_MEMORY, "Not enough memory to read the XML.");
        xmlSetGenericErrorFunc(NULL, on_generic_error); /* of this thread */
        parser->_private = &reading;
        parser->sax->internalSubset = on_doctype;
        parser->sax->startElementNs = on_element;

        document = xmlCtxtReadMemory(parser, text, (int) length, /* url= */ NULL, /* encoding= */ NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                                     XML_PARSE_NOCDATA);
        if (reading.n_nodes > XML_NODES_MAX)
                return failure_set(failure, ERROR_INVALID_XML,
                                   "The XML has more than %u elements and attributes.", XML_NODES_MAX);
        if (reading.doctype)
                return failure_set(failure, ERROR_INVALID_XML, "The XML has a DOCTYPE, which is refused.");
        if (!document) {
                const xmlError *error = xmlCtxtGetLastError(parser);
                g_autofree char *reason = text_printable(error && error->message ? g_strchomp(error->message)
                                                                                 : "no reason");

                return failure_set(failure, ERROR_INVALID_XML, "The XML is not well-formed, line %d: %s",
                                   error ? error->line : 0, reason);
        }

        *ret = g_steal_pointer(&document);
        return 0;
}

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
