/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address-watch.h"

#include <errno.h>

#include "service/guest-address.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193%x"
#define N_MACHINES 12U

/* Time stands still until a test moves it; requests wait until a test has them answered. */
static int64_t monotonic;
static GPtrArray *requests; /* of Request */
static bool connected;
static const char *by_source[3]; /* what libvirt says; NULL: it fails */
static unsigned asked_run;       /* the run that it says that of; 0: the right one */
static unsigned runs[16];        /* by the last digit of the UUID */

gint64 g_get_monotonic_time(void) {
        return monotonic;
}

bool hypervisor_is_connected(const Hypervisor *hypervisor) {
        return connected;
}

int hypervisor_submit(Hypervisor *hypervisor, const Request *r, uint64_t *ret_id, Failure *failure) {
        Request *copy = g_new(Request, 1);

        *copy = *r;
        g_ptr_array_add(requests, copy);
        return 0;
}

int hypervisor_failure(Failure *failure) {
        return failure_set(failure, ERROR_FAILED, "not today");
}

/* A domain is the last digit of its UUID. */
virDomainPtr virDomainLookupByUUIDString(virConnectPtr connection, const char *uuid) {
        return GINT_TO_POINTER(g_ascii_xdigit_value(uuid[35]) + 1);
}

int virDomainFree(virDomainPtr domain) {
        return 0;
}

unsigned int virDomainGetID(virDomainPtr domain) {
        return asked_run ?: runs[GPOINTER_TO_INT(domain) - 1];
}

int guest_addresses_read(virDomainPtr domain, unsigned source, GPtrArray *texts, GuestFail fail,
                         Failure *failure) {
        g_auto(GStrv) words = by_source[source] ? g_strsplit(by_source[source], " ", -1) : NULL;

        for (char **word = words; word && *word; word++)
                g_ptr_array_add(texts, g_strdup(*word));
        if (!words)
                return fail ? fail(failure) : -1;
        return (int) texts->len;
}

typedef struct Fixture {
        Services services;
        Machines machines;
        Machine *all[N_MACHINES];
        AddressWatch *watch;
} Fixture;

static Fixture *current;

Machine *machines_find(Machines *machines, const char *uuid) {
        for (unsigned i = 0; i < N_MACHINES; i++)
                if (current->all[i] && g_str_equal(current->all[i]->uuid, uuid))
                        return current->all[i];
        return NULL;
}

void machines_changed(Machines *machines, Machine *machine, uint64_t mask) {
        address_watch_look(current->watch, machine, mask);
}

static void fixture_init(Fixture *f, const void *unused) {
        current = f;
        monotonic = G_TIME_SPAN_HOUR;
        connected = true;
        asked_run = 0;
        requests = g_ptr_array_new_with_free_func(g_free);
        memset(by_source, 0, sizeof(by_source));
        f->machines.services = &f->services;
        f->watch = address_watch_new(&f->machines);
        for (unsigned i = 0; i < N_MACHINES; i++) {
                g_autofree char *uuid = g_strdup_printf(UUID, i);

                f->all[i] = machine_new(uuid);
                f->all[i]->state = VIR_DOMAIN_RUNNING;
                f->all[i]->id = runs[i] = 3 + i;
        }
}

static void fixture_done(Fixture *f, const void *unused) {
        address_watch_free(f->watch);
        for (unsigned i = 0; i < N_MACHINES; i++)
                machine_free(f->all[i]);
        g_assert_cmpuint(requests->len, ==, 0);
        g_ptr_array_unref(requests);
        g_assert_null(address_watch_free(NULL));
}

static unsigned n_in(Lane lane) {
        unsigned n = 0;

        for (guint i = 0; i < requests->len; i++)
                n += ((const Request *) requests->pdata[i])->lane == lane;
        return n;
}

/* The first one of the lane; false if there is none. */
static bool answer(Lane lane) {
        for (guint i = 0; i < requests->len; i++) {
                g_autofree Request *request = NULL;
                g_auto(Failure) failure = { 0 };
                int r;

                if (((const Request *) requests->pdata[i])->lane != lane)
                        continue;
                request = g_memdup2(requests->pdata[i], sizeof(Request));
                g_ptr_array_remove_index(requests, i);
                if (!connected)
                        (void) failure_set(&failure, ERROR_HYPERVISOR_UNAVAILABLE, "libvirt is away");
                r = connected ? request->run(request->data, NULL, &failure) : -EHOSTDOWN;
                request->done(request->data, r, &failure);
                return true;
        }
        return false;
}

static void answer_all(void) {
        while (answer(LANE_ORDINARY) || answer(LANE_GUEST))
                ;
}

static void agent(Machine *machine, AgentChannel channel) {
        config_unref(machine->config);
        machine->config = config_new();
        machine->config->agent = channel;
        address_watch_look(current->watch, machine, 0);
}

static void shows(const Machine *machine, const char *expected) {
        g_autofree char *all = machine->addresses ? g_strjoinv(" ", machine->addresses) : g_strdup("");

        g_assert_cmpstr(all, ==, expected);
}

static void test_what_the_host_knows(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1 2001:db8::1";
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP] = "192.0.2.9";
        address_watch_look(f->watch, f->all[0], 0);
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 0); /* it has no agent */
        answer_all();
        shows(f->all[0], "192.0.2.1 2001:db8::1");

        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_MEMORY));
        g_assert_cmpuint(requests->len, ==, 0); /* no news of this */
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = NULL;
        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_SERVICE_UNIT_STATUS));
        answer_all();
        shows(f->all[0], "192.0.2.9");
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.3";
        address_watch_turn(f->watch, f->all[0]->uuid);
        answer_all();
        shows(f->all[0], "192.0.2.3");
}

static void test_a_few_machines_at_a_time(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1";
        for (unsigned i = 0; i < N_MACHINES; i++)
                address_watch_look(f->watch, f->all[i], 0);
        g_assert_cmpuint(requests->len, ==, 1);
        answer_all();
        for (unsigned i = 0; i < N_MACHINES; i++)
                shows(f->all[i], "192.0.2.1");
}

static void test_what_the_agent_tells_is_beside_it(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1 2001:db8::1";
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "10.0.0.1 192.0.2.1 2001:db8::7";
        agent(f->all[0], AGENT_CONNECTED);
        answer_all();
        shows(f->all[0], "192.0.2.1 10.0.0.1 2001:db8::1 2001:db8::7");
        agent(f->all[0], AGENT_DISCONNECTED);
        shows(f->all[0], "192.0.2.1 2001:db8::1");
        address_watch_turn(f->watch, f->all[0]->uuid);
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 0);
        answer_all();
}

static void test_no_agent_crowds_out_what_is_known(Fixture *f, const void *unused) {
        g_autoptr(GString) many = g_string_new("10.0.0.1");

        for (unsigned i = 2; i <= GUEST_ADDRESSES_MAX; i++)
                g_string_append_printf(many, " 10.0.0.%u", i);
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1 2001:db8::1";
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = many->str;
        agent(f->all[0], AGENT_CONNECTED);
        answer_all();
        g_assert_cmpstr(f->all[0]->addresses[0], ==, "192.0.2.1");
        g_assert_cmpuint(g_strv_length(f->all[0]->addresses), ==, GUEST_ADDRESSES_MAX);
        g_assert_cmpstr(f->all[0]->addresses[GUEST_ADDRESSES_MAX - 1], ==, "2001:db8::1");
}

/* Nobody waits for them but those that are to be asked too. */
static void test_agents_that_hang_hold_up_no_leases(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1";
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "10.0.0.1";
        for (unsigned i = 0; i < 4; i++)
                agent(f->all[i], AGENT_CONNECTED);
        g_assert_cmpuint(n_in(LANE_GUEST), ==, ADDRESS_QUESTIONS_MAX);
        while (answer(LANE_ORDINARY))
                ;
        for (unsigned i = 0; i < 4; i++) {
                shows(f->all[i], "192.0.2.1");
                address_watch_turn(f->watch, f->all[i]->uuid);
        }
        g_assert_cmpuint(n_in(LANE_GUEST), ==, ADDRESS_QUESTIONS_MAX); /* none is asked twice */

        /* One ends, and its slot is free. */
        g_assert_true(answer(LANE_GUEST));
        g_assert_cmpuint(n_in(LANE_GUEST), ==, ADDRESS_QUESTIONS_MAX);
        answer_all();
        for (unsigned i = 0; i < 4; i++)
                shows(f->all[i], "192.0.2.1 10.0.0.1");
}

static void test_an_agent_that_fails_is_asked_less_and_less(Fixture *f, const void *unused) {
        unsigned n = 0;

        agent(f->all[0], AGENT_CONNECTED);
        answer_all();
        for (unsigned i = 0; i < 60 * 60 / 5; i++, monotonic += 5 * G_TIME_SPAN_SECOND) {
                address_watch_turn(f->watch, f->all[0]->uuid);
                address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_SERVICE_UNIT_STATUS));
                n += n_in(LANE_GUEST);
                answer_all();
        }
        g_assert_cmpuint(n, >=, 8);
        g_assert_cmpuint(n, <=, 12);

        agent(f->all[0], AGENT_DISCONNECTED); /* and comes back */
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "10.0.0.1";
        agent(f->all[0], AGENT_CONNECTED);
        answer_all();
        shows(f->all[0], "10.0.0.1");
}

static void test_an_agent_is_asked_in_turn(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "";
        agent(f->all[0], AGENT_CONNECTED);
        answer_all();
        address_watch_turn(f->watch, f->all[0]->uuid); /* it had none: soon */
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 1);
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "10.0.0.1";
        answer_all();
        address_watch_turn(f->watch, f->all[0]->uuid);
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 0);
        monotonic += ADDRESS_PATIENCE_USEC;
        address_watch_turn(f->watch, f->all[0]->uuid);
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 1);

        /* What happens meanwhile has it asked once more. */
        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_SERVICE_UNIT_STATUS));
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 1);
        g_assert_true(answer(LANE_GUEST));
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 1);
        answer_all();
}

static void test_a_guest_that_stands_still_is_not_asked(Fixture *f, const void *unused) {
        f->all[0]->state = VIR_DOMAIN_PAUSED;
        agent(f->all[0], AGENT_CONNECTED);
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 0);
        f->all[0]->state = VIR_DOMAIN_RUNNING;
        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_STATE));
        g_assert_cmpuint(n_in(LANE_GUEST), ==, 1);
        answer_all();
}

static void test_answers_of_another_run_are_none(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1";
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "10.0.0.1";
        asked_run = 99;
        agent(f->all[0], AGENT_CONNECTED);
        answer_all();
        shows(f->all[0], "");

        asked_run = 0;
        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_STATE));
        f->all[0]->id = 50;
        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_DOMAIN_ID));
        g_assert_true(answer(LANE_ORDINARY)); /* of the run before */
        shows(f->all[0], "");
        runs[0] = 50;
        answer_all();
        shows(f->all[0], "192.0.2.1 10.0.0.1");

        /* One that is off, or gone, is looked at no more. */
        f->all[0]->id = 0;
        address_watch_look(f->watch, f->all[0], MACHINE_BIT(MACHINE_DOMAIN_ID));
        address_watch_turn(f->watch, f->all[0]->uuid);
        address_watch_turn(f->watch, "no such");
        address_watch_on_connected(f->watch);
        g_assert_cmpuint(requests->len, ==, 0);
}

static void test_a_machine_may_go_while_it_is_looked_at(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1";
        agent(f->all[0], AGENT_CONNECTED);
        agent(f->all[1], AGENT_CONNECTED);
        agent(f->all[2], AGENT_CONNECTED); /* waits */
        for (unsigned i = 0; i < 3; i++) {
                address_watch_forget(f->watch, f->all[i]->uuid);
                f->all[i] = machine_free(f->all[i]);
        }
        answer_all();
}

static void test_after_libvirt_was_away_all_are_looked_at(Fixture *f, const void *unused) {
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = "192.0.2.1";
        by_source[VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = "10.0.0.1";
        agent(f->all[0], AGENT_CONNECTED);
        connected = false;
        answer_all();
        shows(f->all[0], "");
        connected = true;
        address_watch_on_connected(f->watch);
        answer_all();
        shows(f->all[0], "192.0.2.1 10.0.0.1");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/address-watch/" name, Fixture, NULL, fixture_init, test, fixture_done)
        ADD("what the host knows", test_what_the_host_knows);
        ADD("a few machines at a time", test_a_few_machines_at_a_time);
        ADD("what the agent tells is beside it", test_what_the_agent_tells_is_beside_it);
        ADD("no agent crowds out what is known", test_no_agent_crowds_out_what_is_known);
        ADD("agents that hang hold up no leases", test_agents_that_hang_hold_up_no_leases);
        ADD("an agent that fails is asked less and less", test_an_agent_that_fails_is_asked_less_and_less);
        ADD("an agent is asked in turn", test_an_agent_is_asked_in_turn);
        ADD("a guest that stands still is not asked", test_a_guest_that_stands_still_is_not_asked);
        ADD("answers of another run are none", test_answers_of_another_run_are_none);
        ADD("a machine may go while it is looked at", test_a_machine_may_go_while_it_is_looked_at);
        ADD("after libvirt was away all are looked at", test_after_libvirt_was_away_all_are_looked_at);
#undef ADD
        return g_test_run();
}
