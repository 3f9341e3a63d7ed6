/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* Where a viewer of this user, and nobody else, can connect to. */
typedef struct ViewSocket {
        char *folder;  /* of ours alone */
        char *path;    /* of a Unix socket in it; NULL: it is a port */
        uint16_t port; /* on the loopback */
        int fd;        /* listens */
} ViewSocket;

/* Makes a folder with a socket in it; with port, a port on the loopback in its place, for programs that know
 * nothing else. Negative errno. */
int view_socket_init(ViewSocket *socket, bool port);
void view_socket_done(ViewSocket *socket);

/* Takes a connection; -EPERM if it is somebody else's, who then has seen nothing of it. */
int view_socket_accept(const ViewSocket *socket);

/* The user whose connection it is, from the text of /proc/net/tcp: the one from client to server, both ports
 * on 127.0.0.1. -ENOENT. */
int view_socket_find_user(const char *table, uint16_t client, uint16_t server, uid_t *ret);
