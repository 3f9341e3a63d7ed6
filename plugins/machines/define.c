/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/options.h"
#include "common/user-count.h"
#include "common/xml.h"
#include "domain-xml.h"
#include "sync.h"
#include "verb-table.h"

/* org.hatago.Host1.Machines.DefineMachine, and org.hatago.Host1.Machine.SetXML: the same, of a machine that
 * is there and stays the same. */

typedef struct Define {
        Machines *machines;
        char *xml;
        DomainXMLIdentity identity; /* as the XML has it */
        uid_t uid;                  /* who is counted for it */
        bool counted;
        Call *call;     /* while the XML is read, before the caller is asked for the right */
        char *replaces; /* name of the machine whose XML this is to be; NULL: any machine, or a new one */
        char *expected; /* what its stored XML must still be; NULL: whatever it is */
        char uuid[VIR_UUID_STRING_BUFLEN]; /* of that, or of what was defined */
        Job *job;
} Define;

static void define_free(void *data) {
        Define *define = data;

        if (define->counted)
                user_count_give_back(define->machines->definitions, define->uid);
        g_free(define->identity.name);
        g_free(define->replaces);
        g_free(define->expected);
        g_free(define->xml);
        g_free(define);
}

/* The UUID of the domain with this name or this UUID; false if there is none. */
static bool domain_uuid(virDomainPtr domain, char ret[static VIR_UUID_STRING_BUFLEN]) {
        return domain && virDomainGetUUIDString(domain, ret) >= 0;
}

/* libvirt refuses these too, but with an error that has no number of its own. */
static int check_clash(virConnect *connection, const DomainXMLIdentity *identity, Failure *failure) {
        g_autoptr(virDomain) named = virDomainLookupByName(connection, identity->name), identified = NULL;
        char uuid[VIR_UUID_STRING_BUFLEN];

        if (domain_uuid(named, uuid) && !g_str_equal(uuid, identity->uuid))
                return failure_set(failure, ERROR_MACHINE_EXISTS,
                                   "There is a machine \"%s\" already, with the UUID %s; the XML has %s%s.",
                                   identity->name, uuid, *identity->uuid ? "the UUID " : "no UUID",
                                   identity->uuid);

        identified = *identity->uuid ? virDomainLookupByUUIDString(connection, identity->uuid) : NULL;
        if (identified && !g_str_equal(virDomainGetName(identified), identity->name))
                return failure_set(failure, ERROR_MACHINE_EXISTS,
                                   "The UUID %s belongs to machine \"%s\" already; the XML names it \"%s\".",
                                   identity->uuid, virDomainGetName(identified), identity->name);

        return 0;
}

/* libvirt has no such condition. DefineMachine and SetXML of this agent go one at a time; what another
 * method or another tool changes is missed where it comes between the last two calls. */
static int check_expected(virDomain *domain, const char *expected, Failure *failure) {
        char *stored = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
        bool same = g_strcmp0(stored, expected) == 0;

        if (!stored)
                return hypervisor_failure(failure);

        free(stored);
        return same ? 0
                    : failure_set(failure, ERROR_CONFLICT,
                                  "The stored configuration of machine \"%s\" is not the expected one.",
                                  virDomainGetName(domain));
}

/* It was there when it was asked for; without a definition it has nothing to be replaced. */
static int check_replaced(virConnect *connection, const Define *define, Failure *failure) {
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, define->uuid);
        int persistent = domain ? virDomainIsPersistent(domain) : -1;

        if (persistent == 0)
                return failure_set(failure, ERROR_MACHINE_TRANSIENT, "Machine \"%s\" has no definition.",
                                   virDomainGetName(domain));
        if (persistent < 0)
                return hypervisor_failure(failure);

        return define->expected ? check_expected(domain, define->expected, failure) : 0;
}

static int define_run(void *data, virConnect *connection, Failure *failure) {
        Define *define = data;
        g_autoptr(virDomain) domain = NULL;
        int r;

        r = check_clash(connection, &define->identity, failure);
        if (r >= 0 && define->replaces)
                r = check_replaced(connection, define, failure);
        if (r < 0)
                return r;

        domain = virDomainDefineXML(connection, define->xml);
        if (!domain_uuid(domain, define->uuid))
                return hypervisor_failure(failure);

        return 0;
}

static void define_on_read(void *data) {
        Define *define = data;
        const Machine *machine = machines_find(define->machines, define->uuid);
        g_auto(Failure) failure = { 0 };
        Job *job = define->job;

        if (machine) {
                job_set_object(job, machine->path, machine->name);
                job_end(job, JOB_DONE, NULL);
        } else {
                (void) failure_set(&failure, ERROR_NO_SUCH_MACHINE,
                                   "Machine %s was defined, and is gone again.", define->uuid);
                job_end(job, JOB_FAILED, &failure);
        }

        define_free(define);
}

static void define_done(void *data, int result, Failure *failure) {
        Define *define = data;

        if (result < 0) {
                job_end(define->job, JOB_FAILED, failure);
                define_free(define);
                return;
        }

        sync_read(define->machines->sync, define->uuid, FACTS_ALL, define_on_read, define);
}

/* A machine whose definition is to be replaced is looked up again: it may have changed or gone. */
static int define_check(const Define *define, const Call *call, Failure *failure) {
        const Services *services = define->machines->services;
        Machine *machine;
        int r;

        if (!define->replaces)
                return 0;

        r = machines_find_authorized(define->machines, define->uuid, call, &machine, failure);
        if (r < 0)
                return r;
        if (!hypervisor_is_connected(services->hypervisor))
                return hypervisor_unavailable(services->hypervisor, failure);

        return verb_check_persistent(machine, failure);
}

static void define_on_authorized(Call *call, void *arguments) {
        Define *from = arguments, *define;
        g_auto(Failure) failure = { 0 };
        Request request;

        if (define_check(from, call, &failure) < 0) {
                call_fail(call, &failure);
                return;
        }

        /* The call's arguments end with it, the definition goes on. */
        define = g_new(Define, 1);
        *define = *from;
        *from = (Define){ .machines = from->machines };

        if (call_begin_job(call, define->replaces ? JOB_ANSWER_EMPTY : JOB_ANSWER_OBJECT, NULL, NULL,
                           &define->job, &failure) < 0) {
                call_fail(call, &failure);
                define_free(define);
                return;
        }

        /* One key: no two of our definitions pass the check for a clash at once. */
        request = (Request){
                .lane = LANE_ORDINARY,
                .key = "define",
                .run = define_run,
                .done = define_done,
                .data = define,
        };
        if (hypervisor_submit(define->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) < 0) {
                job_end(define->job, JOB_FAILED, &failure);
                define_free(define);
        }
}

static int identify_run(void *data, virConnect *connection, Failure *failure) {
        Define *define = data;
        int r;

        r = domain_xml_identify(define->xml, &define->identity, failure);
        if (r < 0 || !define->replaces)
                return r;

        if (!g_str_equal(define->identity.uuid, define->uuid))
                return failure_set(failure, ERROR_OTHER_MACHINE,
                                   "The XML has %s%s, machine \"%s\" has the UUID %s.",
                                   *define->identity.uuid ? "the UUID " : "no UUID", define->identity.uuid,
                                   define->replaces, define->uuid);
        if (!g_str_equal(define->identity.name, define->replaces))
                return failure_set(
                                failure, ERROR_OTHER_MACHINE,
                                "The XML has the name \"%s\", machine \"%s\" has another; Rename changes it.",
                                define->identity.name, define->replaces);

        return 0;
}

static void identify_done(void *data, int result, Failure *failure) {
        Define *define = data;
        Call *call = define->call;

        if (result >= 0) {
                call_describe(call, define->identity.name, define->identity.uuid);
                result = call_authorize(call,
                                        define->replaces ? ACTION_MACHINE_CONFIGURE : ACTION_MACHINE_DEFINE,
                                        define_on_authorized, failure);
        }
        if (result < 0)
                call_fail(call, failure);
}

/* The XML is read before anybody is asked for a password, since what it names is for polkit's rules; on a
 * thread, since it can be long; a few of each user at once, since anybody can ask for it. */
static void define_on_identified(Call *call, void *arguments) {
        Define *define = arguments;
        g_auto(Failure) failure = { 0 };
        Request request = { .lane = LANE_LOCAL, .run = identify_run, .done = identify_done, .data = define };

        define->call = call;
        define->uid = call_caller(call)->uid;
        define->counted = user_count_take(define->machines->definitions, define->uid);
        if (!define->counted) {
                (void) failure_set(&failure, ERROR_LIMITS_EXCEEDED,
                                   "%u definitions of user %u are under way already.",
                                   DEFINITIONS_PER_USER_MAX, (unsigned) define->uid);
                call_fail(call, &failure);
                return;
        }

        if (hypervisor_submit(define->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) < 0)
                call_fail(call, &failure);
}

static const Option set_xml_options[] = {
        { "expected", OPTION_STRING, offsetof(Define, expected), .maximum = XML_TEXT_MAX },
        {},
};

int define_on_call(Machines *machines, const Machine *replaces, sd_bus_message *message, Failure *failure) {
        Define *define = g_new0(Define, 1);
        CallInfo info;
        const char *xml;
        int r;

        define->machines = machines;
        r = sd_bus_message_read(message, "s", &xml);
        if (r >= 0)
                r = options_read(message, replaces ? set_xml_options : NULL, define, failure);
        if (r >= 0 && strlen(xml) > XML_TEXT_MAX)
                r = failure_set(failure, ERROR_INVALID_XML, "The XML has %zu bytes, more than %u.",
                                strlen(xml), XML_TEXT_MAX);
        if (r < 0) {
                define_free(define);
                return r;
        }

        define->xml = g_strdup(xml);

        if (replaces) {
                define->replaces = g_strdup(replaces->name);
                g_strlcpy(define->uuid, replaces->uuid, sizeof(define->uuid));
        }

        info = (CallInfo){
                .verb = replaces ? "set-xml" : "define",
                .action = NULL,
                .object = replaces ? replaces->path : NULL,
                .name = replaces ? replaces->name : NULL,
                .uuid = replaces ? replaces->uuid : NULL,
                .authorized = define_on_identified,
                .arguments = define,
                .arguments_free = define_free,
        };
        r = call_begin(machines->services, message, &info, failure);
        if (r < 0)
                define_free(define);
        return r;
}
