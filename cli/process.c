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
