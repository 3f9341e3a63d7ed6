/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warnings.h"

#include <errno.h>

#include "acceleration.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define MINUTE G_TIME_SPAN_MINUTE

/* Time stands still until a test moves it, and a timer fires when a test says so. */
static int64_t monotonic, real;
static uint64_t timer_due; /* 0: none is set */
static sd_event_time_handler_t timer_handler;
static void *timer_userdata;
static GPtrArray *all;
static uint64_t changed;
static Request request;
static char *answer; /* of libvirt: NULL: it fails */

gint64 g_get_monotonic_time(void) {
        return monotonic;
}

gint64 g_get_real_time(void) {
        return real;
}

int sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
                      uint64_t accuracy, sd_event_time_handler_t handler, void *userdata) {
        timer_due = usec;
        timer_handler = handler;
        timer_userdata = userdata;
        return 0;
}

GPtrArray *machines_list(Machines *machines) {
        return g_ptr_array_ref(all);
}

void machines_changed(Machines *machines, Machine *machine, uint64_t mask) {
        changed |= mask | warnings_apply(machines->warnings, machine);
}

int hypervisor_submit(Hypervisor *hypervisor, const Request *r, uint64_t *ret_id, Failure *failure) {
        request = *r;
        return 0;
}

int acceleration_read(virConnect *connection, char ***ret, Failure *failure) {
        if (!answer)
                return failure_set(failure, ERROR_FAILED, "libvirt is tired");

        *ret = g_strsplit(answer, " ", -1);
        return 0;
}

typedef struct Fixture {
        Services services;
        Machines machines;
        Machine *machine;
} Fixture;

static void fixture_init(Fixture *f, const void *unused) {
        monotonic = 100 * MINUTE;
        real = 1000000 * MINUTE;
        timer_due = changed = 0;
        f->machines.services = &f->services;
        f->machines.warnings = warnings_new(&f->machines);
        f->machine = machine_new(UUID);
        config_unref(f->machine->config);
        f->machine->config = config_new();
        f->machine->config->agent = AGENT_CONNECTED;
        f->machine->config->architecture = "x86_64";
        f->machine->accelerator = "kvm";
        f->machine->state = VIR_DOMAIN_SHUTOFF;
        all = g_ptr_array_new();
        g_ptr_array_add(all, f->machine);
}

static void fixture_done(Fixture *f, const void *unused) {
        warnings_free(f->machines.warnings);
        machine_free(f->machine);
        g_ptr_array_unref(all);
        g_assert_null(warnings_free(NULL));
}

static void are(Fixture *f, uint32_t warnings) {
        g_assert_cmphex(f->machine->warnings, ==, warnings);
}

/* Applies, and says whether the property changed. */
static bool apply(Fixture *f) {
        uint64_t mask = warnings_apply(f->machines.warnings, f->machine);

        g_assert_true(mask == 0 || mask == MACHINE_BIT(MACHINE_WARNINGS));
        return mask != 0;
}

static void connect(Fixture *f, const char *accelerated) {
        g_auto(Failure) failure = { 0 };
        int r;

        g_free(answer);
        answer = g_strdup(accelerated);
        warnings_on_connected(f->machines.warnings);
        g_assert_cmpint(request.lane, ==, LANE_READ);
        r = request.run(request.data, NULL, &failure);
        request.done(request.data, r, &failure);
}

static void run(Fixture *f, unsigned id) {
        f->machine->id = id;
        f->machine->state = id ? VIR_DOMAIN_RUNNING : VIR_DOMAIN_SHUTOFF;
}

static void test_each_warning_has_its_word(Fixture *f, const void *unused) {
        for (unsigned i = 0; i < _WARNING_MAX; i++)
                g_assert_nonnull(warning_to_string(i));
        g_assert_null(warning_to_string(_WARNING_MAX));
}

static void test_all_is_well_with_a_usual_machine(Fixture *f, const void *unused) {
        connect(f, "x86_64 i686");
        run(f, 3);
        g_assert_false(apply(f));
        monotonic += 10 * MINUTE;
        g_assert_false(apply(f));
        g_assert_cmpuint(timer_due, ==, 0);
}

/* What the host could do decides which of the two it is. */
static void test_an_emulated_machine(Fixture *f, const void *unused) {
        f->machine->accelerator = "tcg";
        g_assert_false(apply(f)); /* not known yet */

        connect(f, "x86_64 i686");
        are(f, WARNING_BIT(WARNING_EMULATED_FALLBACK));
        g_assert_cmphex(changed, ==, MACHINE_BIT(MACHINE_WARNINGS));
        f->machine->config->architecture = "aarch64";
        g_assert_true(apply(f));
        are(f, WARNING_BIT(WARNING_EMULATED));

        f->machine->config->architecture = "x86_64";
        g_assert_true(apply(f));
        connect(f, "");
        are(f, WARNING_BIT(WARNING_EMULATED));
        connect(f, NULL); /* could not be read: as last known */
        are(f, WARNING_BIT(WARNING_EMULATED));

        f->machine->accelerator = "test";
        g_assert_true(apply(f));
        are(f, 0);
}

static void test_a_guest_without_agent_has_two_minutes(Fixture *f, const void *unused) {
        f->machine->config->agent = AGENT_DISCONNECTED;
        run(f, 3);
        g_assert_false(apply(f));
        g_assert_cmpuint(timer_due, ==, 102 * MINUTE);

        monotonic += 2 * MINUTE - 1;
        g_assert_false(apply(f));
        monotonic += 1;
        timer_handler(NULL, timer_due, timer_userdata);
        g_assert_cmphex(changed, ==, MACHINE_BIT(MACHINE_WARNINGS));
        are(f, WARNING_BIT(WARNING_NO_GUEST_AGENT));

        f->machine->config->agent = AGENT_CONNECTED;
        g_assert_true(apply(f));
        are(f, 0);

        f->machine->config->agent = AGENT_NONE;
        g_assert_true(apply(f));
        run(f, 0);
        g_assert_true(apply(f));
        are(f, 0);

        /* Another run has its own two minutes. */
        run(f, 4);
        g_assert_false(apply(f));
        are(f, 0);
}

/* A run that began before the agent of the host did. */
static void test_a_run_that_machined_knows_is_as_old_as_it_says(Fixture *f, const void *unused) {
        f->machine->config->agent = AGENT_NONE;
        run(f, 3);
        f->machine->started_at = (uint64_t) (real - 2 * MINUTE + 1);
        g_assert_false(apply(f));
        f->machine->started_at = (uint64_t) (real - 2 * MINUTE);
        g_assert_true(apply(f));
        are(f, WARNING_BIT(WARNING_NO_GUEST_AGENT));
}

static void test_one_timer_serves_all(Fixture *f, const void *unused) {
        Machine *second = machine_new("7695eb01-f6a4-8304-79aa-97f2502e193f");

        g_ptr_array_add(all, second);
        run(f, 3);
        f->machine->config->agent = AGENT_NONE;
        g_assert_false(apply(f));
        monotonic += MINUTE;
        second->id = 4;
        g_assert_cmpuint(warnings_apply(f->machines.warnings, second), ==, 0);
        g_assert_cmpuint(timer_due, ==, 102 * MINUTE);

        monotonic += MINUTE;
        timer_handler(NULL, timer_due, timer_userdata);
        are(f, WARNING_BIT(WARNING_NO_GUEST_AGENT));
        g_assert_cmphex(second->warnings, ==, 0);
        g_assert_cmpuint(timer_due, ==, 103 * MINUTE);
        monotonic += MINUTE;
        timer_handler(NULL, timer_due, timer_userdata);
        g_assert_cmphex(second->warnings, ==, WARNING_BIT(WARNING_NO_GUEST_AGENT));
        machine_free(second);
}

static void ended(Fixture *f, int state, int reason, bool crashed) {
        MachineFacts facts = { .have = FACTS_STATE, .state = state, .reason = reason };

        (void) machine_apply_facts(f->machine, &facts);
        (void) apply(f);
        are(f, crashed ? WARNING_BIT(WARNING_CRASHED_BEFORE) : 0);
}

static void test_a_crash_is_remembered_until_a_run_ends_well(Fixture *f, const void *unused) {
        MachineFacts running = { .have = FACTS_STATE,
                                 .id = 7,
                                 .state = VIR_DOMAIN_RUNNING,
                                 .reason = VIR_DOMAIN_RUNNING_BOOTED };

        ended(f, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN, false);
        ended(f, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, true);
        (void) machine_apply_facts(f->machine, &running);
        g_assert_false(apply(f));
        are(f, WARNING_BIT(WARNING_CRASHED_BEFORE));

        ended(f, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED, true);
        ended(f, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN, true);
        ended(f, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED, false);
        ended(f, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, true);
        ended(f, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED, false);
}

static void test_what_the_host_tells_is_added(Fixture *f, const void *unused) {
        f->machine->host_warnings = WARNING_BIT(WARNING_DISK_MISSING);
        f->machine->crashed = true;
        g_assert_true(apply(f));
        are(f, WARNING_BIT(WARNING_DISK_MISSING) | WARNING_BIT(WARNING_CRASHED_BEFORE));
        g_assert_false(apply(f));
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        add("/warnings/each-warning-has-its-word", test_each_warning_has_its_word);
        add("/warnings/all-is-well-with-a-usual-machine", test_all_is_well_with_a_usual_machine);
        add("/warnings/an-emulated-machine", test_an_emulated_machine);
        add("/warnings/a-guest-without-agent-has-two-minutes", test_a_guest_without_agent_has_two_minutes);
        add("/warnings/a-run-that-machined-knows-is-as-old-as-it-says",
            test_a_run_that_machined_knows_is_as_old_as_it_says);
        add("/warnings/one-timer-serves-all", test_one_timer_serves_all);
        add("/warnings/a-crash-is-remembered-until-a-run-ends-well",
            test_a_crash_is_remembered_until_a_run_ends_well);
        add("/warnings/what-the-host-tells-is-added", test_what_the_host_tells_is_added);
        r = g_test_run();

        g_free(answer);
        return r;
}
