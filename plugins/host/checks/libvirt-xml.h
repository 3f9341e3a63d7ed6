/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an XPath expression of type string finds in one of libvirt's XML texts: "" where there is none, in
 * what is no XML, and in what has a DOCTYPE. For g_free(). */
char *libvirt_xml_find(const char *xml, const char *expression);

/* Of a network: how it forwards, "nat", "route", …; "": not at all. */
#define LIBVIRT_XML_FORWARD "string(/network/forward/@mode)"
/* Of a pool that keeps files: the folder they lie in. Of others that is a folder of devices, or nothing. */
#define LIBVIRT_XML_TARGET "string(/pool[@type='dir' or @type='fs' or @type='netfs']/target/path)"
