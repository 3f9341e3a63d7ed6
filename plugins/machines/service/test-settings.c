/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include <errno.h>
#include <string.h>

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define OTHER "2b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define THIRD "3b4e28ba-2fa1-11d2-883f-0016d3cca427"

#define MACHINE(lines) "[Machine]\nName=web\n" lines

static ServiceSettings *parse(const char *text) {
        g_autofree char *why = NULL;
        ServiceSettings *settings = NULL;

        if (service_settings_parse(UUID, text, strlen(text), &settings, &why) < 0)
                g_error("\"%s\": %s", text, why);
        return settings;
}

/* Fails with these words in what it says, which is one line. */
static void expect_refused(const char *uuid, const char *text, gsize size, const char *words) {
        g_autofree char *why = NULL, *shown = g_strescape(text, /* exceptions= */ NULL);
        ServiceSettings *settings = NULL;

        /* Into a report in XML. */
        g_test_message("%.200s", shown);
        g_assert_cmpint(service_settings_parse(uuid, text, size, &settings, &why), ==, -EINVAL);
        g_assert_null(settings);
        g_assert_nonnull(why);
        g_assert_true(g_utf8_validate(why, -1, NULL));
        g_assert_null(strchr(why, '\n'));
        if (!strstr(why, words))
                g_error("\"%s\" is not in \"%s\"", words, why);
}

static void test_a_name_is_enough(void) {
        g_autoptr(ServiceSettings) settings = parse("[Machine]\nName=web\n");
        g_autoptr(ServiceSettings) plain = service_settings_new(UUID, "web");

        g_assert_true(service_settings_equal(settings, plain));
        g_assert_true(service_settings_are_default(settings));
        g_assert_false(settings->autostart);
        g_assert_cmpuint(settings->ready_timeout, ==, 5 * G_TIME_SPAN_MINUTE);
        g_assert_cmpuint(settings->stop_timeout, ==, 0);
}

static void test_yes_and_no_are_as_in_systemds_files(void) {
        static const char *const words[] = { "no", "yes", "FALSE", "True", "off", "on", "0", "1" };

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
                g_autofree char *text = g_strdup_printf("[Machine]\nName=web\nAutostart=%s\n", words[i]);
                g_autoptr(ServiceSettings) settings = parse(text);

                g_assert_cmpint(settings->autostart, ==, i % 2);
        }
}

static void test_each_key(void) {
        g_autoptr(ServiceSettings) settings = parse("# a comment\n"
                                                    "\n"
                                                    "[Machine]\n"
                                                    "Name = the web\n"
                                                    "Autostart=yes\n"
                                                    "StartAfter=" THIRD "  " OTHER "\n"
                                                    "StartDelaySec=30\n"
                                                    "Ready=port\n"
                                                    "ReadyPort=5432\n"
                                                    "ReadyTimeoutSec=60\n"
                                                    "StopTimeoutSec=86400\n"
                                                    "HostShutdown=save"); /* without a newline */

        g_assert_cmpstr(settings->uuid, ==, UUID);
        g_assert_cmpstr(settings->name, ==, "the web");
        g_assert_true(settings->autostart);
        g_assert_cmpuint(g_strv_length(settings->start_after), ==, 2);
        g_assert_cmpstr(settings->start_after[0], ==, THIRD);
        g_assert_cmpstr(settings->start_after[1], ==, OTHER);
        g_assert_cmpuint(settings->start_delay, ==, 30 * G_TIME_SPAN_SECOND);
        g_assert_cmpint(settings->ready, ==, READY_PORT);
        g_assert_cmpuint(settings->ready_port, ==, 5432);
        g_assert_cmpuint(settings->ready_timeout, ==, G_TIME_SPAN_MINUTE);
        g_assert_cmpuint(settings->stop_timeout, ==, G_TIME_SPAN_DAY);
        g_assert_cmpint(settings->host_shutdown, ==, HOST_SHUTDOWN_SAVE);
}

static void test_a_boundary_is_within(void) {
        g_autoptr(ServiceSettings) low = parse(MACHINE("StartDelaySec=0\nReady=port\nReadyPort=1\n"
                                                       "ReadyTimeoutSec=1\nStopTimeoutSec=1\n"));
        g_autoptr(ServiceSettings) high = parse(MACHINE("StartDelaySec=86400\nReady=port\nReadyPort=65535\n"
                                                        "ReadyTimeoutSec=86400\nStopTimeoutSec=86400\n"));

        g_assert_cmpuint(low->stop_timeout, ==, STOP_TIMEOUT_MIN);
        g_assert_cmpuint(low->ready_timeout, ==, READY_TIMEOUT_MIN);
        g_assert_cmpuint(high->ready_port, ==, 65535);
        g_assert_cmpuint(high->start_delay, ==, START_DELAY_MAX);
        g_assert_cmpuint(high->ready_timeout, ==, READY_TIMEOUT_MAX);
}

static void test_what_is_wrong_is_refused_and_told(void) {
        static const struct {
                const char *text, *words;
        } cases[] = {
                { "", "must have [Machine]" },
                { "[Machine]\n", "has no Name=" },
                { "Name=web\n", "neither" },
                { "garbage", "neither" },
                { "[Machine\nName=web\n", "neither" },
                { MACHINE("garbage\n"), "neither" },
                { MACHINE("[Unit]\n"), "no other part" },
                { MACHINE("[Unit]\nAfter=x\n"), "no other part" },
                { "[Unit]\nName=web\n", "must have [Machine]" },
                { MACHINE("ExecStart=/bin/true\n"), "ExecStart=/bin/true: unknown" },
                { MACHINE("autostart=yes\n"), "unknown" },
                { MACHINE("Name[ja]=web\n"), "unknown" },
                { MACHINE("Name=web\n"), "twice" },
                { MACHINE("Autostart=yes\nAutostart=no\n"), "twice" },
                { MACHINE("[Machine]\nAutostart=yes\n Autostart=no\n"), "twice" },
                { "[Machine]\nName=\n", "no machine has such a name" },
                { "[Machine]\nName=a/b\n", "no machine has such a name" },
                { "[Machine]\nName=a\\nb\n", "no machine has such a name" },
                { "[Machine]\nName=a\\tb\n", "no machine has such a name" },
                { "[Machine]\nName=a\\qb\n", "backslash" },
                { MACHINE("Autostart=2\n"), "must be yes or no" },
                { MACHINE("Autostart=\n"), "must be yes or no" },
                { MACHINE("Autostart=enabled\n"), "must be yes or no" },
                { MACHINE("StartAfter=web\n"), "no UUID" },
                { MACHINE("StartAfter=2B4E28BA-2FA1-11D2-883F-0016D3CCA427\n"), "no UUID" },
                { MACHINE("StartAfter=" OTHER "," THIRD "\n"), "no UUID" },
                { MACHINE("StartAfter=" OTHER ".service\n"), "no UUID" },
                { MACHINE("StartAfter=" OTHER " " OTHER "\n"), "named twice" },
                { MACHINE("StartAfter=" UUID "\n"), "this machine itself" },
                { MACHINE("StartDelaySec=86401\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=-1\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=+1\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=1.5\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=5min\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=0x10\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=\n"), "from 0 to 86400" },
                { MACHINE("StartDelaySec=18446744073709551617\n"), "from 0 to 86400" },
                { MACHINE("Ready=ready\n"), "must be running, agent or port" },
                { MACHINE("Ready=port\n"), "without ReadyPort=" },
                { MACHINE("ReadyPort=80\n"), "without Ready=port" },
                { MACHINE("Ready=agent\nReadyPort=80\n"), "without Ready=port" },
                { MACHINE("Ready=port\nReadyPort=0\n"), "from 1 to 65535" },
                { MACHINE("Ready=port\nReadyPort=65536\n"), "from 1 to 65535" },
                { MACHINE("Ready=port\nReadyPort=http\n"), "from 1 to 65535" },
                { MACHINE("ReadyTimeoutSec=0\n"), "from 1 to 86400" },
                { MACHINE("ReadyTimeoutSec=86401\n"), "from 1 to 86400" },
                { MACHINE("StopTimeoutSec=0\n"), "from 1 to 86400" },
                { MACHINE("StopTimeoutSec=infinity\n"), "from 1 to 86400" },
                { MACHINE("HostShutdown=suspend\n"), "must be shutdown, save or poweroff" },
                { MACHINE("Autostart=yes\r\n"), "control character" },
                { MACHINE("\tAutostart=yes\n"), "control character" },
                { MACHINE("# \x1b[31m\n"), "control character" },
                { MACHINE("# \xc2\x9b\n"), "control character" }, /* CSI of C1 */
                { "[Machine]\nName=\xff\xfe\n", "UTF-8" },
                { "[Machine]\nName=\xc0\xaf\n", "UTF-8" },
                { "[Machine]\nName=\xed\xa0\x80\n", "UTF-8" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                expect_refused(UUID, cases[i].text, strlen(cases[i].text), cases[i].words);
}

static void test_a_zero_byte_is_no_text(void) {
        static const char text[] = "[Machine]\nName=web\n\0Autostart=yes\n";

        expect_refused(UUID, text, sizeof(text) - 1, "UTF-8");
}

static void test_the_name_of_the_file_is_a_uuid(void) {
        static const char *const uuids[] = {
                "",   "web",    "1B4E28BA-2FA1-11D2-883F-0016D3CCA427", "1b4e28ba2fa111d2883f0016d3cca427",
                "..", UUID "0",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(uuids); i++)
                expect_refused(uuids[i], MACHINE(), strlen(MACHINE()), "no UUID");
}

static void test_size_has_a_limit(void) {
        g_autofree char *rest = g_strnfill(SETTINGS_SIZE_MAX, '#');
        g_autofree char *text = g_strconcat(MACHINE(), rest, NULL);
        g_autoptr(ServiceSettings) settings = NULL;
        g_autofree char *why = NULL;

        expect_refused(UUID, text, SETTINGS_SIZE_MAX + 1, "longer than 4096 bytes");
        g_assert_cmpint(service_settings_parse(UUID, text, SETTINGS_SIZE_MAX, &settings, &why), ==, 0);
}

static char *uuid_of(unsigned n) {
        return g_strdup_printf("%08x-2fa1-11d2-883f-0016d3cca427", n);
}

static char **uuids_new(unsigned n) {
        char **uuids = g_new0(char *, n + 1);

        for (unsigned i = 0; i < n; i++)
                uuids[i] = uuid_of(i);
        return uuids;
}

static void test_the_largest_is_read_again(void) {
        g_autofree char *name = g_strnfill(255, '\\');
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, name), again = NULL;
        g_autofree char *text = NULL;

        settings->autostart = true;
        settings->start_after = uuids_new(START_AFTER_MAX);
        settings->start_delay = START_DELAY_MAX;
        settings->ready = READY_PORT;
        settings->ready_port = 65535;
        settings->ready_timeout = READY_TIMEOUT_MAX;
        settings->stop_timeout = STOP_TIMEOUT_MAX;
        settings->host_shutdown = HOST_SHUTDOWN_POWEROFF;
        text = service_settings_format(settings);
        again = parse(text);
        g_assert_true(service_settings_equal(settings, again));

        g_strfreev(settings->start_after);
        settings->start_after = uuids_new(START_AFTER_MAX + 1);
        g_free(text);
        text = service_settings_format(settings);
        expect_refused(UUID, text, strlen(text), "more than 64 machines");
}

static void test_any_name_is_read_again(void) {
        static const char *const names[] = {
                "web", " web ", "a b", "-h",  "a;b",     "#web",         "[web]",
                "a=b", "%n",    "\\",  "\\n", "\"web\"", "データベース", "..",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autoptr(ServiceSettings) settings = service_settings_new(UUID, names[i]), again = NULL;
                g_autofree char *text = service_settings_format(settings);

                again = parse(text);
                g_assert_cmpstr(again->name, ==, names[i]);
        }
}

static void test_a_file_says_what_it_is(void) {
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, "web");
        g_autofree char *text = NULL, *shorter = NULL;

        settings->autostart = true;
        settings->stop_timeout = G_TIME_SPAN_MINUTE;
        text = service_settings_format(settings);
        g_assert_true(g_str_has_prefix(text, "# How this virtual machine is a service. "));
        g_assert_true(g_str_has_suffix(text, "\n[Machine]\nName=web\nAutostart=yes\nStopTimeoutSec=60\n"));
}

/* Each setting makes the two differ, and leaves the defaults. */
static void test_no_setting_is_overlooked(void) {
        for (int i = 0; i < 9; i++) {
                g_autoptr(ServiceSettings) plain = service_settings_new(UUID, "web");
                g_autoptr(ServiceSettings) settings = service_settings_copy(plain), same = NULL;

                g_assert_true(service_settings_equal(plain, settings));
                switch (i) {
                case 0:
                        settings->autostart = true;
                        break;
                case 1:
                        settings->start_after = uuids_new(1);
                        break;
                case 2:
                        settings->start_delay = G_TIME_SPAN_SECOND;
                        break;
                case 3:
                        settings->ready = READY_AGENT;
                        break;
                case 4:
                        settings->ready_port = 80;
                        break;
                case 5:
                        settings->ready_timeout = G_TIME_SPAN_SECOND;
                        break;
                case 6:
                        settings->stop_timeout = STOP_TIMEOUT_DEFAULT; /* said, not assumed */
                        break;
                case 7:
                        settings->host_shutdown = HOST_SHUTDOWN_POWEROFF;
                        break;
                default:
                        g_free(settings->name);
                        settings->name = g_strdup("db");
                        g_assert_true(service_settings_are_default(settings));
                }
                g_assert_false(service_settings_equal(plain, settings));
                g_assert_false(i < 8 && service_settings_are_default(settings));
                same = service_settings_copy(settings);
                g_assert_true(service_settings_equal(same, settings));
        }
}

static void test_no_list_is_an_empty_one(void) {
        g_autoptr(ServiceSettings) plain = service_settings_new(UUID, "web");
        g_autoptr(ServiceSettings) empty = service_settings_copy(plain);

        empty->start_after = g_new0(char *, 1);
        g_assert_true(service_settings_equal(plain, empty));
        g_assert_true(service_settings_are_default(empty));
}

static void test_words(void) {
        for (int i = 0; i < _READY_WHEN_MAX; i++)
                g_assert_cmpint(ready_when_from_string(ready_when_to_string(i)), ==, i);
        for (int i = 0; i < _HOST_SHUTDOWN_MAX; i++)
                g_assert_cmpint(host_shutdown_from_string(host_shutdown_to_string(i)), ==, i);
        g_assert_cmpint(ready_when_from_string(""), ==, -EINVAL);
        g_assert_cmpint(host_shutdown_from_string("Save"), ==, -EINVAL);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/settings/" #name, test_##name)
        TEST(a_name_is_enough);
        TEST(each_key);
        TEST(yes_and_no_are_as_in_systemds_files);
        TEST(a_boundary_is_within);
        TEST(what_is_wrong_is_refused_and_told);
        TEST(a_zero_byte_is_no_text);
        TEST(the_name_of_the_file_is_a_uuid);
        TEST(size_has_a_limit);
        TEST(the_largest_is_read_again);
        TEST(any_name_is_read_again);
        TEST(a_file_says_what_it_is);
        TEST(no_setting_is_overlooked);
        TEST(no_list_is_an_empty_one);
        TEST(words);
#undef TEST
        return g_test_run();
}
