/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "aftermath.h"
#include "bus.h"
#include "errors.h"
#include "machine.h"
#include "names.h"
#include "verbs.h"

int verb_rename(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(Aftermath) aftermath = NULL;
        g_autofree char *path = NULL;
        int r;

        /* The bus carries nothing else. */
        if (!g_utf8_validate(arguments[1], -1, NULL))
                r = sd_bus_error_set_const(&error, HATAGO_ERROR("InvalidName"), _("the name is not UTF-8"));
        else
                r = machine_find(cli, arguments[0], &error, &path);
        if (r >= 0)
                aftermath = aftermath_new(cli, path);
        if (r >= 0)
                r = bus_call_method(cli, path, MACHINE_INTERFACE, "Rename", &error, NULL, "sa{sv}",
                                    arguments[1], 0);
        if (r < 0)
                error_report(cli, arguments[0], &error);
        else
                aftermath_tell_renamed(aftermath, cli);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
