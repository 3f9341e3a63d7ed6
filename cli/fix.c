/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fix.h"

#include "bus.h"
#include "checks.h"
#include "errors.h"
#include "json.h"
#include "names.h"
#include "usage.h"
#include "verbs.h"

int fix_apply(const Cli *cli, JsonObject *check, bool undo, JsonObject **ret) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        const BusFlag flag = { "undo", undo };
        const Cli fixing = verb_assume(cli, "fix"); /* that is what fails, also within another verb */
        int r;

        r = bus_call_flags(cli, json_string(check, "Path"), HOST_CHECK_INTERFACE, "Fix", &flag, 1, &error,
                           NULL);
        if (r >= 0)
                r = check_reread(cli, check, &error, ret);
        if (r < 0)
                error_report(&fixing, json_string(check, "Id"), &error);
        return r;
}

bool fix_may_ask(const Cli *cli) {
        if (cli->options->yes || terminal_can_ask(cli->terminal))
                return true;

        fprintf(stderr, "hatago: %s\n", _("Nobody can be asked here: say --yes."));
        return false;
}
