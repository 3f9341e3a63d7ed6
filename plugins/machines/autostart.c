/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "autostart.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/names.h"
#include "common/unit-name.h"
#include "enabled-units.h"
#include "service-settings.h"

/* Where units are installed and enabled (systemd.unit(5), "Unit File Load Path"), but for those of
 * generators. */
#define UNIT_FOLDERS                                                                                        \
        "/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system:"    \
        "/lib/systemd/system"

struct Autostart {
        Machines *machines;
        char **folders;
        GHashTable *units; /* names */
        bool scanning, again;
        GHashTable *found; /* of the scan that is under way */
        sd_bus_slot *files_changed, *reloading;
};

Autostart *autostart_new(Machines *machines) {
        Autostart *autostart = g_new(Autostart, 1);

        *autostart = (Autostart){
                .machines = machines,
                .folders = g_strsplit(getenv("HATAGO_UNIT_FOLDERS") ?: UNIT_FOLDERS, ":", -1),
                .units = g_hash_table_new(g_str_hash, g_str_equal),
        };
        return autostart;
}

Autostart *autostart_free(Autostart *autostart) {
        if (!autostart)
                return NULL;

        g_assert(!autostart->scanning);
        sd_bus_slot_unref(autostart->files_changed);
        sd_bus_slot_unref(autostart->reloading);
        g_hash_table_unref(autostart->units);
        g_strfreev(autostart->folders);
        g_free(autostart);
        return NULL;
}

uint64_t autostart_apply(const Autostart *autostart, Machine *machine) {
        g_autofree char *unit = vm_unit_name(machine->name, machine->uuid);

        return machine_apply_autostart(machine, AUTOSTART_SYSTEMD,
                                       g_hash_table_contains(autostart->units, unit));
}

static bool is_enabled(const Machine *machine) {
        return machine->autostart_by & (UINT32_C(1) << AUTOSTART_SYSTEMD);
}

uint64_t autostart_apply_name(const Autostart *autostart, Machine *machine) {
        bool before = is_enabled(machine);
        uint64_t mask = autostart_apply(autostart, machine);

        if (before && !is_enabled(machine)) {
                g_autofree char *unit = vm_unit_name(machine->name, machine->uuid);

                log_warning("Machine %s was renamed, and the unit that an administrator had enabled for it is no "
                            "machine's any more: systemctl enable '%s', and disable that one",
                            machine->uuid, unit);
        }
        return mask;
}

void autostart_on_gone(const Autostart *autostart, const Machine *machine) {
        g_autofree char *unit = vm_unit_name(machine->name, machine->uuid);

        if (is_enabled(machine))
                log_warning("Machine %s is gone, and its unit is enabled still: systemctl disable '%s'",
                            machine->uuid, unit);
}

/* Takes the set. */
static void autostart_take(Autostart *autostart, GHashTable *units) {
        g_autoptr(GPtrArray) list = machines_list(autostart->machines);

        g_hash_table_unref(autostart->units);
        autostart->units = units;
        for (guint i = 0; i < list->len; i++)
                machines_changed(autostart->machines, list->pdata[i],
                                 autostart_apply(autostart, list->pdata[i]));
}

static int scan_run(void *data, virConnect *connection, Failure *failure) {
        Autostart *autostart = data;

        autostart->found = enabled_units_scan(autostart->folders);
        return 0;
}

static void autostart_look(Autostart *autostart);

static void scan_done(void *data, int result, Failure *failure) {
        Autostart *autostart = data;

        autostart->scanning = false;
        if (autostart->found)
                autostart_take(autostart, g_steal_pointer(&autostart->found));
        if (result >= 0 && autostart->again)
                autostart_look(autostart);
}

static void autostart_look(Autostart *autostart) {
        Request request = { .lane = LANE_LOCAL, .run = scan_run, .done = scan_done, .data = autostart };
        g_auto(Failure) failure = { 0 };

        autostart->again = autostart->scanning;
        if (autostart->scanning)
                return;

        autostart->scanning = true;
        if (hypervisor_submit(autostart->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) < 0) {
                autostart->scanning = false;
                log_warning("Cannot look for enabled units, ignoring: %s", failure.message);
        }
}

static int on_files_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        autostart_look(userdata);
        return 0;
}

/* It is over: whoever changed files by hand has told systemd so. */
static int on_reloading(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Autostart *autostart = userdata;
        int active;

        if (sd_bus_message_read(m, "b", &active) < 0 || active)
                return 0;

        settings_store_read_again(autostart->machines->settings);
        autostart_look(autostart);
        return 0;
}

/* sd-bus would leave the bus if nobody took a refusal. */
static int on_match(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                log_warning("Cannot listen to systemd, ignoring: %s", sd_bus_message_get_error(m)->message);
        return 0;
}

int autostart_start(Autostart *autostart) {
        sd_bus *bus = autostart->machines->services->bus;
        int r;

        if (!machines_use_units(autostart->machines))
                return 0;

        autostart_take(autostart, enabled_units_scan(autostart->folders));
        r = sd_bus_match_signal_async(bus, &autostart->files_changed, SYSTEMD_NAME, SYSTEMD_PATH,
                                      SYSTEMD_MANAGER, "UnitFilesChanged", on_files_changed, on_match,
                                      autostart);
        if (r >= 0)
                r = sd_bus_match_signal_async(bus, &autostart->reloading, SYSTEMD_NAME, SYSTEMD_PATH,
                                              SYSTEMD_MANAGER, "Reloading", on_reloading, on_match,
                                              autostart);
        return r;
}
