/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <systemd/sd-bus.h>

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

typedef struct Fixture {
        Machine *machine;
} Fixture;

/* A machine that was read while off. */
static void fixture_init(Fixture *f, const void *unused) {
        MachineFacts facts = {
                .have = FACTS_ALL,
                .name = (char *) "web",
                .state = VIR_DOMAIN_SHUTOFF,
                .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN,
                .persistent = true,
                .vcpus = 2,
                .memory = 1 << 30,
                .accelerator = "kvm",
        };

        f->machine = machine_new(UUID);
        g_assert_cmpuint(machine_apply_facts(f->machine, &facts), !=, 0);
}

static void fixture_done(Fixture *f, const void *unused) {
        g_assert_null(machine_free(f->machine));
}

static uint64_t read_run(Fixture *f, unsigned id, int state, int reason) {
        MachineFacts facts = {
                .have = FACTS_STATE, .name = f->machine->name, .id = id, .state = state, .reason = reason
        };

        return machine_apply_facts(f->machine, &facts);
}

static uint64_t read_running(Fixture *f, unsigned id) {
        return read_run(f, id, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
}

static uint64_t read_off(Fixture *f) {
        return read_run(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
}

static uint64_t event(Fixture *f, unsigned id, int type, int detail) {
        MachineEvent e = { .uuid = UUID, .id = id, .event = type, .detail = detail };

        return machine_apply_event(f->machine, &e);
}

static uint64_t started(Fixture *f, unsigned id) {
        return event(f, id, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
}

static uint64_t stopped(Fixture *f, unsigned id) {
        return event(f, id, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
}

static uint64_t suspended(Fixture *f, unsigned id) {
        return event(f, id, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

static void is(Fixture *f, unsigned id, int state) {
        g_assert_cmpuint(f->machine->id, ==, id);
        g_assert_cmpint(f->machine->state, ==, state);
        g_assert_cmpint(machine_is_active(f->machine), ==, id != 0);
}

/* The path can be decoded by sd_bus_path_decode(), as the interface says. */
static void test_a_new_machine_is_known_by_its_uuid_alone(Fixture *f, const void *unused) {
        Machine *machine = machine_new(UUID);
        char *uuid = NULL;

        g_assert_cmpint(sd_bus_path_decode(machine->path, "/org/hatago/Host1/machines", &uuid), >, 0);
        g_assert_cmpstr(uuid, ==, UUID);
        g_assert_cmpstr(machine->name, ==, "");
        g_assert_cmpstr(machine->accelerator, ==, "");
        g_assert_false(machine_is_active(machine));
        free(uuid);
        machine_free(machine);
        g_assert_null(machine_free(NULL));
}

static void test_facts_change_only_what_was_read(Fixture *f, const void *unused) {
        MachineFacts none = { .have = 0, .name = (char *) "other", .vcpus = 8, .autostart = true };

        g_assert_cmpuint(machine_apply_facts(f->machine, &none), ==, 0);
        g_assert_cmpstr(f->machine->name, ==, "web");

        none.have = FACTS_AUTOSTART;
        g_assert_cmphex(machine_apply_facts(f->machine, &none), ==,
                        MACHINE_BIT(MACHINE_AUTOSTART) | MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY));
        g_assert_cmpuint(f->machine->vcpus, ==, 2);
}

/* What did not change is not announced. */
static void test_the_same_facts_change_nothing(Fixture *f, const void *unused) {
        g_assert_cmpuint(read_running(f, 5), !=, 0);
        g_assert_cmpuint(read_running(f, 5), ==, 0);
}

static void test_the_mask_names_each_property_that_changed(Fixture *f, const void *unused) {
        MachineFacts facts = {
                .have = FACTS_ALL,
                .name = (char *) "db",
                .id = 7,
                .state = VIR_DOMAIN_RUNNING,
                .reason = VIR_DOMAIN_RUNNING_BOOTED,
                .persistent = false,
                .autostart = true,
                .vcpus = 4,
                .memory = 1 << 20,
                .accelerator = "tcg",
        };

        g_assert_cmphex(machine_apply_facts(f->machine, &facts), ==,
                        MACHINE_BIT(MACHINE_NAME) | MACHINE_BIT(MACHINE_DOMAIN_ID) |
                                        MACHINE_BIT(MACHINE_STATE) | MACHINE_BIT(MACHINE_STATE_REASON) |
                                        MACHINE_BIT(MACHINE_PERSISTENT) | MACHINE_BIT(MACHINE_AUTOSTART) |
                                        MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY) |
                                        MACHINE_BIT(MACHINE_VCPUS) | MACHINE_BIT(MACHINE_MEMORY) |
                                        MACHINE_BIT(MACHINE_ACCELERATOR));
        g_assert_cmpstr(f->machine->name, ==, "db");
        g_assert_cmpuint(f->machine->memory, ==, 1 << 20);
}

/* Whoever starts it: that a second one does is no change for whoever asks no more than whether. */
static void test_autostart_is_one_property_and_who_does_it_another(Fixture *f, const void *unused) {
        uint64_t both = MACHINE_BIT(MACHINE_AUTOSTART) | MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY);
        Machine *m = f->machine;

        g_assert_cmphex(machine_apply_autostart(m, AUTOSTART_SYSTEMD, true), ==, both);
        g_assert_cmphex(machine_apply_autostart(m, AUTOSTART_SYSTEMD, true), ==, 0);
        g_assert_cmphex(machine_apply_autostart(m, AUTOSTART_LIBVIRT, true), ==,
                        MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY));
        g_assert_cmphex(machine_apply_autostart(m, AUTOSTART_SYSTEMD, false), ==,
                        MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY));
        g_assert_cmphex(event(f, 0, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED) & both,
                        ==, both);
        g_assert_cmphex(machine_apply_autostart(m, AUTOSTART_HATAGO, false), ==, 0);
}

static void test_settings_are_compared_with_those_before(Fixture *f, const void *unused) {
        char *names[] = { (char *) "other", NULL }, *same[] = { (char *) "other", NULL }, *none[] = { NULL };
        ServiceSettings first = { .start_after = names,
                                  .ready = READY_PORT,
                                  .ready_port = 5432,
                                  .ready_timeout = READY_TIMEOUT_DEFAULT },
                        second = first;
        Machine *m = f->machine;

        g_assert_cmpint(machine_settings(m)->ready, ==, READY_RUNNING);
        g_assert_cmpuint(machine_settings(m)->ready_timeout, ==, READY_TIMEOUT_DEFAULT);
        g_assert_cmphex(machine_apply_settings(m, &first), ==,
                        MACHINE_BIT(MACHINE_SERVICE_START_AFTER) | MACHINE_BIT(MACHINE_SERVICE_READY_WHEN) |
                                        MACHINE_BIT(MACHINE_SERVICE_READY_PORT));
        second.start_after = same;
        g_assert_cmphex(machine_apply_settings(m, &second), ==, 0);
        first = second;
        first.start_after = none;
        first.autostart = true;
        g_assert_cmphex(machine_apply_settings(m, &first), ==,
                        MACHINE_BIT(MACHINE_SERVICE_START_AFTER) | MACHINE_BIT(MACHINE_AUTOSTART) |
                                        MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY));
        g_assert_cmphex(machine_apply_settings(m, NULL), ==,
                        MACHINE_BIT(MACHINE_SERVICE_READY_WHEN) | MACHINE_BIT(MACHINE_SERVICE_READY_PORT) |
                                        MACHINE_BIT(MACHINE_AUTOSTART) |
                                        MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY));
}

static uint64_t read_config(Fixture *f, Config *config) {
        MachineFacts facts = {
                .have = FACTS_CONFIG,
                .vcpus = f->machine->vcpus,
                .memory = f->machine->memory,
                .accelerator = f->machine->accelerator,
                .config = config,
        };

        return machine_apply_facts(f->machine, &facts);
}

/* It is the model's own from then on; the same read again is no change, and XML that could not be read is
 * one. */
static void test_a_configuration_is_taken_over_and_compared(Fixture *f, const void *unused) {
        Config *config = config_new(), *same = config_new();
        uint64_t changed = MACHINE_BIT(MACHINE_TITLE) | MACHINE_BIT(MACHINE_VCPUS_MAXIMUM) |
                           MACHINE_BIT(MACHINE_OS_INFO) | MACHINE_BIT(MACHINE_DISKS);

        config->title = same->title = "Web";
        config->os_info = same->os_info = "http://debian.org/debian/12";
        config->vcpus_maximum = same->vcpus_maximum = 4;
        config->disks = (Items){ g_new0(MachineDisk, 1), 1 };
        same->disks = (Items){ g_new0(MachineDisk, 1), 1 };
        *(MachineDisk *) config->disks.items = *(MachineDisk *) same->disks.items =
                        (MachineDisk){ "vda", "disk", "virtio", "file", "/x",  "",   "",
                                       "raw", "",     "",       0,      false, false };

        g_assert_cmphex(read_config(f, config), ==, changed);
        config_unref(config);
        g_assert_cmphex(read_config(f, same), ==, 0);
        config_unref(same);
        g_assert_cmpstr(f->machine->config->title, ==, "Web");
        g_assert_cmphex(read_config(f, NULL), ==, changed);
        g_assert_cmpstr(f->machine->config->title, ==, "");
}

static void test_a_serial_tells_another_stored_configuration(Fixture *f, const void *unused) {
        const uint64_t digests[] = { 0, 7, 7, 0 };
        const uint32_t serials[] = { 1, 2, 2, 3 };
        uint32_t before = f->machine->configuration_serial;

        g_assert_cmpuint(before, ==, 1); /* the first one that was read */
        for (size_t i = 0; i < G_N_ELEMENTS(digests); i++) {
                MachineFacts facts = { .have = FACTS_CONFIG,
                                       .accelerator = "",
                                       .stored_digest = digests[i] };
                uint64_t mask = machine_apply_facts(f->machine, &facts);

                g_assert_cmpuint(f->machine->configuration_serial, ==, serials[i]);
                g_assert_cmpint((mask & MACHINE_BIT(MACHINE_CONFIGURATION_SERIAL)) != 0, ==,
                                serials[i] != before);
                before = serials[i];
        }
}

/* Reasons are numbered anew in each state; the word is what others see. */
static void test_a_reason_has_changed_when_its_word_has(Fixture *f, const void *unused) {
        g_assert_cmpuint(read_run(f, 5, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_CRASHED), !=, 0);
        g_assert_cmphex(read_run(f, 5, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_CRASHED), ==,
                        MACHINE_BIT(MACHINE_STATE));
        g_assert_cmphex(read_run(f, 5, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER), ==,
                        MACHINE_BIT(MACHINE_STATE_REASON));
}

static void test_another_run_has_another_process(Fixture *f, const void *unused) {
        g_assert_cmpuint(read_running(f, 5), !=, 0);
        g_assert_cmphex(machine_apply_process(f->machine, 4711, 99), ==,
                        MACHINE_BIT(MACHINE_PID) | MACHINE_BIT(MACHINE_STARTED_AT));
        g_assert_cmpuint(machine_apply_process(f->machine, 4711, 99), ==, 0);

        g_assert_cmphex(read_running(f, 6), ==,
                        MACHINE_BIT(MACHINE_DOMAIN_ID) | MACHINE_BIT(MACHINE_PID) |
                                        MACHINE_BIT(MACHINE_STARTED_AT));
        g_assert_cmpuint(f->machine->pid, ==, 0);
        g_assert_cmpuint(f->machine->started_at, ==, 0);
}

static void test_another_run_has_another_guest(Fixture *f, const void *unused) {
        const char *const two[] = { "192.0.2.1", "2001:db8::1", NULL }, *const none[] = { NULL };

        g_assert_cmpuint(read_running(f, 5), !=, 0);
        g_assert_cmphex(machine_apply_addresses(f->machine, two), ==, MACHINE_BIT(MACHINE_ADDRESSES));
        g_assert_cmpuint(machine_apply_addresses(f->machine, two), ==, 0);
        g_assert_cmpuint(read_running(f, 5), ==, 0);
        g_assert_cmphex(read_running(f, 6), ==,
                        MACHINE_BIT(MACHINE_DOMAIN_ID) | MACHINE_BIT(MACHINE_ADDRESSES));
        g_assert_cmpuint(machine_apply_addresses(f->machine, none), ==, 0);
        g_assert_cmpuint(machine_apply_addresses(f->machine, NULL), ==, 0);
}

static void test_started_and_stopped_apply_at_once(Fixture *f, const void *unused) {
        g_assert_cmpuint(started(f, 5), !=, 0);
        is(f, 5, VIR_DOMAIN_RUNNING);
        g_assert_cmpuint(suspended(f, 5), !=, 0);
        is(f, 5, VIR_DOMAIN_PAUSED);
        g_assert_cmpuint(event(f, 5, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED), !=, 0);
        is(f, 5, VIR_DOMAIN_RUNNING);

        /* libvirt tells no id any more when it has stopped. */
        g_assert_cmpuint(stopped(f, 0), !=, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
}

static void test_stopped_without_id_ends_the_run_that_was_announced(Fixture *f, const void *unused) {
        (void) started(f, 5);
        (void) read_running(f, 5);
        g_assert_cmpuint(stopped(f, 0), !=, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
}

/* Run 6 was read before its STARTED came; the STOPPED that comes first is run 5's. */
static void test_stopped_without_id_leaves_a_run_that_was_only_read(Fixture *f, const void *unused) {
        (void) started(f, 5);
        (void) read_running(f, 6);
        g_assert_cmpuint(stopped(f, 0), ==, 0);
        is(f, 6, VIR_DOMAIN_RUNNING);

        (void) started(f, 6);
        is(f, 6, VIR_DOMAIN_RUNNING);
        g_assert_cmpuint(stopped(f, 0), !=, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
}

static void test_stopped_of_an_older_run_is_ignored(Fixture *f, const void *unused) {
        (void) started(f, 6);
        g_assert_cmpuint(stopped(f, 5), ==, 0);
        is(f, 6, VIR_DOMAIN_RUNNING);
}

static void test_stopped_of_the_same_run_by_id_applies(Fixture *f, const void *unused) {
        (void) read_running(f, 6); /* though its start was never announced */
        g_assert_cmpuint(stopped(f, 6), !=, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
}

static void test_started_of_an_older_run_is_ignored(Fixture *f, const void *unused) {
        (void) read_running(f, 6);
        g_assert_cmpuint(started(f, 5), ==, 0);
        is(f, 6, VIR_DOMAIN_RUNNING);
}

/* ... and does not make the end of that older run look like the end of the new one. */
static void test_started_and_stopped_of_an_older_run_are_ignored(Fixture *f, const void *unused) {
        (void) read_running(f, 6);
        g_assert_cmpuint(started(f, 5), ==, 0);
        g_assert_cmpuint(stopped(f, 0), ==, 0);
        is(f, 6, VIR_DOMAIN_RUNNING);
}

static void test_suspended_of_an_older_run_is_ignored(Fixture *f, const void *unused) {
        (void) started(f, 6);
        g_assert_cmpuint(suspended(f, 5), ==, 0);
        is(f, 6, VIR_DOMAIN_RUNNING);
}

/* The machine has stopped since; the reading that follows tells. */
static void test_suspended_without_id_is_ignored(Fixture *f, const void *unused) {
        g_assert_cmpuint(suspended(f, 0), ==, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
        (void) started(f, 5);
        g_assert_cmpuint(suspended(f, 0), ==, 0);
        is(f, 5, VIR_DOMAIN_RUNNING);
}

static void test_events_of_a_newer_run_replace_the_older_one(Fixture *f, const void *unused) {
        (void) started(f, 5);
        g_assert_cmpuint(suspended(f, 6), !=, 0);
        is(f, 6, VIR_DOMAIN_PAUSED);
        g_assert_cmpuint(stopped(f, 0), !=, 0); /* run 6's: it was announced by that event */
        is(f, 0, VIR_DOMAIN_SHUTOFF);
}

static void test_stopped_twice_changes_nothing(Fixture *f, const void *unused) {
        (void) started(f, 5);
        (void) stopped(f, 0);
        g_assert_cmpuint(stopped(f, 0), ==, 0);
        (void) started(f, 6);
        (void) read_off(f);
        (void) stopped(f, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
}

static void test_definition_events_touch_persistent_alone(Fixture *f, const void *unused) {
        (void) started(f, 5);
        g_assert_cmphex(event(f, 0, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED), ==,
                        MACHINE_BIT(MACHINE_PERSISTENT));
        g_assert_false(f->machine->persistent);
        g_assert_cmphex(event(f, 0, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED), ==,
                        MACHINE_BIT(MACHINE_PERSISTENT));
        is(f, 5, VIR_DOMAIN_RUNNING);
}

/* libvirt sends UNDEFINED (renamed) and DEFINED for one rename: nothing vanishes meanwhile. */
static void test_a_rename_is_no_end_of_the_definition(Fixture *f, const void *unused) {
        g_assert_cmpuint(event(f, 0, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED), ==, 0);
        g_assert_true(f->machine->persistent);
}

static void test_an_unknown_event_changes_nothing(Fixture *f, const void *unused) {
        (void) started(f, 5);
        g_assert_cmpuint(event(f, 5, 1000, 1000), ==, 0);
        g_assert_cmpuint(event(f, 5, -1, -1), ==, 0);
        g_assert_cmpuint(event(f, 5, VIR_DOMAIN_EVENT_SHUTDOWN, 0), ==, 0);
        is(f, 5, VIR_DOMAIN_RUNNING);
}

static void test_a_process_that_is_gone_is_a_crash(Fixture *f, const void *unused) {
        (void) started(f, 3);
        (void) event(f, 3, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
        is(f, 0, VIR_DOMAIN_SHUTOFF);
        g_assert_cmpint(f->machine->reason, ==, VIR_DOMAIN_SHUTOFF_CRASHED);
}

static void test_the_event_of_a_failed_start_is_left_to_the_reading(Fixture *f, const void *unused) {
        g_assert_cmpuint(event(f, 0, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED), ==, 0);
        g_assert_cmpint(f->machine->reason, ==, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/machine/a-new-machine-is-known-by-its-uuid-alone",
            test_a_new_machine_is_known_by_its_uuid_alone);
        add("/machine/facts-change-only-what-was-read", test_facts_change_only_what_was_read);
        add("/machine/the-same-facts-change-nothing", test_the_same_facts_change_nothing);
        add("/machine/the-mask-names-each-property-that-changed",
            test_the_mask_names_each_property_that_changed);
        add("/machine/autostart-is-one-property-and-who-does-it-another",
            test_autostart_is_one_property_and_who_does_it_another);
        add("/machine/settings-are-compared-with-those-before",
            test_settings_are_compared_with_those_before);
        add("/machine/a-configuration-is-taken-over-and-compared",
            test_a_configuration_is_taken_over_and_compared);
        add("/machine/a-serial-tells-another-stored-configuration",
            test_a_serial_tells_another_stored_configuration);
        add("/machine/a-reason-has-changed-when-its-word-has", test_a_reason_has_changed_when_its_word_has);
        add("/machine/another-run-has-another-process", test_another_run_has_another_process);
        add("/machine/another-run-has-another-guest", test_another_run_has_another_guest);
        add("/machine/started-and-stopped-apply-at-once", test_started_and_stopped_apply_at_once);
        add("/machine/stopped-without-id-ends-the-run-that-was-announced",
            test_stopped_without_id_ends_the_run_that_was_announced);
        add("/machine/stopped-without-id-leaves-a-run-that-was-only-read",
            test_stopped_without_id_leaves_a_run_that_was_only_read);
        add("/machine/stopped-of-an-older-run-is-ignored", test_stopped_of_an_older_run_is_ignored);
        add("/machine/stopped-of-the-same-run-by-id-applies", test_stopped_of_the_same_run_by_id_applies);
        add("/machine/started-of-an-older-run-is-ignored", test_started_of_an_older_run_is_ignored);
        add("/machine/started-and-stopped-of-an-older-run-are-ignored",
            test_started_and_stopped_of_an_older_run_are_ignored);
        add("/machine/suspended-of-an-older-run-is-ignored", test_suspended_of_an_older_run_is_ignored);
        add("/machine/suspended-without-id-is-ignored", test_suspended_without_id_is_ignored);
        add("/machine/events-of-a-newer-run-replace-the-older-one",
            test_events_of_a_newer_run_replace_the_older_one);
        add("/machine/stopped-twice-changes-nothing", test_stopped_twice_changes_nothing);
        add("/machine/definition-events-touch-persistent-alone",
            test_definition_events_touch_persistent_alone);
        add("/machine/a-rename-is-no-end-of-the-definition", test_a_rename_is_no_end_of_the_definition);
        add("/machine/an-unknown-event-changes-nothing", test_an_unknown_event_changes_nothing);
        add("/machine/a-process-that-is-gone-is-a-crash", test_a_process_that_is_gone_is_a_crash);
        add("/machine/the-event-of-a-failed-start-is-left-to-the-reading",
            test_the_event_of_a_failed_start_is_left_to_the_reading);
        return g_test_run();
}
