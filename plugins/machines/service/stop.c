/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "end.h"
#include "places.h"
#include "run.h"
#include "verbs.h"
#include "vm.h"

/* systemd runs this too after QEMU has ended by itself, without $MAINPID: another run may have begun. And
 * the process may be that of a start that had nothing to do. */
static int open_main_process(const RunRecord *run) {
        const char *text = getenv("MAINPID");
        uint64_t pid;

        if (!text || !g_ascii_string_to_unsigned(text, 10, 1, INT_MAX, &pid, /* error= */ NULL) ||
            (pid_t) pid != run->pid)
                return -ESRCH;
        return qemu_open(run->pid, run->uuid);
}

ExitStatus verb_stop(const char *instance) {
        RunRecord run;
        int pidfd;
        bool off;

        vm_be_quiet();
        if (run_record_read(RUNS_FOLDER, instance, &run) < 0 || run.pid == 0)
                return EXIT_DONE;
        pidfd = open_main_process(&run);
        if (pidfd < 0)
                return EXIT_DONE;

        run.stopped = true;
        (void) run_record_write(RUNS_FOLDER, instance, &run);
        off = run_stop(&run, pidfd);
        (void) close(pidfd);
        return off ? EXIT_DONE : EXIT_TIMED_OUT;
}
