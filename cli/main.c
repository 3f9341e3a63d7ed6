/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "bus.h"
#include "cli.h"
#include "errors.h"
#include "output.h"
#include "process.h"
#include "text.h"
#include "verbs.h"

/* Connects, and waits until the agent is ready if the verb needs that. */
static int cli_connect(Cli *cli) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        Cli general = *cli;
        int r;

        general.verb = NULL; /* what fails here has nothing to do with a machine */
        r = bus_open(cli->options, &error, &cli->bus);
        if (r >= 0 && (cli->verb->flags & VERB_READY)) {
                general.bus = cli->bus;
                r = bus_wait_ready(&general, &error);
        }
        if (r < 0)
                error_report(&general, NULL, &error);
        return r;
}

static int cli_run(Cli *cli, char **arguments, unsigned n) {
        pid_t agent = 0, pager = 0;
        int status;

        if (cli_connect(cli) < 0)
                return EXIT_FAILURE;
        if (cli->verb->flags & VERB_CHANGE)
                agent = polkit_agent_open(cli);
        if (cli->verb->flags & VERB_PAGER)
                pager = pager_open(cli);
        status = cli->verb->run(cli, arguments, n);
        pager_close(pager);
        polkit_agent_close(agent);
        return status;
}

static int complain_of(const char *pattern, const char *word, const char *verb) {
        g_autofree char *shown = text_escape(word, /* ascii= */ false);
        g_autofree char *complaint = text_fill(pattern, "word", shown);

        return usage_report(complaint, verb);
}

/* Finds the verb and looks whether options and arguments go with it; 0 if so. */
static int verb_check(const Options *options, GPtrArray *words, const Verb **ret_verb, unsigned *ret_taken) {
        const Verb *verb;
        const char *stray;
        unsigned taken, n;

        if (words->len == 0)
                return usage_report(_("What is to be done?"), NULL);
        verb = verb_find((char **) words->pdata, words->len, &taken);
        if (!verb)
                return complain_of(_("There is no verb '{word}'."), words->pdata[0], NULL);
        stray = options_find_stray(options, verb->name);
        if (stray)
                return complain_of(_("The option '--{word}' does not go with this verb."), stray,
                                   verb->name);
        n = words->len - taken;
        if (n < verb->min && !options->help)
                return complain_of(_("Something is missing after '{word}'."), verb->name, verb->name);
        if (n > verb->max)
                return complain_of(_("There is too much after '{word}'."), verb->name, verb->name);
        *ret_verb = verb;
        *ret_taken = taken;
        return 0;
}

static int run(int argc, char **argv) {
        g_autofree char *complaint = NULL;
        g_autoptr(GPtrArray) words = NULL;
        _cleanup_bus_ sd_bus *bus = NULL;
        Terminal terminal;
        Options options;
        Cli cli = { .options = &options, .terminal = &terminal };
        unsigned taken;
        int r;

        terminal_init(&terminal);
        if (options_parse(argc, argv, &options, &words, &complaint) < 0)
                return usage_report(complaint, NULL);
        if (options.version) {
                puts("hatago " VERSION);
                return EXIT_SUCCESS;
        }
        if (options.help && words->len == 0) {
                help_print(NULL);
                return EXIT_SUCCESS;
        }
        r = verb_check(&options, words, &cli.verb, &taken);
        if (r != 0)
                return r;
        if (options.help) {
                help_print(cli.verb);
                return EXIT_SUCCESS;
        }
        cli.action = cli.verb->action;
        /* Not both: "define -" reads a file there, and pkttyagent opens the terminal by itself. */
        cli.interactive = !options.no_ask_password && (terminal.in_tty || terminal.err_tty);
        r = cli_run(&cli, (char **) words->pdata + taken, words->len - taken);
        bus = cli.bus;
        return r;
}

int main(int argc, char **argv) {
        output_init();
        (void) setlocale(LC_ALL, "");
        (void) bindtextdomain("hatago", LOCALE_DIR);
        (void) bind_textdomain_codeset("hatago", "UTF-8"); /* what widths are measured in */
        (void) textdomain("hatago");
        return output_finish(run(argc, argv));
}
