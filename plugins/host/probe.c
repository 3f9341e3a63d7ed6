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
#include "uevents.h"

#define REPORT_FILE "report"

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

/* The agent sees it whole, by its new name, or not at all. */
static int write_file(GVariant *report) {
        const char *folder = getenv("RUNTIME_DIRECTORY");
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;

        if (!folder) {
                log_error("No $RUNTIME_DIRECTORY to write the report to; --print shows it");
                return -EINVAL;
        }

        path = g_build_filename(folder, REPORT_FILE, NULL);
        if (!g_file_set_contents_full(path, g_variant_get_data(report), (gssize) g_variant_get_size(report),
                                      G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error)) {
                log_error("Cannot write the report: %s", error->message);
                return -EIO;
        }
        return 0;
}

int main(int argc, char **argv) {
        Arguments arguments = { .group = "" };
        g_autoptr(GVariant) report = NULL;
        int r;

        r = parse_arguments(argc, argv, &arguments);
        if (r <= 0)
                return r < 0 ? 2 : EXIT_SUCCESS;

        if (arguments.uevents) {
                r = uevents_wait();
                if (r <= 0)
                        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        }

        report = report_make("/", arguments.group);
        if (arguments.print)
                r = print(report);
        else
                r = arguments.to_stdout ? write_stdout(report) : write_file(report);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
