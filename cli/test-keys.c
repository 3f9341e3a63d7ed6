/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keys.h"

static void chord_is(const char *chord, const char *expected) {
        g_autofree char *unknown = NULL;
        g_autoptr(GArray) keys = keys_of_chord(chord, &unknown);
        g_autoptr(GString) codes = g_string_new(NULL);

        for (guint i = 0; keys && i < keys->len; i++)
                g_string_append_printf(codes, "%s%u", i > 0 ? " " : "", g_array_index(keys, uint32_t, i));
        g_assert_cmpstr(codes->str, ==, expected);
        g_assert_cmpint(keys == NULL, ==, unknown != NULL);
}

static void test_chords_are_keys_by_the_names_that_people_use(void) {
        chord_is("ctrl-alt-del", "29 56 111");
        chord_is("Ctrl+Alt+F2", "29 56 60");
        chord_is("enter", "28");
        chord_is("a", "30");
        chord_is("7", "8");
        chord_is("/", "53");
        chord_is("116", "116");
        chord_is("super-l", "125 38");
}

static void unknown_is(const char *chord, const char *expected) {
        g_autofree char *unknown = NULL;

        g_assert_null(keys_of_chord(chord, &unknown));
        g_assert_cmpstr(unknown, ==, expected);
}

static void test_what_is_no_key_is_named(void) {
        unknown_is("ctrl-alt-delt", "delt");
        unknown_is("", "");
        unknown_is("ctrl-", "");
        unknown_is("99999999999999999999", "99999999999999999999");
        unknown_is("0x10", "0x10");
        unknown_is("é", "é");
}

static void character_is(char character, const char *expected) {
        g_autoptr(GArray) keys = keys_of_character(character);
        g_autoptr(GString) codes = g_string_new(NULL);

        for (guint i = 0; keys && i < keys->len; i++)
                g_string_append_printf(codes, "%s%u", i > 0 ? " " : "", g_array_index(keys, uint32_t, i));
        g_assert_cmpstr(codes->str, ==, expected);
}

static void test_characters_are_typed_as_on_a_us_keyboard(void) {
        character_is('a', "30");
        character_is('A', "42 30");
        character_is('"', "42 40");
        character_is(' ', "57");
        character_is('\n', "28");
        character_is('\0', "");
        character_is('\x7f', "");
        character_is('\xe9', "");
        for (char c = ' '; c < 0x7f; c++) {
                g_autoptr(GArray) keys = keys_of_character(c);
                g_assert_nonnull(keys);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/keys/chords-are-keys-by-the-names-that-people-use",
                        test_chords_are_keys_by_the_names_that_people_use);
        g_test_add_func("/keys/what-is-no-key-is-named", test_what_is_no_key_is_named);
        g_test_add_func("/keys/characters-are-typed-as-on-a-us-keyboard",
                        test_characters_are_typed_as_on_a_us_keyboard);
        return g_test_run();
}
