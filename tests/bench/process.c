/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <getopt.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/*
 * bench-process [-n COUNT] [-p PARALLEL] COMMAND…
 *         runs a command again and again, or so many at once; prints how long each time took until all of
 * them had ended. Its output is not kept. Fails if one of them does.
 */

static pid_t start(char **command) {
        pid_t pid = fork();

        must(pid < 0 ? -errno : 0, "fork");
        if (pid > 0)
                return pid;

        if (dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO) >= 0)
                execvp(command[0], command);
        _exit(127);
}

int main(int argc, char **argv) {
        unsigned long count = 1, parallel = 1;
        int c, failed = 0;

        while ((c = getopt(argc, argv, "+n:p:")) >= 0)
                if (c == 'n')
                        count = strtoul(optarg, NULL, 10);
                else if (c == 'p')
                        parallel = strtoul(optarg, NULL, 10);
                else
                        return 2;
        if (optind >= argc)
                return 2;

        for (unsigned long i = 0; i < count; i++) {
                uint64_t begin = now_nsec();
                int status;

                for (unsigned long p = 0; p < parallel; p++)
                        (void) start(argv + optind);
                for (unsigned long p = 0; p < parallel; p++) {
                        must(wait(&status) < 0 ? -errno : 0, "wait");
                        failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
                }
                printf("%" PRIu64 "\n", now_nsec() - begin);
        }

        if (failed)
                fprintf(stderr, "%d of %lu failed\n", failed, count * parallel);
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
