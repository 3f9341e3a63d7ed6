/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-look.h"
#include "check-print.h"
#include "check-texts.h"
#include "checks.h"
#include "errors.h"
#include "fix.h"
#include "json.h"
#include "takeover.h"
#include "verbs.h"

static JsonArray *setup_read(const Cli *cli) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        JsonArray *checks = NULL;

        if (checks_read_bus(cli, &error, &checks) < 0)
                error_report(cli, NULL, &error);
        return checks;
}

/* The first that is wrong, can be fixed and was not met before; NULL: none. A fix can open the way for
 * others: so each time is all looked through. */
static JsonObject *find_next(JsonArray *checks, GHashTable *met) {
        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                if (check_is_wrong(check) && json_flag(check, "Fixable") &&
                    g_hash_table_add(met, g_strdup(json_string(check, "Id"))))
                        return check;
        }
        return NULL;
}

/* 'y', 'n', or 'q': no more. */
static char ask(const Cli *cli, JsonObject *check) {
        char answer;

        check_print_line(cli, check);
        check_print_details(cli, check, DETAILS_FIX);
        if (cli->options->yes)
                return 'y';

        /* Translators: the answers are y, n and q (quit) in every language. */
        answer = terminal_ask(cli->terminal, _("Do this? [Y/n/q] "), "ynq");
        return answer ? answer : 'q';
}

/* Returns what there is afterwards; NULL: it could not be read. */
static JsonArray *setup_fix(const Cli *cli, JsonArray *first) {
        g_autoptr(GHashTable) met = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(JsonArray) checks = json_array_ref(first);
        JsonObject *check;

        while ((check = find_next(checks, met))) {
                g_autoptr(JsonObject) after = NULL;
                char answer = ask(cli, check);

                if (answer == 'q') {
                        puts("");
                        break;
                }
                if (answer == 'y' && fix_apply(cli, check, /* undo= */ false, &after) >= 0)
                        check_print_line(cli, after);
                puts("");
                if (!after)
                        continue;
                json_array_unref(checks);
                checks = setup_read(cli);
                if (!checks)
                        return NULL;
        }
        return g_steal_pointer(&checks);
}

/* What takes a person: in full what guests do not run without, and the rest by name. */
static void print_left(const Cli *cli, JsonArray *checks, const CheckCounts *counts) {
        if (counts->n_fail > 0)
                printf("%s\n", _("What is left to be done, by hand or by another 'hatago setup':"));
        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                if (!check_is(check, "fail"))
                        continue;
                check_print_line(cli, check);
                check_print_details(cli, check, DETAILS_REMEDY);
        }

        if (counts->n_warn > 0)
                printf("%s\n", _("What could be better ('hatago validate' tells how):"));
        for (guint i = 0; i < json_array_get_length(checks); i++)
                if (check_is(json_array_get_object_element(checks, i), "warn"))
                        check_print_line(cli, json_array_get_object_element(checks, i));
        if (counts->n_fail + counts->n_warn > 0)
                puts("");
}

static int setup_finish(const Cli *cli, JsonArray *checks) {
        CheckCounts counts;

        checks_count(checks, &counts);
        print_left(cli, checks, &counts);
        if (counts.n_fail > 0) {
                printf(_("This host is not ready for virtual machines yet: %u left to do.\n"),
                       counts.n_fail);
                return EXIT_FAILURE;
        }
        puts(_("This host is ready for virtual machines."));
        return EXIT_SUCCESS;
}

int verb_setup(Cli *cli, char **arguments, unsigned n) {
        g_autoptr(JsonArray) before = NULL, after = NULL;
        CheckCounts counts;

        /* In a file, too, errors stand where they belong. */
        (void) setvbuf(stdout, NULL, _IOLBF, 0);
        before = checks_look_and_read(cli);
        if (!before)
                return EXIT_FAILURE;

        checks_count(before, &counts);
        if (counts.n_fixable > 0 && !fix_may_ask(cli))
                return EXIT_USAGE;
        after = setup_fix(cli, before);
        if (after && !takeover_offer(cli) && counts.n_fixable == 0)
                puts(_("There is nothing to be done that could be done here."));
        return after ? setup_finish(cli, after) : EXIT_FAILURE;
}
