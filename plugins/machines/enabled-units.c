/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enabled-units.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/unit-name.h"

/* More names than these are not looked at. */
#define NAMES_MAX 65536U

/* Where a unit's file lies, or a link to it, as "systemctl set-default" leaves it. */
#define DEFAULT_TARGET "default.target"

typedef struct Scan {
        char *default_target; /* what is the default one; NULL: nothing is set */
        GHashTable *wanted, *masked;
        unsigned n_names;
} Scan;

static bool is_machine_unit(const char *name) {
        return g_str_has_prefix(name, VM_UNIT_PREFIX) && g_str_has_suffix(name, UNIT_SUFFIX) &&
               strlen(name) > strlen(VM_UNIT_PREFIX UNIT_SUFFIX);
}

/* What every boot reaches (bootup(7)). What other units have started, a service or a target of its own, is
 * not the boot's doing, and whether the boot reaches them only systemd knows. */
static bool is_boot_target(const Scan *scan, const char *target) {
        static const char *const targets[] = { DEFAULT_TARGET,    "graphical.target", "multi-user.target",
                                               "basic.target",    "sysinit.target",   "local-fs.target",
                                               "remote-fs.target" };

        for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
                if (g_str_equal(targets[i], target))
                        return true;

        return scan->default_target && g_str_equal(scan->default_target, target);
}

/* Of a target of the boot, so that the other unit is pulled in with it. */
static bool is_boot_folder(const Scan *scan, const char *name) {
        static const char *const suffixes[] = { ".wants", ".requires", ".upholds" };

        for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
                if (g_str_has_suffix(name, suffixes[i])) {
                        g_autofree char *target = g_strndup(name, strlen(name) - strlen(suffixes[i]));

                        return is_boot_target(scan, target);
                }

        return false;
}

static bool is_mask(int folder_fd, const char *name) {
        char target[sizeof("/dev/null")];
        ssize_t n = readlinkat(folder_fd, name, target, sizeof(target));

        return n == strlen("/dev/null") && memcmp(target, "/dev/null", (size_t) n) == 0;
}

/* The entries of a folder, one after the other, as long as not too many were looked at. */
static void folder_walk(int at, const char *path, Scan *scan,
                        void (*entry)(Scan *scan, int folder_fd, const char *name)) {
        int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
        DIR *stream = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *found;

        if (!stream) {
                if (fd >= 0)
                        close(fd);
                return;
        }

        while ((found = readdir(stream)) && scan->n_names < NAMES_MAX) {
                scan->n_names++;
                entry(scan, fd, found->d_name);
        }
        closedir(stream);
}

static void on_wanted(Scan *scan, int folder_fd, const char *name) {
        if (is_machine_unit(name))
                g_hash_table_add(scan->wanted, g_strdup(name));
}

static void on_unit(Scan *scan, int folder_fd, const char *name) {
        if (is_boot_folder(scan, name))
                folder_walk(folder_fd, name, scan, on_wanted);
        else if (is_machine_unit(name) && is_mask(folder_fd, name))
                g_hash_table_add(scan->masked, g_strdup(name));
}

static gboolean is_masked(gpointer name, gpointer unused, gpointer masked) {
        return g_hash_table_contains(masked, name);
}

/* The first folder that has one wins. */
static char *find_default_target(char *const *folders) {
        for (; *folders; folders++) {
                g_autofree char *path = g_build_filename(*folders, DEFAULT_TARGET, NULL);
                g_autofree char *target = g_path_is_absolute(path) ? g_file_read_link(path, NULL) : NULL;

                if (target)
                        return g_path_get_basename(target);
        }
        return NULL;
}

GHashTable *enabled_units_scan(char *const *folders) {
        g_autoptr(GHashTable) masked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *default_target = find_default_target(folders);
        Scan scan = { .default_target = default_target,
                      .wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                      .masked = masked };

        for (; *folders; folders++)
                if (g_path_is_absolute(*folders))
                        folder_walk(AT_FDCWD, *folders, &scan, on_unit);
        g_hash_table_foreach_remove(scan.wanted, is_masked, masked);
        return scan.wanted;
}
