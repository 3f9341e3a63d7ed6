/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/unit-name.h"

#define PRIVATE_ADDRESS "unix:path=/run/systemd/private"

static void unit_clear(gpointer p) {
        VmUnit *unit = p;

        g_free(unit->instance);
        g_free(unit->status);
}

VmUnit *vm_unit_ref(VmUnit *unit) {
        return unit ? g_atomic_rc_box_acquire(unit) : NULL;
}

void vm_unit_unref(gpointer unit) {
        if (unit)
                g_atomic_rc_box_release_full(unit, unit_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmUnit, vm_unit_unref)

int unit_list_connect(sd_bus **ret) {
        g_autoptr(sd_bus) bus = NULL;
        int r = sd_bus_new(&bus);

        if (r >= 0)
                r = sd_bus_set_address(bus, PRIVATE_ADDRESS);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, UNIT_PATIENCE);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&bus);
        return 0;
}

/* NULL: the unit is gone again, or has no process. */
static VmUnit *unit_read(sd_bus *systemd, const char *name, const char *path) {
        g_autoptr(VmUnit) unit = g_atomic_rc_box_new0(VmUnit);
        char *status = NULL;
        uint32_t pid = 0;

        if (sd_bus_get_property_trivial(systemd, SYSTEMD_NAME, path, SYSTEMD_SERVICE, "MainPID",
                                        /* ret_error= */ NULL, 'u', &pid) < 0 ||
            pid == 0 ||
            sd_bus_get_property_string(systemd, SYSTEMD_NAME, path, SYSTEMD_SERVICE, "StatusText",
                                       /* ret_error= */ NULL, &status) < 0)
                return NULL;

        unit->instance = g_strndup(name + strlen(VM_UNIT_PREFIX),
                                   strlen(name) - strlen(VM_UNIT_PREFIX UNIT_SUFFIX));
        unit->pid = (pid_t) pid;
        unit->status = g_strdup(status);
        free(status);
        return g_steal_pointer(&unit);
}

/* Those in one of these states. */
static int call_list(sd_bus *systemd, char **states, sd_bus_message **ret) {
        g_autoptr(sd_bus_message) message = NULL;
        int r = sd_bus_message_new_method_call(systemd, &message, SYSTEMD_NAME, SYSTEMD_PATH,
                                               SYSTEMD_MANAGER, "ListUnitsByPatterns");

        if (r >= 0)
                r = sd_bus_message_append_strv(message, states);
        if (r >= 0)
                r = sd_bus_message_append(message, "as", 1, VM_UNIT_PREFIX "*" UNIT_SUFFIX);
        if (r >= 0)
                r = sd_bus_call(systemd, message, /* usec= */ 0, /* ret_error= */ NULL, ret);
        return r;
}

int unit_list_read(sd_bus *systemd, GPtrArray **ret) {
        g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func(vm_unit_unref);
        g_autoptr(sd_bus_message) reply = NULL;
        const char *name, *path;
        int r = call_list(systemd, (char *[]){ (char *) "active", NULL }, &reply);

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, NULL, NULL, NULL, &path,
                                        NULL, NULL, NULL)) > 0) {
                VmUnit *unit = unit_read(systemd, name, path);

                if (unit)
                        g_ptr_array_add(units, unit);
        }
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&units);
        return 0;
}

int unit_list_count(sd_bus *systemd) {
        static const char *const states[] = { "active", "reloading", "activating", "deactivating", NULL };
        g_autoptr(sd_bus_message) reply = NULL;
        int r = call_list(systemd, (char **) states, &reply), n = 0;

        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_skip(reply, "(ssssssouso)")) > 0)
                n++;
        /* -ENXIO is the end. */
        return r < 0 && r != -ENXIO ? r : n;
}

bool unit_is_restarted(const char *instance) {
        g_autofree char *name = g_strconcat(VM_UNIT_PREFIX, instance, UNIT_SUFFIX, NULL);
        g_autoptr(sd_bus) systemd = NULL;
        char *path = NULL;
        uint32_t restarts = 0;
        int r = unit_list_connect(&systemd);

        if (r >= 0)
                r = sd_bus_path_encode(SYSTEMD_PATH "/unit", name, &path);
        if (r >= 0)
                r = sd_bus_get_property_trivial(systemd, SYSTEMD_NAME, path, SYSTEMD_SERVICE, "NRestarts",
                                                /* ret_error= */ NULL, 'u', &restarts);
        free(path);
        return r >= 0 && restarts > 0;
}

int unit_start_ready(const char *instance) {
        g_autofree char *name = g_strconcat(VM_READY_UNIT_PREFIX, instance, UNIT_SUFFIX, NULL);
        g_autoptr(sd_bus) systemd = NULL;
        int r = unit_list_connect(&systemd);

        if (r >= 0)
                r = sd_bus_call_method(systemd, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "StartUnit",
                                       /* ret_error= */ NULL, /* ret_reply= */ NULL, "ss", name,
                                       "ignore-dependencies");
        return MIN(r, 0);
}

static int unit_notify(const VmUnit *unit, const char *message) {
        int r = sd_pid_notify(unit->pid, /* unset_environment= */ 0, message);

        return r == 0 ? -ENOTCONN : MIN(r, 0);
}

int unit_set_status(const VmUnit *unit, const char *text) {
        g_autofree char *message = g_strconcat("STATUS=", text, NULL);

        return unit_notify(unit, message);
}

int unit_set_main_pid(const VmUnit *unit, pid_t pid) {
        g_autofree char *message = g_strdup_printf("MAINPID=%d", (int) pid);

        return unit_notify(unit, message);
}
