/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flag-watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "common/log.h"
#include "sync.h"

/* That of qemu:///system (libvirt, src/qemu/qemu_conf.c). libvirt makes it with the first flag. */
#define PARENT "/etc/libvirt/qemu"
#define FOLDER "autostart"
#define SUFFIX ".xml"

#define COMES (IN_CREATE | IN_MOVED_TO)
#define GOES (IN_DELETE | IN_MOVED_FROM)
#define IS_GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)

struct FlagWatch {
        Machines *machines;
        char *parent, *folder;
        sd_event_source *source; /* of the folder, or of its parent as long as there is none */
        bool whole;              /* it is that of the folder */
};

FlagWatch *flag_watch_new(Machines *machines) {
        const char *parent = getenv("HATAGO_LIBVIRT_FOLDER") ?: PARENT;
        FlagWatch *watch = g_new(FlagWatch, 1);

        *watch = (FlagWatch){
                .machines = machines,
                .parent = g_strdup(parent),
                .folder = g_build_filename(parent, FOLDER, NULL),
        };
        return watch;
}

FlagWatch *flag_watch_free(FlagWatch *watch) {
        if (!watch)
                return NULL;

        sd_event_source_disable_unref(watch->source);
        g_free(watch->parent);
        g_free(watch->folder);
        g_free(watch);
        return NULL;
}

/* A link of this name has come or gone, or was there. */
static void watch_read(FlagWatch *watch, const char *link) {
        g_autofree char *name = g_strdup(link);
        const Machine *machine;

        if (!g_str_has_suffix(name, SUFFIX))
                return;

        name[strlen(name) - strlen(SUFFIX)] = '\0';
        machine = g_hash_table_lookup(watch->machines->by_name, name);
        if (machine)
                sync_read(watch->machines->sync, machine->uuid, FACTS_AUTOSTART, /* done= */ NULL,
                          /* data= */ NULL);
}

/* What came before the watch did. */
static void watch_read_all(FlagWatch *watch) {
        g_autoptr(GDir) dir = g_dir_open(watch->folder, /* flags= */ 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir)))
                watch_read(watch, name);
}

static int watch_on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        FlagWatch *watch = userdata;

        if (event->mask & IS_GONE)
                flag_watch_start(watch);
        else if (event->mask & IN_Q_OVERFLOW)
                watch_read_all(watch);
        else if (watch->whole && event->len > 0)
                watch_read(watch, event->name);
        else if (event->len > 0 && g_str_equal(event->name, FOLDER)) {
                flag_watch_start(watch);
                watch_read_all(watch);
        }
        return 0;
}

static int watch_add(FlagWatch *watch, const char *path, uint32_t mask) {
        watch->source = sd_event_source_disable_unref(watch->source);
        return sd_event_add_inotify(watch->machines->services->event, &watch->source, path,
                                    mask | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR, watch_on_inotify,
                                    watch);
}

void flag_watch_start(FlagWatch *watch) {
        int r;

        if (!machines_use_units(watch->machines))
                return;

        r = watch_add(watch, watch->folder, COMES | GOES);
        watch->whole = r >= 0;
        if (r == -ENOENT)
                r = watch_add(watch, watch->parent, COMES);
        if (r < 0 && r != -ENOENT)
                log_warning("Cannot watch %s, ignoring: %s", watch->folder, g_strerror(-r));
}
