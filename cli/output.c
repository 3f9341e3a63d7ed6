/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

void output_init(void) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                /* Takes the lowest that is free: this one. In the direction that nobody wants. */
                if (fcntl(fd, F_GETFD) < 0)
                        (void) !open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int output_finish(int status) {
        bool failed = ferror(stdout) != 0;

        errno = EIO; /* of an earlier failure, the reason is not kept */
        if (fflush(stdout) != EOF && !failed)
                return status;
        if (errno != EPIPE)
                fprintf(stderr, _("hatago: cannot write the output: %s\n"), g_strerror(errno));
        return status ? status : EXIT_FAILURE;
}
