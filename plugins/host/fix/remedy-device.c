/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use /dev/kvm: as udev's own rules give it, until the next boot, when they do so again. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remedy.h"

#define KVM "/dev/kvm"
#define GROUP "kvm"
#define MODE 0660U

/* The group's number, of the host's own /etc/group; -ESRCH: there is no such group. */
static int find_group(const char *root, gid_t *ret) {
        g_autofree char *path = g_build_filename(root, "etc/group", NULL);
        FILE *file = fopen(path, "re");
        const struct group *group;

        if (!file)
                return -errno;

        do
                group = fgetgrent(file);
        while (group && !g_str_equal(group->gr_name, GROUP));
        if (group)
                *ret = group->gr_gid;
        fclose(file);
        return group ? 0 : -ESRCH;
}

/* The node itself is held, and not opened: that would be to use it. A link is refused. */
static int hold(const char *path, struct stat *ret) {
        int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (fstat(fd, ret) >= 0 && !S_ISLNK(ret->st_mode))
                return fd;

        close(fd);
        return -ELOOP;
}

/* Without write permission of others in between, whichever way it goes. */
static int set_owner(int fd, uid_t uid, gid_t gid, mode_t mode) {
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

        if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0 || chmod(path, mode) < 0)
                return -errno;

        return 0;
}

int apply_kvm_qemu_access(Fix *fix, const Remedy *remedy, Failure *failure) {
        g_autofree char *below = g_build_filename(fix->root, KVM, NULL), *before = NULL;
        struct stat status;
        gid_t gid;
        int fd, r;

        r = find_group(fix->root, &gid);
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "The host has no group " GROUP ": %s",
                                   g_strerror(-r));

        fd = hold(below, &status);
        if (fd < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot look at " KVM ": %s", g_strerror(-fd));
        if (status.st_uid == 0 && status.st_gid == gid && (status.st_mode & 07777) == MODE) {
                close(fd);
                return 0;
        }

        before = g_strdup_printf("%u %u %o", status.st_uid, status.st_gid, status.st_mode & 07777U);
        r = fix_note(fix, "device", KVM, before, failure);
        if (r >= 0) {
                remedy_say("Giving " KVM " to root:" GROUP ", mode %o; it had %s", MODE, before);
                r = set_owner(fd, /* uid= */ 0, gid, MODE);
                if (r < 0)
                        r = failure_set(failure, ERROR_FAILED, "Cannot give " KVM " to its group: %s",
                                        g_strerror(-r));
        }
        close(fd);
        return r;
}

int device_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        g_autofree char *below = g_build_filename(fix->root, target, NULL);
        struct stat status;
        unsigned uid, gid, mode;
        int fd, r;

        if (sscanf(before, "%u %u %o", &uid, &gid, &mode) != 3 || mode > 07777U)
                return failure_set(failure, ERROR_FAILED, "'%s' is no owner and mode", before);

        fd = hold(below, &status);
        if (fd == -ENOENT)
                return 0;
        if (fd < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot look at %s: %s", target, g_strerror(-fd));

        remedy_say("Giving %s back: %s", target, before);
        r = set_owner(fd, uid, gid, mode);
        close(fd);
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot give %s back: %s", target, g_strerror(-r));
        return 0;
}
