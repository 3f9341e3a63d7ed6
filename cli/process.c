/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PKTTYAGENT "/usr/bin/pkttyagent"
/* polkit may be busy; a user that waits longer is better served by the error that follows. */
#define AGENT_TIMEOUT_MSEC 5000
#define WAIT_INTERVAL (5 * USEC_PER_MSEC)

/* In the child, between fork and exec. Ends it if the parent has died meanwhile. */
static void child_prepare(pid_t parent) {
        sigset_t none;

        (void) prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
                _exit(EXIT_SUCCESS);
        (void) sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
        (void) signal(SIGINT, SIG_DFL);
}

pid_t polkit_agent_open(const Cli *cli) {
        _cleanup_close_ int ready = -EBADF, notify = -EBADF;
        g_autofree char *number = NULL;
        pid_t parent = getpid(), pid;
        int pipes[2];
        struct pollfd poll_fd;

        if (!cli->interactive || cli->options->user || geteuid() == 0 || access(PKTTYAGENT, X_OK) < 0)
                return 0;
        if (pipe2(pipes, O_CLOEXEC) < 0)
                return 0;
        ready = pipes[0];
        notify = pipes[1];
        number = g_strdup_printf("%i", notify);

        pid = fork();
        if (pid < 0)
                return 0;
        if (pid == 0) {
                child_prepare(parent);
                (void) fcntl(notify, F_SETFD, 0);
                (void) execl(PKTTYAGENT, PKTTYAGENT, "--notify-fd", number, "--fallback", NULL);
                _exit(EXIT_FAILURE);
        }
        close_p(&notify);
        /* It closes its end when it is registered, or dies. */
        poll_fd = (struct pollfd){ .fd = ready };
        (void) poll(&poll_fd, 1, AGENT_TIMEOUT_MSEC);
        return pid;
}

void polkit_agent_close(pid_t pid) {
        if (pid <= 0)
                return;
        (void) kill(pid, SIGTERM);
        (void) kill(pid, SIGCONT);
        (void) waitpid(pid, NULL, 0);
}

/* The words of the pager's command, NULL if the user wants none. */
static char **pager_command(void) {
        const char *variables[] = { getenv("HATAGO_PAGER"), getenv("PAGER"), "less" };
        g_auto(GStrv) words = NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
                if (!variables[i])
                        continue;
                if (!g_shell_parse_argv(variables[i], NULL, &words, NULL) || strcmp(words[0], "cat") == 0)
                        return NULL;
                return g_steal_pointer(&words);
        }
        return NULL;
}

/* In the child. */
static void pager_exec(char **command, int input) {
        /* -F: not for what fits on the screen; -R: colours; -X: leave it on the screen. */
        (void) setenv("LESS", "FRX", /* overwrite= */ 1);
        (void) setenv("LESSCHARSET", g_get_charset(NULL) ? "utf-8" : "ascii", 0);
        if (getenv("SUDO_UID") || getenv("PKEXEC_UID"))
                (void) setenv("LESSSECURE", "1", 1); /* no shell from the pager of one who may run only us */
        (void) dup2(input, STDIN_FILENO);
        (void) execvp(command[0], command);
        /* Without it the output still has to come out. */
        (void) execlp("cat", "cat", NULL);
        _exit(EXIT_FAILURE);
}

pid_t pager_open(const Cli *cli) {
        _cleanup_close_ int input = -EBADF, output = -EBADF;
        g_auto(GStrv) command = NULL;
        pid_t parent = getpid(), pid;
        int pipes[2];

        if (!cli->terminal->out_tty || cli->options->no_pager)
                return 0;
        command = pager_command();
        if (!command || pipe2(pipes, O_CLOEXEC) < 0)
                return 0;
        input = pipes[0];
        output = pipes[1];
        (void) fflush(stdout);

        pid = fork();
        if (pid < 0)
                return 0;
        if (pid == 0) {
                child_prepare(parent);
                pager_exec(command, input);
        }
        (void) dup2(output, STDOUT_FILENO);
        (void) signal(SIGINT, SIG_IGN); /* it is the pager's while that runs */
        return pid;
}

void pager_close(pid_t pid) {
        _cleanup_close_ int nowhere = -EBADF;

        if (pid <= 0)
                return;
        (void) fflush(stdout);
        /* The pager's end of file; not fclose(): main() flushes again, where it cannot fail. */
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
                (void) close(STDOUT_FILENO);
        clearerr(stdout); /* one may leave a pager before the end */
        (void) waitpid(pid, NULL, 0);
}

/* Reads until the end. */
static int read_all(int fd, int64_t deadline, size_t max, GByteArray *output) {
        for (;;) {
                struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
                int64_t left = deadline - g_get_monotonic_time();
                uint8_t buffer[4096];
                ssize_t n;

                if (left <= 0)
                        return -ETIMEDOUT;
                n = poll(&poll_fd, 1, (int) (left / (int64_t) USEC_PER_MSEC) + 1);
                if (n > 0)
                        n = read(fd, buffer, sizeof(buffer));
                else if (n == 0)
                        continue;
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -EIO : 0;
                if (output->len + (size_t) n > max)
                        return -EFBIG;
                g_byte_array_append(output, buffer, (guint) n);
        }
}

/* Its status, 0 in time; it may go on after its output has ended. */
static int wait_end(pid_t pid, int64_t deadline, int *ret_status) {
        for (;;) {
                if (waitpid(pid, ret_status, WNOHANG) == pid)
                        return 0;
                if (g_get_monotonic_time() >= deadline)
                        return -ETIMEDOUT;
                g_usleep(WAIT_INTERVAL);
        }
}

int process_read(const char *const *argv, uint64_t timeout, size_t max, GBytes **ret_output,
                 int *ret_status) {
        int64_t deadline = g_get_monotonic_time() + (int64_t) timeout;
        g_autoptr(GByteArray) output = g_byte_array_new();
        _cleanup_close_ int fd = -EBADF;
        g_autoptr(GError) error = NULL;
        int status = 0, r;
        pid_t pid;

        if (!g_spawn_async_with_pipes(NULL, (char **) argv, NULL,
                                      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
                                      NULL, &fd, NULL, &error))
                return g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT) ? -ENOENT : -EIO;

        r = read_all(fd, deadline, max, output);
        if (r >= 0)
                r = wait_end(pid, deadline, &status);
        if (r < 0) {
                (void) kill(pid, SIGKILL);
                (void) waitpid(pid, NULL, 0);
                return r;
        }

        *ret_output = g_byte_array_free_to_bytes(g_steal_pointer(&output));
        *ret_status = status;
        return 0;
}

char *process_remote_command(const char *const *words) {
        g_autoptr(GString) command = g_string_new("hatago --no-ask-password");

        for (; *words; words++) {
                g_autofree char *quoted = g_shell_quote(*words);

                g_string_append_printf(command, " %s", quoted);
        }
        return g_strdup(command->str);
}
