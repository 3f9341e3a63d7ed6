/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "domain-xml.h"
#include "input.h"

/* XML from a caller, and XML from libvirt, in which guests and their owners have put things. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *xml = g_strndup((const char *) data, size);
        g_auto(Failure) failure = { 0 };
        DomainXMLIdentity identity = { 0 };
        MachineFacts facts = { 0 };
        int r;

        r = domain_xml_identify(xml, &identity, &failure);
        if (r < 0) {
                g_assert_cmpint(failure.code, ==, ERROR_INVALID_XML);
                g_assert_true(g_utf8_validate(failure.message, -1, NULL));
                g_assert_null(identity.name);
        } else {
                g_assert_true(*identity.name && !strchr(identity.name, '/'));
                g_assert_true(g_utf8_validate(identity.name, -1, NULL) && !text_has_control(identity.name));
                g_assert_true(!*identity.uuid || g_uuid_string_is_valid(identity.uuid));
                g_assert_false(g_str_has_prefix(xml, "<!DOCTYPE"));
        }
        g_free(identity.name);

        r = domain_xml_read(xml, /* stored= */ xml, &facts);
        g_assert_true(r == 0 || r == -EINVAL);
        if (r == 0) /* nothing differs from itself */
                g_assert_cmpuint(facts.config->pending, ==, 0);
        facts_done(&facts);
        return 0;
}
