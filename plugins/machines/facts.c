/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "domain-xml.h"
#include "plugin.h"

void facts_done(MachineFacts *facts) {
        g_clear_pointer(&facts->name, g_free);
        facts->config = config_unref(facts->config);
}

/* libvirt says -1 for a domain that is off. */
static unsigned domain_id(virDomain *domain) {
        unsigned id = virDomainGetID(domain);
        return id == (unsigned) -1 ? 0 : id;
}

static int read_state(virDomain *domain, MachineFacts *facts) {
        if (virDomainGetState(domain, &facts->state, &facts->reason, /* flags= */ 0) < 0)
                return -1;

        facts->id = domain_id(domain);
        g_free(facts->name);
        facts->name = g_strdup(virDomainGetName(domain));
        return 0;
}

static int read_persistent(virDomain *domain, MachineFacts *facts) {
        int answer = virDomainIsPersistent(domain);

        facts->persistent = answer > 0;
        return answer < 0 ? -1 : 0;
}

static int read_autostart(virDomain *domain, MachineFacts *facts) {
        int answer;

        /* A transient domain has none, and some drivers say so with an error. */
        if (virDomainGetAutostart(domain, &answer) < 0) {
                int code = virGetLastErrorCode();
                if (code != VIR_ERR_OPERATION_INVALID && code != VIR_ERR_NO_SUPPORT)
                        return -1;
                answer = 0;
        }

        facts->autostart = answer > 0;
        return 0;
}

static int read_config(virDomain *domain, MachineFacts *facts) {
        char *xml = virDomainGetXMLDesc(domain, /* flags= */ 0);
        int r;

        if (!xml)
                return -1;

        facts->config = config_unref(facts->config);
        r = domain_xml_read(xml, facts);
        free(xml);
        if (r < 0) { /* libvirt's own XML is not to be blamed on the caller: shown as unknown */
                facts->accelerator = "";
                facts->vcpus = 0;
                facts->memory = 0;
        }
        return 0;
}

int facts_read_more(virConnect *connection, FactsMask want, MachineFacts *facts, Failure *failure) {
        static const struct {
                FactsMask mask;
                int (*read)(virDomain *domain, MachineFacts *facts);
        } readers[] = {
                { FACTS_STATE, read_state },
                { FACTS_PERSISTENT, read_persistent },
                { FACTS_AUTOSTART, read_autostart },
                { FACTS_CONFIG, read_config },
        };
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, facts->uuid);
        bool read = domain != NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(readers) && read; i++) {
                if (!(want & readers[i].mask))
                        continue;

                read = readers[i].read(domain, facts) >= 0;
                if (read)
                        facts->have |= readers[i].mask;
        }

        if (read)
                return 0;
        if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
                return hypervisor_failure(failure);

        facts_done(facts);
        facts->have = 0;
        facts->gone = true;
        return 0;
}

int facts_read(virConnect *connection, const char *uuid, FactsMask want, MachineFacts *ret,
               Failure *failure) {
        MachineFacts facts = { 0 };
        int r;

        g_strlcpy(facts.uuid, uuid, sizeof(facts.uuid));
        r = facts_read_more(connection, want, &facts, failure);
        if (r < 0) {
                facts_done(&facts);
                return r;
        }

        *ret = facts;
        return 0;
}

static void facts_clear(gpointer p) {
        facts_done(p);
}

static int record_integer(virDomainStatsRecordPtr record, const char *name) {
        int value = 0;

        (void) virTypedParamsGetInt(record->params, record->nparams, name, &value);
        return value;
}

/* One call for the state of all persistent, or all transient domains: so that no call need ask which they
 * are. */
static int read_states(virConnect *connection, unsigned flag, bool persistent, GArray *all,
                       Failure *failure) {
        virDomainStatsRecordPtr *records;
        int n;

        n = virConnectGetAllDomainStats(connection, VIR_DOMAIN_STATS_STATE, &records, flag);
        if (n < 0)
                return hypervisor_failure(failure);

        for (int i = 0; i < n; i++) {
                MachineFacts facts = {
                        .have = FACTS_STATE | FACTS_PERSISTENT | FACTS_AUTOSTART,
                        .name = g_strdup(virDomainGetName(records[i]->dom)),
                        .id = domain_id(records[i]->dom),
                        .state = record_integer(records[i], "state.state"),
                        .reason = record_integer(records[i], "state.reason"),
                        .persistent = persistent,
                };

                (void) virDomainGetUUIDString(records[i]->dom, facts.uuid);
                g_array_append_val(all, facts);
        }

        virDomainStatsRecordListFree(records);
        return 0;
}

static int read_autostarts(virConnect *connection, GArray *all, Failure *failure) {
        g_autoptr(GHashTable) uuids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        virDomainPtr *domains;
        int n;

        n = virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_AUTOSTART);
        if (n < 0)
                return hypervisor_failure(failure);

        for (int i = 0; i < n; i++) {
                char uuid[VIR_UUID_STRING_BUFLEN];

                if (virDomainGetUUIDString(domains[i], uuid) >= 0)
                        g_hash_table_add(uuids, g_strdup(uuid));
                virDomainFree(domains[i]);
        }
        free(domains);

        for (guint i = 0; i < all->len; i++) {
                MachineFacts *facts = &g_array_index(all, MachineFacts, i);
                facts->autostart = g_hash_table_contains(uuids, facts->uuid);
        }

        return 0;
}

int facts_read_all(virConnect *connection, GArray **ret, Failure *failure) {
        g_autoptr(GArray) all =
                        g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(MachineFacts));
        int r;

        g_array_set_clear_func(all, facts_clear);

        /* In this order: one that is defined between the two is in both, and the second counts. */
        r = read_states(connection, VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT, /* persistent= */ false,
                        all, failure);
        if (r >= 0)
                r = read_states(connection, VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT,
                                /* persistent= */ true, all, failure);
        if (r >= 0)
                r = read_autostarts(connection, all, failure);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&all);
        return 0;
}
