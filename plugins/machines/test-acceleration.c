/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "acceleration.h"

#include <libxml/parser.h>

#include "common/cleanup.h"
#include "domain-xml.h"
#include "common/xml.h"

static void offers(const char *xml, const char *names) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(xmlDoc) document = NULL;
        g_auto(GStrv) found = NULL;
        g_autofree char *text = NULL;

        g_assert_cmpint(xml_parse(xml, &document, &failure), ==, 0);
        found = acceleration_of_capabilities(xmlDocGetRootElement(document));
        text = g_strjoinv(" ", found);
        g_assert_cmpstr(text, ==, names);
}

static void test_the_architectures_that_kvm_is_offered_for(void) {
        offers("<capabilities><host><cpu><arch>x86_64</arch></cpu></host>"
               "<guest><os_type>hvm</os_type><arch name='aarch64'><domain type='qemu'/></arch></guest>"
               "<guest><os_type>hvm</os_type><arch name='i686'><machine>pc</machine><domain type='qemu'/>"
               "<domain type='kvm'/></arch></guest>"
               "<guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/>"
               "<domain type='kvm'/><domain type='kvm'/></arch></guest></capabilities>",
               "i686 x86_64");
        offers("<capabilities><guest><arch name='x86_64'><domain type='qemu'/></arch></guest>"
               "<guest><arch><domain type='kvm'/></arch></guest><guest/></capabilities>",
               "");
        offers("<capabilities/>", "");
}

static void processor_is(const char *xml, int works) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(xmlDoc) document = NULL;

        g_assert_cmpint(xml_parse(xml, &document, &failure), ==, 0);
        g_assert_cmpint(acceleration_of_processor(xmlDocGetRootElement(document)), ==, works);
}

static void test_a_processor_needs_vmx_or_svm(void) {
        processor_is("<cpu><arch>x86_64</arch><model>Skylake</model><feature name='ss'/>"
                     "<feature name='vmx'/></cpu>",
                     1);
        processor_is("<cpu><arch>x86_64</arch><model>EPYC</model><feature name='svm'/></cpu>", 1);
        processor_is("<cpu><arch>x86_64</arch><feature name='ss'/></cpu>", 0);
        processor_is("<cpu mode='custom'><feature policy='disable' name='svm'/></cpu>", 0);
        processor_is("<cpu mode='custom'><feature policy='require' name='svm'/></cpu>", 1);

        /* A model may have it without saying so. */
        processor_is("<cpu><arch>x86_64</arch><model>Opteron_G3</model><feature name='ss'/></cpu>", -1);

        /* ARM and others have no such flag. */
        processor_is("<cpu><arch>aarch64</arch><model>host</model></cpu>", 1);
}

static void test_libvirts_own_capabilities_are_read(void) {
        g_autoptr(virConnect) connection = virConnectOpen("test:///default");
        g_auto(Failure) failure = { 0 };
        g_auto(GStrv) names = NULL;

        g_assert_cmpint(acceleration_read(connection, &names, &failure), ==, 0);
        g_assert_null(names[0]); /* it offers machines of the type "test" alone */
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/acceleration/the-architectures-that-kvm-is-offered-for",
                        test_the_architectures_that_kvm_is_offered_for);
        g_test_add_func("/acceleration/a-processor-needs-vmx-or-svm", test_a_processor_needs_vmx_or_svm);
        g_test_add_func("/acceleration/libvirts-own-capabilities-are-read",
                        test_libvirts_own_capabilities_are_read);
        r = g_test_run();

        xmlCleanupParser();
        return r;
}
