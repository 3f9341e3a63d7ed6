/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs.h"

#include "common/cleanup.h"
#include "common/names.h"
#include "common/text.h"
#include "console.h"
#include "verb-table.h"

/* What org.hatago.Host1.Manager.Can is to say of machines. */

/* The verbs that are not in the table of verbs: each with the right that it asks for, and with what the
 * machine must be (NULL: anything). */
static const struct {
        const char *name;
        const char *action;
        int (*check)(const Machine *machine, Failure *failure);
        bool units; /* not where machines have no units */
} other_verbs[] = {
        { "get-xml", ACTION_MACHINE_VIEW, NULL }, /* secrets in it need another right */
        { "set-xml", ACTION_MACHINE_CONFIGURE, verb_check_persistent },
        { "set-autostart", ACTION_MACHINE_CONFIGURE, verb_check_persistent },
        { "configure", ACTION_MACHINE_CONFIGURE, verb_check_persistent, .units = true },
        { "open-serial", ACTION_MACHINE_CONSOLE, console_check },
        { "open-display", ACTION_MACHINE_CONSOLE, console_check }, /* without a password likewise */
        { "screenshot", ACTION_MACHINE_CONSOLE, console_check },
        { "send-keys", ACTION_MACHINE_CONSOLE, console_check },
};

/* Verbs without a machine. */
static const struct {
        const char *name;
        const char *action;
} root_verbs[] = {
        { "define", ACTION_MACHINE_DEFINE },
};

static void can_fill(const Machines *machines, const Machine *machine, const char *action,
                     int (*check)(const Machine *machine, Failure *failure), CanAnswer *ret) {
        const Services *services = machines->services;
        g_auto(Failure) failure = { 0 };

        if (!hypervisor_is_connected(services->hypervisor))
                (void) hypervisor_unavailable(services->hypervisor, &failure);
        else if (machine && check)
                (void) check(machine, &failure);

        *ret = (CanAnswer){
                .action = action,
                .reason = failure.code,
                .name = machine ? machine->name : NULL,
                .uuid = machine ? machine->uuid : NULL,
        };
}

static int can_root(const Machines *machines, const char *verb, CanAnswer *ret) {
        for (size_t i = 0; i < G_N_ELEMENTS(root_verbs); i++)
                if (g_str_equal(root_verbs[i].name, verb)) {
                        can_fill(machines, /* machine= */ NULL, root_verbs[i].action, NULL, ret);
                        return 1;
                }

        return 0;
}

int machines_can(Machines *machines, const char *object, const char *name, CanAnswer *ret,
                 Failure *failure) {
        const Machine *machine;
        const Verb *verb;

        if (g_str_equal(object, PATH_ROOT))
                return can_root(machines, name, ret);
        if (!g_str_has_prefix(object, PATH_MACHINES "/"))
                return 0;

        machine = g_hash_table_lookup(machines->by_path, object);
        if (!machine)
                return failure_set(failure, ERROR_NO_SUCH_MACHINE, "There is no machine %s.", object);

        verb = verb_find_by_name(name);
        if (verb) {
                can_fill(machines, machine, verb->action, verb->check, ret);
                return 1;
        }

        for (size_t i = 0; i < G_N_ELEMENTS(other_verbs); i++)
                if (g_str_equal(other_verbs[i].name, name)) {
                        can_fill(machines, machine, other_verbs[i].action, other_verbs[i].check, ret);
                        if (other_verbs[i].units && !machines_use_units(machines))
                                ret->reason = ERROR_NOT_SUPPORTED;
                        return 1;
                }

        return 0;
}
