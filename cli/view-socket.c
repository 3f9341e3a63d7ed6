/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listen_unix(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;

        if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 16) < 0)
                return -errno;
        return g_steal_fd(&fd);
}

static int listen_port(uint16_t *ret_port) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t size = sizeof(address);
        _cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 16) < 0 ||
            getsockname(fd, (struct sockaddr *) &address, &size) < 0)
                return -errno;
        *ret_port = ntohs(address.sin_port);
        return g_steal_fd(&fd);
}

int view_socket_init(ViewSocket *vs, bool port) {
        const char *runtime = getenv("XDG_RUNTIME_DIR");
        int r;

        *vs = (ViewSocket){
                .folder = g_strdup_printf("%s/hatago-view-XXXXXX",
                                          runtime && access(runtime, W_OK) == 0 ? runtime : g_get_tmp_dir()),
                .fd = -EBADF,
        };
        /* 0700, and nobody was there before. */
        if (!mkdtemp(vs->folder)) {
                r = -errno;
                g_clear_pointer(&vs->folder, g_free);
                return r;
        }
        if (!port)
                vs->path = g_build_filename(vs->folder, "display", NULL);
        r = vs->fd = port ? listen_port(&vs->port) : listen_unix(vs->path);
        if (r < 0)
                view_socket_done(vs);
        return r;
}

void view_socket_done(ViewSocket *vs) {
        close_p(&vs->fd);
        if (vs->path)
                (void) unlink(vs->path);
        if (vs->folder)
                (void) rmdir(vs->folder);
        g_clear_pointer(&vs->path, g_free);
        g_clear_pointer(&vs->folder, g_free);
}

int view_socket_find_user(const char *table, uint16_t client, uint16_t server, uid_t *ret) {
        g_auto(GStrv) lines = g_strsplit(table, "\n", -1);

        for (char **line = lines; *line; line++) {
                unsigned from, from_port, to, to_port, user;

                if (sscanf(*line, " %*u: %8x:%4x %8x:%4x %*x %*x:%*x %*x:%*x %*x %u", &from, &from_port, &to,
                           &to_port, &user) != 5)
                        continue;
                /* Addresses are in the machine's own byte order there. */
                if (from != htonl(INADDR_LOOPBACK) || to != htonl(INADDR_LOOPBACK) || from_port != client ||
                    to_port != server)
                        continue;
                *ret = user;
                return 0;
        }
        return -ENOENT;
}

/* Everybody on this host can connect to a port of the loopback: the kernel tells who did. */
static int check_user(int fd, uint16_t port) {
        struct sockaddr_in address = { 0 };
        socklen_t size = sizeof(address);
        g_autofree char *table = NULL;
        uid_t user;
        int r;

        if (getpeername(fd, (struct sockaddr *) &address, &size) < 0)
                return -errno;
        if (!g_file_get_contents("/proc/net/tcp", &table, NULL, NULL))
                return -EPERM;
        r = view_socket_find_user(table, ntohs(address.sin_port), port, &user);
        return r < 0 || user != getuid() ? -EPERM : 0;
}

int view_socket_accept(const ViewSocket *vs) {
        _cleanup_close_ int fd = accept4(vs->fd, NULL, NULL, SOCK_CLOEXEC);
        int r;

        if (fd < 0)
                return -errno;
        if (!vs->path) {
                r = check_user(fd, vs->port);
                if (r < 0)
                        return r;
        }
        return g_steal_fd(&fd);
}
