/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hatago-probe: judges the host, and says what it found. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checks/check.h"
#include "checks/report.h"
#include "common/log.h"
#include "config.h"
#include "report-file.h"
#include "uevents.h"

/* Whatever the kernel has to say, µs from a report to the next look. */
#define PACE_USEC (2 * (uint64_t) G_USEC_PER_SEC)

typedef struct Arguments {
        const char *group;
        bool to_stdout;
        bool print;
        bool uevents;
} Arguments;

static void help(void) {
        puts("hatago-probe [OPTION…]\n"
             "\n"
             "Judges whether this host is fit for virtual machines; see hatago-probe(8).\n"
             "\n"
             "  --stdout       Write the report to standard output, as the agent reads it\n"
             "  --print        Write it to standard output as text\n"
             "  --group GROUP  Judge the checks of one group only\n"
             "  --uevents      First read what the kernel has to say on the socket systemd passes;\n"
             "                 end at once if it is about nothing that is judged\n"
             "  --help         Show this and leave\n"
             "  --version      Show the version and leave\n"
             "\n"
             "Without --stdout or --print the report goes into a file in $RUNTIME_DIRECTORY.");
}

static bool is_group(const char *word) {
        for (int i = 0; i < _GROUP_MAX; i++)
                if (g_str_equal(check_group_to_string(i), word))
                        return true;

        fprintf(stderr, "hatago-probe: no group '%s'\n", word);
        return false;
}

/* Returns 1 to go on, 0 when all is done, -EINVAL. */
static int parse_arguments(int argc, char **argv, Arguments *arguments) {
        enum {
                ARG_STDOUT = 's',
                ARG_PRINT = 'p',
                ARG_GROUP = 'g',
                ARG_UEVENTS = 'u',
                ARG_HELP = 'h',
                ARG_VERSION = 'V'
        };
        static const struct option table[] = {
                { "stdout", no_argument, NULL, ARG_STDOUT },
                { "print", no_argument, NULL, ARG_PRINT },
                { "group", required_argument, NULL, ARG_GROUP },
                { "uevents", no_argument, NULL, ARG_UEVENTS },
                { "help", no_argument, NULL, ARG_HELP },
                { "version", no_argument, NULL, ARG_VERSION },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", table, NULL)) >= 0)
                switch (c) {
                case ARG_STDOUT:
                        arguments->to_stdout = true;
                        break;
                case ARG_PRINT:
                        arguments->print = true;
                        break;
                case ARG_GROUP:
                        if (!is_group(optarg))
                                return -EINVAL;
                        arguments->group = optarg;
                        break;
                case ARG_UEVENTS:
                        arguments->uevents = true;
                        break;
                case ARG_HELP:
                        help();
                        return 0;
                case ARG_VERSION:
                        puts("hatago-probe " VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }

        return optind < argc ? -EINVAL : 1;
}

static int write_stdout(GVariant *report) {
        if (fwrite(g_variant_get_data(report), 1, g_variant_get_size(report), stdout) !=
                            g_variant_get_size(report) ||
            fflush(stdout) < 0)
                return -errno;

        return 0;
}

static int print(GVariant *report) {
        g_autofree char *text = g_variant_print(report, /* type_annotate= */ FALSE);
        return puts(text) < 0 || fflush(stdout) < 0 ? -errno : 0;
}

/* Where the unit's reports go. */
static const char *find_folder(void) {
        const char *folder = getenv("RUNTIME_DIRECTORY");

        if (!folder)
                log_error("No $RUNTIME_DIRECTORY to write the report to; --print shows it");
        return folder;
}

/* Looks, and writes what it found; alone. */
static int look(const char *folder, const char *group) {
        g_autoptr(GVariant) report = NULL;
        int lock = report_file_lock(folder), r;

        if (lock < 0) {
                log_error("Cannot lock the report: %s", g_strerror(-lock));
                return lock;
        }

        report = report_make("/", group);
        r = report_file_write(folder, report);
        (void) close(lock);
        return r;
}

static int look_for_agent(const Arguments *arguments) {
        const char *folder = find_folder();

        if (!folder)
                return -EINVAL;
        if (arguments->uevents) {
                int r = uevents_wait(report_file_fresh_for(folder, PACE_USEC));
                if (r <= 0)
                        return r;
        }

        return look(folder, arguments->group);
}

static int look_for_reader(const Arguments *arguments) {
        g_autoptr(GVariant) report = report_make("/", arguments->group);

        return arguments->print ? print(report) : write_stdout(report);
}

int main(int argc, char **argv) {
        Arguments arguments = { .group = "" };
        int r;

        r = parse_arguments(argc, argv, &arguments);
        if (r <= 0)
                return r < 0 ? 2 : EXIT_SUCCESS;

        r = arguments.print || arguments.to_stdout ? look_for_reader(&arguments)
                                                   : look_for_agent(&arguments);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
