/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "host.h"

/* Who a user is, as /etc/passwd and /etc/group have it: libvirt's own users live there. */
typedef struct User {
        uid_t uid;
        GArray *groups; /* of gid_t, the primary one first */
} User;

/* -errno; -ESRCH: no such user. */
int user_read(Host *host, Verdict *verdict, const char *name, User *ret);
void user_done(User *user);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(User, user_done)

/* As libvirt reads the names of its settings: a name, else the number of anybody, listed or not; "+" before
 * it forbids the name. -errno; -ESRCH: no such user. */
int user_read_setting(Host *host, Verdict *verdict, const char *setting, User *ret);

/* By its name. -errno; -ESRCH: no such group. */
int group_read(Host *host, Verdict *verdict, const char *name, gid_t *ret);

/* Adds the group of a setting, if there is one. */
void user_add_group_setting(User *user, Host *host, Verdict *verdict, const char *setting);

/* The names of a user and of a group, or their numbers where they have none. */
char *user_name(Host *host, Verdict *verdict, uid_t uid);
char *group_name(Host *host, Verdict *verdict, gid_t gid);

/* Adds the arguments "owner", "group" and "mode" of a file. */
void verdict_add_owner(Host *host, Verdict *verdict, const struct stat *status);

/* Whether that user may read and write what has this owner, group and mode. Lists of access (ACLs) are not
 * looked at. */
bool user_may_use(const User *user, const struct stat *status);

/* The user and the group that QEMU runs as, as settings: of /etc/libvirt/qemu.conf, else what Debian builds
 * in. -errno of reading. */
int user_of_qemu(Host *host, Verdict *verdict, char **ret_user, char **ret_group);
