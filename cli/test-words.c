/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-advice.h"
#include "check-texts.h"
#include "json.h"
#include "warnings.h"

/* words.json, as the build has made it: whoever reads it finds what this says. */
static JsonObject *words;

static JsonArray *rows_of(JsonObject *object, const char *name) {
        JsonArray *rows = json_object_get_array_member(object, name);

        g_assert_nonnull(rows);
        g_assert_cmpuint(json_array_get_length(rows), >, 0);
        return rows;
}

static JsonObject *row_of(JsonArray *rows, guint i) {
        return json_array_get_object_element(rows, i);
}

/* Each member is a text, and not an empty one but for the reason of what passes; or null, where it may be
 * missing. */
static void rows_have(JsonArray *rows, const char *must, const char *may) {
        g_auto(GStrv) musts = g_strsplit(must, " ", -1), mays = g_strsplit(may, " ", -1);

        for (guint i = 0; i < json_array_get_length(rows); i++) {
                JsonObject *row = row_of(rows, i);

                g_assert_cmpuint(json_object_get_size(row), ==,
                                 g_strv_length(musts) + (*may ? g_strv_length(mays) : 0));
                for (char **name = musts; *name; name++)
                        g_assert_true(*json_string(row, *name) ||
                                      (g_str_equal(*name, "reason") && json_object_has_member(row, *name)));
                for (char **name = mays; *may && *name; name++)
                        g_assert_true(json_object_get_null_member(row, *name) || *json_string(row, *name));
        }
}

static void test_each_check_is_there_once(void) {
        JsonArray *checks = rows_of(words, "checks"), *groups = rows_of(words, "groups");
        const char *const *ids = check_ids();
        guint n = 0;

        for (; ids[n]; n++) {
                JsonObject *check = row_of(checks, n);

                g_assert_cmpstr(json_string(check, "id"), ==, ids[n]);
                g_assert_cmpstr(json_string(check, "title"), ==, check_title(ids[n]));
                g_assert_true(json_flag(check, "cryptic") == !check_has_plain_value(ids[n]));
        }
        g_assert_cmpuint(json_array_get_length(checks), ==, n);

        for (n = 0; check_groups[n].name; n++) {
                g_assert_cmpstr(json_string(row_of(groups, n), "name"), ==, check_groups[n].name);
                g_assert_cmpstr(json_string(row_of(groups, n), "title"), ==, check_groups[n].title);
        }
        g_assert_cmpuint(json_array_get_length(groups), ==, n);
}

static JsonObject *check_of(JsonObject *text) {
        g_autoptr(JsonObject) check = json_object_new();

        json_object_set_string_member(check, "Id", json_string(text, "id"));
        json_object_set_string_member(check, "Reason", json_string(text, "reason"));
        return g_steal_pointer(&check);
}

/* The texts are those of the tool: what has no keys is the same. */
static void test_texts_are_what_the_tool_says(void) {
        JsonArray *texts = rows_of(words, "texts");
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        rows_have(texts, "reason meaning", "id why remedy");
        for (guint i = 0; i < json_array_get_length(texts); i++) {
                JsonObject *text = row_of(texts, i);
                g_autoptr(JsonObject) check = check_of(text);
                g_autofree char *meaning = check_meaning(check);
                const char *id = json_string(text, "id"), *told = json_string(text, "meaning");

                g_assert_true(json_object_get_null_member(text, "id") || check_position(id) < UINT_MAX);
                g_assert_true(g_hash_table_add(seen,
                                               g_strdup_printf("%s %s", id, json_string(text, "reason"))));
                if (!strchr(told, '{'))
                        g_assert_cmpstr(told, ==, meaning);
        }
}

static void test_fixes_end_with_that_of_any_reason(void) {
        JsonArray *fixes = rows_of(words, "fixes");

        rows_have(fixes, "id does", "reason undoes");
        for (guint i = 0; i < json_array_get_length(fixes); i++) {
                JsonObject *fix = row_of(fixes, i);

                g_assert_true(check_has_fix(json_string(fix, "id")));
                g_assert_true(json_object_get_null_member(fix, "reason") ==
                              !json_object_get_null_member(fix, "undoes"));
        }
}

static void test_the_last_advice_fits_always(void) {
        static const struct {
                const char *name, *must, *may;
        } tables[] = {
                { "setups", "key menu", "vendor product" },
                { "items", "name", "processor" },
                { "outers", "steps", "hypervisor" },
        };
        JsonObject *advice = json_object_get_object_member(words, "advice");
        JsonArray *loaders = rows_of(advice, "loaders");

        g_assert_cmpstr(json_string(advice, "computer"), ==, advice_this_computer);
        for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
                JsonArray *rows = rows_of(advice, tables[i].name);
                g_auto(GStrv) mays = g_strsplit(tables[i].may, " ", -1);
                guint last = json_array_get_length(rows) - 1;

                rows_have(rows, tables[i].must, tables[i].may);
                for (guint j = 0; j <= last; j++)
                        g_assert_true(json_object_get_null_member(row_of(rows, j), mays[0]) == (j == last));
        }
        g_assert_true(json_object_get_null_member(row_of(loaders, json_array_get_length(loaders) - 1),
                                                  "loader"));
}

static void test_errors_warnings_and_words_are_there(void) {
        JsonArray *warnings = rows_of(words, "warnings");

        rows_have(rows_of(words, "errors"), "error", "verb reason hint");
        rows_have(rows_of(words, "verbs"), "name failing help", "");
        rows_have(warnings, "code sentence remedy", "");
        rows_have(rows_of(words, "remedies"), "reason remedy", "");
        rows_have(rows_of(words, "autostart"), "word text", "");
        rows_have(rows_of(words, "ready"), "word text", "");
        for (guint i = 0; i < json_array_get_length(warnings); i++) {
                g_autofree char *sentence = NULL, *remedy = NULL;

                warning_explain(json_string(row_of(warnings, i), "code"), "web", &sentence, &remedy);
                g_assert_cmpstr(json_string(row_of(warnings, i), "sentence"), ==, sentence);
        }
}

int main(int argc, char **argv) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) error = NULL;
        int r;

        g_test_init(&argc, &argv, NULL);
        json_parser_load_from_file(parser, g_getenv("TEST_WORDS"), &error);
        g_assert_no_error(error);
        words = json_node_get_object(json_parser_get_root(parser));
        g_test_add_func("/words/each-check-is-there-once", test_each_check_is_there_once);
        g_test_add_func("/words/texts-are-what-the-tool-says", test_texts_are_what_the_tool_says);
        g_test_add_func("/words/fixes-end-with-that-of-any-reason", test_fixes_end_with_that_of_any_reason);
        g_test_add_func("/words/the-last-advice-fits-always", test_the_last_advice_fits_always);
        g_test_add_func("/words/errors-warnings-and-words-are-there",
                        test_errors_warnings_and_words_are_there);
        r = g_test_run();
        return r;
}
