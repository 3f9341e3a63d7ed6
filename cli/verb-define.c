/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "aftermath.h"
#include "bus.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "verbs.h"

/* Reads all there is, up to one byte more than the agent takes. */
static int fd_read_all(int fd, GString *out) {
        char buffer[16 * 1024];

        while (out->len <= DEFINE_XML_MAX) {
                ssize_t n = read(fd, buffer, sizeof(buffer));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                g_string_append_len(out, buffer, n);
        }
        return -EFBIG;
}

/* The text of the file ("-": standard input). Sets error on failure. */
static int xml_read(const char *name, sd_bus_error *error, char **ret) {
        _cleanup_close_ int opened = -EBADF;
        g_autoptr(GString) text = g_string_new(NULL);
        int fd = STDIN_FILENO, r;

        if (strcmp(name, "-") != 0) {
                opened = fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
                if (fd < 0)
                        return sd_bus_error_set_errnof(error, errno, "%s", g_strerror(errno));
        }
        r = fd_read_all(fd, text);
        if (r == -EFBIG)
                return sd_bus_error_setf(error, HATAGO_ERROR("InvalidXML"), _("it is larger than %u MiB"),
                                         DEFINE_XML_MAX / (1024 * 1024));
        if (r < 0)
                return sd_bus_error_set_errnof(error, -r, "%s", g_strerror(-r));
        if (!g_utf8_validate(text->str, (gssize) text->len, NULL))
                return sd_bus_error_setf(error, HATAGO_ERROR("InvalidXML"), "%s",
                                         _("it is not text in UTF-8"));
        *ret = g_strdup(text->str);
        return 0;
}

static int machine_define(const Cli *cli, const char *xml, sd_bus_error *error, JsonObject **ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        const char *path;
        int r;

        r = bus_call_method(cli, HATAGO_PATH, MACHINES_INTERFACE, "DefineMachine", error, &reply, "sa{sv}",
                            xml, 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        r = bus_get_all(cli, path, MACHINE_INTERFACE, error, ret);
        if (r < 0)
                return r;
        json_object_set_string_member(*ret, "Path", path);
        return 0;
}

int verb_define(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) machine = NULL;
        g_autofree char *xml = NULL, *name = NULL;
        int r;

        r = xml_read(arguments[0], &error, &xml);
        if (r >= 0)
                r = machine_define(cli, xml, &error, &machine);
        if (r < 0) {
                error_report(cli, strcmp(arguments[0], "-") == 0 ? _("standard input") : arguments[0],
                             &error);
                return EXIT_FAILURE;
        }
        if (cli->options->json != JSON_OFF) {
                g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), machine);

                json_print(cli->options->json, node);
                return EXIT_SUCCESS;
        }
        name = terminal_text(cli->terminal, json_string(machine, "Name"));
        printf(_("Defined '%s'.\n"), name);
        return EXIT_SUCCESS;
}

static int machine_undefine(const Cli *cli, const char *name, sd_bus_error *error) {
        const BusFlag flags[] = {
                { "managed-save", cli->options->managed_save },
                { "snapshots-metadata", cli->options->snapshots_metadata },
                { "nvram", cli->options->nvram },
        };
        g_autoptr(Aftermath) aftermath = NULL;
        g_autofree char *path = NULL;
        int r;

        r = machine_find(cli, name, error, &path);
        if (r < 0)
                return r;
        aftermath = aftermath_new(cli, path);
        r = bus_call_flags(cli, path, MACHINE_INTERFACE, "Undefine", flags, G_N_ELEMENTS(flags), error,
                           NULL);
        if (r >= 0)
                aftermath_tell_undefined(aftermath, cli);
        return r;
}

int verb_undefine(Cli *cli, char **arguments, unsigned n) {
        int status = EXIT_SUCCESS;

        for (unsigned i = 0; i < n; i++) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

                if (machine_undefine(cli, arguments[i], &error) >= 0)
                        continue;
                error_report(cli, arguments[i], &error);
                status = EXIT_FAILURE;
        }
        return status;
}
