/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "acceleration.h"

#include "domain-xml.h"
#include "plugin.h"
#include "common/xml.h"

char **acceleration_of_capabilities(const xmlNode *capabilities) {
        GPtrArray *names = g_ptr_array_new();

        for (const xmlNode *guest = node_child(capabilities, "guest"); guest;
             guest = node_next(guest, "guest")) {
                const xmlNode *arch = node_child(guest, "arch");
                const char *name = node_attribute(arch, "name");

                for (const xmlNode *n = node_child(arch, "domain"); n && name; n = node_next(n, "domain"))
                        if (node_attribute_is(n, "type", "kvm")) {
                                g_ptr_array_add(names, g_strdup(name));
                                break;
                        }
        }

        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(names, FALSE);
}

int acceleration_of_processor(const xmlNode *cpu) {
        g_autofree char *arch = node_text(node_child(cpu, "arch"));

        if (arch && !g_str_equal(arch, "x86_64") && !g_str_equal(arch, "i686"))
                return 1; /* others offer KVM only where it works */

        for (const xmlNode *n = node_child(cpu, "feature"); n; n = node_next(n, "feature"))
                if (node_attribute_is(n, "name", "vmx") || node_attribute_is(n, "name", "svm"))
                        return !node_attribute_is(n, "policy", "disable");

        return node_child(cpu, "model") ? -1 : 0;
}

/* All features of the host's processor, those of its model too. What libvirt cannot expand is not held
 * against it. */
static bool processor_expands_to(virConnect *connection, xmlNode *cpu) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(xmlDoc) document = NULL;
        xmlBuffer *buffer = xmlBufferCreate();
        const char *text;
        char *expanded;
        int answer = -1;

        (void) xmlNodeDump(buffer, cpu->doc, cpu, /* level= */ 0, /* format= */ 0);
        text = (const char *) xmlBufferContent(buffer);
        expanded = virConnectBaselineCPU(connection, &text, /* ncpus= */ 1,
                                         VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES);
        xmlBufferFree(buffer);

        if (expanded && xml_parse(expanded, &document, &failure) >= 0)
                answer = node_child(xmlDocGetRootElement(document), "feature")
                                         ? acceleration_of_processor(xmlDocGetRootElement(document)) > 0
                                         : -1;
        free(expanded);
        return answer != 0;
}

/* The device /dev/kvm can be there, and libvirt offer it, on a processor that cannot run a guest. */
int acceleration_read(virConnect *connection, char ***ret, Failure *failure) {
        g_autoptr(xmlDoc) document = NULL;
        g_auto(GStrv) names = NULL;
        char *xml = virConnectGetCapabilities(connection);
        xmlNode *root, *cpu;
        int works, r;

        if (!xml)
                return hypervisor_failure(failure);

        r = xml_parse(xml, &document, failure);
        free(xml);
        if (r < 0)
                return r;

        root = xmlDocGetRootElement(document);
        names = acceleration_of_capabilities(root);
        cpu = node_child(node_child(root, "host"), "cpu");
        works = *names && cpu ? acceleration_of_processor(cpu) : 1;
        if (works == 0 || (works < 0 && !processor_expands_to(connection, cpu))) {
                g_strfreev(names);
                names = g_new0(char *, 1);
        }

        *ret = g_steal_pointer(&names);
        return 0;
}
