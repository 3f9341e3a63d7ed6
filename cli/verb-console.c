/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bus.h"
#include "console.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "raw-terminal.h"
#include "relay.h"
#include "text.h"
#include "verbs.h"

#define ESCAPE 0x1d /* Ctrl and ] */
/* How long the agent may take to learn that a machine is off: its console ends first. */
#define REASON_TIMEOUT (2 * USEC_PER_SEC)
#define REASON_INTERVAL (50 * USEC_PER_MSEC)

typedef struct Console {
        Cli *cli;
        const char *name;
        char *path; /* NULL: on another host */
        int fd;
        pid_t ssh; /* 0: none */
} Console;

static void console_done(Console *console) {
        close_p(&console->fd);
        if (console->ssh > 0)
                (void) waitpid(console->ssh, NULL, 0);
        g_free(console->path);
}

static void say(const Console *console, const char *pattern) {
        g_autofree char *shown = terminal_text(console->cli->terminal, console->name);
        g_autofree char *text = text_fill(pattern, "name", shown);

        fprintf(stderr, "%s\n", text);
}

/* The other side says whether it has the console, and prints why not; until then ssh may ask for a password
 * on the terminal. What it says is passed on.
 */
static int console_wait_announced(const Console *console) {
        char line[256] = ""; /* longer than any name on the bus */
        size_t length = 0;

        while (length < sizeof(line) - 1) {
                ssize_t n = read(console->fd, line + length, 1);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return -ENOTCONN;
                if (line[length] == '\n')
                        break;
                length++;
        }
        line[length] = '\0';
        if (strcmp(line, "connected") != 0) {
                const sd_bus_error error = { .name = line };

                (void) console_announce(console->cli, &error);
                return -ENOTCONN;
        }
        return 0;
}

static int console_open_over_ssh(Console *console) {
        const Options *options = console->cli->options;
        g_autofree char *device = options->device ? g_strdup_printf("--device=%s", options->device) : NULL;
        const char *words[8] = { "console", "--stdio", "--announce" };
        size_t n = 3;
        int r;

        if (device)
                words[n++] = device;
        if (options->force)
                words[n++] = "--force";
        words[n++] = "--";
        words[n++] = console->name;

        r = console_open_remote(console->cli, words, &console->fd, &console->ssh);
        return r < 0 ? r : console_wait_announced(console);
}

/* Prints what went wrong. */
static int console_open(Console *console) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        if (console->cli->options->host)
                return console_open_over_ssh(console);

        r = machine_find(console->cli, console->name, &error, &console->path);
        if (r >= 0)
                r = console->fd = console_open_serial(console->cli, console->path, &error);
        if (r < 0) {
                error_report(console->cli, console->name, &error);
                (void) console_announce(console->cli, &error);
        }
        return r;
}

/* Why the console ended by itself, as a pattern; ret_status: whether that is as it should be. */
static const char *console_find_reason(const Console *console, int *ret_status) {
        uint64_t deadline = (uint64_t) g_get_monotonic_time() + REASON_TIMEOUT;

        *ret_status = EXIT_FAILURE;
        while (console->path && (uint64_t) g_get_monotonic_time() < deadline) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
                g_autoptr(JsonObject) machine = NULL, manager = NULL;

                if (bus_get_all(console->cli, console->path, MACHINE_INTERFACE, &error, &machine) < 0 ||
                    bus_get_all(console->cli, HATAGO_PATH, MANAGER_INTERFACE, &error, &manager) < 0) {
                        if (!sd_bus_error_has_name(&error, "org.freedesktop.DBus.Error.UnknownObject"))
                                return N_("The agent has ended.");
                        *ret_status = EXIT_SUCCESS;
                        return N_("'{name}' has ended, and is gone.");
                }
                if (!json_flag(manager, "Connected"))
                        return N_("libvirt has gone away; the guest runs on.");
                if (json_number(machine, "DomainId") == 0) {
                        *ret_status = EXIT_SUCCESS;
                        return N_("'{name}' is off.");
                }
                g_usleep(REASON_INTERVAL);
        }
        return N_("Somebody has taken the console of '{name}' over, or libvirt has closed it.");
}

/* The guest's shell learns the size only if it is told: a serial line has none. */
static void console_type_size(const Console *console) {
        g_autofree char *line = NULL;
        struct winsize size;

        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
                return;
        line = g_strdup_printf("stty rows %u cols %u\r", size.ws_row, size.ws_col);
        (void) send(console->fd, line, strlen(line), MSG_NOSIGNAL);
}

static int console_run(Console *console) {
        RawTerminal terminal;
        RelayEnd end;
        int status = EXIT_SUCCESS, number = 0;
        Relay relay = {
                .in = STDIN_FILENO,
                .out = STDOUT_FILENO,
                .remote = console->fd,
                .escape = ESCAPE,
        };

        say(console, _("Connected to '{name}'. To leave it: Ctrl and ] (^])."));
        if (raw_terminal_begin(&terminal, STDIN_FILENO) < 0) {
                fprintf(stderr, "hatago: %s\n", _("the terminal has gone"));
                return EXIT_FAILURE;
        }
        relay.wake = terminal.signals;
        if (console->cli->options->resize)
                console_type_size(console);
        (void) signal(SIGPIPE, SIG_IGN);
        do
                end = relay_run(&relay);
        while (end == RELAY_WAKE && (number = raw_terminal_signal(&terminal)) == 0);
        raw_terminal_end(&terminal);

        fputs("\n", stderr);
        if (end == RELAY_REMOTE)
                say(console, _(console_find_reason(console, &status)));
        else
                say(console, _("Disconnected from '{name}'; it runs on."));
        if (number > 0) {
                /* As it would have ended without us. */
                (void) signal(number, SIG_DFL);
                (void) raise(number);
        }
        return status;
}

int verb_console(Cli *cli, char **arguments, unsigned n) {
        _cleanup_(console_done) Console console = { .cli = cli, .name = arguments[0], .fd = -EBADF };
        const Options *options = cli->options;

        if (!options->stdio && (!cli->terminal->in_tty || !cli->terminal->out_tty)) {
                fprintf(stderr, "hatago: %s\n",
                        _("A console needs a terminal; for pipes there is --stdio."));
                return EXIT_USAGE;
        }
        if (console_open(&console) < 0)
                return EXIT_FAILURE;
        if (!options->stdio)
                return console_run(&console);

        if (console_announce(cli, /* error= */ NULL) < 0)
                return EXIT_FAILURE;
        console_carry_stdio(console.fd);
        return EXIT_SUCCESS;
}
