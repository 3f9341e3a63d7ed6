/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fix.h"

#include "check-look.h"
#include "check-print.h"
#include "check-texts.h"
#include "checks.h"
#include "json.h"
#include "text.h"
#include "usage.h"
#include "verbs.h"

static bool is_candidate(JsonObject *check, bool undo) {
        return undo ? json_flag(check, "Undoable") : json_flag(check, "Fixable");
}

/* The ids of those that --all means: what is wrong, in the order of the checks; or with undo what was done
 * before, in the reverse order: libvirt's networks and pools can be taken back while libvirt is there. */
static GPtrArray *candidates_find(JsonArray *checks, bool undo) {
        GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                if (is_candidate(check, undo) && (undo || check_is_wrong(check)))
                        g_ptr_array_insert(ids, undo ? 0 : -1, g_strdup(json_string(check, "Id")));
        }
        return ids;
}

/*
 * Without an id: what could be done
 */

static void show(const Cli *cli, JsonObject *check, bool undo) {
        g_autofree char *id = terminal_text(cli->terminal, json_string(check, "Id"));

        printf("%s%s%s\n", colour_on(cli->terminal->colour, COLOUR_BOLD), id,
               colour_off(cli->terminal->colour, COLOUR_BOLD));
        check_print_line(cli, check);
        check_print_details(cli, check, undo ? DETAILS_UNDO : DETAILS_FIX);
        puts("");
}

/* Shows those for which the rule holds; returns how many they are. */
static unsigned show_those(const Cli *cli, JsonArray *checks, const char *heading,
                           bool (*rule)(JsonObject *check), bool undo) {
        unsigned n = 0;

        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                if (!rule(check))
                        continue;
                if (n++ == 0 && heading)
                        printf("%s\n\n", heading);
                show(cli, check, undo);
        }
        return n;
}

static bool is_to_be_fixed(JsonObject *check) {
        return check_is_wrong(check) && json_flag(check, "Fixable");
}

static bool is_to_be_chosen(JsonObject *check) {
        return !check_is_wrong(check) && json_flag(check, "Fixable");
}

static bool was_done(JsonObject *check) {
        return json_flag(check, "Undoable");
}

static bool takes_a_person(JsonObject *check) {
        return check_is_wrong(check) && !json_flag(check, "Fixable");
}

static unsigned count_those(JsonArray *checks, bool (*rule)(JsonObject *check)) {
        unsigned n = 0;

        for (guint i = 0; i < json_array_get_length(checks); i++)
                n += rule(json_array_get_object_element(checks, i));

        return n;
}

static int show_done(const Cli *cli, JsonArray *checks) {
        if (show_those(cli, checks, _("What was done before, and can be taken back (--undo):"), was_done,
                       /* undo= */ true) == 0)
                puts(_("Nothing was done that could be taken back."));
        return EXIT_SUCCESS;
}

static int show_all(const Cli *cli, JsonArray *checks) {
        unsigned n_left = count_those(checks, takes_a_person), n;

        n = show_those(cli, checks, _("What is wrong, and can be fixed:"), is_to_be_fixed,
                       /* undo= */ false);
        (void) show_those(cli, checks, _("What is right, and a matter of choice:"), is_to_be_chosen,
                          /* undo= */ false);
        (void) show_those(cli, checks, _("What was done before, and can be taken back (--undo):"), was_done,
                          /* undo= */ true);

        if (n > 0)
                printf(_("To do one of them: %s; all that is wrong: %s\n"), "hatago fix ID",
                       "hatago fix --all");
        else
                puts(_("Nothing is wrong that could be fixed here."));
        if (n_left > 0)
                printf(_("%u more to be mended by hand: %s\n"), n_left, "hatago validate");
        return EXIT_SUCCESS;
}

static int print_json(const Cli *cli, JsonArray *checks) {
        g_autoptr(JsonArray) found = json_array_new();
        g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), found);

        checks_add_texts(checks);
        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);
                g_autofree char *fix = check_fix_text(check, /* undo= */ false),
                                *undo = check_fix_text(check, /* undo= */ true);

                if (!json_flag(check, "Fixable") && !json_flag(check, "Undoable"))
                        continue;
                json_object_set_string_member(check, "Fix", fix ? fix : "");
                json_object_set_string_member(check, "Undo", undo ? undo : "");
                json_array_add_object_element(found, json_object_ref(check)); /* takes it */
        }
        json_print(cli->options->json, node);
        return EXIT_SUCCESS;
}

/*
 * Those that are named
 */

static int complain(const Cli *cli, const char *id, const char *reason, const char *hint) {
        g_autofree char *shown = terminal_text(cli->terminal, id);
        g_autofree char *failing = text_fill(_(cli->verb->failing), "name", shown);

        fprintf(stderr, _("hatago: %s: %s.\n"), failing, reason);
        if (hint)
                fprintf(stderr, "%s\n", hint);
        return EXIT_FAILURE;
}

static int complain_of_unknown(const Cli *cli, JsonArray *checks, const char *id) {
        g_autoptr(GPtrArray) ids = g_ptr_array_new();
        g_autofree char *hint = NULL;
        const char *meant;

        for (guint i = 0; i < json_array_get_length(checks); i++)
                g_ptr_array_add(ids, (void *) json_string(json_array_get_object_element(checks, i), "Id"));
        g_ptr_array_add(ids, NULL);
        meant = text_closest(id, (const char *const *) ids->pdata);
        if (meant)
                hint = text_fill(_("Did you mean '{closest}'?"), "closest", meant);

        return complain(cli, id, _("there is no check of this name"),
                        hint ? hint : _("Those that can be fixed: hatago fix"));
}

/* Nothing can be done about it here. */
static int refuse(const Cli *cli, JsonObject *check, const char *id) {
        if (cli->options->undo)
                return complain(cli, id, _("nothing was done about it that could be taken back"),
                                _("What can be: hatago fix --undo"));
        if (check_is(check, "pass")) {
                check_print_line(cli, check);
                puts(_("There is nothing to fix."));
                return EXIT_SUCCESS;
        }

        check_print_line(cli, check);
        check_print_details(cli, check, check_is_wrong(check) ? DETAILS_REMEDY : 0);
        return complain(cli, id,
                        check_is_wrong(check) ? _("it can only be mended by hand")
                                              : _("it cannot be judged here"),
                        NULL);
}

/* Those of the ids that can be done; the others are complained of, and make status a failure. */
static GPtrArray *ids_pick(const Cli *cli, JsonArray *checks, char **ids, unsigned n, int *status) {
        GPtrArray *picked = g_ptr_array_new_with_free_func(g_free);

        for (unsigned i = 0; i < n; i++) {
                JsonObject *check = checks_find(checks, ids[i]);

                if (check && is_candidate(check, cli->options->undo))
                        g_ptr_array_add(picked, g_strdup(ids[i]));
                else if ((check ? refuse(cli, check, ids[i]) : complain_of_unknown(cli, checks, ids[i])) !=
                         EXIT_SUCCESS)
                        *status = EXIT_FAILURE;
        }
        return picked;
}

/* Shows what would be done, and asks. */
static bool agree(const Cli *cli, JsonArray *checks, const GPtrArray *ids) {
        for (guint i = 0; i < ids->len; i++)
                show(cli, checks_find(checks, ids->pdata[i]), cli->options->undo);

        return cli->options->yes || terminal_ask(cli->terminal, _("Do this? [y/N] "), "ny") == 'y';
}

static int do_all(const Cli *cli, JsonArray *checks, const GPtrArray *ids) {
        unsigned n_failed = 0;

        for (guint i = 0; i < ids->len; i++) {
                g_autoptr(JsonObject) after = NULL;

                if (fix_apply(cli, checks_find(checks, ids->pdata[i]), cli->options->undo, &after) < 0)
                        n_failed++;
                else {
                        if (cli->options->undo)
                                puts(_("Taken back:"));
                        check_print_line(cli, after);
                }
        }
        if (n_failed > 0 && ids->len > 1)
                fprintf(stderr, _("hatago: %u of %u failed.\n"), n_failed, ids->len);
        return n_failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int fix_those(const Cli *cli, JsonArray *checks, char **arguments, unsigned n) {
        bool all = cli->options->all, undo = cli->options->undo;
        g_autoptr(GPtrArray) ids = NULL;
        int status = EXIT_SUCCESS;

        ids = all ? candidates_find(checks, undo) : ids_pick(cli, checks, arguments, n, &status);
        if (ids->len == 0) {
                if (all)
                        puts(undo ? _("Nothing was done that could be taken back.")
                                  : _("Nothing is wrong that could be fixed here."));
                return status;
        }
        if (!agree(cli, checks, ids)) {
                fprintf(stderr, "%s\n", _("Nothing was changed."));
                return EXIT_FAILURE;
        }
        return do_all(cli, checks, ids) == EXIT_SUCCESS ? status : EXIT_FAILURE;
}

int verb_fix(Cli *cli, char **arguments, unsigned n) {
        const Options *options = cli->options;
        g_autoptr(JsonArray) checks = NULL;

        /* In a file, too, errors stand where they belong. */
        (void) setvbuf(stdout, NULL, _IOLBF, 0);
        if (options->all && n > 0)
                return usage_report_word(_("There is too much after '{word}'."), "--all", cli->verb);
        if ((options->all || n > 0) && !fix_may_ask(cli))
                return EXIT_USAGE;

        checks = checks_look_and_read(cli);
        if (!checks)
                return EXIT_FAILURE;
        if (options->all || n > 0)
                return fix_those(cli, checks, arguments, n);
        if (options->json != JSON_OFF)
                return print_json(cli, checks);
        return options->undo ? show_done(cli, checks) : show_all(cli, checks);
}
