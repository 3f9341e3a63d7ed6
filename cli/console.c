/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "bus.h"
#include "names.h"
#include "process.h"
#include "relay.h"

/* How long what comes is carried on after the end of the input. */
#define STDIO_LINGER (500 * USEC_PER_MSEC)

/* Calls a method whose answer begins with a descriptor, and takes that: the message closes its own. */
static int console_call(const Cli *cli, sd_bus_message *message, sd_bus_error *error) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int fd, r;

        r = bus_call(cli, message, error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? sd_bus_error_set_errno(error, errno) : fd;
}

static int console_message_new(const Cli *cli, const char *path, const char *member, sd_bus_error *error,
                               sd_bus_message **ret) {
        return bus_message_new(cli, path, CONSOLE_INTERFACE, member, error, ret);
}

int console_open_serial(const Cli *cli, const char *path, sd_bus_error *error) {
        _cleanup_message_ sd_bus_message *message = NULL;
        const Options *options = cli->options;
        int r;

        r = console_message_new(cli, path, "OpenSerial", error, &message);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0 && options->device)
                r = sd_bus_message_append(message, "{sv}", "device", "s", options->device);
        if (r >= 0 && options->force)
                r = sd_bus_message_append(message, "{sv}", "force", "b", true);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        return console_call(cli, message, error);
}

int console_open_display(const Cli *cli, const char *path, uint32_t index, sd_bus_error *error) {
        const BusFlag skip_auth = { "skip-auth", cli->options->skip_auth };
        _cleanup_message_ sd_bus_message *message = NULL;
        int r;

        r = console_message_new(cli, path, "OpenDisplay", error, &message);
        if (r < 0)
                return r;
        r = sd_bus_message_append(message, "u", index);
        if (r >= 0)
                r = bus_append_flags(message, &skip_auth, 1);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        return console_call(cli, message, error);
}

int console_open_remote(const Cli *cli, const char *const *words, int *ret_fd, pid_t *ret_pid) {
        g_autofree char *command = process_remote_command(words);
        const char *argv[] = { "ssh", "-T", "--", cli->options->host, command, NULL };
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        g_autoptr(GError) error = NULL;
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        ours = pair[0];
        theirs = pair[1];
        if (!g_spawn_async_with_fds(/* working_directory= */ NULL, (char **) argv, /* envp= */ NULL,
                                    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, ret_pid,
                                    theirs, theirs, STDERR_FILENO, &error)) {
                fprintf(stderr, _("hatago: ssh cannot be started: %s\n"), error->message);
                return -ENOEXEC;
        }
        *ret_fd = ours;
        ours = -EBADF;
        return 0;
}

int console_announce(const Cli *cli, const sd_bus_error *error) {
        g_autofree char *line = NULL;

        if (!cli->options->announce)
                return 0;
        line = g_strdup_printf("%s\n", !error        ? "connected"
                                       : error->name ? error->name
                                                     : HATAGO_ERROR("Failed"));
        return write(STDOUT_FILENO, line, strlen(line)) == (ssize_t) strlen(line) ? 0 : -EPIPE;
}

void console_carry_stdio(int fd) {
        const Relay relay = {
                .in = STDIN_FILENO,
                .out = STDOUT_FILENO,
                .remote = fd,
                .wake = -EBADF,
                .escape = -1,
                .linger = STDIO_LINGER,
        };

        (void) signal(SIGPIPE, SIG_IGN);
        (void) relay_run(&relay);
}
