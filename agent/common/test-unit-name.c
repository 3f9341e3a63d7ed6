/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-name.h"

#include <glib.h>
#include <string.h>

#define UUID "4c64e6f1-1c0b-4a1e-b6dd-5b6ae0a5a0f1"
#define UUID_ESCAPED "4c64e6f1\\x2d1c0b\\x2d4a1e\\x2db6dd\\x2d5b6ae0a5a0f1"

/* What "systemd-escape -- TEXT" printed, systemd 252. */
static const struct {
        const char *text, *escaped;
} names[] = {
        { "web", "web" },
        { "web-1", "web\\x2d1" },
        { "my vm", "my\\x20vm" },
        { ".hidden", "\\x2ehidden" },
        { "a.b", "a.b" },
        { "-h", "\\x2dh" },
        { "a;b", "a\\x3bb" },
        { "%n", "\\x25n" },
        { "a\\b", "a\\x5cb" },
        { "a/b", "a-b" },
        { "a@b:c_d", "a\\x40b:c_d" },
        { "宿", "\\xe5\\xae\\xbf" },
};

static void test_escape(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *escaped = unit_escape(names[i].text), *text = unit_unescape(escaped);

                g_assert_cmpstr(escaped, ==, names[i].escaped);
                g_assert_cmpstr(text, ==, names[i].text);
        }
}

static void test_other_spellings(void) {
        static const char *const others[] = { "\\x61", "a\\x2E", "\\x2f", "a b", "\\",
                                              "\\x",   "\\x00",  "宿",    ".a" };

        for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
                g_assert_null(unit_unescape(others[i]));
}

static void test_long_names(void) {
        g_autofree char *nineteen = g_strnfill(19 * 3, 'x'), *unit = NULL, *ready = NULL, *longer = NULL;
        g_autofree char *twenty = g_strnfill(20 * 3, 'x');

        for (char *c = twenty; *c; c += 3)
                memcpy(c, "宿", 3);
        memcpy(nineteen, twenty, 19 * 3);

        unit = vm_unit_name(nineteen, UUID);
        g_assert_true(g_str_has_prefix(unit, "hatago-vm@\\xe5\\xae\\xbf"));
        ready = vm_ready_unit_name(nineteen, UUID);
        g_assert_cmpuint(strlen(ready), <=, 255);
        longer = vm_unit_name(twenty, UUID);
        g_assert_cmpstr(longer, ==, "hatago-vm@" UUID_ESCAPED ".service");
}

static void test_longest_plain_name(void) {
        g_autofree char *fits = g_strnfill(VM_INSTANCE_MAX, 'a'),
                        *over = g_strnfill(VM_INSTANCE_MAX + 1, 'a');
        g_autofree char *ready = vm_ready_unit_name(fits, UUID), *instance = vm_instance(over, UUID);

        g_assert_cmpuint(strlen(ready), ==, 255);
        g_assert_cmpstr(instance, ==, UUID_ESCAPED);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-name/escape", test_escape);
        g_test_add_func("/unit-name/other-spellings", test_other_spellings);
        g_test_add_func("/unit-name/long-names", test_long_names);
        g_test_add_func("/unit-name/longest-plain-name", test_longest_plain_name);
        return g_test_run();
}
