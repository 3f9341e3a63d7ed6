/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bench.h"

/*
 * bench-client [-n COUNT] [-t SECONDS] [-g GAP_USEC] [-r] [-w] call NAME PATH INTERFACE MEMBER [ARGUMENT…]
 *         calls a method again and again, COUNT times or for SECONDS; prints how long each took until the
 * answer was here, or with -r until each of its values was read. -w: once more before, not timed. An
 * argument is a string, {} an empty dictionary of options. bench-client [-n COUNT] documented reads all
 * machines from libvirt-dbus as its documentation says: ListDomains, and of each domain its properties and
 * its statistics of state, memory and processors. bench-client watch agent|bridge|libvirt-dbus PATH prints
 * when each change of state is told of this object, and the new state or the event.
 */

static unsigned long count = 1, seconds, gap_usec;
static int read_values, warm_up;

static long message_read_values(sd_bus_message *m) {
        const char *contents;
        long n = 0;
        char type;

        while (must(sd_bus_message_peek_type(m, &type, &contents), "peek") > 0) {
                uint64_t any[2];

                if (strchr("arev", type)) {
                        must(sd_bus_message_enter_container(m, type, contents), "enter");
                        n += message_read_values(m);
                        must(sd_bus_message_exit_container(m), "exit");
                        continue;
                }

                must(sd_bus_message_read_basic(m, type, any), "read");
                n++;
        }

        return n;
}

static void call_once(sd_bus *bus, char **words, int n_words, int print) {
        sd_bus_message *call = NULL, *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        uint64_t begin = now_nsec();

        must(sd_bus_message_new_method_call(bus, &call, words[0], words[1], words[2], words[3]), "call");
        for (int i = 4; i < n_words; i++)
                must(strcmp(words[i], "{}") == 0 ? sd_bus_message_append(call, "a{sv}", 0)
                                                 : sd_bus_message_append(call, "s", words[i]),
                     "argument");
        if (sd_bus_call(bus, call, /* usec= */ 120 * 1000000U, &error, &reply) < 0) {
                fprintf(stderr, "%s: %s\n", error.name, error.message);
                exit(EXIT_FAILURE);
        }
        if (read_values)
                (void) message_read_values(reply);
        if (print)
                printf("%" PRIu64 "\n", now_nsec() - begin);

        sd_bus_message_unref(reply);
        sd_bus_message_unref(call);
}

static int verb_call(sd_bus *bus, char **words, int n_words) {
        uint64_t end;

        if (n_words < 4)
                return -EINVAL;
        if (warm_up)
                call_once(bus, words, n_words, /* print= */ 0);

        end = now_nsec() + seconds * 1000000000U;
        for (unsigned long i = 0; seconds ? now_nsec() < end : i < count; i++) {
                call_once(bus, words, n_words, /* print= */ 1);
                if (gap_usec)
                        usleep((useconds_t) gap_usec);
        }
        return 0;
}

/* Calls libvirt-dbus and reads all of the answer. */
static void documented_call(sd_bus *bus, sd_bus_message *call) {
        sd_bus_message *reply = NULL;

        must(sd_bus_call(bus, call, /* usec= */ 0, NULL, &reply), "libvirt-dbus");
        (void) message_read_values(reply);
        sd_bus_message_unref(reply);
        sd_bus_message_unref(call);
}

static void documented_read(sd_bus *bus, const char *path) {
        sd_bus_message *properties = NULL, *statistics = NULL;

        must(sd_bus_message_new_method_call(bus, &properties, "org.libvirt", path,
                                            "org.freedesktop.DBus.Properties", "GetAll"),
             "GetAll");
        must(sd_bus_message_append(properties, "s", "org.libvirt.Domain"), "GetAll");
        documented_call(bus, properties);

        /* VIR_DOMAIN_STATS_STATE, _BALLOON and _VCPU */
        must(sd_bus_message_new_method_call(bus, &statistics, "org.libvirt", path, "org.libvirt.Domain",
                                            "GetStats"),
             "GetStats");
        must(sd_bus_message_append(statistics, "uu", 1U | 4U | 8U, 0U), "GetStats");
        documented_call(bus, statistics);
}

static int verb_documented(sd_bus *bus, char **words, int n_words) {
        for (unsigned long i = 0; i < count; i++) {
                sd_bus_message *list = NULL;
                uint64_t begin = now_nsec();
                const char *path;

                must(sd_bus_call_method(bus, "org.libvirt", "/org/libvirt/QEMU", "org.libvirt.Connect",
                                        "ListDomains", NULL, &list, "u", 0),
                     "ListDomains");
                must(sd_bus_message_enter_container(list, 'a', "o"), "ListDomains");
                while (must(sd_bus_message_read(list, "o", &path), "path") > 0)
                        documented_read(bus, path);
                sd_bus_message_unref(list);
                printf("%" PRIu64 "\n", now_nsec() - begin);
        }
        return 0;
}

static void told(const char *what) {
        printf("%" PRIu64 " %s\n", now_nsec(), what);
        fflush(stdout);
}

/* PropertiesChanged(s interface, a{sv} changed, as invalidated): only what has the new state counts. */
static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *state;

        must(sd_bus_message_skip(m, "s"), "signal");
        must(sd_bus_message_enter_container(m, 'a', "{sv}"), "signal");
        while (must(sd_bus_message_enter_container(m, 'e', "sv"), "signal") > 0) {
                must(sd_bus_message_read(m, "s", &name), "signal");
                if (strcmp(name, "State") == 0) {
                        must(sd_bus_message_read(m, "v", "s", &state), "signal");
                        told(state);
                        return 0;
                }
                must(sd_bus_message_skip(m, "v"), "signal");
                must(sd_bus_message_exit_container(m), "signal");
        }
        return 0;
}

/* DomainEvent(o path, i event, i detail), of libvirt-dbus and of the bridge. */
static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *path, *wanted = userdata;
        int event;

        must(sd_bus_message_read(m, "oi", &path, &event), "signal");
        if (strcmp(path, wanted) == 0)
                told(event == 3 ? "paused" : "running");
        return 0;
}

static int verb_watch(sd_bus *bus, char **words, int n_words) {
        if (n_words < 2)
                return -EINVAL;
        if (strcmp(words[0], "agent") == 0)
                must(sd_bus_match_signal(bus, NULL, AGENT_NAME, words[1], "org.freedesktop.DBus.Properties",
                                         "PropertiesChanged", on_properties, NULL),
                     "match");
        else if (strcmp(words[0], "bridge") == 0)
                must(sd_bus_match_signal(bus, NULL, BRIDGE_NAME, NULL, NULL, "DomainEvent", on_event,
                                         words[1]),
                     "match");
        else
                must(sd_bus_match_signal(bus, NULL, "org.libvirt", NULL, "org.libvirt.Connect",
                                         "DomainEvent", on_event, words[1]),
                     "match");

        told("ready");
        for (;;) {
                int r = sd_bus_process(bus, NULL);

                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0)
                        return r;
        }
}

int main(int argc, char **argv) {
        static const struct {
                const char *name;
                int (*run)(sd_bus *bus, char **words, int n_words);
        } verbs[] = { { "call", verb_call }, { "documented", verb_documented }, { "watch", verb_watch } };
        sd_bus *bus;
        int c;

        while ((c = getopt(argc, argv, "+n:t:g:rw")) >= 0)
                switch (c) {
                case 'n':
                        count = strtoul(optarg, NULL, 10);
                        break;
                case 't':
                        seconds = strtoul(optarg, NULL, 10);
                        break;
                case 'g':
                        gap_usec = strtoul(optarg, NULL, 10);
                        break;
                case 'r':
                        read_values = 1;
                        break;
                case 'w':
                        warm_up = 1;
                        break;
                default:
                        return 2;
                }

        for (size_t i = 0; optind < argc && i < sizeof(verbs) / sizeof(verbs[0]); i++)
                if (strcmp(argv[optind], verbs[i].name) == 0) {
                        must(sd_bus_open_system(&bus), "bus");
                        must(verbs[i].run(bus, argv + optind + 1, argc - optind - 1), argv[optind]);
                        sd_bus_flush_close_unref(bus);
                        return EXIT_SUCCESS;
                }

        fprintf(stderr, "usage: see client.c\n");
        return 2;
}
