/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hatago-vm: what the units of virtual machines run. It knows libvirt and systemd, and not the agent. */
#include <getopt.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"
#include "verbs.h"

typedef struct Verb {
        const char *name;
        ExitStatus (*run)(const char *instance);
        bool has_instance; /* else it gets NULL */
        const char *help;
} Verb;

static const Verb verbs[] = {
        { "start", verb_start, true, "Start it, or take it over, and hand QEMU over to systemd" },
        { "stop", verb_stop, true, "Have it shut down, and power it off if it does not" },
        { "ended", verb_ended, true, "Tell whether it crashed, once it has ended" },
        { "ready", verb_ready, true, "Wait until it is ready for others" },
        { "late", verb_late, true, "Go on waiting for it when that has failed" },
        { "status", verb_status, false, "Renew what the units of running machines say of them" },
        { "leases", verb_leases, false, "The same, while there are new leases" },
        { "release", verb_release, false, "Have systemd let go of all machines, which run on" },
        {},
};

static void help(void) {
        puts("hatago-vm [OPTION…] VERB [INSTANCE]\n"
             "\n"
             "Runs a virtual machine as a service; see hatago-vm@.service(5). INSTANCE is its name as\n"
             "systemd-escape(1) writes it.\n"
             "\n"
             "  --help     Show this and leave\n"
             "  --version  Show the version and leave\n"
             "\n"
             "The verbs, which units run:");
        for (const Verb *verb = verbs; verb->name; verb++)
                printf("  %-9s  %s\n", verb->name, verb->help);
}

static const Verb *find_verb(const char *name) {
        for (const Verb *verb = verbs; verb->name; verb++)
                if (g_str_equal(verb->name, name))
                        return verb;

        return NULL;
}

int main(int argc, char **argv) {
        static const struct option table[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'V' },
                {},
        };
        const Verb *verb;
        ExitStatus status;

        switch (getopt_long(argc, argv, "h", table, NULL)) {
        case 'h':
                help();
                return EXIT_DONE;
        case 'V':
                puts("hatago-vm " VERSION);
                return EXIT_DONE;
        case -1:
                break;
        default:
                return EXIT_USAGE;
        }

        verb = argc > optind ? find_verb(argv[optind]) : NULL;
        if (!verb || argc != optind + (verb->has_instance ? 2 : 1)) {
                fputs("hatago-vm: which verb, and of which machine? See hatago-vm --help\n", stderr);
                return EXIT_USAGE;
        }
        if (geteuid() != 0) {
                fputs("hatago-vm: only root runs this, for units: systemctl start hatago-vm@NAME, or "
                      "hatago start NAME\n",
                      stderr);
                return EXIT_NOT_ROOT;
        }
        /* Threads may still wait for libvirt: nothing is cleaned up under them. */
        status = verb->run(argv[optind + 1]);
        (void) fflush(NULL);
        _exit((int) status);
}
