/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libvirt/libvirt.h>
#include <libxml/parser.h>
#include <string.h>

#include "domain-xml.h"
#include "facts.h"

static Config *config_of(const char *xml) {
        MachineFacts facts = { 0 };

        if (domain_xml_read(xml, NULL, &facts) < 0)
                g_error("cannot be read: %s", xml);
        g_assert_nonnull(facts.config);
        return facts.config;
}

/* What libvirt writes of a running machine of virt-install's. */
static const char rich[] =
                "<domain type='kvm' id='3'><name>web</name><title>Web &amp; mail</title>"
                "<description>two\n  lines</description>"
                "<metadata><x:other xmlns:x='urn:x'><x:os id='wrong'/></x:other>"
                "<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
                "<libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo></metadata>"
                "<memory unit='KiB'>2097152</memory><currentMemory unit='KiB'>1048576</currentMemory>"
                "<vcpu placement='static' current='2'>4</vcpu>"
                "<os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"
                "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader></os>"
                "<devices>"
                "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
                "<source file='/var/lib/libvirt/images/web.qcow2' index='2'/>"
                "<backingStore type='file' index='3'><format type='qcow2'/><source file='/base.qcow2'/>"
                "<backingStore/></backingStore><target dev='vda' bus='virtio'/><boot order='1'/>"
                "<serial>S-1</serial></disk>"
                "<disk type='volume' device='disk'><driver name='qemu' type='raw'/>"
                "<source pool='default' volume='data.img'/><target dev='vdb' bus='virtio'/><shareable/></disk>"
                "<disk type='network' device='disk'><source protocol='rbd' name='pool/image'>"
                "<host name='ceph' port='6789'/></source><target dev='sda' bus='scsi'/></disk>"
                "<disk type='block' device='lun'><source dev='/dev/sdx'/><target dev='sdb' bus='scsi'/></disk>"
                "<disk type='file' device='cdrom'><target dev='sdc' bus='sata'/><readonly/></disk>"
                "<interface type='network'><mac address='52:54:00:00:00:01'/>"
                "<source network='default' portid='x' bridge='virbr0'/><target dev='vnet0'/>"
                "<model type='virtio'/><boot order='2'/></interface>"
                "<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/>"
                "<model type='e1000e'/><link state='down'/></interface>"
                "<interface type='direct'><mac address='52:54:00:00:00:02'/>"
                "<source dev='eth0' mode='bridge'/></interface>"
                "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>"
                "</channel>"
                "<graphics type='vnc' port='5901' autoport='yes' listen='127.0.0.1' passwd='secret'>"
                "<listen type='address' address='127.0.0.1'/></graphics>"
                "<graphics type='spice' port='-1' tlsPort='5903' autoport='yes'><listen type='socket' "
                "socket='/run/x.sock'/></graphics>"
                "</devices></domain>";

static void test_what_is_said_of_the_machine_is_read(void) {
        g_autoptr(Config) config = config_of(rich);

        g_assert_cmpstr(config->title, ==, "Web & mail");
        g_assert_cmpstr(config->description, ==, "two\n  lines");
        g_assert_cmpstr(config->architecture, ==, "x86_64");
        g_assert_cmpstr(config->machine_type, ==, "pc-q35-7.2");
        g_assert_cmpstr(config->firmware, ==, "efi");
        g_assert_cmpstr(config->os_info, ==, "http://debian.org/debian/12");
        g_assert_cmpuint(config->vcpus_maximum, ==, 4);
        g_assert_cmpuint(config->memory_maximum, ==, 2ULL << 30);
        g_assert_cmpint(config->agent, ==, AGENT_CONNECTED);
}

static void test_what_is_not_said_is_empty(void) {
        g_autoptr(Config) config = config_of("<domain/>"), new = config_new();

        g_assert_cmpstr(config->title, ==, "");
        g_assert_cmpstr(config->os_info, ==, "");
        g_assert_cmpstr(config->firmware, ==, "");
        g_assert_cmpuint(config->disks.n + config->interfaces.n + config->displays.n, ==, 0);
        g_assert_cmpint(config->agent, ==, AGENT_NONE);
        g_assert_cmpstr(new->title, ==, "");
        g_assert_null(config_unref(NULL));
        g_assert_null(config_ref(NULL));
}

static void test_disks_of_each_type_are_read(void) {
        g_autoptr(Config) config = config_of(rich);
        const MachineDisk *disks = config->disks.items;

        g_assert_cmpuint(config->disks.n, ==, 5);
        g_assert_cmpstr(disks[0].key, ==, "vda");
        g_assert_cmpstr(disks[0].device, ==, "disk");
        g_assert_cmpstr(disks[0].bus, ==, "virtio");
        g_assert_cmpstr(disks[0].type, ==, "file");
        g_assert_cmpstr(disks[0].source, ==, "/var/lib/libvirt/images/web.qcow2");
        g_assert_cmpstr(disks[0].format, ==, "qcow2");
        g_assert_cmpstr(disks[0].backing, ==, "/base.qcow2");
        g_assert_cmpstr(disks[0].serial, ==, "S-1");
        g_assert_cmpuint(disks[0].boot_order, ==, 1);
        g_assert_false(disks[0].read_only || disks[0].shareable);

        g_assert_cmpstr(disks[1].pool, ==, "default");
        g_assert_cmpstr(disks[1].source, ==, "data.img");
        g_assert_true(disks[1].shareable);
        g_assert_cmpstr(disks[2].protocol, ==, "rbd");
        g_assert_cmpstr(disks[2].source, ==, "pool/image");
        g_assert_cmpstr(disks[3].device, ==, "lun");
        g_assert_cmpstr(disks[3].source, ==, "/dev/sdx");
        g_assert_cmpstr(disks[4].device, ==, "cdrom");
        g_assert_cmpstr(disks[4].source, ==, "");
        g_assert_true(disks[4].read_only);
}

static void test_interfaces_are_read_and_each_has_a_key_of_its_own(void) {
        g_autoptr(Config) config = config_of(rich);
        const MachineInterface *interfaces = config->interfaces.items;

        g_assert_cmpuint(config->interfaces.n, ==, 3);
        g_assert_cmpstr(interfaces[0].key, ==, "52:54:00:00:00:01");
        g_assert_cmpstr(interfaces[0].type, ==, "network");
        g_assert_cmpstr(interfaces[0].source, ==, "default");
        g_assert_cmpstr(interfaces[0].target, ==, "vnet0");
        g_assert_cmpstr(interfaces[0].model, ==, "virtio");
        g_assert_cmpuint(interfaces[0].boot_order, ==, 2);
        g_assert_true(interfaces[0].link_up);
        g_assert_cmpstr(interfaces[1].source, ==, "br0");
        g_assert_false(interfaces[1].link_up);
        g_assert_cmpstr(interfaces[2].source, ==, "eth0");
        g_assert_cmpstr(interfaces[1].key, ==, "52:54:00:00:00:02");
        g_assert_cmpstr(interfaces[2].key, ==, "52:54:00:00:00:02#2");
}

static void test_displays_are_read_without_their_passwords(void) {
        g_autoptr(Config) config = config_of(rich);
        const MachineDisplay *displays = config->displays.items;

        g_assert_cmpuint(config->displays.n, ==, 2);
        g_assert_cmpstr(displays[0].key, ==, "vnc0");
        g_assert_cmpstr(displays[0].type, ==, "vnc");
        g_assert_cmpstr(displays[0].listen, ==, "127.0.0.1");
        g_assert_cmpuint(displays[0].port, ==, 5901);
        g_assert_cmpstr(displays[1].key, ==, "spice1");
        g_assert_cmpuint(displays[1].index, ==, 1);
        g_assert_cmpstr(displays[1].socket, ==, "/run/x.sock");
        g_assert_cmpuint(displays[1].port, ==, 0); /* -1: none yet */
        g_assert_cmpuint(displays[1].tls_port, ==, 5903);

        for (uint32_t i = 0; i < config->displays.n; i++)
                for (const ItemField *field = display_kind.fields; field->name; field++)
                        if (field->type == 's')
                                g_assert_cmpstr(*(char *const *) ((const char *) &displays[i] +
                                                                  field->offset),
                                                !=, "secret");
}

static void firmware_is(const char *os, const char *firmware) {
        g_autofree char *xml = g_strdup_printf("<domain>%s</domain>", os);
        g_autoptr(Config) config = config_of(xml);

        g_assert_cmpstr(config->firmware, ==, firmware);
}

static void test_the_firmware_of_each_way_to_say_it(void) {
        firmware_is("<os><type arch='x86_64'>hvm</type></os>", "bios");
        firmware_is("<os><type arch='i686'>hvm</type></os>", "bios");
        firmware_is("<os firmware='bios'><type arch='x86_64'>hvm</type></os>", "bios");
        firmware_is("<os firmware='efi'><type arch='x86_64'>hvm</type></os>", "efi");
        firmware_is("<os><type arch='x86_64'>hvm</type><loader type='pflash'>/x</loader></os>", "efi");
        firmware_is("<os><type arch='aarch64'>hvm</type><loader>/x</loader><nvram>/y</nvram></os>", "efi");

        /* Nobody says what these are. */
        firmware_is("<os><type arch='x86_64'>hvm</type><loader type='rom'>/my.bin</loader></os>", "");
        firmware_is("<os><type arch='aarch64'>hvm</type><kernel>/k</kernel></os>", "");
        firmware_is("<os><type arch='s390x'>hvm</type></os>", "");
        firmware_is("<os><type arch='x86_64'>exe</type></os>", "");
        firmware_is("", "");
}

static void agent_is(const char *channels, AgentChannel state) {
        g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>", channels);
        g_autoptr(Config) config = config_of(xml);

        g_assert_cmpint(config->agent, ==, state);
}

static void test_the_channel_of_the_guest_agent(void) {
        agent_is("", AGENT_NONE);
        agent_is("<channel><target name='com.redhat.spice.0' state='connected'/></channel>", AGENT_NONE);
        agent_is("<channel><target name='com.redhat.spice.0' state='connected'/></channel>"
                 "<channel><target name='org.qemu.guest_agent.0' state='disconnected'/></channel>",
                 AGENT_DISCONNECTED);
        agent_is("<channel><target name='org.qemu.guest_agent.0'/></channel>", AGENT_DISCONNECTED);
        agent_is("<channel/><channel><target name='org.qemu.guest_agent.0' state='connected'/></channel>",
                 AGENT_CONNECTED);
}

/* Everybody gets them, many times: and not half a character. */
static void test_long_texts_are_cut_at_a_character(void) {
        g_autofree char *fill = g_strnfill(CONFIG_TEXT_MAX - 1, 'x');
        g_autofree char *xml = g_strdup_printf("<domain><title>%s旅籠</title><description>%sab</description>"
                                               "</domain>",
                                               fill, fill);
        g_autoptr(Config) config = config_of(xml);

        g_assert_cmpstr(config->title, ==, fill);
        g_assert_cmpuint(strlen(config->description), ==, CONFIG_TEXT_MAX);
        g_assert_true(g_str_has_suffix(config->description, "xa"));
}

/* The same XML read twice is the same to the model; any one value that changed is seen. */
static void test_lists_are_equal_when_all_their_values_are(void) {
        static const char *const changes[][2] = {
                { "'vdb'", "'vdc'" },
                { "/base.qcow2", "/other" },
                { "<shareable/>", "" },
                { "order='1'", "order='7'" },
                { "S-1", "S-2" },
                { "type='raw'", "type='qcow2'" },
                { "bus='sata'", "bus='usb'" },
                { "device='lun'", "device='disk'" },
                { "pool='default'", "pool=''" },
                { "protocol='rbd'", "protocol='nbd'" },
        };
        g_autoptr(Config) one = config_of(rich), other = config_of(rich);

        g_assert_true(items_equal(&disk_kind, &one->disks, &other->disks));
        g_assert_true(items_equal(&interface_kind, &one->interfaces, &other->interfaces));
        g_assert_true(items_equal(&display_kind, &one->displays, &other->displays));

        for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
                g_auto(GStrv) parts = g_strsplit(rich, changes[i][0], 2);
                g_autofree char *xml = g_strjoinv(changes[i][1], parts);
                g_autoptr(Config) changed = config_of(xml);

                if (items_equal(&disk_kind, &one->disks, &changed->disks))
                        g_error("%s is as good as %s", changes[i][1], changes[i][0]);
                g_assert_true(items_equal(&interface_kind, &one->interfaces, &changed->interfaces));
        }
}

/* Of libvirt's own driver, which writes what QEMU's does. */
static void test_libvirts_own_xml_is_read(void) {
        virConnect *connection = virConnectOpen("test:///default");
        virDomain *domain = virDomainLookupByName(connection, "test");
        char *xml = virDomainGetXMLDesc(domain, 0);
        g_autoptr(Config) config = config_of(xml);

        g_assert_cmpuint(config->vcpus_maximum, ==, 2);
        g_assert_cmpuint(config->memory_maximum, ==, 8ULL << 30);
        g_assert_cmpstr(config->architecture, !=, "");
        free(xml);
        virDomainFree(domain);
        virConnectClose(connection);
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/config/what-is-said-of-the-machine-is-read",
                        test_what_is_said_of_the_machine_is_read);
        g_test_add_func("/config/what-is-not-said-is-empty", test_what_is_not_said_is_empty);
        g_test_add_func("/config/disks-of-each-type-are-read", test_disks_of_each_type_are_read);
        g_test_add_func("/config/interfaces-are-read-and-each-has-a-key-of-its-own",
                        test_interfaces_are_read_and_each_has_a_key_of_its_own);
        g_test_add_func("/config/displays-are-read-without-their-passwords",
                        test_displays_are_read_without_their_passwords);
        g_test_add_func("/config/the-firmware-of-each-way-to-say-it",
                        test_the_firmware_of_each_way_to_say_it);
        g_test_add_func("/config/the-channel-of-the-guest-agent", test_the_channel_of_the_guest_agent);
        g_test_add_func("/config/long-texts-are-cut-at-a-character", test_long_texts_are_cut_at_a_character);
        g_test_add_func("/config/lists-are-equal-when-all-their-values-are",
                        test_lists_are_equal_when_all_their_values_are);
        g_test_add_func("/config/libvirts-own-xml-is-read", test_libvirts_own_xml_is_read);
        r = g_test_run();

        xmlCleanupParser();
        return r;
}
