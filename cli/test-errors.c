/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"

#include "names.h"
#include "verbs.h"

static Cli cli_new(const char *verb, const Terminal *terminal, const Options *options) {
        char *words[] = { (char *) verb, NULL };
        unsigned taken;
        Cli cli = { .terminal = terminal, .options = options, .verb = verb_find(words, 1, &taken) };

        cli.action = cli.verb ? cli.verb->action : NULL;
        return cli;
}

static void explains_with(const Options *options, const char *verb, const char *subject, const char *closest,
                          const char *error, const char *message, const char *reason, const char *hint) {
        const Terminal terminal = { .unicode = true };
        const Cli cli = cli_new(verb, &terminal, options);
        _cleanup_(explanation_done) Explanation explanation = { 0 };

        error_explain(&cli, subject, closest, error, message, /* arguments= */ NULL, &explanation);
        g_assert_cmpstr(explanation.reason, ==, reason);
        g_assert_cmpstr(explanation.hint, ==, hint);
}

static void explains(const char *verb, const char *subject, const char *closest, const char *error,
                     const char *message, const char *reason, const char *hint) {
        const Options options = { 0 };

        explains_with(&options, verb, subject, closest, error, message, reason, hint);
}

static void test_a_hint_names_only_options_that_were_given(void) {
        static const char required[] = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
        static const char server[] = "org.freedesktop.DBus.Error.NoServer";
        const Options unasked = { .no_ask_password = true }, user = { .user = true };

        explains("start", "web", NULL, required, "x", "a password is needed, and nobody can be asked",
                 "It needs the right org.hatago.Host1.machine-control (polkit). Run it on a terminal, or as an "
                 "administrator.");
        explains_with(&unasked, "start", "web", NULL, required, "x",
                      "a password is needed, and nobody can be asked",
                      "It needs the right org.hatago.Host1.machine-control (polkit). Run it without "
                      "--no-ask-password, or as an administrator.");
        explains("list", NULL, NULL, server, "x", "x", "Is the message bus running? systemctl status dbus");
        explains_with(&user, "list", NULL, NULL, server, "x", "x",
                      "A login session has a bus, and $DBUS_SESSION_BUS_ADDRESS tells where it is. Without "
                      "--user, that of the system is taken.");
}

static void test_a_known_error_has_a_reason_and_a_way_out(void) {
        explains("start", "web", NULL, HATAGO_ERROR("MachineRunning"), "x", "it is running already",
                 "More about it: hatago status web");
        explains("start", "web", NULL, HATAGO_ERROR("UnitUnavailable"),
                 "systemd does not start hatago-vm@a\\x2db.service: Unit hatago-vm@a\\x2db.service is masked.",
                 "its unit is masked: 'hatago-vm@a\\x2db.service'",
                 "Allow it again: sudo systemctl unmask 'hatago-vm@a\\x2db.service'");
        explains("start", "web", NULL, HATAGO_ERROR("UnitUnavailable"),
                 "Unit hatago-vm@web.service not found.", "Unit hatago-vm@web.service not found",
                 "Is the package hatago-machines installed?");
        explains("list", NULL, NULL, "org.freedesktop.systemd1.UnitMasked",
                 "Unit hatagod.service is masked.", "the agent cannot be started: hatagod.service is masked",
                 "Allow it again: sudo systemctl unmask hatagod.service");
        explains("undefine", "web", NULL, HATAGO_ERROR("MachineRunning"), "x", "it is running",
                 "Shut it down first: hatago shutdown web");
        explains("shutdown", "a;b", NULL, HATAGO_ERROR("TimedOut"), "x",
                 "the guest did not shut down in time; it may still do so",
                 "To turn it off hard: hatago poweroff 'a;b'");
        explains("poweroff", "web", NULL, HATAGO_ERROR("MachineNotRunning"), "x", "it is off already",
                 "More about it: hatago status web");
        explains("reset", "-h", NULL, HATAGO_ERROR("MachineNotRunning"), "x", "it is not running",
                 "Start it first: hatago start -- -h");
}

static void test_a_near_name_is_suggested(void) {
        explains("start", "wbe", "web", HATAGO_ERROR("NoSuchMachine"), "x",
                 "there is no virtual machine of this name or UUID", "Did you mean 'web'?");
        explains("start", "wbe", NULL, HATAGO_ERROR("NoSuchMachine"), "x",
                 "there is no virtual machine of this name or UUID", "All there are: hatago list");
}

static void test_the_missing_right_is_named(void) {
        explains("start", "web", NULL, "org.freedesktop.DBus.Error.AccessDenied", "x", "you may not do this",
                 "It needs the right org.hatago.Host1.machine-control (polkit). Try as an administrator, or ask for a "
                 "polkit rule that grants it.");
        explains("list", NULL, NULL, "org.freedesktop.DBus.Error.AccessDenied", "x", "you may not do this",
                 "Try as an administrator.");
}

static void test_the_text_of_the_agent_is_the_reason(void) {
        explains("define", "a.xml", NULL, HATAGO_ERROR("InvalidXML"), "line 1: no.\n", "line 1: no",
                 "What it has to look like: https://libvirt.org/formatdomain.html");
        explains("start", "web", NULL, HATAGO_ERROR("Failed"), "internal error", "internal error", NULL);
        explains("start", "web", NULL, "com.example.Other", "text", "text", NULL);
        explains("start", "web", NULL, "com.example.Other", "", "com.example.Other", NULL);
        explains("start", "web", NULL, "com.example.Other", NULL, "com.example.Other", NULL);
}

static void explains_arguments(const char *error, const char *json, const char *reason, const char *hint) {
        const Terminal terminal = { .unicode = true };
        const Options options = { 0 };
        const Cli cli = cli_new("start", &terminal, &options);
        _cleanup_(explanation_done) Explanation explanation = { 0 };
        g_autoptr(JsonNode) arguments = json_from_string(json, NULL);

        error_explain(&cli, "web", NULL, error, "the text", json_node_get_object(arguments), &explanation);
        g_assert_cmpstr(explanation.reason, ==, reason);
        g_assert_cmpstr(explanation.hint, ==, hint);
}

static void test_arguments_fill_reason_and_hint(void) {
        explains_arguments(HATAGO_ERROR("NetworkInactive"), "{\"network\":\"default\"}",
                           "the network 'default' is not active", "Start it: virsh net-start default");
        explains_arguments(
                        HATAGO_ERROR("PortInUse"), "{\"port\":\"5900\",\"address\":\"127.0.0.1\"}",
                        "port 5900 of 127.0.0.1 is in use already",
                        "Who uses it: ss -ltnp sport = :5900. Or let libvirt choose a port: hatago edit web");
        explains_arguments(HATAGO_ERROR("PortInUse"), "{}", "a port that it needs is in use already",
                           "What is in use: ss -ltnp");
        explains_arguments(HATAGO_ERROR("CPUUnsupported"), "{\"mode\":\"host-passthrough\"}",
                           "the host cannot give it a processor in the mode 'host-passthrough'",
                           "What the host offers: virsh domcapabilities");
}

/* An agent of another version may send others. */
static void test_without_its_arguments_the_text_is_the_reason(void) {
        explains_arguments(HATAGO_ERROR("NetworkInactive"), "{}", "the text", NULL);
        explains_arguments(HATAGO_ERROR("NetworkInactive"), "{\"network\":7}", "the text", NULL);
        explains("start", "web", NULL, HATAGO_ERROR("CPUUnsupported"), "the text", "the text", NULL);
}

static void test_hostile_arguments_are_escaped_and_quoted(void) {
        explains_arguments(HATAGO_ERROR("NetworkInactive"), "{\"network\":\"a; reboot\"}",
                           "the network 'a; reboot' is not active", "Start it: virsh net-start 'a; reboot'");
        explains_arguments(HATAGO_ERROR("NetworkInactive"), "{\"network\":\"a\\u001b[2J\"}",
                           "the network 'a\\x1b[2J' is not active", "Start it: virsh net-start 'a\\x1b[2J'");
        explains_arguments(HATAGO_ERROR("NetworkInactive"), "{\"network\":\"{name}%s\"}",
                           "the network '{name}%s' is not active", "Start it: virsh net-start '{name}%s'");
}

static void test_hostile_texts_are_escaped(void) {
        explains("start", "w\033[2J", NULL, HATAGO_ERROR("Failed"), "a\033[2J%n", "a\\x1b[2J%n", NULL);
        explains("start", "x", "w\xc2\x9b", HATAGO_ERROR("NoSuchMachine"), "x",
                 "there is no virtual machine of this name or UUID", "Did you mean 'w\\u009b'?");
}

static void test_verbs_of_two_words_are_found(void) {
        char job[] = "job", list[] = "list", web[] = "web", status[] = "status";
        char *two[] = { job, list, web }, *one[] = { status, list }, *half[] = { job };
        unsigned taken = 0;

        g_assert_cmpstr(verb_find(two, 3, &taken)->name, ==, "job list");
        g_assert_cmpuint(taken, ==, 2);
        g_assert_cmpstr(verb_find(one, 2, &taken)->name, ==, "status");
        g_assert_cmpuint(taken, ==, 1);
        g_assert_null(verb_find(half, 1, &taken));
}

static void test_a_verb_of_other_tools_is_known(void) {
        g_autofree char *after_job = verb_list_second("job");

        g_assert_cmpstr(verb_suggest("destroy"), ==, "poweroff");
        g_assert_cmpstr(verb_suggest("strat"), ==, "start");
        g_assert_cmpstr(verb_suggest("jobs"), ==, "job list");
        g_assert_null(verb_suggest("frobnicate"));
        g_assert_null(verb_suggest(""));
        g_assert_cmpstr(after_job, ==, "list, watch, cancel");
        g_assert_null(verb_list_second("list"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/errors/a-known-error-has-a-reason-and-a-way-out",
                        test_a_known_error_has_a_reason_and_a_way_out);
        g_test_add_func("/errors/a-hint-names-only-options-that-were-given",
                        test_a_hint_names_only_options_that_were_given);
        g_test_add_func("/errors/a-near-name-is-suggested", test_a_near_name_is_suggested);
        g_test_add_func("/errors/the-missing-right-is-named", test_the_missing_right_is_named);
        g_test_add_func("/errors/the-text-of-the-agent-is-the-reason",
                        test_the_text_of_the_agent_is_the_reason);
        g_test_add_func("/errors/arguments-fill-reason-and-hint", test_arguments_fill_reason_and_hint);
        g_test_add_func("/errors/without-its-arguments-the-text-is-the-reason",
                        test_without_its_arguments_the_text_is_the_reason);
        g_test_add_func("/errors/hostile-arguments-are-escaped-and-quoted",
                        test_hostile_arguments_are_escaped_and_quoted);
        g_test_add_func("/errors/hostile-texts-are-escaped", test_hostile_texts_are_escaped);
        g_test_add_func("/errors/verbs-of-two-words-are-found", test_verbs_of_two_words_are_found);
        g_test_add_func("/errors/a-verb-of-other-tools-is-known", test_a_verb_of_other_tools_is_known);
        return g_test_run();
}
