/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's network and pool that most virtual machines use: both are named "default". */
#include <libvirt/virterror.h>
#include <stdbool.h>
#include <stdlib.h>

#include "checks/check.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "remedy.h"

#define URI "qemu:///system"
#define NAME "default"

static const char pool_xml[] = "<pool type='dir'>"
                               "  <name>" NAME "</name>"
                               "  <target><path>/var/lib/libvirt/images</path></target>"
                               "</pool>";

/* Where Debian's libvirt-daemon-config-network has put it, and where libvirt itself keeps it. */
static const char *const network_files[] = {
        "/usr/share/libvirt/networks/default.xml",
        "/etc/libvirt/qemu/networks/default.xml",
};

/*
 * Networks and pools have the same life; here it has one set of names. As in libvirt, what fails returns
 * NULL or less than 0, and libvirt has the reason.
 */
typedef struct PartKind {
        const char *word;
        const char *defined, *active, *autostart; /* in records */
        virErrorNumber missing;
        void *(*find)(virConnect *connection);
        void *(*define)(virConnect *connection, const char *xml);
        int (*undefine)(void *part);
        int (*is_active)(void *part);
        int (*is_persistent)(void *part);
        int (*start)(void *part);
        int (*stop)(void *part);
        int (*get_autostart)(void *part, int *ret);
        int (*set_autostart)(void *part, int autostart);
        int (*count_users)(void *part); /* of what would be hurt if it were stopped */
        int (*release)(void *part);
} PartKind;

/* Of the functions below whose names begin so. */
#define PART_KIND(name, error)                                                                              \
        {                                                                                                   \
                .word = #name, .defined = #name "-defined", .active = #name "-active",                      \
                .autostart = #name "-autostart", .missing = error, .find = name##_find,                     \
                .define = name##_define, .undefine = name##_undefine, .is_active = name##_is_active,        \
                .is_persistent = name##_is_persistent, .start = name##_start, .stop = name##_stop,          \
                .get_autostart = name##_get_autostart, .set_autostart = name##_set_autostart,               \
                .count_users = name##_count_users, .release = name##_release,                               \
        }

static void *network_find(virConnect *connection) {
        return virNetworkLookupByName(connection, NAME);
}

static void *network_define(virConnect *connection, const char *xml) {
        return virNetworkDefineXML(connection, xml);
}

static int network_undefine(void *part) {
        return virNetworkUndefine(part);
}

static int network_is_active(void *part) {
        return virNetworkIsActive(part);
}

static int network_is_persistent(void *part) {
        return virNetworkIsPersistent(part);
}

static int network_start(void *part) {
        return virNetworkCreate(part);
}

static int network_stop(void *part) {
        return virNetworkDestroy(part);
}

static int network_get_autostart(void *part, int *ret) {
        return virNetworkGetAutostart(part, ret);
}

static int network_set_autostart(void *part, int autostart) {
        return virNetworkSetAutostart(part, autostart);
}

/* Each interface of a running machine has a port. */
static int network_count_users(void *part) {
        return virNetworkListAllPorts(part, /* ports= */ NULL, /* flags= */ 0);
}

static int network_release(void *part) {
        return virNetworkFree(part);
}

static const PartKind networks = PART_KIND(network, VIR_ERR_NO_NETWORK);

static void *pool_find(virConnect *connection) {
        return virStoragePoolLookupByName(connection, NAME);
}

static void *pool_define(virConnect *connection, const char *xml) {
        return virStoragePoolDefineXML(connection, xml, /* flags= */ 0);
}

static int pool_undefine(void *part) {
        return virStoragePoolUndefine(part);
}

static int pool_is_active(void *part) {
        return virStoragePoolIsActive(part);
}

static int pool_is_persistent(void *part) {
        return virStoragePoolIsPersistent(part);
}

/* With its folder, if that is not there yet. To build any other kind is to write to disks. */
static int pool_start(void *part) {
        char *xml = virStoragePoolGetXMLDesc(part, /* flags= */ 0);
        bool folder = xml && g_str_has_prefix(xml, "<pool type='dir'>");

        free(xml);
        return virStoragePoolCreate(part, folder ? VIR_STORAGE_POOL_CREATE_WITH_BUILD : 0);
}

static int pool_stop(void *part) {
        return virStoragePoolDestroy(part);
}

static int pool_get_autostart(void *part, int *ret) {
        return virStoragePoolGetAutostart(part, ret);
}

static int pool_set_autostart(void *part, int autostart) {
        return virStoragePoolSetAutostart(part, autostart);
}

/* A disk stays open, and its file where it is: a pool is libvirt's view of a folder. */
static int pool_count_users(void *part) {
        return 0;
}

static int pool_release(void *part) {
        return virStoragePoolFree(part);
}

static const PartKind pools = PART_KIND(pool, VIR_ERR_NO_STORAGE_POOL);

/*
 * What is done with either
 */

static int fail(Failure *failure, const PartKind *kind, const char *what) {
        return failure_set(failure, ERROR_FAILED, "libvirt cannot %s the %s " NAME ": %s", what, kind->word,
                           virGetLastErrorMessage());
}

/* libvirt writes errors to standard error by itself. */
static void say_nothing(void *userdata, virError *error) {
}

static int connect_libvirt(Fix *fix, virConnect **ret, Failure *failure) {
        if (!g_str_equal(fix->root, "/"))
                return failure_set(failure, ERROR_FAILED, "There is no libvirt below %s", fix->root);

        virSetErrorFunc(/* userdata= */ NULL, say_nothing);
        *ret = virConnectOpen(URI);
        if (!*ret)
                return failure_set(failure, ERROR_FAILED, "Cannot reach libvirt: %s",
                                   virGetLastErrorMessage());
        return 0;
}

/* 1: it is there; 0: it is not. */
static int find(const PartKind *kind, virConnect *connection, void **ret, Failure *failure) {
        *ret = kind->find(connection);
        if (*ret)
                return 1;
        return virGetLastErrorCode() == (int) kind->missing ? 0 : fail(failure, kind, "look for");
}

static int ensure_autostart(Fix *fix, const PartKind *kind, void *part, Failure *failure) {
        int autostart, r;

        if (kind->get_autostart(part, &autostart) < 0)
                return fail(failure, kind, "tell about");
        if (autostart)
                return 0;

        r = fix_note(fix, kind->autostart, NAME, "no", failure);
        if (r < 0)
                return r;

        remedy_say("Having the %s " NAME " start at boot", kind->word);
        return kind->set_autostart(part, /* autostart= */ 1) < 0 ? fail(failure, kind, "set autostart of")
                                                                 : 0;
}

static int ensure_active(Fix *fix, const PartKind *kind, void *part, Failure *failure) {
        int active = kind->is_active(part), r;

        if (active != 0)
                return active < 0 ? fail(failure, kind, "tell about") : 0;

        r = fix_note(fix, kind->active, NAME, "no", failure);
        if (r < 0)
                return r;

        remedy_say("Starting the %s " NAME, kind->word);
        return kind->start(part) < 0 ? fail(failure, kind, "start") : 0;
}

/* xml: for one that is not there; NULL: then it cannot be made. */
static int ensure(Fix *fix, const PartKind *kind, const char *xml, Failure *failure) {
        g_autoptr(virConnect) connection = NULL;
        void *part;
        int r;

        r = connect_libvirt(fix, &connection, failure);
        if (r >= 0)
                r = find(kind, connection, &part, failure);
        if (r < 0)
                return r;

        if (r == 0) {
                if (!xml)
                        return failure_set(
                                        failure, ERROR_FAILED,
                                        "Its description is missing: install libvirt-daemon-config-network");
                r = fix_note(fix, kind->defined, NAME, "no", failure);
                if (r < 0)
                        return r;

                remedy_say("Defining the %s " NAME, kind->word);
                part = kind->define(connection, xml);
                if (!part)
                        return fail(failure, kind, "define");
        }

        /* Taken back in the other order: whether it may be stopped shows first. */
        r = ensure_autostart(fix, kind, part, failure);
        if (r >= 0)
                r = ensure_active(fix, kind, part, failure);
        (void) kind->release(part);
        return r;
}

/* Somebody has taken its definition away: it lives until it is stopped, and has no autostart. */
static bool is_transient(const PartKind *kind, void *part) {
        return kind->is_persistent(part) == 0;
}

static int undo_defined(const PartKind *kind, void *part, Failure *failure) {
        if (is_transient(kind, part))
                return 0;

        remedy_say("Removing the %s " NAME, kind->word);
        return kind->undefine(part) < 0 ? fail(failure, kind, "remove") : 0;
}

static int undo_active(const PartKind *kind, void *part, Failure *failure) {
        int active = kind->is_active(part), users;

        if (active <= 0)
                return active < 0 ? fail(failure, kind, "tell about") : 0;

        users = kind->count_users(part);
        if (users < 0)
                return fail(failure, kind, "count the users of");
        if (users > 0)
                return failure_set(failure, ERROR_BUSY, "Running machines use the %s " NAME, kind->word);

        remedy_say("Stopping the %s " NAME, kind->word);
        return kind->stop(part) < 0 ? fail(failure, kind, "stop") : 0;
}

static int undo_autostart(const PartKind *kind, void *part, Failure *failure) {
        if (is_transient(kind, part))
                return 0;

        remedy_say("Leaving the %s " NAME " off at boot", kind->word);
        return kind->set_autostart(part, /* autostart= */ 0) < 0 ? fail(failure, kind, "clear autostart of")
                                                                 : 0;
}

/* As systemd says; it does not where it cannot be asked. */
static bool is_libvirt_gone(Fix *fix) {
        g_autoptr(Host) host = host_new(fix->root);
        g_auto(Verdict) verdict = { 0 };

        verdict_init(&verdict);
        judge_libvirt_daemon(host, &verdict);
        return g_str_equal(verdict.reason, "missing");
}

static int take_back(Fix *fix, const PartKind *kind,
                     int (*undo)(const PartKind *kind, void *part, Failure *failure), Failure *failure) {
        g_autoptr(virConnect) connection = NULL;
        void *part;
        int r;

        r = connect_libvirt(fix, &connection, failure);
        if (r < 0 && is_libvirt_gone(fix)) {
                log_notice("libvirt has gone, and the %s " NAME " with it", kind->word);
                return 0;
        }
        if (r >= 0)
                r = find(kind, connection, &part, failure);
        if (r <= 0)
                return r;

        r = undo(kind, part, failure);
        (void) kind->release(part);
        return r;
}

int network_defined_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        return take_back(fix, &networks, undo_defined, failure);
}

int network_active_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        return take_back(fix, &networks, undo_active, failure);
}

int network_autostart_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        return take_back(fix, &networks, undo_autostart, failure);
}

int pool_defined_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        return take_back(fix, &pools, undo_defined, failure);
}

int pool_active_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        return take_back(fix, &pools, undo_active, failure);
}

int pool_autostart_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        return take_back(fix, &pools, undo_autostart, failure);
}

int apply_default_network(Fix *fix, const Remedy *remedy, Failure *failure) {
        g_autofree char *xml = NULL;

        for (size_t i = 0; !xml && i < G_N_ELEMENTS(network_files); i++) {
                g_autofree char *path = g_build_filename(fix->root, network_files[i], NULL);
                (void) g_file_get_contents(path, &xml, /* length= */ NULL, /* error= */ NULL);
        }

        return ensure(fix, &networks, xml, failure);
}

int apply_default_pool(Fix *fix, const Remedy *remedy, Failure *failure) {
        return ensure(fix, &pools, pool_xml, failure);
}
