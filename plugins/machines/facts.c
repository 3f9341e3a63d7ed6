/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "domain-xml.h"
#include "plugin.h"
#include "service/domain-state.h"

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
        if (domain_get_state(domain, &facts->state, &facts->reason) < 0)
                return -1;

        facts->id = domain_id(domain);
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

static int read_managed_save(virDomain *domain, MachineFacts *facts) {
        int answer = virDomainHasManagedSaveImage(domain, /* flags= */ 0);

        if (answer < 0 && virGetLastErrorCode() != VIR_ERR_NO_SUPPORT)
                return -1;

        facts->managed_save = answer > 0;
        return 0;
}

static uint64_t text_digest(const char *text) {
        g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
        union {
                uint8_t bytes[32];
                uint64_t first;
        } digest;
        gsize size = sizeof(digest.bytes);

        g_checksum_update(checksum, (const guchar *) text, /* length= */ -1);
        g_checksum_get_digest(checksum, digest.bytes, &size);
        return digest.first;
}

static int read_config(virDomain *domain, MachineFacts *facts) {
        bool runs = domain_id(domain) != 0;
        g_autofree char *xml = virDomainGetXMLDesc(domain, runs ? 0 : VIR_DOMAIN_XML_INACTIVE);
        g_autofree char *stored = NULL;

        /* A transient machine's answer is the same again. */
        if (xml && runs)
                stored = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
        if (!xml || (runs && !stored))
                return -1;

        facts->stored_digest = text_digest(stored ?: xml);
        facts->config = config_unref(facts->config);
        if (domain_xml_read(xml, stored, facts) < 0) {
                /* libvirt's own XML is not to be blamed on the caller: shown as unknown */
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
                { FACTS_STATE, read_state },         { FACTS_PERSISTENT, read_persistent },
                { FACTS_AUTOSTART, read_autostart }, { FACTS_MANAGED_SAVE, read_managed_save },
                { FACTS_CONFIG, read_config },
        };
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, facts->uuid);
        bool read = domain != NULL;

        if (domain) { /* libvirt's answer has it */
                g_free(facts->name);
                facts->name = g_strdup(virDomainGetName(domain));
                facts->have |= FACTS_NAME;
        }

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
                        .have = FACTS_NAME | FACTS_STATE | FACTS_PERSISTENT,
                        .name = g_strdup(virDomainGetName(records[i]->dom)),
                        .id = domain_id(records[i]->dom),
                        .state = record_integer(records[i], "state.state"),
                        .reason = record_integer(records[i], "state.reason"),
                        .persistent = persistent,
                };

                /* Which of the two it is takes a call of its own. */
                if (facts.state == VIR_DOMAIN_PAUSED && facts.reason == VIR_DOMAIN_PAUSED_MIGRATION)
                        (void) domain_get_state(records[i]->dom, &facts.state, &facts.reason);
                (void) virDomainGetUUIDString(records[i]->dom, facts.uuid);
                g_array_append_val(all, facts);
        }

        virDomainStatsRecordListFree(records);
        return 0;
}

void facts_marks_done(FactsMarks *marks) {
        g_clear_pointer(&marks->autostart, g_hash_table_unref);
        g_clear_pointer(&marks->managed_save, g_hash_table_unref);
}

/* The UUIDs of those that libvirt lists for the flag. */
static int list_uuids(virConnect *connection, unsigned flag, GHashTable **ret, Failure *failure) {
        virDomainPtr *domains;
        int n;

        n = virConnectListAllDomains(connection, &domains, flag);
        if (n < 0)
                return hypervisor_failure(failure);

        *ret = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (int i = 0; i < n; i++) {
                char uuid[VIR_UUID_STRING_BUFLEN];

                if (virDomainGetUUIDString(domains[i], uuid) >= 0)
                        g_hash_table_add(*ret, g_strdup(uuid));
                virDomainFree(domains[i]);
        }
        free(domains);
        return 0;
}

int facts_read_marks(virConnect *connection, FactsMarks *ret, Failure *failure) {
        g_auto(FactsMarks) marks = { 0 };
        int r;

        r = list_uuids(connection, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, &marks.autostart, failure);
        if (r >= 0)
                r = list_uuids(connection, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, &marks.managed_save,
                               failure);
        if (r < 0)
                return r;

        *ret = marks;
        marks = (FactsMarks){ 0 };
        return 0;
}

void facts_mark(MachineFacts *facts, const FactsMarks *marks) {
        facts->autostart = g_hash_table_contains(marks->autostart, facts->uuid);
        facts->managed_save = g_hash_table_contains(marks->managed_save, facts->uuid);
        facts->have |= FACTS_MARKS;
}

int facts_read_all(virConnect *connection, GArray **ret, Failure *failure) {
        g_autoptr(GArray) all =
                        g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(MachineFacts));
        g_auto(FactsMarks) marks = { 0 };
        int r;

        g_array_set_clear_func(all, facts_clear);

        /* In this order: one that is defined between the two is in both, and the second counts. */
        r = read_states(connection, VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT, /* persistent= */ false,
                        all, failure);
        if (r >= 0)
                r = read_states(connection, VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT,
                                /* persistent= */ true, all, failure);
        if (r >= 0)
                r = facts_read_marks(connection, &marks, failure);
        if (r < 0)
                return r;

        for (guint i = 0; i < all->len; i++)
                facts_mark(&g_array_index(all, MachineFacts, i), &marks);
        *ret = g_steal_pointer(&all);
        return 0;
}
