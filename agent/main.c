/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "config.h"
#include "manager.h"

static void help(void) {
        puts("hatagod [OPTION…]\n"
             "\n"
             "The host agent for the virtual machines of this host; see hatagod(8).\n"
             "\n"
             "  --user            Serve the bus of the user's session, with qemu:///session\n"
             "  --connect URI     Use this libvirt connection\n"
             "  --plugin-dir DIR  Load the plugins of this folder\n"
             "  --help            Show this and leave\n"
             "  --version         Show the version and leave");
}

/* Returns 1 to go on, 0 when all is done, -EINVAL. */
static int parse_arguments(int argc, char **argv, ManagerOptions *options) {
        enum { ARG_USER = 'u', ARG_CONNECT = 'c', ARG_PLUGIN_DIR = 'p', ARG_HELP = 'h', ARG_VERSION = 'V' };
        static const struct option table[] = {
                { "user", no_argument, NULL, ARG_USER },
                { "connect", required_argument, NULL, ARG_CONNECT },
                { "plugin-dir", required_argument, NULL, ARG_PLUGIN_DIR },
                { "help", no_argument, NULL, ARG_HELP },
                { "version", no_argument, NULL, ARG_VERSION },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", table, NULL)) >= 0)
                switch (c) {
                case ARG_USER:
                        options->user = true;
                        break;
                case ARG_CONNECT:
                        options->uri = optarg;
                        break;
                case ARG_PLUGIN_DIR:
                        options->plugin_dir = optarg;
                        break;
                case ARG_HELP:
                        help();
                        return 0;
                case ARG_VERSION:
                        puts("hatagod " VERSION);
                        return 0;
                default:
                        return -EINVAL;
                }

        if (optind < argc) {
                fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], argv[optind]);
                return -EINVAL;
        }

        return 1;
}

int main(int argc, char **argv) {
        g_autoptr(Manager) manager = NULL;
        ManagerOptions options = { 0 };
        int r;

        r = parse_arguments(argc, argv, &options);
        if (r <= 0)
                return r < 0 ? 2 : EXIT_SUCCESS;

        /* Threads come and go with short work: without this, each leaves an arena of its own behind. */
        (void) mallopt(M_ARENA_MAX, 2);
        /* Answers of a megabyte come and go: as mappings of their own they leave no hole in the heap.
         * Without this the limit for that grows with the first of them. */
        (void) mallopt(M_MMAP_THRESHOLD, 256 * 1024);
        xmlInitParser();

        r = manager_new(&options, &manager);
        if (r >= 0)
                r = manager_run(manager);
        if (r < 0) {
                log_error("The agent ends: %s", g_strerror(-r));
                return EXIT_FAILURE;
        }

        return r;
}
