/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "needs.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "common/cleanup.h"

#define DOMAIN(devices) "<domain type='kvm'><name>x</name><devices>" devices "</devices></domain>"

/* All of them, one after the other. */
static void expect_needs(const char *xml, const char *expected) {
        g_autoptr(GPtrArray) needs = needs_read(xml);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < needs->len; i++) {
                g_autofree char *one = need_describe(needs->pdata[i]);
                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", one);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

static void test_each_kind(void) {
        expect_needs(DOMAIN("<interface type='network'><source network='default'/></interface>"),
                     "network \"default\"");
        expect_needs(DOMAIN("<interface type='bridge'><source bridge='br0'/></interface>"),
                     "network link \"br0\"");
        expect_needs(DOMAIN("<interface type='direct'><source dev='eth0' mode='bridge'/></interface>"),
                     "network link \"eth0\"");
        expect_needs(DOMAIN("<disk type='volume' device='disk'><source pool='fast' volume='a'/></disk>"),
                     "storage pool \"fast\"");
}

static void test_each_is_told_once(void) {
        expect_needs(DOMAIN("<interface type='network'><source network='a'/></interface>"
                            "<disk type='volume'><source pool='a' volume='1'/></disk>"
                            "<interface type='network'><source network='b'/></interface>"
                            "<disk type='volume'><source pool='a' volume='2'/></disk>"
                            "<interface type='network'><source network='a'/></interface>"),
                     "network \"a\", storage pool \"a\", network \"b\"");
}

static void test_what_needs_nothing(void) {
        expect_needs(DOMAIN(""), "");
        expect_needs("", "");
        expect_needs("<domain/>", "");
        expect_needs("<domain", "");
        expect_needs(DOMAIN("<interface type='user'/><interface type='network'/>"
                            "<interface type='network'><source network=''/></interface>"
                            "<interface type='bridge'><source network='x'/></interface>"
                            "<disk type='file'><source file='/x' pool='p'/></disk>"
                            "<interface><source network='x'/></interface>"),
                     "");
        expect_needs("<domain><metadata><interface type='network'><source network='x'/></interface></metadata>"
                     "</domain>",
                     "");
}

static void test_names_are_printed_harmless(void) {
        expect_needs(DOMAIN("<interface type='network'><source network='a&#10;b'/></interface>"),
                     "network \"a\\x0ab\"");
}

static virConnect *open_libvirt(void) {
        virConnect *connection = virConnectOpen("test:///default");

        g_assert_nonnull(connection);
        return connection;
}

static void expect_missing(const char *xml, virConnect *connection, const char *expected) {
        g_autoptr(GPtrArray) needs = needs_read(xml);
        const Need *missing = needs_find_missing(needs, connection);
        g_autofree char *text = missing ? need_describe(missing) : NULL;

        g_assert_cmpstr(text, ==, expected);
}

static void test_a_network_must_be_active(void) {
        g_autoptr(virConnect) connection = open_libvirt();
        virNetwork *network = virNetworkLookupByName(connection, "default");
        const char *xml = DOMAIN("<interface type='network'><source network='default'/></interface>");

        expect_missing(xml, connection, NULL);
        g_assert_cmpint(virNetworkDestroy(network), ==, 0);
        expect_missing(xml, connection, "network \"default\"");
        g_assert_cmpint(virNetworkUndefine(network), ==, 0);
        expect_missing(xml, connection, "network \"default\"");
        virNetworkFree(network);
}

static void test_a_pool_must_be_active(void) {
        g_autoptr(virConnect) connection = open_libvirt();
        virStoragePool *pool = virStoragePoolLookupByName(connection, "default-pool");
        const char *xml = DOMAIN("<disk type='volume'><source pool='default-pool' volume='a'/></disk>");

        expect_missing(xml, connection, NULL);
        g_assert_cmpint(virStoragePoolDestroy(pool), ==, 0);
        expect_missing(xml, connection, "storage pool \"default-pool\"");
        g_assert_cmpint(virStoragePoolUndefine(pool), ==, 0);
        expect_missing(xml, connection, "storage pool \"default-pool\"");
        virStoragePoolFree(pool);
}

static void test_a_link_must_be_there(void) {
        g_autoptr(virConnect) connection = open_libvirt();

        expect_missing(DOMAIN("<interface type='bridge'><source bridge='lo'/></interface>"), connection,
                       NULL);
        expect_missing(DOMAIN("<interface type='bridge'><source bridge='lo'/></interface>"
                              "<interface type='bridge'><source bridge='no-such-link'/></interface>"),
                       connection, "network link \"no-such-link\"");
        expect_missing(DOMAIN("<interface type='bridge'><source bridge='../../lo'/></interface>"),
                       connection, "network link \"../../lo\"");
}

static void say_nothing(void *data, virError *error) {
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        virSetErrorFunc(NULL, say_nothing);
#define TEST(name) g_test_add_func("/needs/" #name, test_##name)
        TEST(each_kind);
        TEST(each_is_told_once);
        TEST(what_needs_nothing);
        TEST(names_are_printed_harmless);
        TEST(a_network_must_be_active);
        TEST(a_pool_must_be_active);
        TEST(a_link_must_be_there);
#undef TEST
        return g_test_run();
}
