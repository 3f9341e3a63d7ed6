/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw-terminal.h"

#include <errno.h>
#include <sys/signalfd.h>

static void terminal_set(int fd, const struct termios *mode) {
        /* What was typed before belongs to whoever comes next. */
        while (tcsetattr(fd, TCSADRAIN, mode) < 0 && errno == EINTR)
                ;
}

static void terminal_set_raw(const RawTerminal *terminal) {
        struct termios mode = terminal->before;

        cfmakeraw(&mode);
        terminal_set(terminal->fd, &mode);
}

int raw_terminal_begin(RawTerminal *terminal, int fd) {
        static const int numbers[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT };
        sigset_t signals;

        *terminal = (RawTerminal){ .fd = fd, .signals = -EBADF };
        if (tcgetattr(fd, &terminal->before) < 0)
                return -errno;

        (void) sigemptyset(&signals);
        for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
                (void) sigaddset(&signals, numbers[i]);
        (void) sigprocmask(SIG_BLOCK, &signals, &terminal->mask_before);
        terminal->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (terminal->signals < 0) {
                int r = -errno;

                (void) sigprocmask(SIG_SETMASK, &terminal->mask_before, NULL);
                return r;
        }

        terminal_set_raw(terminal);
        return 0;
}

int raw_terminal_signal(RawTerminal *terminal) {
        struct signalfd_siginfo info;

        while (read(terminal->signals, &info, sizeof(info)) == sizeof(info))
                switch ((int) info.ssi_signo) {
                case SIGTSTP:
                        terminal_set(terminal->fd, &terminal->before);
                        (void) raise(SIGSTOP);
                        terminal_set_raw(terminal);
                        break;
                case SIGCONT: /* after a SIGSTOP that nobody can see come */
                        terminal_set_raw(terminal);
                        break;
                default:
                        return (int) info.ssi_signo;
                }

        return 0;
}

void raw_terminal_end(RawTerminal *terminal) {
        terminal_set(terminal->fd, &terminal->before);
        close_p(&terminal->signals);
        (void) sigprocmask(SIG_SETMASK, &terminal->mask_before, NULL);
}
