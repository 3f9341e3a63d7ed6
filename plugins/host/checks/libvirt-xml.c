/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libvirt-xml.h"

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

char *libvirt_xml_find(const char *xml, const char *expression) {
        g_autoptr(xmlDoc) document =
                        xml ? xmlReadMemory(xml, (int) strlen(xml), /* URL= */ NULL, /* encoding= */ NULL,
                                            XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
                            : NULL;
        g_autoptr(xmlXPathContext) context = NULL;
        g_autoptr(xmlXPathObject) found = NULL;

        if (!document || xmlGetIntSubset(document))
                return g_strdup("");

        context = xmlXPathNewContext(document);
        found = xmlXPathEvalExpression(BAD_CAST expression, context);
        return g_strdup(found && found->stringval ? (const char *) found->stringval : "");
}
