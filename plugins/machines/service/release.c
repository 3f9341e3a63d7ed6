/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "hatago-vm release": systemd lets go of all machines, which run on. Before the package is removed: a unit
 * without its file has no ExecStop= any more, and systemd would end QEMU by a signal. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "places.h"
#include "run.h"
#include "unit-list.h"
#include "verbs.h"

/* Starts that are under way end in that, as a rule, and what has started is let go as well. */
#define PATIENCE (60 * G_USEC_PER_SEC)
#define PAUSE (100 * G_TIME_SPAN_MILLISECOND)
#define SETTLE (5 * G_USEC_PER_SEC)

/* A process that is the main one of units in QEMU's place, and whose end is theirs. systemd hears of the end
 * of its own children alone: it is one, as its parent has ended. */
typedef struct StandIn {
        pid_t pid;
        int life; /* it ends when this is closed */
} StandIn;

static void stand_in_live(int life[2]) {
        char nothing;

        (void) close(life[1]);
        (void) read(life[0], &nothing, 1);
        _exit(0);
}

/* In a process between: tells the number of its child, and ends. */
static void stand_in_begin(int life[2], int told) {
        pid_t pid = fork();

        if (pid == 0)
                stand_in_live(life);
        _exit(pid > 0 && write(told, &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1);
}

static int stand_in_start(StandIn *ret) {
        int life[2], told[2], r = 0;
        pid_t between, pid;

        if (pipe2(life, O_CLOEXEC) < 0)
                return -errno;
        if (pipe2(told, O_CLOEXEC) < 0) {
                r = -errno;
                (void) close(life[0]);
                (void) close(life[1]);
                return r;
        }

        between = fork();
        if (between == 0)
                stand_in_begin(life, told[1]);
        if (between < 0 || waitpid(between, /* status= */ NULL, /* options= */ 0) < 0)
                r = -errno;
        (void) close(told[1]);
        (void) close(life[0]);
        if (r >= 0 && read(told[0], &pid, sizeof(pid)) != sizeof(pid))
                r = -ECHILD;
        (void) close(told[0]);
        if (r < 0) {
                (void) close(life[1]);
                return r;
        }

        *ret = (StandIn){ .pid = pid, .life = life[1] };
        return 0;
}

/* Without a record of its run the unit has nothing to stop, and no end to judge. records: instance to what
 * was taken away. */
static void take_record(GHashTable *records, const char *instance) {
        RunRecord run;

        if (run_record_read(RUNS_FOLDER, instance, &run) < 0)
                return;
        run_record_remove(RUNS_FOLDER, instance);
        g_hash_table_replace(records, g_strdup(instance), g_memdup2(&run, sizeof(run)));
}

/* Units that still have QEMU stop it as ever. */
static void give_records_back(GHashTable *records, GPtrArray *units) {
        for (guint i = 0; i < units->len; i++) {
                const VmUnit *unit = units->pdata[i];
                const RunRecord *run = g_hash_table_lookup(records, unit->instance);

                if (run && run->pid == unit->pid)
                        (void) run_record_write(RUNS_FOLDER, unit->instance, run);
        }
}

static int release_units(GHashTable *records, GPtrArray *units) {
        StandIn stand_in;
        int r;

        if (units->len == 0)
                return 0;

        r = stand_in_start(&stand_in);
        if (r < 0)
                return r;

        for (guint i = 0; r >= 0 && i < units->len; i++) {
                const VmUnit *unit = units->pdata[i];

                take_record(records, unit->instance);
                r = unit_set_main_pid(unit, stand_in.pid);
        }
        /* A process that has ended already would not be taken. */
        if (r >= 0)
                r = sd_notify_barrier(/* unset_environment= */ false, SETTLE);
        (void) close(stand_in.life);
        return MIN(r, 0);
}

/* Until no unit of a machine has anything to do; -ETIME: some still have. */
static int release_all(sd_bus *systemd, GHashTable *records) {
        int64_t deadline = g_get_monotonic_time() + PATIENCE;

        for (;;) {
                g_autoptr(GPtrArray) units = NULL;
                int r = unit_list_read(systemd, &units);

                if (r >= 0)
                        r = release_units(records, units);
                if (r >= 0)
                        r = unit_list_count(systemd);
                if (r <= 0)
                        return r;
                if (g_get_monotonic_time() >= deadline)
                        return -ETIME;
                g_usleep(PAUSE);
        }
}

ExitStatus verb_release(const char *instance) {
        g_autoptr(GHashTable) records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GPtrArray) units = NULL;
        g_autoptr(sd_bus) systemd = NULL;
        int r = unit_list_connect(&systemd);

        if (r >= 0)
                r = release_all(systemd, records);
        if (r >= 0)
                return EXIT_DONE;

        if (systemd && unit_list_read(systemd, &units) >= 0)
                give_records_back(records, units);
        log_error("Machines are still services: %s",
                  r == -ETIME ? "some are being started or stopped" : g_strerror(-r));
        return r == -ETIME ? EXIT_TIMED_OUT : EXIT_REFUSED;
}
