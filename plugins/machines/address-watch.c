/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-watch.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "reading.h"
#include "service/guest-address.h"

#define MACHINES_PER_REQUEST 8U

/* What is known of a run, from whom. */
typedef struct Guest {
        unsigned run;
        AgentChannel agent;
        char **known;     /* by the host */
        char **told;      /* by its agent */
        bool to_ask;      /* it is in the queue */
        bool asked;       /* and has not answered */
        bool again;       /* something has happened since */
        int64_t after;    /* it is not asked in turn before this, monotonic */
        int64_t patience; /* 0: it has not failed */
} Guest;

struct AddressWatch {
        Machines *machines;
        GHashTable *guests; /* from UUID; of machines that run */
        GHashTable *wanted; /* set of UUIDs: what the host knows of them is to be read */
        bool looking;
        GQueue to_ask; /* UUIDs, owned */
        unsigned n_asked;
};

static void guest_free(gpointer p) {
        Guest *guest = p;

        g_strfreev(guest->known);
        g_strfreev(guest->told);
        g_free(guest);
}

static Guest *watch_find(const AddressWatch *watch, const char *uuid, unsigned run) {
        Guest *guest = g_hash_table_lookup(watch->guests, uuid);

        return guest && guest->run == run ? guest : NULL;
}

/*
 * What is shown
 */

static void add_texts(GPtrArray *texts, char **some) {
        for (char **text = some; text && *text && texts->len < GUEST_ADDRESSES_MAX; text++)
                if (!g_ptr_array_find_with_equal_func(texts, *text, g_str_equal, /* index= */ NULL))
                        g_ptr_array_add(texts, *text);
}

/* What the host knows goes before, so that no agent can crowd it out; of those that are left, IPv4. */
static void watch_show(AddressWatch *watch, const char *uuid, const Guest *guest) {
        Machine *machine = machines_find(watch->machines, uuid);
        const char *shown[GUEST_ADDRESSES_MAX + 1] = { NULL };
        g_autoptr(GPtrArray) texts = g_ptr_array_new();
        unsigned n = 0;

        add_texts(texts, guest->known);
        add_texts(texts, guest->told);
        for (unsigned six = 0; six < 2; six++)
                for (guint i = 0; i < texts->len; i++)
                        if ((strchr(texts->pdata[i], ':') != NULL) == six)
                                shown[n++] = texts->pdata[i];

        if (machine && machine_is_active(machine) && machine->id == guest->run)
                machines_changed(watch->machines, machine, machine_apply_addresses(machine, shown));
}

static char **take_texts(GPtrArray *texts) {
        g_ptr_array_add(texts, NULL);
        return (char **) g_ptr_array_free(texts, /* free_segment= */ FALSE);
}

/*
 * What guest agents tell
 */

typedef struct Question {
        AddressWatch *watch;
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned run;
        char **told;
} Question;

static int question_run(void *data, virConnect *connection, Failure *failure) {
        Question *question = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, question->uuid);
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        int r;

        if (!domain)
                return hypervisor_failure(failure);

        r = guest_addresses_read(domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, texts, hypervisor_failure,
                                 failure);
        if (r < 0)
                return r;

        /* Another run would be asked anew. */
        if (virDomainGetID(domain) == question->run)
                question->told = take_texts(g_steal_pointer(&texts));
        return 0;
}

static void watch_ask(AddressWatch *watch);

static void watch_want_ask(AddressWatch *watch, const Machine *machine, Guest *guest) {
        if (guest->agent != AGENT_CONNECTED || machine->state != VIR_DOMAIN_RUNNING)
                return;

        guest->again = guest->asked;
        if (guest->to_ask || guest->asked)
                return;

        guest->to_ask = true;
        g_queue_push_tail(&watch->to_ask, g_strdup(machine->uuid));
        watch_ask(watch);
}

/* When it is its turn again. */
static void guest_set_pace(Guest *guest, int result, bool told) {
        guest->patience = result >= 0 ? 0
                                      : CLAMP(guest->patience * 2, ADDRESS_PATIENCE_USEC,
                                              ADDRESS_PATIENCE_LAST_USEC);
        guest->after = g_get_monotonic_time() + MAX(guest->patience, ADDRESS_PATIENCE_USEC);
        if (result >= 0 && !told) /* its network is not up yet */
                guest->after = 0;
}

static void guest_answered(AddressWatch *watch, const Machine *machine, Guest *guest, Question *question,
                           int result) {
        bool again = guest->again;

        guest->asked = guest->again = false;
        if (!reading_is_disconnected(result))
                guest_set_pace(guest, result, question->told && *question->told);
        if (question->told && guest->agent == AGENT_CONNECTED) {
                g_strfreev(guest->told);
                guest->told = g_steal_pointer(&question->told);
                watch_show(watch, machine->uuid, guest);
        }
        if (again && guest->patience == 0)
                watch_want_ask(watch, machine, guest);
}

static void question_done(void *data, int result, Failure *failure) {
        g_autofree Question *question = data;
        AddressWatch *watch = question->watch;
        const Machine *machine = machines_find(watch->machines, question->uuid);
        Guest *guest = machine ? watch_find(watch, question->uuid, question->run) : NULL;

        if (result < 0) {
                g_autofree char *text = text_printable(failure->message);
                log_debug("The guest agent of machine %s tells no addresses: %s", question->uuid, text);
        }

        watch->n_asked--;
        if (guest)
                guest_answered(watch, machine, guest, question, result);
        g_strfreev(question->told);
        watch_ask(watch);
}

/* Whoever has ended meanwhile, or whose agent has gone, is not asked any more. */
static bool watch_may_ask(const AddressWatch *watch, const char *uuid, Guest **ret) {
        const Machine *machine = machines_find(watch->machines, uuid);
        Guest *guest = machine ? watch_find(watch, uuid, machine->id) : NULL;

        if (!guest || !guest->to_ask)
                return false;

        guest->to_ask = false;
        *ret = guest;
        return guest->agent == AGENT_CONNECTED && machine->state == VIR_DOMAIN_RUNNING;
}

static void watch_ask(AddressWatch *watch) {
        while (watch->n_asked < ADDRESS_QUESTIONS_MAX && !g_queue_is_empty(&watch->to_ask)) {
                g_autofree char *uuid = g_queue_pop_head(&watch->to_ask);
                g_auto(Failure) failure = { 0 };
                g_autofree Question *question = g_new0(Question, 1);
                Request request = {
                        .lane = LANE_GUEST,
                        .key = uuid,
                        .run = question_run,
                        .done = question_done,
                        .data = question,
                };
                Guest *guest;

                if (!watch_may_ask(watch, uuid, &guest))
                        continue;

                question->watch = watch;
                question->run = guest->run;
                g_strlcpy(question->uuid, uuid, sizeof(question->uuid));
                if (hypervisor_submit(watch->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                                      &failure) < 0) {
                        log_debug("Cannot ask a guest agent, ignoring: %s", failure.message);
                        continue;
                }
                question = NULL; /* of the request */
                guest->asked = true;
                guest->again = false;
                watch->n_asked++;
        }
}

/*
 * What the host knows
 */

typedef struct Look {
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned run;
        char **known; /* NULL: it was not read */
} Look;

typedef struct Looks {
        AddressWatch *watch;
        Look looks[MACHINES_PER_REQUEST];
        unsigned n;
} Looks;

static void look_run(Look *look, virConnect *connection) {
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, look->uuid);
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

        if (!domain || virDomainGetID(domain) != look->run)
                return;

        (void) guest_addresses_read(domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, texts,
                                    /* fail= */ NULL, NULL);
        if (texts->len == 0)
                (void) guest_addresses_read(domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP, texts,
                                            /* fail= */ NULL, NULL);
        look->known = take_texts(g_steal_pointer(&texts));
}

static int looks_run(void *data, virConnect *connection, Failure *failure) {
        Looks *looks = data;

        for (unsigned i = 0; i < looks->n; i++)
                look_run(&looks->looks[i], connection);
        return 0;
}

static void watch_next(AddressWatch *watch);

static void looks_done(void *data, int result, Failure *failure) {
        g_autofree Looks *looks = data;
        AddressWatch *watch = looks->watch;

        /* One that could not be read is in the next connection's reading of all. */
        for (unsigned i = 0; i < looks->n; i++) {
                Look *look = &looks->looks[i];
                Guest *guest = watch_find(watch, look->uuid, look->run);

                if (guest && look->known) {
                        g_strfreev(guest->known);
                        guest->known = g_steal_pointer(&look->known);
                        watch_show(watch, look->uuid, guest);
                }
                g_strfreev(look->known);
        }

        watch->looking = false;
        watch_next(watch);
}

static void watch_next(AddressWatch *watch) {
        Hypervisor *hypervisor = watch->machines->services->hypervisor;
        g_autofree Looks *looks = NULL;
        g_auto(Failure) failure = { 0 };
        Request request;
        GHashTableIter i;
        gpointer uuid;

        if (watch->looking || g_hash_table_size(watch->wanted) == 0 || !hypervisor_is_connected(hypervisor))
                return;

        looks = g_new0(Looks, 1);
        looks->watch = watch;
        g_hash_table_iter_init(&i, watch->wanted);
        while (looks->n < MACHINES_PER_REQUEST && g_hash_table_iter_next(&i, &uuid, NULL)) {
                const Guest *guest = g_hash_table_lookup(watch->guests, uuid);

                if (guest) {
                        Look *look = &looks->looks[looks->n++];

                        g_strlcpy(look->uuid, uuid, sizeof(look->uuid));
                        look->run = guest->run;
                }
                g_hash_table_iter_remove(&i);
        }
        if (looks->n == 0)
                return;

        request = (Request){ .lane = LANE_ORDINARY, .run = looks_run, .done = looks_done, .data = looks };
        if (hypervisor_submit(hypervisor, &request, /* ret_id= */ NULL, &failure) < 0) {
                log_debug("Cannot look for the addresses of machines, ignoring: %s", failure.message);
                return;
        }
        watch->looking = true;
        looks = NULL; /* of the request */
}

static void watch_want(AddressWatch *watch, const char *uuid) {
        g_hash_table_add(watch->wanted, g_strdup(uuid));
        watch_next(watch);
}

/*
 * When
 */

/* Agents are told of by the machine's XML, a reading after its start. */
static void watch_look_agent(AddressWatch *watch, const Machine *machine, Guest *guest) {
        if (guest->agent == machine->config->agent)
                return;

        guest->agent = machine->config->agent;
        guest->after = guest->patience = 0;
        if (guest->agent == AGENT_CONNECTED) {
                watch_want_ask(watch, machine, guest);
                return;
        }
        g_clear_pointer(&guest->told, g_strfreev);
        watch_show(watch, machine->uuid, guest);
}

void address_watch_look(AddressWatch *watch, const Machine *machine, uint64_t mask) {
        const uint64_t news = MACHINE_BIT(MACHINE_STATE) | MACHINE_BIT(MACHINE_INTERFACES) |
                              MACHINE_BIT(MACHINE_SERVICE_UNIT_STATUS);
        Guest *guest = g_hash_table_lookup(watch->guests, machine->uuid);

        if (!machine_is_active(machine)) {
                address_watch_forget(watch, machine->uuid);
                return;
        }

        if (!guest || guest->run != machine->id) {
                guest = g_new0(Guest, 1);
                guest->run = machine->id;
                g_hash_table_insert(watch->guests, g_strdup(machine->uuid), guest);
                mask |= news;
        }
        watch_look_agent(watch, machine, guest);
        if ((mask & news) == 0)
                return;

        watch_want(watch, machine->uuid);
        if (guest->patience == 0)
                watch_want_ask(watch, machine, guest);
}

void address_watch_turn(AddressWatch *watch, const char *uuid) {
        const Machine *machine = machines_find(watch->machines, uuid);
        Guest *guest = machine ? watch_find(watch, uuid, machine->id) : NULL;

        if (!guest)
                return;

        watch_want(watch, uuid);
        if (guest->after <= g_get_monotonic_time())
                watch_want_ask(watch, machine, guest);
}

void address_watch_forget(AddressWatch *watch, const char *uuid) {
        g_hash_table_remove(watch->guests, uuid);
}

void address_watch_on_connected(void *userdata) {
        AddressWatch *watch = userdata;
        GHashTableIter i;
        gpointer uuid, p;

        g_hash_table_iter_init(&i, watch->guests);
        while (g_hash_table_iter_next(&i, &uuid, &p)) {
                const Machine *machine = machines_find(watch->machines, uuid);
                Guest *guest = p;

                guest->after = guest->patience = 0;
                g_hash_table_add(watch->wanted, g_strdup(uuid));
                if (machine)
                        watch_want_ask(watch, machine, guest);
        }
        watch_next(watch);
}

AddressWatch *address_watch_new(Machines *machines) {
        AddressWatch *watch = g_new(AddressWatch, 1);

        *watch = (AddressWatch){
                .machines = machines,
                .guests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, guest_free),
                .wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .to_ask = G_QUEUE_INIT,
        };
        return watch;
}

AddressWatch *address_watch_free(AddressWatch *watch) {
        if (!watch)
                return NULL;

        g_queue_clear_full(&watch->to_ask, g_free);
        g_hash_table_unref(watch->wanted);
        g_hash_table_unref(watch->guests);
        g_free(watch);
        return NULL;
}
