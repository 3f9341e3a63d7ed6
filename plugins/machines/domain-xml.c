/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-xml.h"

#include <errno.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <string.h>

#include "common/text.h"
#include "pending.h"
#include "xml-node.h"

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
        if (reading->n_nodes > DOMAIN_XML_NODES_MAX)
                xmlStopParser(parser);
        else
                xmlSAX2StartElementNs(context, name, prefix, uri, n_namespaces, namespaces, n_attributes,
                                      n_defaulted, attributes);
}

/* Some errors libxml2 does not tell the parser, but prints: a caller could write into the log so. */
static void on_generic_error(void *context, const char *message, ...) {
}

int domain_xml_parse(const char *xml, xmlDoc **ret, Failure *failure) {
        g_autoptr(xmlParserCtxt) parser = NULL;
        g_autoptr(xmlDoc) document = NULL;
        size_t length = strlen(xml);
        Reading reading = { 0 };

        if (length > DOMAIN_XML_MAX)
                return failure_set(failure, ERROR_INVALID_XML, "The XML has %zu bytes, more than %u.",
                                   length, DOMAIN_XML_MAX);

        parser = xmlNewParserCtxt();
        if (!parser)
                return failure_set(failure, ERROR_NO_MEMORY, "Not enough memory to read the XML.");
        xmlSetGenericErrorFunc(NULL, on_generic_error); /* of this thread */
        parser->_private = &reading;
        parser->sax->internalSubset = on_doctype;
        parser->sax->startElementNs = on_element;

        document = xmlCtxtReadMemory(parser, xml, (int) length, "domain.xml", /* encoding= */ NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                                     XML_PARSE_NOCDATA);
        if (reading.n_nodes > DOMAIN_XML_NODES_MAX)
                return failure_set(failure, ERROR_INVALID_XML,
                                   "The XML has more than %u elements and attributes.",
                                   DOMAIN_XML_NODES_MAX);
        if (reading.doctype)
                return failure_set(failure, ERROR_INVALID_XML, "The XML has a DOCTYPE, which is refused.");
        if (!document) {
                const xmlError *error = xmlCtxtGetLastError(parser);
                g_autofree char *text = text_printable(error && error->message ? g_strchomp(error->message)
                                                                               : "no reason");

                return failure_set(failure, ERROR_INVALID_XML, "The XML is not well-formed, line %d: %s",
                                   error ? error->line : 0, text);
        }

        *ret = g_steal_pointer(&document);
        return 0;
}

/* The text of an element without the space around it; NULL if there is no such element. */
static char *node_child_text(const xmlNode *parent, const char *name) {
        char *text = node_text(node_child(parent, name));
        return text ? g_strstrip(text) : NULL;
}

static const char *accelerator_of_type(const char *type) {
        if (g_strcmp0(type, "qemu") == 0)
                return "tcg";

        return g_intern_string(type ?: "");
}

static uint32_t pending_read(const xmlNode *root, const char *stored) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(xmlDoc) document = NULL;

        if (!stored || domain_xml_parse(stored, &document, &failure) < 0)
                return 0;

        return pending_compare(root, xmlDocGetRootElement(document));
}

int domain_xml_read(const char *xml, const char *stored, MachineFacts *facts) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(xmlDoc) document = NULL;
        g_autofree char *memory = NULL;
        const xmlNode *root;
        const char *current;

        if (domain_xml_parse(xml, &document, &failure) < 0)
                return -EINVAL;

        root = xmlDocGetRootElement(document);
        current = node_attribute(node_child(root, "vcpu"), "current");
        memory = node_child_text(root, "currentMemory") ?: node_child_text(root, "memory");

        facts->config = config_read(root);
        facts->config->pending = pending_read(root, stored);
        facts->accelerator = accelerator_of_type(node_attribute(root, "type"));
        facts->vcpus = current ? (unsigned) text_number(current) : facts->config->vcpus_maximum;
        facts->memory = text_number(memory) * 1024; /* libvirt always writes KiB */
        return 0;
}

int machine_name_check(const char *name, ErrorCode code, Failure *failure) {
        g_autofree char *printable = text_printable(name);

        if (!*name)
                return failure_set(failure, code, "The name is empty.");
        if (text_has_control(name))
                return failure_set(failure, code, "The name \"%s\" has a control character.", printable);

        /* libvirt makes file names of it, and accepts these two. */
        if (g_str_equal(name, ".") || g_str_equal(name, "..") || strchr(name, '/'))
                return failure_set(failure, code, "\"%s\" cannot be the name of a machine.", printable);
        if (strlen(name) > MACHINE_NAME_MAX)
                return failure_set(failure, code, "The name \"%s\" has %zu bytes, more than %u.", printable,
                                   strlen(name), MACHINE_NAME_MAX);

        return 0;
}

/* libvirt makes as many objects before it looks whether there can be so many: with a billion it is busy for
 * minutes, or out of memory. */
static int count_check(const xmlNode *root, const char *name, Failure *failure) {
        g_autofree char *text = node_child_text(root, name);

        if (text_number(text) > DOMAIN_XML_COUNT_MAX)
                return failure_set(failure, ERROR_INVALID_XML, "The XML asks for more than %u of <%s>.",
                                   DOMAIN_XML_COUNT_MAX, name);

        return 0;
}

int domain_xml_identify(const char *xml, DomainXMLIdentity *ret, Failure *failure) {
        g_autoptr(xmlDoc) document = NULL;
        g_autofree char *name = NULL, *uuid = NULL;
        DomainXMLIdentity identity = { 0 };
        const xmlNode *root;
        int r;

        r = domain_xml_parse(xml, &document, failure);
        if (r < 0)
                return r;

        root = xmlDocGetRootElement(document);
        if (!root || !xmlStrEqual(root->name, BAD_CAST "domain"))
                return failure_set(failure, ERROR_INVALID_XML, "The root element is <%s>, not <domain>.",
                                   root ? (const char *) root->name : "");

        /* Space belongs to a name. */
        name = node_text(node_child(root, "name"));
        if (!name || !*name)
                return failure_set(failure, ERROR_INVALID_XML, "The XML has no <name>.");
        r = machine_name_check(name, ERROR_INVALID_XML, failure);
        if (r < 0)
                return r;

        r = count_check(root, "vcpu", failure);
        if (r >= 0)
                r = count_check(root, "iothreads", failure);
        if (r < 0)
                return r;

        uuid = node_child_text(root, "uuid");
        if (uuid && !g_uuid_string_is_valid(uuid)) {
                g_autofree char *printable = text_printable(uuid);
                return failure_set(failure, ERROR_INVALID_XML, "\"%s\" is no UUID.", printable);
        }

        if (uuid) {
                g_autofree char *lower = g_ascii_strdown(uuid, /* len= */ -1);
                g_strlcpy(identity.uuid, lower, sizeof(identity.uuid));
        }
        identity.name = g_steal_pointer(&name);
        *ret = identity;
        return 0;
}
