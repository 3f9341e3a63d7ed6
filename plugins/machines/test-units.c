/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include "common/log.h"
#include "common/names.h"
#include "common/systemd-test.h"
#include "mirror.h"
#include "unit-start.h"

typedef struct Fixture {
        sd_event *event;
        TestSystemd systemd;
        Services services;
        Machines machines;
        Machine *machine;
} Fixture;

static Fixture *current;
static unsigned n_changed, n_looked;

/* In place of the plugin. */

bool machines_use_units(const Machines *machines) {
        return true;
}

Machine *machines_find(Machines *machines, const char *uuid) {
        return NULL;
}

GPtrArray *machines_list(Machines *machines) {
        GPtrArray *list = g_ptr_array_new();

        g_ptr_array_add(list, current->machine);
        return list;
}

void machines_changed(Machines *machines, Machine *machine, uint64_t mask) {
        n_changed++;
}

void unit_starts_on_known(UnitStarts *starts, bool any_starting) {
}

void mirror_look_all(Mirror *mirror) {
        n_looked++;
}

static void set_up(Fixture *f, const void *unused) {
        *f = (Fixture){ .machine = machine_new("be9c0000-0000-4000-8000-000000000001") };
        current = f;
        n_changed = n_looked = 0;
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        test_systemd_init(&f->systemd, f->event);
        f->machine->name = (g_free(f->machine->name), g_strdup("web"));
        f->services = (Services){ .event = f->event, .bus = f->systemd.bus };
        f->machines = (Machines){ .services = &f->services,
                                  .by_name = g_hash_table_new(g_str_hash, g_str_equal) };
        g_hash_table_insert(f->machines.by_name, f->machine->name, f->machine);
        f->machines.units = units_new(&f->machines);
        g_assert_cmpint(units_start(f->machines.units), >=, 0);
}

static void tear_down(Fixture *f, const void *unused) {
        units_free(f->machines.units);
        g_hash_table_unref(f->machines.by_name);
        machine_free(f->machine);
        test_systemd_done(&f->systemd);
        sd_event_unref(f->event);
}

/* The units of these are active: vm0, vm1, ..., without the last. */
static void answer_list(Fixture *f, unsigned first, unsigned end) {
        sd_bus_message *call = test_systemd_take(&f->systemd, "ListUnitsByPatterns"), *m;

        g_assert_cmpint(sd_bus_message_new_method_return(call, &m), >=, 0);
        g_assert_cmpint(sd_bus_message_open_container(m, 'a', "(ssssssouso)"), >=, 0);
        for (unsigned i = first; i < end; i++) {
                g_autofree char *name = g_strdup_printf("hatago-vm@vm%u.service", i);

                g_assert_cmpint(sd_bus_message_append(m, "(ssssssouso)", name, "", "loaded", "active",
                                                      "running", "", "/", 0, "", "/"),
                                >=, 0);
        }
        g_assert_cmpint(sd_bus_message_close_container(m), >=, 0);
        g_assert_cmpint(sd_bus_send(f->systemd.own, m, NULL), >=, 0);
        sd_bus_message_unref(m);
        sd_bus_message_unref(call);
}

static void refuse_list(Fixture *f) {
        sd_bus_message *call = test_systemd_take(&f->systemd, "ListUnitsByPatterns");

        test_systemd_refuse(call, SD_BUS_ERROR_NO_REPLY);
        sd_bus_message_unref(call);
}

static void tell_reloaded(Fixture *f) {
        for (int begins = 1; begins >= 0; begins--)
                test_systemd_tell(&f->systemd, SYSTEMD_PATH, SYSTEMD_MANAGER, "Reloading", "b", begins);
}

static void test_a_list_that_is_not_given_is_asked_for_again(Fixture *f, const void *unused) {
        int64_t before = g_get_monotonic_time();

        log_set_level(LOG_ERR);
        refuse_list(f);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "ListUnitsByPatterns"), ==, 0);
        g_assert_false(units_are_known(f->machines.units));
        answer_list(f, 0, 1);
        g_assert_cmpint(g_get_monotonic_time() - before, >=, G_TIME_SPAN_SECOND);
        (void) test_systemd_count(&f->systemd, "");
        g_assert_true(units_are_known(f->machines.units));
        g_assert_cmpuint(n_looked, ==, 1);
        log_set_level(LOG_INFO);
}

/* Another sign asks at once, and then the delay is none. */
static void test_a_reload_asks_without_waiting(Fixture *f, const void *unused) {
        log_set_level(LOG_ERR);
        refuse_list(f);
        tell_reloaded(f);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "ListUnitsByPatterns"), ==, 1);
        answer_list(f, 0, 1);
        while (!units_are_known(f->machines.units))
                g_assert_cmpint(sd_event_run(f->event, UINT64_MAX), >=, 0);
        g_assert_cmpint(sd_event_run(f->event, 3 * G_TIME_SPAN_SECOND / 2), >=, 0);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "ListUnitsByPatterns"), ==, 0);
        log_set_level(LOG_INFO);
}

static void test_units_that_go_while_they_are_asked_about_hold_up_nobody(Fixture *f, const void *unused) {
        answer_list(f, 0, 12);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "GetAll"), ==, 8);
        for (unsigned i = 0; i < 8; i++) {
                g_autofree char *name = g_strdup_printf("hatago-vm@vm%u.service", i);

                test_systemd_tell(&f->systemd, SYSTEMD_PATH, SYSTEMD_MANAGER, "UnitRemoved", "so", name,
                                  "/");
        }
        g_assert_cmpuint(test_systemd_count(&f->systemd, "GetAll"), ==, 12);
}

static void test_nor_do_those_of_a_list_before(Fixture *f, const void *unused) {
        answer_list(f, 0, 12);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "GetAll"), ==, 8);
        tell_reloaded(f);
        answer_list(f, 8, 12);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "GetAll"), ==, 12);
}

static void test_a_reload_that_changes_nothing_changes_nothing(Fixture *f, const void *unused) {
        answer_list(f, 0, 0);
        g_assert_cmpuint(test_systemd_count(&f->systemd, ""), ==, 0);
        g_assert_cmpuint(n_changed, ==, 1); /* its unit is inactive */
        for (unsigned i = 0; i < 3; i++) {
                tell_reloaded(f);
                answer_list(f, 0, 0);
        }
        g_assert_cmpuint(test_systemd_count(&f->systemd, ""), ==, 0);
        g_assert_cmpuint(n_looked, ==, 4);
        g_assert_cmpuint(n_changed, ==, 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/units/" name, Fixture, NULL, set_up, test, tear_down)
        ADD("asked-again", test_a_list_that_is_not_given_is_asked_for_again);
        ADD("reload-asks", test_a_reload_asks_without_waiting);
        ADD("gone/removed", test_units_that_go_while_they_are_asked_about_hold_up_nobody);
        ADD("gone/not-listed", test_nor_do_those_of_a_list_before);
        ADD("reload-changes-nothing", test_a_reload_that_changes_nothing_changes_nothing);
#undef ADD
        return g_test_run();
}
