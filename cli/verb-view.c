/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "bus.h"
#include "console.h"
#include "errors.h"
#include "machine.h"
#include "names.h"
#include "relay.h"
#include "text.h"
#include "verbs.h"
#include "view-socket.h"

/* What shows a type of display, in the order of preference. remote-viewer knows Unix sockets for SPICE
 * alone.
 */
typedef struct Viewer {
        const char *type, *program;
        bool port;          /* it connects to a port only */
        bool takes_address; /* as its argument; else a file in the format of virt-viewer */
} Viewer;

static const Viewer viewers[] = {
        { "spice", "remote-viewer", false, false },
        { "vnc", "remote-viewer", true, false },
        { "vnc", "xtigervncviewer", false, true },
};

typedef struct View {
        Cli *cli;
        const char *name;
        char *path;
        char *type; /* of the display */
        uint32_t index;
        const Viewer *viewer;
        ViewSocket socket;
        char *file; /* .vv */
        int first;  /* a connection that was opened to see whether that can be done; -1: it is used */
} View;

static void view_done(View *view) {
        close_p(&view->first);
        if (view->file)
                (void) unlink(view->file);
        view_socket_done(&view->socket);
        g_free(view->file);
        g_free(view->path);
        g_free(view->type);
}

static int complain(const View *view, const char *pattern, const char *hint) {
        g_autofree char *shown = terminal_text(view->cli->terminal, view->name);
        g_autofree char *word = text_shell_word(shown);
        g_autofree char *text = text_fill(pattern, "name", shown), *advice = text_fill(hint, "name", word);

        fprintf(stderr, "hatago: %s\n%s\n", text, advice);
        return -ENOENT;
}

/*
 * Which display
 */

/* Reads an item of .Machine.Displays. */
static int display_read(sd_bus_message *message, uint32_t *ret_index, const char **ret_type) {
        const char *key;
        int r;

        while ((r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv")) > 0) {
                r = sd_bus_message_read(message, "s", &key);
                if (r >= 0 && strcmp(key, "Index") == 0)
                        r = sd_bus_message_read(message, "v", "u", ret_index);
                else if (r >= 0 && strcmp(key, "Type") == 0)
                        r = sd_bus_message_read(message, "v", "s", ret_type);
                else if (r >= 0)
                        r = sd_bus_message_skip(message, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }
        return r;
}

static int displays_find_type(sd_bus_message *message, uint32_t index, char **ret) {
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_VARIANT, "aa{sv}");
        if (r >= 0)
                r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "a{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}")) > 0) {
                uint32_t number = UINT32_MAX;
                const char *type = "";

                r = display_read(message, &number, &type);
                if (r >= 0 && number == index)
                        *ret = g_strdup(type);
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
        }
        return r;
}

static int view_find_display(View *view, sd_bus_error *error) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = machine_find(view->cli, view->name, error, &view->path);
        if (r >= 0)
                r = bus_call_method(view->cli, view->path, PROPERTIES_INTERFACE, "Get", error, &reply, "ss",
                                    MACHINE_INTERFACE, "Displays");
        if (r < 0)
                return r;
        r = displays_find_type(reply, view->index, &view->type);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        if (!view->type)
                return sd_bus_error_setf(error, HATAGO_ERROR("NoSuchDevice"), _("it has no display %u"),
                                         view->index);
        return 0;
}

/*
 * The viewer
 */

static int view_find_viewer(View *view) {
        for (size_t i = 0; i < G_N_ELEMENTS(viewers) && !view->viewer; i++) {
                g_autofree char *program = strcmp(viewers[i].type, view->type) == 0
                                                           ? g_find_program_in_path(viewers[i].program)
                                                           : NULL;

                if (program)
                        view->viewer = &viewers[i];
        }
        if (!view->viewer)
                return complain(view, _("There is no program that shows the display of '{name}'."),
                                _("Install the package virt-viewer, or have another client use: hatago view "
                                  "--stdio {name}"));
        if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY"))
                return complain(view, _("There is no desktop here to show '{name}' on."),
                                _("From the computer that you sit at: hatago --host USER@HOST view {name}"));
        return 0;
}

/* What remote-viewer(1) calls a connection file. */
static int view_write_file(View *view) {
        g_autoptr(GKeyFile) file = g_key_file_new();

        view->file = g_build_filename(view->socket.folder, "display.vv", NULL);
        g_key_file_set_string(file, "virt-viewer", "type", view->type);
        g_key_file_set_string(file, "virt-viewer", "title", view->name);
        if (view->socket.path)
                g_key_file_set_string(file, "virt-viewer", "unix-path", view->socket.path);
        else {
                g_key_file_set_string(file, "virt-viewer", "host", "127.0.0.1");
                g_key_file_set_integer(file, "virt-viewer", "port", view->socket.port);
        }
        return g_key_file_save_to_file(file, view->file, NULL) ? 0 : -EIO;
}

static int view_start(View *view, GPid *ret) {
        const char *argv[] = { view->viewer->program, NULL, NULL };
        g_autoptr(GError) error = NULL;
        int r;

        r = view_socket_init(&view->socket, view->viewer->port);
        if (r >= 0 && !view->viewer->takes_address)
                r = view_write_file(view);
        if (r < 0) {
                fprintf(stderr, _("hatago: the viewer cannot be given a socket: %s\n"), g_strerror(-r));
                return r;
        }
        argv[1] = view->file ? view->file : view->socket.path;
        if (g_spawn_async(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                          NULL, ret, &error))
                return 0;
        fprintf(stderr, _("hatago: the viewer cannot be started: %s\n"), error->message);
        return -ENOEXEC;
}

/*
 * Its connections: SPICE has one for each of its channels
 */

typedef struct Channel {
        int viewer, display;
} Channel;

static void *channel_run(void *data) {
        Channel *channel = data;
        const Relay relay = {
                .in = channel->viewer,
                .out = channel->viewer,
                .remote = channel->display,
                .wake = -EBADF,
                .escape = -1,
        };

        (void) relay_run(&relay);
        close_p(&channel->viewer);
        close_p(&channel->display);
        g_free(channel);
        return NULL;
}

/* A connection to the display; on another host, by way of the same verb there. */
static int view_connect(View *view, sd_bus_error *error) {
        g_autofree char *number = g_strdup_printf("--display=%u", view->index);
        const char *words[7] = { "view", "--stdio", number };
        size_t n = 3;
        pid_t ssh;
        int fd, r;

        if (!view->cli->options->host)
                return console_open_display(view->cli, view->path, view->index, error);
        if (view->cli->options->skip_auth)
                words[n++] = "--skip-auth";
        words[n++] = "--";
        words[n++] = view->name;

        r = console_open_remote(view->cli, words, &fd, &ssh);
        return r < 0 ? sd_bus_error_set_errno(error, r) : fd;
}

static void view_accept(View *view) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        Channel *channel;
        int fd = view_socket_accept(&view->socket);

        if (fd < 0)
                return; /* of somebody else, or gone again */
        channel = g_new(Channel, 1);
        *channel = (Channel){ .viewer = fd, .display = view->first };
        view->first = -EBADF;
        if (channel->display < 0)
                channel->display = view_connect(view, &error);
        if (channel->display < 0) {
                error_report(view->cli, view->name, &error);
                close_p(&channel->viewer);
                g_free(channel);
                return;
        }
        g_thread_unref(g_thread_new("channel", channel_run, channel)); /* takes it */
}

/* Until the viewer ends, or this tool is to. */
static int view_serve(View *view, pid_t viewer) {
        _cleanup_close_ int ended = pidfd_open(viewer, 0), signals = -EBADF;
        sigset_t set;
        int status = 0;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGINT);
        (void) sigaddset(&set, SIGHUP);
        (void) sigprocmask(SIG_BLOCK, &set, NULL);
        (void) signal(SIGPIPE, SIG_IGN);
        signals = signalfd(-1, &set, SFD_CLOEXEC);

        for (;;) {
                struct pollfd fds[] = {
                        { .fd = view->socket.fd, .events = POLLIN },
                        { .fd = ended, .events = POLLIN },
                        { .fd = signals, .events = POLLIN },
                };

                if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
                        break;
                if (fds[2].revents)
                        (void) kill(viewer, SIGTERM);
                if (fds[1].revents || fds[2].revents)
                        break;
                if (fds[0].revents)
                        view_accept(view);
        }
        (void) waitpid(viewer, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_view(Cli *cli, char **arguments, unsigned n) {
        _cleanup_(view_done) View view = {
                .cli = cli,
                .name = arguments[0],
                .index = (uint32_t) cli->options->display,
                .socket = { .fd = -EBADF },
                .first = -EBADF,
        };
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        GPid viewer;
        int r;

        r = view_find_display(&view, &error);
        if (r >= 0 && !cli->options->stdio && view_find_viewer(&view) < 0)
                return EXIT_FAILURE;
        if (r >= 0)
                r = view.first = view_connect(&view, &error);
        if (r < 0) {
                error_report(cli, arguments[0], &error);
                if (cli->options->stdio)
                        (void) console_announce(cli, &error);
                return EXIT_FAILURE;
        }
        if (cli->options->stdio) {
                if (console_announce(cli, /* error= */ NULL) < 0)
                        return EXIT_FAILURE;
                console_carry_stdio(view.first);
                return EXIT_SUCCESS;
        }
        return view_start(&view, &viewer) < 0 ? EXIT_FAILURE : view_serve(&view, viewer);
}
