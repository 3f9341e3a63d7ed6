/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The controllers of control groups by which libvirt limits guests and counts what they take. */
#include <errno.h>
#include <string.h>

#include "check.h"

#define MOUNTS "/proc/mounts"

/*
 * Where libvirt finds controllers, which decides what it can do (src/util/vircgroupv1.c, vircgroupv2.c): a
 * controller counts if the group "/" of either version has it. Version 1 has what is an option of a mount.
 * Version 2 is not looked at as long as its root has no controller at all: systemd's hybrid layout. Else it
 * has those of cgroup.controllers; besides, "cpuacct" is a part of any group, and "devices" is a program
 * that the kernel runs.
 */
typedef struct Controllers {
        GPtrArray *v1;    /* of char *: options of the mounts of version 1, controllers among them */
        char **v2;        /* NULL: version 2 has none */
        char *v2_mounted; /* where; NULL: nowhere */
} Controllers;

static void controllers_done(Controllers *controllers) {
        g_clear_pointer(&controllers->v1, g_ptr_array_unref);
        g_clear_pointer(&controllers->v2, g_strfreev);
        g_clear_pointer(&controllers->v2_mounted, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Controllers, controllers_done)

/* A line of /proc/mounts, fstab(5): device, folder, type, options. A blank in a folder's name is \040. */
static void add_mount(Controllers *controllers, const char *line) {
        g_auto(GStrv) fields = g_strsplit(line, " ", /* max_tokens= */ 5);
        g_auto(GStrv) options = NULL;

        if (g_strv_length(fields) < 4)
                return;

        if (g_str_equal(fields[2], "cgroup2")) {
                g_free(controllers->v2_mounted);
                controllers->v2_mounted = g_strcompress(fields[1]);
                return;
        }

        if (!g_str_equal(fields[2], "cgroup"))
                return;
        options = g_strsplit(fields[3], ",", /* max_tokens= */ -1);
        for (char **option = options; *option; option++)
                g_ptr_array_add(controllers->v1, g_strdup(*option));
}

/* -errno. */
static int controllers_read(Host *host, Verdict *verdict, Controllers *ret) {
        g_auto(Controllers) controllers = { .v1 = g_ptr_array_new_with_free_func(g_free) };
        g_autofree char *mounts = host_read(host, verdict, MOUNTS), *path = NULL, *names = NULL;
        g_auto(GStrv) lines = NULL;

        if (!mounts)
                return -errno;

        lines = g_strsplit(mounts, "\n", /* max_tokens= */ -1);
        for (char **line = lines; *line; line++)
                add_mount(&controllers, *line);

        if (controllers.v2_mounted) {
                path = g_strconcat(controllers.v2_mounted, "/cgroup.controllers", NULL);
                names = host_read(host, verdict, path);
                if (names && *names != '\0')
                        controllers.v2 = g_strsplit(names, " ", /* max_tokens= */ -1);
        }

        *ret = controllers;
        controllers = (Controllers){ 0 };
        return 0;
}

static bool v1_has(const Controllers *controllers, const char *name) {
        return g_ptr_array_find_with_equal_func(controllers->v1, name, g_str_equal, /* index= */ NULL);
}

/* 1, 0; -errno where it could not be found out. */
static int v2_has(Host *host, Verdict *verdict, const Controllers *controllers, const char *name) {
        if (!controllers->v2)
                return 0;
        if (g_str_equal(name, "cpuacct"))
                return 1;
        if (g_str_equal(name, "devices"))
                return host_has_device_programs(host, verdict, controllers->v2_mounted);
        if (g_str_equal(name, "blkio"))
                name = "io";

        return g_strv_contains((const char *const *) controllers->v2, name);
}

static void judge_controller(Host *host, Verdict *verdict, const char *name) {
        g_auto(Controllers) controllers = { 0 };
        int r;

        r = controllers_read(host, verdict, &controllers);
        if (r < 0) {
                verdict_set_unread(verdict, MOUNTS, r);
                return;
        }

        if (v1_has(&controllers, name)) {
                verdict_set(verdict, CHECK_PASS, "", "v1");
                return;
        }

        /* virt-host-validate says "missing" to a user whom the kernel does not answer. */
        r = v2_has(host, verdict, &controllers, name);
        if (r == -EPERM || r == -EACCES)
                verdict_set_unread(verdict, controllers.v2_mounted, r);
        else if (r > 0)
                verdict_set(verdict, CHECK_PASS, "", "v2");
        else {
                verdict_set(verdict, CHECK_WARN, "missing", "%s", "");
                verdict_add(verdict, "controller", "%s", name);
        }
}

void judge_cgroup_cpu(Host *host, Verdict *verdict) {
        judge_controller(host, verdict, "cpu");
}

void judge_cgroup_cpuacct(Host *host, Verdict *verdict) {
        judge_controller(host, verdict, "cpuacct");
}

void judge_cgroup_cpuset(Host *host, Verdict *verdict) {
        judge_controller(host, verdict, "cpuset");
}

void judge_cgroup_memory(Host *host, Verdict *verdict) {
        judge_controller(host, verdict, "memory");
}

void judge_cgroup_devices(Host *host, Verdict *verdict) {
        judge_controller(host, verdict, "devices");
}

void judge_cgroup_blkio(Host *host, Verdict *verdict) {
        judge_controller(host, verdict, "blkio");
}
