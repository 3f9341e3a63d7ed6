/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-xml.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/xml.h"
#include "pending.h"

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

        if (!stored || xml_parse(stored, &document, &failure) < 0)
                return 0;

        return pending_compare(root, xmlDocGetRootElement(document));
}

int domain_xml_read(const char *xml, const char *stored, MachineFacts *facts) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(xmlDoc) document = NULL;
        g_autofree char *memory = NULL;
        const xmlNode *root;
        const char *current;

        if (xml_parse(xml, &document, &failure) < 0)
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

        r = xml_parse(xml, &document, failure);
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
