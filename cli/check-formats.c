/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-formats.h"

#include "check-texts.h"
#include "checks.h"
#include "json.h"
#include "text.h"

/* What it says, as one text of some lines. New string. */
static char *check_story(JsonObject *check) {
        g_autofree char *meaning = check_meaning(check), *why = check_why(check),
                        *remedy = check_remedy(check);
        g_autoptr(GString) text = g_string_new(meaning);

        if (why)
                g_string_append_printf(text, "\n%s", why);
        if (remedy)
                g_string_append_printf(text, "\n%s", remedy);

        return g_string_free(g_steal_pointer(&text), /* free_segment= */ FALSE);
}

/*
 * JUnit
 */

/* With what XML 1.0 has no way to write shown as it is for people. */
static char *xml_text(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autofree char *whole = NULL;

        for (size_t i = 0; lines[i]; i++) {
                char *line = lines[i];

                lines[i] = text_escape(line, /* ascii= */ false);
                g_free(line);
        }
        whole = g_strjoinv("\n", lines);
        return g_markup_escape_text(whole, -1);
}

static void junit_add_check(GString *out, JsonObject *check) {
        g_autofree char *story = check_story(check), *meaning = check_meaning(check);
        g_autofree char *text = xml_text(story), *message = xml_text(meaning ? meaning : "");
        g_autofree char *id = xml_text(json_string(check, "Id")),
                        *group = xml_text(json_string(check, "Group")),
                        *reason = xml_text(json_string(check, "Reason")),
                        *value = xml_text(json_string(check, "Value"));

        g_string_append_printf(out, "    <testcase classname=\"hatago.%s\" name=\"%s\">", group, id);
        if (check_is(check, "fail"))
                g_string_append_printf(out, "<failure type=\"%s\" message=\"%s\">%s</failure>", reason,
                                       message, text);
        else if (check_is(check, "skip"))
                g_string_append_printf(out, "<skipped message=\"%s\"/>", message);
        else if (check_is_wrong(check))
                g_string_append_printf(out, "<system-out>WARN: %s</system-out>", text);
        else if (*value)
                g_string_append_printf(out, "<system-out>%s</system-out>", value);
        g_string_append(out, "</testcase>\n");
}

/* The checks of a group stand together. Returns where the next begins. */
static guint junit_add_group(GString *out, JsonArray *checks, guint begin) {
        const char *name = json_string(json_array_get_object_element(checks, begin), "Group");
        g_autofree char *group = xml_text(name);
        unsigned n_fail = 0, n_skip = 0;
        guint end;

        for (end = begin; end < json_array_get_length(checks); end++) {
                JsonObject *check = json_array_get_object_element(checks, end);

                if (strcmp(json_string(check, "Group"), name) != 0)
                        break;
                n_fail += check_is(check, "fail");
                n_skip += check_is(check, "skip");
        }

        g_string_append_printf(out,
                               "  <testsuite name=\"hatago.%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
                               "skipped=\"%u\">\n",
                               group, end - begin, n_fail, n_skip);
        for (guint i = begin; i < end; i++)
                junit_add_check(out, json_array_get_object_element(checks, i));
        g_string_append(out, "  </testsuite>\n");
        return end;
}

char *checks_to_junit(JsonArray *checks) {
        GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");

        for (guint i = 0; i < json_array_get_length(checks);)
                i = junit_add_group(out, checks, i);
        g_string_append(out, "</testsuites>\n");
        return g_string_free(out, /* free_segment= */ FALSE);
}

/*
 * TAP
 */

/* A "#" would begin a directive. */
static char *tap_text(const char *text) {
        g_autofree char *line = text_escape(text, /* ascii= */ false);
        g_autoptr(GString) out = g_string_new(NULL);

        for (const char *p = line; *p; p++)
                g_string_append_printf(out, *p == '#' || *p == '\\' ? "\\%c" : "%c", *p);
        return g_string_free(g_steal_pointer(&out), /* free_segment= */ FALSE);
}

/* Lines that programs pass by. */
static void tap_add_comment(GString *out, JsonObject *check) {
        g_autofree char *story = check_story(check);
        g_auto(GStrv) lines = g_strsplit(story, "\n", -1);

        for (size_t i = 0; lines[i]; i++) {
                g_autofree char *line = text_escape(lines[i], /* ascii= */ false);

                g_string_append_printf(out, "# %s%s\n", i == 0 && !check_is(check, "fail") ? "WARN: " : "",
                                       line);
        }
}

static void tap_add_check(GString *out, JsonObject *check, unsigned number) {
        g_autofree char *id = tap_text(json_string(check, "Id"));

        g_string_append_printf(out, "%sok %u - %s", check_is(check, "fail") ? "not " : "", number, id);
        if (check_is(check, "skip")) {
                g_autofree char *meaning = check_meaning(check), *text = tap_text(meaning ? meaning : "");

                g_string_append_printf(out, " # SKIP %s", text);
        }
        g_string_append_c(out, '\n');
        if (check_is_wrong(check))
                tap_add_comment(out, check);
}

char *checks_to_tap(JsonArray *checks) {
        GString *out = g_string_new("TAP version 13\n");

        g_string_append_printf(out, "1..%u\n", json_array_get_length(checks));
        for (guint i = 0; i < json_array_get_length(checks); i++)
                tap_add_check(out, json_array_get_object_element(checks, i), i + 1);
        return g_string_free(out, /* free_segment= */ FALSE);
}
