/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/error.h"
#include "facts.h"

/* libvirt's domain XML (https://libvirt.org/formatdomain.html): the little that is read of it here. Any
 * thread. */

/* More than any real one, by far: CPUs, and I/O threads. */
#define DOMAIN_XML_COUNT_MAX 16384U

/* Bytes of a machine's name: libvirt makes file names of it, with up to 15 bytes more, and 255 is the most.
 */
#define MACHINE_NAME_MAX 240U

/* Whether a caller may call a machine so. Fails with -EINVAL or -EBADMSG and the code (InvalidName or
 * InvalidXML). */
int machine_name_check(const char *name, ErrorCode code, Failure *failure);

/* Reads the FACTS_CONFIG of XML that libvirt wrote, into facts that hold none. stored is what it wrote of
 * the stored configuration of a machine that runs; NULL: it does not run. -EINVAL if xml is none. */
int domain_xml_read(const char *xml, const char *stored, MachineFacts *facts);

/* Who the XML of a caller is about. */
typedef struct DomainXMLIdentity {
        char *name;
        char uuid[VIR_UUID_STRING_BUFLEN]; /* empty: it has none */
} DomainXMLIdentity;

/*
 * Checks XML from a caller and reads its name and UUID. It must be as xml_parse() wants it, have the root
 * <domain>, a name without control characters, at most DOMAIN_XML_COUNT_MAX of what it asks for in numbers,
 * and if any a UUID that is one. Fails with -EBADMSG (InvalidXML, says where). Free the name with g_free().
 */
int domain_xml_identify(const char *xml, DomainXMLIdentity *ret, Failure *failure);
