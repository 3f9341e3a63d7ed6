/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Consoles, which libvirt's test driver has not: streams of libvirt's own, on sockets. What is written comes
 * back; but a machine whose name begins with "flood" writes without end, one with "silent" takes nothing,
 * and one with "busy" has somebody at its console already, unless that is forced. They end when the machine
 * is powered off. Preloaded into the agent with guests.c.
 */

#define CONSOLES_MAX 256

static bool domain_is(virDomainPtr domain, const char *prefix) {
        return strncmp(virDomainGetName(domain), prefix, strlen(prefix)) == 0;
}

static struct {
        char uuid[VIR_UUID_STRING_BUFLEN];
        int fd;
} consoles[CONSOLES_MAX];
static unsigned n_consoles;
static pthread_mutex_t consoles_lock = PTHREAD_MUTEX_INITIALIZER;

static void console_add(virDomainPtr domain, int fd) {
        pthread_mutex_lock(&consoles_lock);
        if (n_consoles < CONSOLES_MAX) {
                (void) virDomainGetUUIDString(domain, consoles[n_consoles].uuid);
                consoles[n_consoles++].fd = fd;
        }
        pthread_mutex_unlock(&consoles_lock);
}

static void console_remove(int fd) {
        pthread_mutex_lock(&consoles_lock);
        for (unsigned i = 0; i < n_consoles; i++)
                if (consoles[i].fd == fd) {
                        consoles[i] = consoles[--n_consoles];
                        break;
                }
        close(fd);
        pthread_mutex_unlock(&consoles_lock);
}

static void *console_echo(void *data) {
        int fd = (int) (intptr_t) data;
        char buffer[4096];
        ssize_t n;

        while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
                if (send(fd, buffer, (size_t) n, MSG_NOSIGNAL) < n)
                        break;
        console_remove(fd);
        return NULL;
}

static void *console_flood(void *data) {
        int fd = (int) (intptr_t) data;
        char buffer[4096];

        memset(buffer, 'x', sizeof(buffer));
        while (send(fd, buffer, sizeof(buffer), MSG_NOSIGNAL) > 0)
                ;
        console_remove(fd);
        return NULL;
}

static void *console_silent(void *data) {
        int fd = (int) (intptr_t) data;
        struct pollfd end = { .fd = fd };

        (void) poll(&end, 1, /* timeout= */ -1);
        console_remove(fd);
        return NULL;
}

static bool console_start(virDomainPtr domain, int fd) {
        pthread_t thread;
        void *(*run)(void *) = domain_is(domain, "flood")    ? console_flood
                               : domain_is(domain, "silent") ? console_silent
                                                             : console_echo;

        console_add(domain, fd);
        if (pthread_create(&thread, NULL, run, (void *) (intptr_t) fd) != 0)
                return false;
        pthread_detach(thread);
        return true;
}

static void report(int number, const char *text) {
        /* Private to libvirt, and there for its drivers. */
        void (*raise)(int, int, const char *, const char *, size_t, const char *, ...) =
                        dlsym(RTLD_DEFAULT, "virReportErrorHelper");

        raise(VIR_FROM_TEST, number, __FILE__, __func__, __LINE__, "%s", text);
}

int virDomainOpenConsole(virDomainPtr domain, const char *device, virStreamPtr stream, unsigned int flags) {
        int (*open_fd)(virStreamPtr, int) = dlsym(RTLD_DEFAULT, "virFDStreamOpen");
        int pair[2];

        if (device && strcmp(device, "serial0") != 0) {
                report(VIR_ERR_INTERNAL_ERROR, "cannot find character device");
                return -1;
        }
        if (domain_is(domain, "busy") && !(flags & VIR_DOMAIN_CONSOLE_FORCE)) {
                report(VIR_ERR_OPERATION_FAILED, "Active console session exists for this domain");
                return -1;
        }
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -1;
        if (open_fd(stream, pair[0]) < 0 || !console_start(domain, pair[1]))
                return -1;
        return 0;
}

/* A display that greets, and echoes. */
int virDomainOpenGraphicsFD(virDomainPtr domain, unsigned int index, unsigned int flags) {
        static const char greeting[] = "RFB 003.008\n", open_greeting[] = "RFB 003.008 open\n";
        int pair[2];

        if (index > 0) {
                report(VIR_ERR_INTERNAL_ERROR, "graphics device not found");
                return -1;
        }
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || !console_start(domain, pair[1]))
                return -1;
        if (flags & VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH)
                (void) !write(pair[1], open_greeting, sizeof(open_greeting) - 1);
        else
                (void) !write(pair[1], greeting, sizeof(greeting) - 1);
        return pair[0];
}

int virDomainDestroyFlags(virDomainPtr domain, unsigned int flags) {
        int (*real)(virDomainPtr, unsigned int) = dlsym(RTLD_NEXT, "virDomainDestroyFlags");
        char uuid[VIR_UUID_STRING_BUFLEN];
        int r;

        (void) virDomainGetUUIDString(domain, uuid);
        r = real(domain, flags);
        pthread_mutex_lock(&consoles_lock);
        for (unsigned i = 0; i < n_consoles; i++)
                if (strcmp(consoles[i].uuid, uuid) == 0)
                        (void) shutdown(consoles[i].fd, SHUT_RDWR);
        pthread_mutex_unlock(&consoles_lock);
        return r;
}
