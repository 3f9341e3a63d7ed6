/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bus.h"
#include "errors.h"
#include "machine.h"
#include "names.h"
#include "picture.h"
#include "usage.h"
#include "verbs.h"

static int screenshot_take(const Cli *cli, const char *name, sd_bus_error *error, GBytes **ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_autoptr(GMappedFile) file = NULL;
        g_autoptr(GBytes) picture = NULL;
        g_autofree char *path = NULL;
        const char *type;
        int fd, r;

        r = machine_find(cli, name, error, &path);
        if (r >= 0)
                r = bus_call_method(cli, path, CONSOLE_INTERFACE, "Screenshot", error, &reply, "a{sv}", 0);
        if (r < 0)
                return r;

        r = sd_bus_message_read(reply, "hs", &fd, &type); /* the message's */
        if (r >= 0) {
                file = g_mapped_file_new_from_fd(fd, /* writable= */ FALSE, /* error= */ NULL);
                picture = file ? g_mapped_file_get_bytes(file) : NULL;
                r = picture ? picture_to_png(type, picture, ret) : -EBADMSG;
        }
        return r < 0 ? sd_bus_error_set_errnof(error, r, _("the picture cannot be read (%s)"),
                                               g_strerror(-r))
                     : 0;
}

/* Whole or not at all, unless it is a device or a pipe. */
static int file_write(const char *name, GBytes *bytes) {
        g_autoptr(GError) error = NULL;
        size_t size;
        const char *data = g_bytes_get_data(bytes, &size);
        struct stat st;

        if (strcmp(name, "-") == 0)
                return fwrite(data, 1, size, stdout) == size ? 0 : -EIO;

        if (stat(name, &st) >= 0 && !S_ISREG(st.st_mode)) {
                FILE *file = fopen(name, "we");
                bool written = file && fwrite(data, 1, size, file) == size;
                int r = written ? 0 : -errno;

                return file && fclose(file) != 0 ? -errno : r;
        }

        if (!g_file_set_contents_full(name, data, (gssize) size, G_FILE_SET_CONTENTS_CONSISTENT, 0666,
                                      &error)) {
                fprintf(stderr, "hatago: %s\n", error->message);
                return -EIO;
        }
        return 0;
}

int verb_screenshot(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GBytes) png = NULL;

        /* Not onto a terminal: it would do as the picture says. */
        if (strcmp(arguments[1], "-") == 0 && cli->terminal->out_tty)
                return usage_report_word(
                                _("A picture is not for a terminal: name a file instead of '{word}'."),
                                arguments[1], cli->verb);

        if (screenshot_take(cli, arguments[0], &error, &png) < 0) {
                error_report(cli, arguments[0], &error);
                return EXIT_FAILURE;
        }
        return file_write(arguments[1], png) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
