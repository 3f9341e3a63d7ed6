/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "takeover.h"

#include "bus.h"
#include "errors.h"
#include "names.h"
#include "service.h"
#include "text.h"
#include "verbs.h"

/* Those that libvirt starts, and that have a unit; in the order of starting. */
static GPtrArray *machines_of_libvirt(GPtrArray *machines) {
        GPtrArray *found = g_ptr_array_new();

        for (guint i = 0; i < machines->len; i++) {
                Machine *machine = machines->pdata[i];

                if (*machine->unit && service_is_started_by(machine->facts, "libvirt"))
                        g_ptr_array_add(found, machine);
        }
        return found;
}

static void names_print(const Cli *cli, const GPtrArray *machines) {
        for (guint i = 0; i < machines->len; i++) {
                g_autofree char *name =
                                terminal_text(cli->terminal, ((const Machine *) machines->pdata[i])->name);

                printf("  %s\n", name);
        }
}

static bool ask(const Cli *cli) {
        if (cli->options->yes)
                return true;
        if (!terminal_can_ask(cli->terminal)) {
                puts(_("To have it done: hatago setup --yes"));
                return false;
        }
        /* Translators: the answers are y and n in every language. */
        return terminal_ask(cli->terminal, _("Have their units start them instead? [Y/n] "), "yn") == 'y';
}

static unsigned take_over(const Cli *cli, const GPtrArray *machines) {
        const Cli setting = verb_assume(cli, "autostart"); /* that is what fails */
        unsigned n = 0;

        for (guint i = 0; i < machines->len; i++) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
                const Machine *machine = machines->pdata[i];

                if (bus_call_method(cli, machine->path, MACHINE_INTERFACE, "SetAutostart", &error, NULL,
                                    "ba{sv}", 1, 0) < 0)
                        error_report(&setting, machine->name, &error);
                else
                        n++;
        }
        return n;
}

bool takeover_offer(const Cli *cli) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL, found = NULL;
        unsigned n;

        /* Without the plugin for machines, or while libvirt is away, there is nothing to be found. */
        if (services_read(cli, &error, &machines) < 0)
                return false;
        found = machines_of_libvirt(machines);
        if (found->len == 0)
                return false;

        terminal_print_sentence(stdout, _("libvirt itself starts these machines at boot, all at once, "
                                          "and tells of no failure. As units of systemd they have "
                                          "an order, a log and a state ('hatago autostart'):"));
        names_print(cli, found);
        if (ask(cli)) {
                n = take_over(cli, found);
                printf(ngettext("%u machine is started by its unit from now on.\n",
                                "%u machines are started by their units from now on.\n", n),
                       n);
        }
        puts("");
        return true;
}
