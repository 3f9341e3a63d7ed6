/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hatago-fix: applies one of the remedies that it knows to this host, or takes it back. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "common/log.h"
#include "config.h"
#include "fix.h"
#include "remedy.h"

/* How long systemd may take to have heard why we failed, before we are gone. */
#define BARRIER_USEC (5 * G_TIME_SPAN_SECOND)

static void help(void) {
        puts("hatago-fix [OPTION…] ID\n"
             "hatago-fix [OPTION…] undo:ID\n"
             "\n"
             "Applies a remedy to this host, or takes it back; see hatago-fix(8).\n"
             "\n"
             "  --help     Show this and leave\n"
             "  --version  Show the version and leave\n"
             "\n"
             "The remedies:");
        for (const Remedy *remedy = remedy_table; remedy->id; remedy++)
                printf("  %s\n", remedy->id);
}

int main(int argc, char **argv) {
        static const struct option table[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'V' },
                {},
        };
        g_auto(Failure) failure = { 0 };

        switch (getopt_long(argc, argv, "h", table, NULL)) {
        case 'h':
                help();
                return EXIT_SUCCESS;
        case 'V':
                puts("hatago-fix " VERSION);
                return EXIT_SUCCESS;
        case -1:
                break;
        default:
                return 2;
        }
        if (argc != optind + 1) {
                fputs("hatago-fix: which remedy? See hatago-fix --help\n", stderr);
                return 2;
        }

        if (fix_run("/", argv[optind], &failure) >= 0)
                return EXIT_SUCCESS;

        log_error("%s", failure.message);
        (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s", failure.message);
        (void) sd_notify_barrier(/* unset_environment= */ false, BARRIER_USEC);
        return EXIT_FAILURE;
}
