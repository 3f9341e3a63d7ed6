/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image-watch.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "warnings.h"

#define MACHINES_PER_REQUEST 8U

#define MISSING WARNING_BIT(WARNING_DISK_MISSING)
#define OUTGROWS WARNING_BIT(WARNING_IMAGE_OUTGROWS_FILESYSTEM)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStorageVol, virStorageVolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virStoragePool, virStoragePoolFree)

struct ImageWatch {
        Machines *machines;
        GHashTable *wanted; /* set of UUIDs */
        bool looking;
};

/*
 * On a thread
 */

typedef struct Look {
        char uuid[VIR_UUID_STRING_BUFLEN];
        Config *config; /* a reference */
        uint32_t found; /* warnings, as bits; the answer */
} Look;

typedef struct Looks {
        ImageWatch *watch;
        Look looks[MACHINES_PER_REQUEST];
        unsigned n;
} Looks;

/* Whether libvirt's last error says that there is no such file. */
static bool error_is_missing(void) {
        const virError *error = virGetLastError();

        if (!error)
                return false;

        return error->code == VIR_ERR_NO_STORAGE_VOL || error->code == VIR_ERR_NO_STORAGE_POOL ||
               (error->code == VIR_ERR_SYSTEM_ERROR && error->int1 == ENOENT);
}

/* By the pool that knows it. */
static uint32_t volume_look(virStorageVol *volume) {
        g_autoptr(virStoragePool) pool = NULL;
        virStorageVolInfo info;
        virStoragePoolInfo pool_info;

        if (virStorageVolGetInfo(volume, &info) < 0)
                return error_is_missing() ? MISSING : 0;
        if (info.allocation >= info.capacity)
                return 0;

        pool = virStoragePoolLookupByVolume(volume);
        if (!pool || virStoragePoolGetInfo(pool, &pool_info) < 0)
                return 0;

        return info.capacity - info.allocation > pool_info.available ? OUTGROWS : 0;
}

/* A file that no pool knows. Of a running machine QEMU would be asked, which can hang; it has its images
 * open. */
static uint32_t file_look(virDomain *domain, const char *path) {
        virDomainBlockInfo info;

        if (virDomainIsActive(domain) != 0 ||
            virDomainGetBlockInfo(domain, path, &info, /* flags= */ 0) >= 0)
                return 0;

        return error_is_missing() ? MISSING : 0;
}

static virStorageVol *disk_volume(virConnect *connection, const MachineDisk *disk) {
        g_autoptr(virStoragePool) pool = NULL;

        if (!g_str_equal(disk->type, "volume"))
                return virStorageVolLookupByPath(connection, disk->source);

        pool = virStoragePoolLookupByName(connection, disk->pool);
        return pool ? virStorageVolLookupByName(pool, disk->source) : NULL;
}

static uint32_t disk_look(virDomain *domain, const MachineDisk *disk) {
        virConnect *connection = virDomainGetConnect(domain);
        g_autoptr(virStorageVol) volume = NULL;

        if (!*disk->source)
                return 0; /* a drive without a medium */

        if (g_str_equal(disk->type, "volume")) {
                volume = disk_volume(connection, disk);
                if (!volume)
                        return error_is_missing() ? MISSING : 0;
        } else if (g_str_equal(disk->type, "file")) {
                volume = disk_volume(connection, disk);
                if (!volume)
                        return file_look(domain, disk->source);
        }

        return volume ? volume_look(volume) & (disk->read_only ? ~OUTGROWS : ~UINT32_C(0)) : 0;
}

static int looks_run(void *data, virConnect *connection, Failure *failure) {
        Looks *looks = data;

        for (unsigned i = 0; i < looks->n; i++) {
                Look *look = &looks->looks[i];
                const Items *disks = &look->config->disks;
                g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, look->uuid);

                for (uint32_t d = 0; domain && d < disks->n; d++)
                        look->found |= disk_look(domain, items_get(disks, MachineDisk, d));
        }

        return 0;
}

/*
 * Main thread
 */

static void image_watch_next(ImageWatch *watch);

static void looks_done(void *data, int result, Failure *failure) {
        g_autofree Looks *looks = data;
        ImageWatch *watch = looks->watch;

        for (unsigned i = 0; i < looks->n; i++) {
                Look *look = &looks->looks[i];
                Machine *machine = machines_find(watch->machines, look->uuid);

                if (result < 0)
                        g_hash_table_add(watch->wanted, g_strdup(look->uuid));
                else if (machine && items_equal(&disk_kind, &machine->config->disks, &look->config->disks))
                        machines_set_host_warnings(watch->machines, machine, MISSING | OUTGROWS,
                                                   look->found);
                config_unref(look->config);
        }

        watch->looking = false;
        if (hypervisor_is_connected(watch->machines->services->hypervisor))
                image_watch_next(watch);
}

static void image_watch_next(ImageWatch *watch) {
        g_auto(Failure) failure = { 0 };
        Looks *looks;
        Request request;
        GHashTableIter i;
        gpointer uuid;

        if (watch->looking || g_hash_table_size(watch->wanted) == 0)
                return;

        looks = g_new0(Looks, 1);
        looks->watch = watch;
        g_hash_table_iter_init(&i, watch->wanted);
        while (looks->n < MACHINES_PER_REQUEST && g_hash_table_iter_next(&i, &uuid, NULL)) {
                const Machine *machine = machines_find(watch->machines, uuid);

                if (machine) {
                        Look *look = &looks->looks[looks->n++];

                        g_strlcpy(look->uuid, machine->uuid, sizeof(look->uuid));
                        look->config = config_ref(machine->config);
                }
                g_hash_table_iter_remove(&i);
        }

        request = (Request){ .lane = LANE_ORDINARY, .run = looks_run, .done = looks_done, .data = looks };
        if (hypervisor_submit(watch->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) >= 0) {
                watch->looking = true;
                return;
        }

        log_debug("Cannot look at the images of machines, ignoring: %s", failure.message);
        for (unsigned n = 0; n < looks->n; n++)
                config_unref(looks->looks[n].config);
        g_free(looks);
}

void image_watch_look(ImageWatch *watch, const char *uuid) {
        g_hash_table_add(watch->wanted, g_strdup(uuid));
        image_watch_next(watch);
}

void image_watch_on_connected(ImageWatch *watch) {
        image_watch_next(watch);
}

ImageWatch *image_watch_new(Machines *machines) {
        ImageWatch *watch = g_new0(ImageWatch, 1);

        watch->machines = machines;
        watch->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return watch;
}

ImageWatch *image_watch_free(ImageWatch *watch) {
        if (!watch)
                return NULL;

        g_hash_table_unref(watch->wanted);
        g_free(watch);
        return NULL;
}
