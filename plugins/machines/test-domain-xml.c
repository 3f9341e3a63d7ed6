/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-xml.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libxml/parser.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/xml.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

static void identity_is(const char *xml, const char *name, const char *uuid) {
        DomainXMLIdentity identity = { 0 };
        g_auto(Failure) failure = { 0 };

        if (domain_xml_identify(xml, &identity, &failure) < 0)
                g_error("%s: %s", xml, failure.message);
        g_assert_cmpstr(identity.name, ==, name);
        g_assert_cmpstr(identity.uuid, ==, uuid);
        g_free(identity.name);
}

static void refused(const char *xml, const char *part) {
        DomainXMLIdentity identity = { .name = (char *) "untouched" };
        g_auto(Failure) failure = { 0 };

        g_assert_cmpint(domain_xml_identify(xml, &identity, &failure), ==, -EBADMSG);
        g_assert_cmpint(failure.code, ==, ERROR_INVALID_XML);
        if (!strstr(failure.message, part))
                g_error("\"%s\" does not say \"%s\"", failure.message, part);
        g_assert_cmpstr(identity.name, ==, "untouched");
}

static void test_name_and_uuid_are_read(void) {
        identity_is("<domain><name>web</name><uuid>" UUID "</uuid></domain>", "web", UUID);
        identity_is("<domain><name>web</name></domain>", "web", "");
        identity_is("<?xml version='1.0'?>\n<!-- c --><domain>\n<name>web</name>\n</domain>\n", "web", "");
        identity_is("<domain><name><![CDATA[a<b]]></name></domain>", "a<b", "");
        identity_is("<domain><name>a&amp;b&#x41;</name></domain>", "a&bA", "");
}

/* Names that other programs would trip over are names like others. */
static void test_odd_names_are_taken_as_they_are(void) {
        static const char *const names[] = { "-h",     "a;b",  "%n",   "-oProxyCommand=x",
                                             "a\"b'c", "旅籠", "a b",  "...",
                                             "$(x)",   "*",    "\\x41" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *escaped = g_markup_escape_text(names[i], -1);
                g_autofree char *xml = g_strdup_printf("<domain><name>%s</name></domain>", escaped);
                identity_is(xml, names[i], "");
        }
}

/* libvirt does not strip names: who asked about "web" would not have been told of " web". */
static void test_the_name_is_the_one_libvirt_reads(void) {
        identity_is("<domain><name> web </name></domain>", " web ", "");
        identity_is("<domain><name>first</name><name>second</name></domain>", "first", "");
        identity_is("<domain><metadata><name>inner</name></metadata><name>web</name></domain>", "web", "");
        identity_is("<domain xmlns:x='urn:x'><x:name>other</x:name><name>web</name>"
                    "<x:uuid>no</x:uuid></domain>",
                    "web", "");
}

/* The check cannot be had by an element that libvirt will not look at. */
static void test_a_name_of_another_namespace_hides_none(void) {
        refused("<domain xmlns:x='urn:x'><x:name>harmless</x:name><name>a&#10;b</name></domain>",
                "control character");
        refused("<domain xmlns='urn:x'><name>web</name></domain>", "");
}

static void test_an_upper_case_uuid_is_the_same(void) {
        identity_is("<domain><name>web</name><uuid>6695EB01-F6A4-8304-79AA-97F2502E193F</uuid></domain>",
                    "web", UUID);
        identity_is("<domain><name>web</name><uuid>\n  " UUID "\n</uuid></domain>", "web", UUID);
}

static void test_a_bad_uuid_is_refused(void) {
        refused("<domain><name>web</name><uuid>web</uuid></domain>", "\"web\" is no UUID");
        refused("<domain><name>web</name><uuid/></domain>", "UUID");
        refused("<domain><name>web</name><uuid>" UUID "0</uuid></domain>", "UUID");
        refused("<domain><name>web</name><uuid>../../../etc/passwd</uuid></domain>", "UUID");
}

static void test_a_missing_name_is_refused(void) {
        refused("<domain/>", "<name>");
        refused("<domain><name/></domain>", "<name>");
        refused("<domain><metadata><name>web</name></metadata></domain>", "<name>");
        refused("<domain name='web'/>", "<name>");
}

/* libvirt makes folders and files of names. */
static void test_a_name_that_leads_to_a_folder_is_refused(void) {
        refused("<domain><name>.</name></domain>", "\".\"");
        refused("<domain><name>..</name></domain>", "\"..\"");
        refused("<domain><name>a/b</name></domain>", "\"a/b\"");
        refused("<domain><name>../../b</name></domain>", "\"../../b\"");
}

static void test_control_characters_in_a_name_are_refused(void) {
        refused("<domain><name>a&#10;b</name></domain>", "a\\x0ab");
        refused("<domain><name>a&#9;b</name></domain>", "control character");
        refused("<domain><name>a&#x7f;b</name></domain>", "control character");
        refused("<domain><name>a&#x9b;31mb</name></domain>", "control character");
        refused("<domain><name>a\nb</name></domain>", "control character");
        refused("<domain><name>web\n</name></domain>", "control character");
}

static void test_another_root_is_refused_by_its_name(void) {
        refused("<network><name>web</name></network>", "<network>");
        refused("<domainsnapshot><name>web</name></domainsnapshot>", "<domainsnapshot>");
        refused("<Domain><name>web</name></Domain>", "<Domain>");
}

static void test_what_is_not_well_formed_is_refused_by_its_line(void) {
        refused("<domain>\n<name>web</name>\n</domian>", "line 3");
        refused("", "not well-formed");
        refused("web", "not well-formed");
        refused("<domain><name>web</name></domain><domain/>", "not well-formed");
        refused("<domain><name>&nbsp;</name></domain>", "not well-formed");
        refused("<domain><name>a&#0;</name></domain>", "not well-formed");
        refused("<domain><name>a\xff</name></domain>", "not well-formed");
        refused("<domain><name>a\x01</name></domain>", "not well-formed");
}

/* Any: also one that is harmless, empty, or after comments. */
static void test_any_doctype_is_refused(void) {
        refused("<!DOCTYPE domain><domain><name>web</name></domain>", "DOCTYPE");
        refused("<!DOCTYPE domain []><domain><name>web</name></domain>", "DOCTYPE");
        refused("<?xml version='1.0'?><!-- x --><!DOCTYPE domain SYSTEM 'a.dtd'><domain><name>web</name></domain>",
                "DOCTYPE");
        refused("<!DOCTYPE domain PUBLIC 'a' 'http://127.0.0.1:1/'><domain><name>web</name></domain>",
                "DOCTYPE");
        refused("<!DOCTYPE domain [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><domain/>", "DOCTYPE");
}

static void test_an_external_entity_reads_no_file(void) {
        refused("<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
                "<domain><name>&x;</name></domain>",
                "DOCTYPE");
}

static void test_a_billion_laughs_end_at_once(void) {
        g_autoptr(GString) xml = g_string_new("<!DOCTYPE domain [<!ENTITY l0 'ha'>");
        gint64 begin = g_get_monotonic_time();

        for (int i = 1; i < 40; i++)
                g_string_append_printf(xml, "<!ENTITY l%d '&l%d;&l%d;&l%d;&l%d;'>", i, i - 1, i - 1, i - 1,
                                       i - 1);
        g_string_append(xml, "]><domain><name>&l39;</name></domain>");
        refused(xml->str, "DOCTYPE");
        g_assert_cmpint(g_get_monotonic_time() - begin, <, G_TIME_SPAN_SECOND);
}

static void test_deep_nesting_is_refused_without_a_deep_stack(void) {
        g_autoptr(GString) xml = g_string_new("<domain><name>web</name>");

        for (int i = 0; i < 100000; i++)
                g_string_append(xml, "<a>");
        refused(xml->str, "not well-formed");
}

static void test_xinclude_includes_nothing(void) {
        identity_is("<domain xmlns:xi='http://www.w3.org/2001/XInclude'><name>web"
                    "<xi:include href='/etc/hostname' parse='text'/></name></domain>",
                    "web", "");
}

static void test_the_size_is_limited(void) {
        const size_t frame = strlen("<domain><name>web</name><!---->") + strlen("</domain>");
        g_autofree char *fill = g_strnfill(XML_TEXT_MAX - frame, 'x');
        g_autofree char *largest = g_strdup_printf("<domain><name>web</name><!--%s--></domain>", fill);
        g_autofree char *larger = g_strdup_printf("<domain><name>web</name><!--%sx--></domain>", fill);

        g_assert_cmpuint(strlen(largest), ==, XML_TEXT_MAX);
        identity_is(largest, "web", "");
        refused(larger, "1048577 bytes");
}

/* The text of an error goes to terminals and into the journal: one line, printable. */
static void test_error_texts_are_one_printable_line(void) {
        static const char *const bad[] = {
                "<domain><name>\x1b[2J",
                "<domain>\n\n\x01",
                "<domain><name>a&#10;b</name></domain>",
                "<domain><name>a</name><uuid>\nx\x7f</uuid></domain>",
                "<domain><\xc2\x9b/>",
                "<a\xc2\x85/>",
                "<\xef\xbf\xbd/>",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                DomainXMLIdentity identity;
                g_auto(Failure) failure = { 0 };

                g_assert_cmpint(domain_xml_identify(bad[i], &identity, &failure), <, 0);
                g_assert_true(g_utf8_validate(failure.message, -1, NULL));
                for (const char *p = failure.message; *p; p = g_utf8_next_char(p))
                        g_assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
        }
}

/* Standard error is the journal's: what callers send does not get there unasked. */
static void test_nothing_is_printed(void) {
        if (g_test_subprocess()) {
                refused("<?xml version='1.0' encoding='UTF-7'?><domain><name>\xff\xff</name></domain>", "");
                return;
        }

        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("");
}

/* Whatever bytes come: an answer, and no crash (run under ASan too). */
static void test_damaged_xml_is_answered(void) {
        static const char whole[] =
                        "<?xml version='1.0' encoding='UTF-8'?><domain type='kvm'><name>web</name>"
                        "<uuid>" UUID "</uuid><vcpu current='1'>2</vcpu><memory>1024</memory>"
                        "<os><type arch='x86_64'>hvm</type></os><devices>"
                        "<disk type='file'><source file='/x'/><target dev='vda'/></disk>"
                        "<interface><mac address='52:54:00:00:00:01'/></interface>"
                        "<graphics type='vnc' port='-1'/></devices>"
                        "<!-- c --><![CDATA[x]]>&amp;</domain>";

        for (int round = 0; round < 5000; round++) {
                g_autofree char *xml = g_strdup(whole);
                DomainXMLIdentity identity = { 0 };
                g_auto(Failure) failure = { 0 };
                MachineFacts facts = { 0 };

                for (int n = g_test_rand_int_range(1, 6); n > 0; n--)
                        xml[g_test_rand_int_range(0, sizeof(whole) - 1)] =
                                        (char) g_test_rand_int_range(1, 256);
                if (domain_xml_identify(xml, &identity, &failure) >= 0)
                        g_free(identity.name);
                (void) domain_xml_read(xml, NULL, &facts);
                facts_done(&facts);
        }
}

static void facts_are(const char *xml, unsigned vcpus, uint64_t memory, const char *accelerator) {
        MachineFacts facts = { 0 };

        g_assert_cmpint(domain_xml_read(xml, NULL, &facts), ==, 0);
        g_assert_cmpuint(facts.vcpus, ==, vcpus);
        g_assert_cmpuint(facts.memory, ==, memory);
        g_assert_cmpstr(facts.accelerator, ==, accelerator);
        facts_done(&facts);
}

static void test_the_present_configuration_is_read(void) {
        facts_are("<domain type='kvm'><memory unit='KiB'>2048</memory>"
                  "<currentMemory unit='KiB'>1024</currentMemory><vcpu current='1'>4</vcpu></domain>",
                  1, 1024 * 1024, "kvm");
        facts_are("<domain type='qemu'><memory unit='KiB'>2048</memory><vcpu placement='static'>4</vcpu></domain>",
                  4, 2048 * 1024, "tcg");
        facts_are("<domain type='lxc'/>", 0, 0, "lxc");
        facts_are("<domain/>", 0, 0, "");
}

static void test_what_is_no_xml_has_no_facts(void) {
        MachineFacts facts = { 0 };

        g_assert_cmpint(domain_xml_read("<domain>", NULL, &facts), ==, -EINVAL);
        g_assert_cmpint(domain_xml_read("", NULL, &facts), ==, -EINVAL);
}

/* What libvirt writes itself, of a machine with much in it. */
static void test_libvirts_own_xml_is_read(void) {
        g_autoptr(virConnect) connection = virConnectOpen("test:///default");
        g_autoptr(virDomain) domain = NULL;
        char *xml;

        g_assert_nonnull(connection);
        domain = virDomainLookupByName(connection, "test");
        g_assert_nonnull(domain);

        for (unsigned flags = 0; flags <= (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE); flags++) {
                xml = virDomainGetXMLDesc(domain, flags);
                g_assert_nonnull(xml);
                facts_are(xml, 2, 2ULL << 30, "test");
                identity_is(xml, "test", UUID);
                free(xml);
        }
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/domain-xml/name-and-uuid-are-read", test_name_and_uuid_are_read);
        g_test_add_func("/domain-xml/odd-names-are-taken-as-they-are", test_odd_names_are_taken_as_they_are);
        g_test_add_func("/domain-xml/the-name-is-the-one-libvirt-reads",
                        test_the_name_is_the_one_libvirt_reads);
        g_test_add_func("/domain-xml/a-name-of-another-namespace-hides-none",
                        test_a_name_of_another_namespace_hides_none);
        g_test_add_func("/domain-xml/an-upper-case-uuid-is-the-same", test_an_upper_case_uuid_is_the_same);
        g_test_add_func("/domain-xml/a-bad-uuid-is-refused", test_a_bad_uuid_is_refused);
        g_test_add_func("/domain-xml/a-missing-name-is-refused", test_a_missing_name_is_refused);
        g_test_add_func("/domain-xml/a-name-that-leads-to-a-folder-is-refused",
                        test_a_name_that_leads_to_a_folder_is_refused);
        g_test_add_func("/domain-xml/control-characters-in-a-name-are-refused",
                        test_control_characters_in_a_name_are_refused);
        g_test_add_func("/domain-xml/another-root-is-refused-by-its-name",
                        test_another_root_is_refused_by_its_name);
        g_test_add_func("/domain-xml/what-is-not-well-formed-is-refused-by-its-line",
                        test_what_is_not_well_formed_is_refused_by_its_line);
        g_test_add_func("/domain-xml/any-doctype-is-refused", test_any_doctype_is_refused);
        g_test_add_func("/domain-xml/an-external-entity-reads-no-file",
                        test_an_external_entity_reads_no_file);
        g_test_add_func("/domain-xml/a-billion-laughs-end-at-once", test_a_billion_laughs_end_at_once);
        g_test_add_func("/domain-xml/deep-nesting-is-refused-without-a-deep-stack",
                        test_deep_nesting_is_refused_without_a_deep_stack);
        g_test_add_func("/domain-xml/xinclude-includes-nothing", test_xinclude_includes_nothing);
        g_test_add_func("/domain-xml/the-size-is-limited", test_the_size_is_limited);
        g_test_add_func("/domain-xml/error-texts-are-one-printable-line",
                        test_error_texts_are_one_printable_line);
        g_test_add_func("/domain-xml/nothing-is-printed", test_nothing_is_printed);
        g_test_add_func("/domain-xml/damaged-xml-is-answered", test_damaged_xml_is_answered);
        g_test_add_func("/domain-xml/the-present-configuration-is-read",
                        test_the_present_configuration_is_read);
        g_test_add_func("/domain-xml/what-is-no-xml-has-no-facts", test_what_is_no_xml_has_no_facts);
        g_test_add_func("/domain-xml/libvirts-own-xml-is-read", test_libvirts_own_xml_is_read);
        r = g_test_run();

        xmlCleanupParser();
        return r;
}
