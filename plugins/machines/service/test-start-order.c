/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "settings.h"

/* Machines of one letter: 'a' has a UUID of a's. */
static char *uuid_of(char letter) {
        return g_strdup_printf("%c%c%c%c%c%c%c%c-2fa1-11d2-883f-0016d3cca427", letter, letter, letter,
                               letter, letter, letter, letter, letter);
}

static char **uuids_of(const char *letters) {
        char **uuids = g_new0(char *, strlen(letters) + 1);

        for (size_t i = 0; letters[i]; i++)
                uuids[i] = uuid_of(letters[i]);
        return uuids;
}

static char *letters_of(char **uuids) {
        GString *letters = g_string_new(NULL);

        for (; uuids && *uuids; uuids++)
                g_string_append_c(letters, **uuids);
        return g_string_free(letters, /* free_segment= */ FALSE);
}

static void settings_destroy(void *settings) {
        (void) service_settings_free(settings);
}

/* "ab cd": a after b, c after d; "abc": a after b and c. */
static GHashTable *table_of(const char *text) {
        g_auto(GStrv) words = g_strsplit(text, " ", -1);
        GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, settings_destroy);

        for (char **word = words; *word; word++)
                if (**word) {
                        g_autofree char *uuid = uuid_of(**word);
                        ServiceSettings *settings = service_settings_new(uuid, "x");

                        settings->start_after = uuids_of(*word + 1);
                        g_hash_table_insert(table, settings->uuid, settings);
                }
        return table;
}

static void expect_cycle(const char *table, const char *instead, const char *expected) {
        g_autoptr(GHashTable) all = table_of(table), one = table_of(instead);
        g_autofree char *uuid = uuid_of(*instead), *letters = NULL;
        g_auto(GStrv) cycle = start_order_find_cycle(all, g_hash_table_lookup(one, uuid));

        g_assert_cmpint(!cycle, ==, !expected);
        if (expected) {
                letters = letters_of(cycle);
                g_assert_cmpstr(letters, ==, expected);
        }
}

static void test_no_cycle(void) {
        expect_cycle("", "a", NULL);
        expect_cycle("", "ab", NULL); /* b is not known */
        expect_cycle("ab bc", "c", NULL);
        expect_cycle("b cb db", "acd", NULL); /* two ways to b */
}

static void test_a_cycle_is_told_from_its_beginning(void) {
        expect_cycle("b", "aa", "aa");
        expect_cycle("ba", "ab", "aba");
        expect_cycle("bc cd da", "ab", "abcda");
        expect_cycle("bc cd da", "a", NULL); /* as it is now it would be none */
}

static void test_the_shortest_cycle_is_told(void) {
        expect_cycle("bc cd da ea", "abe", "aea");
}

static void test_what_was_set_before_does_not_count(void) {
        expect_cycle("ab ba", "ac", NULL);
        expect_cycle("ac ba", "ab", "aba");
}

/* Not a's: it does not end there, and it does not hang. */
static void test_a_cycle_of_others_is_not_ours(void) {
        expect_cycle("bc cb", "ab", NULL);
}

/* What is left of all relations, by machine. */
static void expect_left(const char *table, const char *expected) {
        g_autoptr(GHashTable) all = table_of(table);
        g_autoptr(GList) uuids = NULL;
        g_autoptr(GString) left = g_string_new(NULL);

        start_order_break_cycles(all);
        uuids = g_list_sort(g_hash_table_get_keys(all), (GCompareFunc) g_strcmp0);
        for (GList *uuid = uuids; uuid; uuid = uuid->next) {
                const ServiceSettings *machine = g_hash_table_lookup(all, uuid->data);
                g_autofree char *after = letters_of(machine->start_after);

                g_string_append_printf(left, "%s%c%s", left->len > 0 ? " " : "", *machine->uuid, after);
                g_assert_null(start_order_find_cycle(all, machine));
        }
        g_assert_cmpstr(left->str, ==, expected);
}

static void test_what_is_no_cycle_stays(void) {
        expect_left("", "");
        expect_left("ab bc c", "ab bc c");
        expect_left("abc bd cd d", "abc bd cd d");
        expect_left("az", "az");
}

static void test_one_relation_of_a_cycle_goes(void) {
        expect_left("ab ba", "ab b");
        expect_left("abe bcf cad de e f", "abe bcf cd de e f");
        expect_left("aab b", "ab b");
}

static void test_all_cycles_go(void) {
        expect_left("abc bac cab", "abc bc c");
        expect_left("ab ba cd dc ef fe", "ab b cd d ef f");
}

static void test_a_long_chain_is_no_trouble(void) {
        g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, settings_destroy);
        ServiceSettings *first = NULL;
        g_auto(GStrv) cycle = NULL;

        for (unsigned i = 0; i < SETTINGS_MAX; i++) {
                g_autofree char *uuid = g_strdup_printf("%08x-2fa1-11d2-883f-0016d3cca427", i);
                ServiceSettings *settings = service_settings_new(uuid, "x");

                settings->start_after = g_new0(char *, 2);
                settings->start_after[0] =
                                g_strdup_printf("%08x-2fa1-11d2-883f-0016d3cca427", (i + 1) % SETTINGS_MAX);
                g_hash_table_insert(all, settings->uuid, settings);
                if (i == 0)
                        first = settings;
        }
        cycle = start_order_find_cycle(all, first);
        g_assert_cmpuint(g_strv_length(cycle), ==, SETTINGS_MAX + 1);
        start_order_break_cycles(all);
        g_assert_null(start_order_find_cycle(all, first));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/start-order/" #name, test_##name)
        TEST(no_cycle);
        TEST(a_cycle_is_told_from_its_beginning);
        TEST(the_shortest_cycle_is_told);
        TEST(what_was_set_before_does_not_count);
        TEST(a_cycle_of_others_is_not_ours);
        TEST(what_is_no_cycle_stays);
        TEST(one_relation_of_a_cycle_goes);
        TEST(all_cycles_go);
        TEST(a_long_chain_is_no_trouble);
#undef TEST
        return g_test_run();
}
