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

/* The names of a user and of a group, or their numbers where they have none. */
char *user_name(Host *host, Verdict *verdict, uid_t uid);
char *group_name(Host *host, Verdict *verdict, gid_t gid);

/* Whether that user may read and write what has this owner, group and mode. Lists of access (ACLs) are not
 * looked at. */
bool user_may_use(const User *user, const struct stat *status);

/* The user that QEMU runs as: of /etc/libvirt/qemu.conf, else what Debian builds in. -errno of reading. */
int user_of_qemu(Host *host, Verdict *verdict, char **ret_name);
