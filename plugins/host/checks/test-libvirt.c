/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "check-test.h"

/* A socket and a service with these states; the service's own unit is loaded. */
static void set_daemon(TestHost *t, const char *name, const char *socket_active, const char *socket_file,
                       const char *service_active, const char *service_file) {
        g_autofree char *socket = g_strconcat(name, ".socket", NULL);
        g_autofree char *service = g_strconcat(name, ".service", NULL);

        host_set_unit(t->host, socket, "loaded", socket_active, socket_file);
        host_set_unit(t->host, service, "loaded", service_active, service_file);
}

static void set_absent(TestHost *t, const char *name) {
        g_autofree char *socket = g_strconcat(name, ".socket", NULL);
        g_autofree char *service = g_strconcat(name, ".service", NULL);
        g_autofree char *ro = g_strconcat(name, "-ro.socket", NULL);
        g_autofree char *admin = g_strconcat(name, "-admin.socket", NULL);

        host_set_unit(t->host, ro, "not-found", "inactive", "");
        host_set_unit(t->host, admin, "not-found", "inactive", "");
        host_set_unit(t->host, socket, "not-found", "inactive", "");
        host_set_unit(t->host, service, "not-found", "inactive", "");
}

static void set_all_absent(TestHost *t) {
        static const char *const names[] = { "libvirtd", "virtqemud", "virtnetworkd", "virtstoraged" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                set_absent(t, names[i]);
}

static void test_one_daemon_for_all(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        test_host_set_architecture(t, "aarch64");
        test_host_judge(t, "libvirt-daemon", "fail missing package=qemu-system-arm");
        set_daemon(t, "libvirtd", "active", "enabled", "inactive", "enabled");
        test_host_judge(t, "libvirt-daemon", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "libvirtd.socket");

        set_daemon(t, "libvirtd", "inactive", "enabled", "inactive", "enabled");
        test_host_judge(t, "libvirt-daemon",
                        "fail stopped unit=libvirtd.socket units=libvirtd.socket fixable");
        set_daemon(t, "libvirtd", "failed", "enabled", "failed", "enabled");
        test_host_judge(t, "libvirt-daemon",
                        "fail stopped unit=libvirtd.socket units=libvirtd.socket fixable");

        set_daemon(t, "libvirtd", "active", "disabled", "active", "disabled");
        test_host_judge(t, "libvirt-daemon",
                        "warn disabled unit=libvirtd.socket units=libvirtd.socket fixable");
        set_daemon(t, "libvirtd", "active", "enabled-runtime", "active", "disabled");
        test_host_judge(t, "libvirt-daemon",
                        "warn disabled unit=libvirtd.socket units=libvirtd.socket fixable");
}

static void test_a_daemon_of_its_own_needs_no_socket(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        host_set_unit(t->host, "libvirtd.socket", "masked", "inactive", "masked");
        host_set_unit(t->host, "libvirtd.service", "loaded", "active", "enabled");
        test_host_judge(t, "libvirt-daemon", "pass");

        host_set_unit(t->host, "libvirtd.service", "loaded", "inactive", "enabled");
        test_host_judge(t, "libvirt-daemon", "fail masked unit=libvirtd.socket");
}

static void test_a_masked_service_cannot_start(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        host_set_unit(t->host, "libvirtd.socket", "loaded", "active", "enabled");
        host_set_unit(t->host, "libvirtd.service", "masked", "inactive", "masked");
        test_host_judge(t, "libvirt-daemon", "fail masked unit=libvirtd.service");
}

static void test_many_daemons(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        set_daemon(t, "virtqemud", "active", "enabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon", "pass");

        set_daemon(t, "virtnetworkd", "active", "disabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon",
                        "warn disabled unit=virtnetworkd.socket units=virtnetworkd.socket fixable");
        set_daemon(t, "virtstoraged", "inactive", "enabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon",
                        "fail stopped unit=virtstoraged.socket units=virtnetworkd.socket, virtstoraged.socket "
                        "fixable");
}

static void test_what_the_remedy_would_change_is_told(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        set_daemon(t, "libvirtd", "inactive", "enabled", "inactive", "enabled");
        host_set_unit(t->host, "libvirtd-ro.socket", "loaded", "inactive", "disabled");
        host_set_unit(t->host, "libvirtd-admin.socket", "masked", "inactive", "masked");
        test_host_judge(t, "libvirt-daemon",
                        "fail stopped unit=libvirtd.socket units=libvirtd.socket, libvirtd-ro.socket fixable");

        /* nothing is started beside what runs */
        set_daemon(t, "libvirtd", "active", "disabled", "inactive", "disabled");
        host_set_unit(t->host, "libvirtd-ro.socket", "loaded", "inactive", "enabled");
        test_host_judge(t, "libvirt-daemon",
                        "warn disabled unit=libvirtd.socket units=libvirtd.socket fixable");
}

static void test_without_its_socket_no_remedy_helps(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        host_set_unit(t->host, "libvirtd.service", "loaded", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon", "fail stopped unit=libvirtd.service");
        host_set_unit(t->host, "libvirtd.socket", "masked", "inactive", "masked");
        host_set_unit(t->host, "libvirtd.service", "loaded", "active", "disabled");
        test_host_judge(t, "libvirt-daemon", "warn disabled unit=libvirtd.socket");
}

static void test_of_both_kinds_the_one_in_use_counts(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        set_daemon(t, "libvirtd", "inactive", "disabled", "inactive", "disabled");
        set_daemon(t, "virtqemud", "active", "enabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "virtqemud.socket");

        set_daemon(t, "virtqemud", "inactive", "enabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon",
                        "fail stopped unit=virtqemud.socket units=virtqemud.socket fixable");
        set_daemon(t, "libvirtd", "active", "disabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-daemon",
                        "warn disabled unit=libvirtd.socket units=libvirtd.socket fixable");
}

static void test_without_systemd_units_are_skipped(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "libvirt-daemon",
                        "skip unreadable what=systemd error=Transport endpoint is not connected");
        test_host_judge(t, "libvirt-guests",
                        "skip unreadable what=systemd error=Transport endpoint is not connected");
        host_set_libvirt(t->host, false, "no socket");
        test_host_judge(t, "libvirt-connection", "fail unreachable error=no socket");
}

static void test_the_connection_fails_where_the_daemon_does_not(void) {
        g_autoptr(TestHost) t = test_host_new();

        set_all_absent(t);
        host_set_libvirt(t->host, false, "refused");
        test_host_judge(t, "libvirt-connection", "skip no-daemon");
        set_daemon(t, "libvirtd", "inactive", "enabled", "inactive", "enabled");
        test_host_judge(t, "libvirt-connection", "skip no-daemon");
        set_daemon(t, "libvirtd", "active", "disabled", "inactive", "disabled");
        test_host_judge(t, "libvirt-connection", "fail unreachable error=refused");

        host_set_libvirt(t->host, true, "");
        test_host_judge(t, "libvirt-connection", "pass");
}

static void test_what_stops_guests_with_the_host(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_unit(t->host, "libvirt-guests.service", "not-found", "inactive", "");
        test_host_judge(t, "libvirt-guests", "skip missing");
        host_set_unit(t->host, "libvirt-guests.service", "loaded", "active", "enabled");
        test_host_judge(t, "libvirt-guests", "pass");
        host_set_unit(t->host, "libvirt-guests.service", "loaded", "inactive", "enabled");
        test_host_judge(t, "libvirt-guests", "warn off");
        host_set_unit(t->host, "libvirt-guests.service", "loaded", "active", "disabled");
        test_host_judge(t, "libvirt-guests", "warn off");
        g_assert_cmpstr(t->verdict.value, ==, "disabled active");
        host_set_unit(t->host, "libvirt-guests.service", "masked", "inactive", "masked");
        test_host_judge(t, "libvirt-guests", "warn off");
}

/* Both are needed: the units, and the agent that has each guest be one. */
static void test_units_stop_guests_with_the_host_too(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_unit(t->host, "libvirt-guests.service", "loaded", "inactive", "disabled");
        host_set_agent(t->host, /* running= */ true, /* connected= */ true, "");
        test_host_judge(t, "libvirt-guests", "warn off");
        test_host_write(t, VM_UNIT_FILE, "%s", "");
        test_host_judge(t, "libvirt-guests", "pass units");
        host_set_mirrors(t->host, false);
        test_host_judge(t, "libvirt-guests", "warn off");
        host_set_agent(t->host, /* running= */ false, /* connected= */ false, "");
        test_host_judge(t, "libvirt-guests", "warn off");
        host_set_unit(t->host, "libvirt-guests.service", "loaded", "active", "enabled");
        test_host_judge(t, "libvirt-guests", "pass");
}

static void test_guests_that_libvirt_starts(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "libvirt-autostart", "skip no-libvirt");
        host_set_libvirt(t->host, true, "");
        test_host_judge(t, "libvirt-autostart", "pass");

        host_add_domain(t->host, "db", true, true);
        host_add_domain(t->host, "web", false, true);
        test_host_judge(t, "libvirt-autostart", "pass some count=2 names=db, web");
        for (int i = 0; i < 5; i++)
                host_add_domain(t->host, "x", false, true);
        test_host_judge(t, "libvirt-autostart", "pass some count=7 names=db, web, x, x, x, …");
        host_set_agent(t->host, /* running= */ true, /* connected= */ true, "");
        test_host_write(t, VM_UNIT_FILE, "%s", "");
        test_host_judge(t, "libvirt-autostart", "pass some-units count=7 names=db, web, x, x, x, …");
}

static void assert_daemons(TestHost *t, const char *expected) {
        g_auto(GStrv) names = libvirt_daemons(t->host, &t->verdict);
        g_autofree char *text = g_strjoinv(" ", names);

        g_assert_cmpstr(text, ==, expected);
}

static void test_the_daemons_are_those_that_are_installed(void) {
        g_autoptr(TestHost) t = test_host_new();

        assert_daemons(t, "");
        set_all_absent(t);
        assert_daemons(t, "");
        set_daemon(t, "virtqemud", "inactive", "disabled", "inactive", "disabled");
        set_daemon(t, "virtstoraged", "inactive", "disabled", "inactive", "disabled");
        assert_daemons(t, "virtqemud virtstoraged");
        set_daemon(t, "libvirtd", "inactive", "disabled", "inactive", "disabled");
        assert_daemons(t, "libvirtd");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/libvirt/one-daemon-for-all", test_one_daemon_for_all);
        g_test_add_func("/libvirt/a-daemon-of-its-own-needs-no-socket",
                        test_a_daemon_of_its_own_needs_no_socket);
        g_test_add_func("/libvirt/a-masked-service-cannot-start", test_a_masked_service_cannot_start);
        g_test_add_func("/libvirt/many-daemons", test_many_daemons);
        g_test_add_func("/libvirt/what-the-remedy-would-change-is-told",
                        test_what_the_remedy_would_change_is_told);
        g_test_add_func("/libvirt/without-its-socket-no-remedy-helps",
                        test_without_its_socket_no_remedy_helps);
        g_test_add_func("/libvirt/of-both-kinds-the-one-in-use-counts",
                        test_of_both_kinds_the_one_in_use_counts);
        g_test_add_func("/libvirt/the-daemons-are-those-that-are-installed",
                        test_the_daemons_are_those_that_are_installed);
        g_test_add_func("/libvirt/without-systemd-units-are-skipped",
                        test_without_systemd_units_are_skipped);
        g_test_add_func("/libvirt/the-connection-fails-where-the-daemon-does-not",
                        test_the_connection_fails_where_the_daemon_does_not);
        g_test_add_func("/libvirt/what-stops-guests-with-the-host", test_what_stops_guests_with_the_host);
        g_test_add_func("/libvirt/units-stop-guests-with-the-host-too",
                        test_units_stop_guests_with_the_host_too);
        g_test_add_func("/libvirt/guests-that-libvirt-starts", test_guests_that_libvirt_starts);
        return g_test_run();
}
