/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs.h"

#include "common/cleanup.h"
#include "common/names.h"
#include "common/options.h"

/* org.hatago.Host1.Machine.GetXML: a reading, but one that libvirt answers. */

typedef struct GetXML {
        Machines *machines;
        char uuid[VIR_UUID_STRING_BUFLEN];
        bool inactive, secure;
        Call *call; /* once authorized: it waits for the answer */
        char *xml;  /* of libvirt */
} GetXML;

static const Option get_xml_options[] = {
        { "inactive", OPTION_BOOL, offsetof(GetXML, inactive) },
        { "secure", OPTION_BOOL, offsetof(GetXML, secure) },
        {},
};

static int get_xml_run(void *data, virConnect *connection, Failure *failure) {
        GetXML *get = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, get->uuid);

        if (domain)
                get->xml = virDomainGetXMLDesc(domain,
                                               (get->inactive ? VIR_DOMAIN_XML_INACTIVE : 0) |
                                                               (get->secure ? VIR_DOMAIN_XML_SECURE : 0));
        return get->xml ? 0 : hypervisor_failure(failure);
}

static void get_xml_done(void *data, int result, Failure *failure) {
        g_autofree GetXML *get = data;

        if (result < 0)
                call_fail(get->call, failure);
        else
                call_reply(get->call, "s", get->xml);
        free(get->xml);
}

static void get_xml_on_authorized(Call *call, void *arguments) {
        g_auto(Failure) failure = { 0 };
        GetXML *get = g_memdup2(arguments, sizeof(GetXML));
        Request request = {
                .lane = LANE_ORDINARY,
                .key = get->uuid,
                .run = get_xml_run,
                .done = get_xml_done,
                .data = get,
        };
        Machine *machine;

        get->call = call;
        if (machines_find_authorized(get->machines, get->uuid, call, &machine, &failure) < 0 ||
            hypervisor_submit(get->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure) <
                            0) {
                g_free(get);
                call_fail(call, &failure);
        }
}

int get_xml_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure) {
        g_autofree GetXML *get = g_new0(GetXML, 1);
        CallInfo info;
        int r;

        get->machines = machines;
        g_strlcpy(get->uuid, machine->uuid, sizeof(get->uuid));

        r = options_read(message, get_xml_options, get, failure);
        if (r < 0)
                return r;

        info = (CallInfo){
                .verb = "get-xml",
                .action = get->secure ? ACTION_MACHINE_SECRETS : ACTION_MACHINE_VIEW,
                .object = machine->path,
                .name = machine->name,
                .uuid = machine->uuid,
                .authorized = get_xml_on_authorized,
                .arguments = get,
                .arguments_free = g_free,
        };
        r = call_begin(machines->services, message, &info, failure);
        if (r >= 0)
                get = NULL; /* the call's */
        return r;
}
