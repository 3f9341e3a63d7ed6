/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "check-formats.h"
#include "check-print.h"
#include "check-texts.h"
#include "checks.h"
#include "json.h"
#include "text.h"
#include "usage.h"
#include "verbs.h"

static bool group_is_known(const char *name) {
        for (const CheckGroup *group = check_groups; group->name; group++)
                if (strcmp(group->name, name) == 0)
                        return true;

        return false;
}

static int complain_of_word(const Cli *cli, const char *word) {
        g_autofree char *words = check_group_words();
        g_autofree char *pattern = text_fill(
                        _("There is no group of checks '{word}', and no check. The groups: {groups}"),
                        "groups", words);

        return usage_report_word(pattern, word, cli->verb);
}

static void print_text(char *text) {
        g_autofree char *taken = text;

        fputs(taken, stdout);
}

static void print_json(const Cli *cli, JsonArray *checks) {
        g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), checks);

        checks_add_texts(checks);
        json_print(cli->options->json, node);
}

/* The worst counts; what scripts rely on. */
static int verdict_status(JsonArray *checks) {
        CheckCounts counts;

        checks_count(checks, &counts);
        if (counts.n_fail > 0)
                return 2;
        return counts.n_warn > 0 ? 1 : 0;
}

int verb_validate(Cli *cli, char **arguments, unsigned n) {
        const Options *options = cli->options;
        const char *word = n > 0 ? arguments[0] : "";
        bool one = check_position(word) < UINT_MAX;
        g_autoptr(JsonArray) read = NULL, checks = NULL;

        if (options->junit && (options->tap || options->json != JSON_OFF))
                return usage_report_word(_("The option '--{word}' goes with no other."), "junit", cli->verb);
        if (options->tap && options->json != JSON_OFF)
                return usage_report_word(_("The option '--{word}' goes with no other."), "tap", cli->verb);
        if (*word && !one && !group_is_known(word))
                return complain_of_word(cli, word);

        if (checks_read_probe(cli, one ? "" : word, &read) < 0)
                return EXIT_UNREAD;
        checks = one ? checks_only(read, word) : json_array_ref(read);
        if (options->junit)
                print_text(checks_to_junit(checks));
        else if (options->tap)
                print_text(checks_to_tap(checks));
        else if (options->json != JSON_OFF)
                print_json(cli, checks);
        else
                checks_print(cli, checks, /* whole= */ *word == '\0');

        /* A verdict that nobody could read is none; main() says so. */
        if (fflush(stdout) == EOF && errno != EPIPE)
                return EXIT_UNREAD;
        return verdict_status(checks);
}

int verb_complete_words(Cli *cli, char **arguments, unsigned n) {
        if (strcmp(arguments[0], "groups") == 0)
                for (const CheckGroup *group = check_groups; group->name; group++)
                        puts(group->name);
        if (strcmp(arguments[0], "fixes") == 0)
                for (const char *const *id = check_ids(); *id; id++)
                        if (check_has_fix(*id))
                                puts(*id);
        return EXIT_SUCCESS;
}
