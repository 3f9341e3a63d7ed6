/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints as JSON what the tables of this tool say to people: for the page in the browser, which says the
 * same, and has the same translations: all texts are msgids of cli/po. Built and run with the rest, not
 * installed.
 *
 *   groups      of checks, in their order: name, title
 *   checks      in their order: id, title, cryptic (its value says nothing to people)
 *   texts       what a verdict says: id (null: of any check, behind those of one), reason, meaning, why,
 * remedy. A line that begins with two blanks is a command; keys in braces are arguments, "{free:size}" one
 * in bytes, and those of advice fixes       what remedies do: id, reason (null: any, behind those of one),
 * does, undoes advice      what the other keys stand for (check-advice.h): computer; setups (vendor,
 * product: beginnings in lower case; key, menu), items (processor: a word in its name; name), loaders
 * (loader, file; steps), outers (hypervisor; steps). The first row that fits counts, null is any errors
 * error, verb, reason, hint, keys as in errors.h: the first row counts that is of the verb, or of any
 *               (null), and all of whose keys have a value; reason null: the agent's own text
 *   verbs       name, failing: how the sentence of an error begins, help: what it does
 *   warnings    of machines: code, sentence, remedy
 *   remedies    of reasons of states: reason, remedy
 *   autostart, ready
 *               words of AutostartBy and ReadyState: word, text
 */
#include "check-advice.h"
#include "check-text-rows.h"
#include "check-texts.h"
#include "errors.h"
#include "json.h"
#include "service.h"
#include "verbs.h"
#include "warnings.h"

static void set(JsonObject *object, const char *name, const char *text) {
        if (text)
                json_object_set_string_member(object, name, text);
        else
                json_object_set_null_member(object, name);
}

/* One more row of two to four texts; a name of NULL is none. */
static JsonObject *row(JsonArray *rows, const char *a, const char *a_text, const char *b, const char *b_text,
                       const char *c, const char *c_text, const char *d, const char *d_text) {
        JsonObject *object = json_object_new();

        set(object, a, a_text);
        set(object, b, b_text);
        if (c)
                set(object, c, c_text);
        if (d)
                set(object, d, d_text);
        json_array_add_object_element(rows, object);
        return object;
}

#define ROW2(rows, table, a, b) row(rows, #a, (table).a, #b, (table).b, NULL, NULL, NULL, NULL)
#define ROW3(rows, table, a, b, c) row(rows, #a, (table).a, #b, (table).b, #c, (table).c, NULL, NULL)
#define ROW4(rows, table, a, b, c, d) row(rows, #a, (table).a, #b, (table).b, #c, (table).c, #d, (table).d)

static JsonArray *rows_new(JsonObject *words, const char *name) {
        JsonArray *rows = json_array_new();

        json_object_set_array_member(words, name, rows);
        return rows;
}

static void add_texts(JsonArray *rows, const CheckText *texts) {
        for (const CheckText *text = texts; text->reason; text++) {
                JsonObject *object = ROW4(rows, *text, id, reason, meaning, why);

                set(object, "remedy", text->remedy);
        }
}

static void add_checks(JsonObject *words) {
        JsonArray *groups = rows_new(words, "groups"), *checks = rows_new(words, "checks"),
                  *texts = rows_new(words, "texts"), *fixes = rows_new(words, "fixes");

        for (size_t i = 0; check_groups[i].name; i++)
                ROW2(groups, check_groups[i], name, title);
        for (size_t i = 0; check_titles[i].id; i++)
                json_object_set_boolean_member(ROW2(checks, check_titles[i], id, title), "cryptic",
                                               check_titles[i].cryptic);
        add_texts(texts, check_texts_acceleration);
        add_texts(texts, check_texts_kernel);
        add_texts(texts, check_texts_services);
        add_texts(texts, check_texts_places);
        add_texts(texts, check_texts_general);
        for (size_t i = 0; check_fixes[i].id; i++)
                ROW4(fixes, check_fixes[i], id, reason, does, undoes);
}

/* Each table ends with the row that fits always. */
static void add_advice(JsonObject *words) {
        JsonObject *advice = json_object_new();
        JsonArray *setups = rows_new(advice, "setups"), *items = rows_new(advice, "items"),
                  *loaders = rows_new(advice, "loaders"), *outers = rows_new(advice, "outers");
        size_t i = 0;

        json_object_set_object_member(words, "advice", advice);
        set(advice, "computer", advice_this_computer);
        do
                ROW4(setups, firmware_setups[i], vendor, product, key, menu);
        while (firmware_setups[i++].vendor);
        i = 0;
        do
                ROW2(items, setup_items[i], processor, name);
        while (setup_items[i++].processor);
        i = 0;
        do
                ROW3(loaders, loader_steps[i], loader, file, steps);
        while (loader_steps[i++].loader);
        i = 0;
        do
                ROW2(outers, outer_steps[i], hypervisor, steps);
        while (outer_steps[i++].hypervisor);
}

static void add_errors(JsonObject *words) {
        JsonArray *errors = rows_new(words, "errors"), *verbs = rows_new(words, "verbs");

        for (size_t i = 0; error_rows[i].error; i++)
                ROW4(errors, error_rows[i], error, verb, reason, hint);
        for (size_t i = 0; verb_table[i].name; i++)
                if (!(verb_table[i].flags & VERB_HIDDEN))
                        ROW3(verbs, verb_table[i], name, failing, help);
}

static void add_machines(JsonObject *words) {
        JsonArray *warnings = rows_new(words, "warnings"), *remedies = rows_new(words, "remedies"),
                  *autostart = rows_new(words, "autostart"), *ready = rows_new(words, "ready");

        for (size_t i = 0; warning_texts[i].code; i++)
                ROW3(warnings, warning_texts[i], code, sentence, remedy);
        for (size_t i = 0; reason_remedies[i].reason; i++)
                ROW2(remedies, reason_remedies[i], reason, remedy);
        for (size_t i = 0; service_by_texts[i].word; i++)
                ROW2(autostart, service_by_texts[i], word, text);
        for (size_t i = 0; service_ready_texts[i].word; i++)
                ROW2(ready, service_ready_texts[i], word, text);
}

int main(void) {
        JsonObject *words = json_object_new();
        g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);

        json_node_take_object(root, words);
        add_checks(words);
        add_advice(words);
        add_errors(words);
        add_machines(words);
        json_print(JSON_PRETTY, root);
        return fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
