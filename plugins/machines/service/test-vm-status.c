/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vm-status.h"

#include <glib.h>
#include <string.h>

#define MIB 1024
#define GIB (1024 * MIB)

static void test_what_it_says(void) {
        static const struct {
                VmStatus status;
                const char *text;
        } rows[] = {
                { { .state = VIR_DOMAIN_RUNNING, .vcpus = 2, .memory = 2 * GIB, .kvm = true },
                  "2 vCPUs, 2.0 GiB, KVM" },
                { { .state = VIR_DOMAIN_RUNNING, .vcpus = 1, .memory = 96 * MIB },
                  "1 vCPU, 96 MiB, emulated (TCG)" },
                { { .state = VIR_DOMAIN_BLOCKED, .vcpus = 1, .memory = 1536 * MIB, .kvm = true },
                  "1 vCPU, 1.5 GiB, KVM" },
                { { .state = VIR_DOMAIN_PAUSED,
                    .reason = VIR_DOMAIN_PAUSED_USER,
                    .vcpus = 2,
                    .memory = GIB,
                    .kvm = true },
                  "Paused: 2 vCPUs, 1.0 GiB, KVM" },
                { { .state = VIR_DOMAIN_PAUSED,
                    .reason = VIR_DOMAIN_PAUSED_IOERROR,
                    .vcpus = 2,
                    .memory = GIB,
                    .kvm = true },
                  "Paused (I/O error): 2 vCPUs, 1.0 GiB, KVM" },
                /* A reason of another state's enumeration is none of pausing. */
                { { .state = VIR_DOMAIN_RUNNING,
                    .reason = VIR_DOMAIN_PAUSED_IOERROR,
                    .vcpus = 2,
                    .memory = GIB,
                    .kvm = true },
                  "2 vCPUs, 1.0 GiB, KVM" },
                { { .state = VIR_DOMAIN_PAUSED,
                    .vcpus = 2,
                    .memory = GIB,
                    .kvm = true,
                    .name = (char *) "旅籠" },
                  "旅籠: Paused: 2 vCPUs, 1.0 GiB, KVM" },
                { { .state = VIR_DOMAIN_PMSUSPENDED, .vcpus = 2, .memory = GIB, .kvm = true },
                  "Asleep: 2 vCPUs, 1.0 GiB, KVM" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = vm_status_format(&rows[i].status);

                g_assert_cmpstr(text, ==, rows[i].text);
        }
}

static void test_it_is_one_line(void) {
        static const struct {
                const char *text, *line;
        } rows[] = {
                { "", "" },
                { "one", "one" },
                { "one\ntwo\nthree\n", "one | two | three" },
                { "web 旅籠 é", "web 旅籠 é" },
                { "a\tb\x1b[31m\r\x7f", "a\\x09b\\x1b[31m\\x0d\\x7f" },
                { "\xc2\x9b", "\\x9b" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *line = status_line(rows[i].text);

                g_assert_cmpstr(line, ==, rows[i].line);
        }
}

static void test_whatever_is_in_it_is_text(void) {
        g_autofree char *line = status_line("a\xff\xc3 b");

        g_assert_true(g_utf8_validate(line, -1, NULL));
        g_assert_true(g_str_has_prefix(line, "a"));
        g_assert_true(g_str_has_suffix(line, " b"));
}

static void test_it_ends_where_systemd_does(void) {
        g_autofree char *text = g_strnfill(10000, 'x'), *japanese = g_malloc(10001), *line = NULL,
                        *other = NULL;

        line = status_line(text);
        g_assert_cmpuint(strlen(line), <, 3500);
        g_assert_cmpuint(strlen(line), >=, 3000);

        for (int i = 0; i + 3 <= 10000; i += 3)
                memcpy(japanese + i, "旅", 4);
        other = status_line(japanese);
        g_assert_cmpuint(strlen(other), <, 3500);
        g_assert_true(g_utf8_validate(other, -1, NULL));
}

static void test_and_can_be_read_back(void) {
        g_autofree char *line =
                        status_line("internal error: qemu\nFailed to get \"write\" lock\nIs it in use?");
        g_autofree char *text = status_line_to_text(line);

        g_assert_cmpstr(text, ==, "internal error: qemu\nFailed to get \"write\" lock\nIs it in use?");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

#define TEST(name) g_test_add_func("/vm-status/" #name, test_##name)
        TEST(what_it_says);
        TEST(it_is_one_line);
        TEST(whatever_is_in_it_is_text);
        TEST(it_ends_where_systemd_does);
        TEST(and_can_be_read_back);
#undef TEST
        return g_test_run();
}
