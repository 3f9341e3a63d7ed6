/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest-channel.h"

#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "common/xml.h"

#define AGENT_CHANNEL "org.qemu.guest_agent.0"

GuestChannel guest_channel_read(const char *xml) {
        g_autoptr(xmlDoc) document = xmlReadMemory(
                        xml, (int) strlen(xml), /* URL= */ NULL,
                        /* encoding= */ NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        const xmlNode *devices = document ? node_child(xmlDocGetRootElement(document), "devices") : NULL;

        for (const xmlNode *channel = node_child(devices, "channel"); channel;
             channel = node_next(channel, "channel")) {
                const xmlNode *target = node_child(channel, "target");

                if (!node_attribute_is(target, "name", AGENT_CHANNEL))
                        continue;
                return node_attribute_is(target, "state", "disconnected") ? CHANNEL_AWAY : CHANNEL_OPEN;
        }
        return CHANNEL_NONE;
}

GuestChannel guest_channel(virDomain *domain) {
        char *xml = virDomainGetXMLDesc(domain, /* flags= */ 0);
        GuestChannel channel = xml ? guest_channel_read(xml) : CHANNEL_AWAY;

        free(xml);
        return channel;
}
