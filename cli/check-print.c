/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-print.h"

#include "check-texts.h"
#include "checks.h"
#include "fields.h"
#include "json.h"
#include "text.h"

/* Columns of the title, so that values stand below each other. */
#define TITLE_WIDTH 28U
#define MARGIN 8U
/* Values are not broken into lines that are shorter than this, however narrow the terminal. */
#define VALUE_MIN 24U

static const struct {
        const char *result, *shown;
        Colour colour;
} results[] = {
        { "pass", "PASS", COLOUR_GREEN },
        { "warn", "WARN", COLOUR_YELLOW },
        { "fail", "FAIL", COLOUR_RED },
        { "skip", "SKIP", COLOUR_DIM },
};

/* Behind the title of what is not wrong: what it means, or what was read, where that says something. */
static char *value_text(const Cli *cli, JsonObject *check) {
        g_autofree char *meaning = check_is_wrong(check) ? NULL : check_meaning(check);

        if (meaning)
                return terminal_text(cli->terminal, meaning);
        if (check_is_wrong(check) || !check_has_plain_value(json_string(check, "Id")))
                return g_strdup("");
        return terminal_text(cli->terminal, json_string(check, "Value"));
}

void check_print_line(const Cli *cli, JsonObject *check) {
        const Terminal *terminal = cli->terminal;
        g_autofree char *title = terminal_text(terminal, check_title(json_string(check, "Id")));
        g_autofree char *value = value_text(cli, check);
        unsigned width = MAX(text_width(title), TITLE_WIDTH), left = MARGIN + width + 1;
        unsigned room = terminal->columns > left ? terminal->columns - left : 0;
        g_auto(GStrv) lines = text_wrap(value, terminal->columns == 0 ? UINT_MAX : MAX(room, VALUE_MIN));
        const char *shown = "????";
        Colour colour = COLOUR_RED;

        for (size_t i = 0; i < G_N_ELEMENTS(results); i++)
                if (check_is(check, results[i].result)) {
                        shown = results[i].shown;
                        colour = results[i].colour;
                }

        printf("  %s%s%s  %s", colour_on(terminal->colour, colour), shown,
               colour_off(terminal->colour, colour), title);
        for (size_t i = 0; lines[i] && *lines[i]; i++)
                printf("%*s%s%s%s%s", (int) (i == 0 ? width - text_width(title) + 1 : left), "",
                       colour_on(terminal->colour, COLOUR_DIM), lines[i],
                       colour_off(terminal->colour, COLOUR_DIM), lines[i + 1] ? "\n" : "");
        puts("");
}

/* Takes the text. Its commands are one line each, whatever their length: to be copied. */
static void add_lines(Fields *fields, const char *label, char *text, Colour colour) {
        g_autofree char *taken = text;
        g_auto(GStrv) lines = taken ? g_strsplit(taken, "\n", -1) : NULL;
        /* What begins with a command stands straight below its label. */
        size_t cut = taken && label && g_str_has_prefix(taken, "  ") ? 2 : 0;

        for (size_t i = 0; lines && lines[i]; i++) {
                const char *shown = i == 0 && label ? label : NULL;

                if (g_str_has_prefix(lines[i], "  "))
                        fields_add(fields, shown, g_strdup(lines[i] + cut), COLOUR_BOLD);
                else
                        fields_add_sentence(fields, shown, g_strdup(lines[i]), colour);
        }
}

static void add_fix(Fields *fields, JsonObject *check) {
        g_autofree char *id = text_shell_word(json_string(check, "Id"));

        add_lines(fields, _("Remedy"), g_strdup_printf("  hatago fix %s", id), COLOUR_NONE);
        add_lines(fields, NULL, check_fix_text(check, /* undo= */ false), COLOUR_NONE);
}

static void add_remedy(const Cli *cli, Fields *fields, JsonObject *check) {
        bool fixable = json_flag(check, "Fixable");

        if (fixable)
                add_fix(fields, check);
        if (!fixable || cli->options->verbose)
                add_lines(fields, fixable ? _("By hand") : _("Remedy"), check_remedy(check), COLOUR_NONE);
}

/* What it rests on, and who read that. */
static void add_sources(Fields *fields, JsonObject *check) {
        JsonArray *sources = json_array(check, "Sources");
        const char *reader = json_string(check, "ReadBy"), *value = json_string(check, "Value");

        fields_add(fields, _("Name"), g_strdup(json_string(check, "Id")), COLOUR_DIM);
        fields_add_sentence(fields, _("Value"), *value ? g_strdup(value) : NULL, COLOUR_DIM);
        if (sources && json_array_get_length(sources) > 0)
                fields_add_sentence(fields, _("Read"), json_words_text(sources), COLOUR_DIM);
        /* Translators: which process read it. */
        fields_add(fields, _("By"), *reader ? g_strdup(reader) : NULL, COLOUR_DIM);
}

static void add_details(const Cli *cli, Fields *fields, JsonObject *check, CheckDetails details) {
        if (check_is_wrong(check)) {
                add_lines(fields, NULL, check_meaning(check), COLOUR_NONE);
                /* Translators: what comes of it that a check of the host is not passed, or who needs it. */
                add_lines(fields, _("Why it matters"), check_why(check), COLOUR_NONE);
        }
        if (details & DETAILS_REMEDY)
                add_remedy(cli, fields, check);
        if (details & DETAILS_FIX)
                add_lines(fields, _("Fix"), check_fix_text(check, /* undo= */ false), COLOUR_NONE);
        if (details & DETAILS_UNDO)
                add_lines(fields, _("Undo"), check_fix_text(check, /* undo= */ true), COLOUR_NONE);
}

void check_print_details(const Cli *cli, JsonObject *check, CheckDetails details) {
        g_autoptr(Fields) fields = fields_new(cli->terminal);

        add_details(cli, fields, check, details);
        fields_print(fields, stdout);
}

static void print_check(const Cli *cli, JsonObject *check) {
        g_autoptr(Fields) fields = fields_new(cli->terminal);

        check_print_line(cli, check);
        add_details(cli, fields, check, check_is_wrong(check) ? DETAILS_REMEDY : 0);
        if (cli->options->verbose)
                add_sources(fields, check);
        fields_print(fields, stdout);
}

static void print_summary(const Cli *cli, JsonArray *checks, bool whole) {
        CheckCounts counts;

        checks_count(checks, &counts);
        printf(_("\n%u checks: %u pass, %u warn, %u fail, %u skip.\n"), counts.n, counts.n_pass,
               counts.n_warn, counts.n_fail, counts.n_skip);
        if (counts.n_denied > 0 && geteuid() != 0)
                printf(_("To read also what only root may: %s\n"), "sudo hatago validate");
        if (counts.n_fixable > 0)
                printf(_("To have %u of them mended: %s\n"), counts.n_fixable, "hatago fix");
        if (whole && counts.n_fail == 0 && counts.n_pass > 0)
                puts(_("This host is ready for virtual machines."));
}

void checks_print(const Cli *cli, JsonArray *checks, bool whole) {
        const char *before = "";

        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);
                const char *group = json_string(check, "Group");

                if (strcmp(group, before) != 0) {
                        g_autofree char *title = terminal_text(cli->terminal, check_group_title(group));

                        printf("%s%s%s%s\n", i > 0 ? "\n" : "",
                               colour_on(cli->terminal->colour, COLOUR_BOLD), title,
                               colour_off(cli->terminal->colour, COLOUR_BOLD));
                }
                print_check(cli, check);
                before = group;
        }
        if (!cli->options->no_legend)
                print_summary(cli, checks, whole);
}
