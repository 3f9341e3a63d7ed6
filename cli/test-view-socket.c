/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char header[] =
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
                "timeout inode\n";

/* The table of this machine's kernel, if 127.0.0.1 is A. */
static char *table(const char *a, unsigned from, unsigned to, unsigned user) {
        return g_strdup_printf(
                        "%s   0: %s:%04X %s:%04X 01 00000000:00000000 00:00000000 00000000  %4u        0 "
                        "16442 1 0000000000000000 20 4 30 10 -1\n",
                        header, a, from, a, to, user);
}

static void test_the_user_of_a_connection_is_found(void) {
        g_autofree char *loopback = g_strdup_printf("%08X", htonl(INADDR_LOOPBACK));
        g_autofree char *text = table(loopback, 40000, 5901, 1000);
        uid_t user = 0;

        g_assert_cmpint(view_socket_find_user(text, 40000, 5901, &user), ==, 0);
        g_assert_cmpuint(user, ==, 1000);
}

static void test_another_connection_is_not_it(void) {
        g_autofree char *loopback = g_strdup_printf("%08X", htonl(INADDR_LOOPBACK));
        g_autofree char *text = table(loopback, 40000, 5901, 1000);
        g_autofree char *far = table("0A0A0A0A", 40000, 5901, 1000);
        uid_t user;

        g_assert_cmpint(view_socket_find_user(text, 40001, 5901, &user), ==, -ENOENT);
        g_assert_cmpint(view_socket_find_user(text, 40000, 5902, &user), ==, -ENOENT);
        g_assert_cmpint(view_socket_find_user(text, 5901, 40000, &user), ==, -ENOENT);
        g_assert_cmpint(view_socket_find_user(far, 40000, 5901, &user), ==, -ENOENT);
        g_assert_cmpint(view_socket_find_user("", 40000, 5901, &user), ==, -ENOENT);
        g_assert_cmpint(view_socket_find_user("nothing\nat all\n", 40000, 5901, &user), ==, -ENOENT);
}

static void test_a_socket_is_in_a_folder_of_ours_alone(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        g_autofree char *folder = NULL;
        struct stat status;
        ViewSocket vs;
        int client, fd;

        g_assert_cmpint(view_socket_init(&vs, /* port= */ false), >=, 0);
        folder = g_strdup(vs.folder);
        g_assert_cmpint(stat(folder, &status), ==, 0);
        g_assert_cmpuint(status.st_mode & 07777, ==, 0700);
        g_assert_cmpint(view_socket_accept(&vs), ==, -EAGAIN);

        client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_strlcpy(address.sun_path, vs.path, sizeof(address.sun_path));
        g_assert_cmpint(connect(client, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        fd = view_socket_accept(&vs);
        g_assert_cmpint(fd, >=, 0);

        close_p(&fd);
        close_p(&client);
        view_socket_done(&vs);
        g_assert_cmpint(stat(folder, &status), <, 0);
}

static int client_new(uint16_t port) {
        struct sockaddr_in address = {
                .sin_family = AF_INET,
                .sin_port = htons(port),
                .sin_addr = { htonl(INADDR_LOOPBACK) },
        };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpint(connect(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        return fd;
}

static void test_a_port_takes_our_own_connections(void) {
        ViewSocket vs;
        int client, fd;

        g_assert_cmpint(view_socket_init(&vs, /* port= */ true), >=, 0);
        client = client_new(vs.port);
        fd = view_socket_accept(&vs);
        g_assert_cmpint(fd, >=, 0);
        close_p(&fd);
        close_p(&client);
        view_socket_done(&vs);
}

static void test_a_port_takes_nobody_elses(void) {
        ViewSocket vs;
        int client;

        if (geteuid() != 0) {
                g_test_skip("only root can be somebody else");
                return;
        }
        g_assert_cmpint(view_socket_init(&vs, /* port= */ true), >=, 0);
        g_assert_cmpint(seteuid(65534), ==, 0);
        client = client_new(vs.port);
        g_assert_cmpint(seteuid(0), ==, 0);
        g_assert_cmpint(view_socket_accept(&vs), ==, -EPERM);
        close_p(&client);
        view_socket_done(&vs);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/view-socket/the-user-of-a-connection-is-found",
                        test_the_user_of_a_connection_is_found);
        g_test_add_func("/view-socket/another-connection-is-not-it", test_another_connection_is_not_it);
        g_test_add_func("/view-socket/a-socket-is-in-a-folder-of-ours-alone",
                        test_a_socket_is_in_a_folder_of_ours_alone);
        g_test_add_func("/view-socket/a-port-takes-our-own-connections",
                        test_a_port_takes_our_own_connections);
        g_test_add_func("/view-socket/a-port-takes-nobody-elses", test_a_port_takes_nobody_elses);
        return g_test_run();
}
