/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>

#include "libvirt-xml.h"

static void check_find(const char *xml, const char *expression, const char *expected) {
        g_autofree char *found = libvirt_xml_find(xml, expression);

        g_assert_cmpstr(found, ==, expected);
}

static void test_how_a_network_forwards(void) {
        check_find("<network><forward mode='nat'/></network>", LIBVIRT_XML_FORWARD, "nat");
        check_find("<network><name>x</name></network>", LIBVIRT_XML_FORWARD, "");
}

static void test_where_the_files_of_a_pool_are(void) {
        check_find("<pool type='dir'><target><path>/a &amp; b</path></target></pool>", LIBVIRT_XML_TARGET,
                   "/a & b");
        check_find("<pool type='netfs'><target><path>/net</path></target></pool>", LIBVIRT_XML_TARGET,
                   "/net");
        check_find("<pool type='logical'><target><path>/dev/vg</path></target></pool>", LIBVIRT_XML_TARGET,
                   "");
        check_find("<pool type='rbd'/>", LIBVIRT_XML_TARGET, "");
}

static void test_what_is_no_xml_of_libvirt(void) {
        check_find(NULL, LIBVIRT_XML_FORWARD, "");
        check_find("", LIBVIRT_XML_FORWARD, "");
        check_find("<network>", LIBVIRT_XML_FORWARD, "");
        check_find("<!DOCTYPE network><network><forward mode='nat'/></network>", LIBVIRT_XML_FORWARD, "");
        check_find("<!DOCTYPE pool [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                   "<pool type='dir'><target><path>&x;</path></target></pool>",
                   LIBVIRT_XML_TARGET, "");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/libvirt-xml/how-a-network-forwards", test_how_a_network_forwards);
        g_test_add_func("/libvirt-xml/where-the-files-of-a-pool-are", test_where_the_files_of_a_pool_are);
        g_test_add_func("/libvirt-xml/what-is-no-xml-of-libvirt", test_what_is_no_xml_of_libvirt);
        return g_test_run();
}
