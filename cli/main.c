/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "bus.h"
#include "cli.h"
#include "errors.h"
#include "output.h"
#include "process.h"
#include "usage.h"
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

        if (!(cli->verb->flags & VERB_LOCAL) && cli_connect(cli) < 0)
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
                return usage_report_option(complaint, words);
        if (options.version) {
                puts("hatago " VERSION);
                return EXIT_SUCCESS;
        }
        if (options.help && words->len == 0) {
                help_print(NULL);
                return EXIT_SUCCESS;
        }
        r = usage_check(&options, words, &cli.verb, &taken);
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
