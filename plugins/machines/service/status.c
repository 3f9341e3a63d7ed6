/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "hatago-vm status": the line that each active unit shows of its machine, made true again. "hatago-vm
 * leases": the same while there are new leases. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "guest-address.h"
#include "guest-channel.h"
#include "places.h"
#include "run.h"
#include "task.h"
#include "unanswered.h"
#include "unit-list.h"
#include "verbs.h"
#include "vm-status.h"
#include "vm.h"

/* How many machines are looked at together. libvirtd takes five calls of one connection at once. */
#define TOGETHER 4U
/* How long libvirt may take to be connected, to tell what it knows itself of a machine, and a guest agent to
 * answer; and all of it. */
#define CONNECT_PATIENCE (10 * G_USEC_PER_SEC)
#define LOOK_PATIENCE (3 * G_USEC_PER_SEC)
#define ASK_PATIENCE (3 * G_USEC_PER_SEC)
/* How long one that takes longer is waited for: until libvirt has given up and its timeout is put back. */
#define ASK_SPAN ((2 * GUEST_AGENT_SECONDS + 2) * G_USEC_PER_SEC)
#define ALL_PATIENCE (60 * G_USEC_PER_SEC)

/* libvirt's (src/network/bridge_driver.c). */
#define LEASES_FOLDER "/var/lib/libvirt/dnsmasq"
/* There is at most one look in LEASES_PACE, and after LEASES_QUIET without a change there are enough. */
#define LEASES_PACE G_USEC_PER_SEC
#define LEASES_QUIET (2 * G_USEC_PER_SEC)
/* Looks take a small part of the time, however long one is, and all have an end: a guest can ask for leases
 * for ever. systemd starts it again. */
#define LEASES_COST 10
#define LEASES_PACE_MAX (90 * G_USEC_PER_SEC)
#define LEASES_SPAN (60 * G_USEC_PER_SEC)

#define LOCK_FILE UNANSWERED_FOLDER "/.lock"

/* A look at one machine. While it is on a thread it is the thread's; one that is late stays there for good.
 */
typedef struct Look {
        VmUnit *unit;
        RunRecord run;
        virConnectPtr connection;
        bool ask;     /* the guest agent too, where nobody else knows the address */
        bool late;    /* not the caller's any more */
        bool slow;    /* the guest agent took longer than ASK_PATIENCE */
        bool unknown; /* the address, and there may be an agent to ask */
        char *text;   /* NULL: the run is over, or libvirt does not tell */
} Look;

typedef struct Status {
        virConnectPtr connection; /* NULL: none yet, or one on which calls hang */
        int64_t end;              /* of all, monotonic */
        int64_t cost;             /* of the last look, µs */
} Status;

static Look *look_new(VmUnit *unit, const RunRecord *run, bool ask) {
        Look *look = g_new0(Look, 1);

        look->unit = vm_unit_ref(unit);
        look->run = *run;
        look->ask = ask;
        return look;
}

static void look_free(gpointer p) {
        Look *look = p;

        if (look->late)
                return;
        vm_unit_unref(look->unit);
        g_free(look->text);
        g_free(look);
}

/* On a thread. What hangs there, hangs: a machine that libvirt is busy with, an agent that does not answer.
 */
static void look_run(gpointer data) {
        Look *look = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(look->connection, look->run.uuid);
        g_autofree char *address = NULL, *rest = NULL;
        g_auto(VmStatus) status = { 0 };

        /* The unit of a run that has ended is on its way down. */
        if (!domain || virDomainGetID(domain) != look->run.id || vm_status_read(domain, &status) < 0)
                return;

        address = guest_address_known(domain);
        if (!address && look->ask) {
                int64_t since = g_get_monotonic_time();

                address = guest_address_asked(domain);
                look->slow = g_get_monotonic_time() - since >= ASK_PATIENCE;
        }
        look->unknown = !address && status.state == VIR_DOMAIN_RUNNING &&
                        guest_channel(domain) == CHANNEL_OPEN;
        rest = vm_status_format(&status);
        look->text = g_strconcat(rest, address ? ", " : NULL, address, NULL);
}

static void look_show(const Look *look) {
        int r;

        if (!look->text || g_str_equal(look->text, look->unit->status))
                return;

        r = unit_set_status(look->unit, look->text);
        if (r < 0)
                log_warning("Cannot tell systemd of process %d, ignoring: %s", (int) look->unit->pid,
                            g_strerror(-r));
}

/*
 * A few at a time
 */

static void connect_run(gpointer data) {
        virConnectPtr *connection = data;

        *connection = virConnectOpen("qemu:///system");
}

/* NULL: libvirt is not there, or does not answer. */
static virConnectPtr status_connect(Status *status) {
        virConnectPtr *connection;

        /* libvirtd may have ended since the last look. */
        if (status->connection && virConnectIsAlive(status->connection) > 0)
                return status->connection;

        connection = g_new0(virConnectPtr, 1);
        if (task_run(connect_run, connection, CONNECT_PATIENCE) != TASK_DONE)
                return NULL;
        status->connection = *connection;
        g_free(connection);
        return status->connection;
}

/* Waits until all have ended, or are late: those keep the connection for themselves. Returns -ENOTCONN where
 * libvirt is not there, -ETIME when the time for all is over: then nothing has begun. */
static int status_look_together(Status *status, Look **looks, guint n, int64_t patience) {
        virConnectPtr connection = status_connect(status);
        int64_t deadline = MIN(g_get_monotonic_time() + patience, status->end);
        Task *tasks[TOGETHER];

        if (!connection)
                return -ENOTCONN;
        if (g_get_monotonic_time() >= status->end)
                return -ETIME;

        for (guint i = 0; i < n; i++) {
                looks[i]->connection = connection;
                tasks[i] = task_start(look_run, looks[i]);
        }
        for (guint i = 0; i < n; i++) {
                looks[i]->late = task_wait(tasks[i], /* fd= */ -1, deadline) != TASK_DONE;
                if (looks[i]->late)
                        status->connection = NULL;
        }
        return 0;
}

/* Those of which nobody but their guest agent may know more; shows what was found before where it does not
 * tell. */
static int status_ask(Status *status, GPtrArray *looks, unsigned hanging) {
        for (guint i = 0; i < looks->len;) {
                g_autoptr(GPtrArray) asked = g_ptr_array_new_with_free_func(look_free);
                guint n = MIN(MIN(TOGETHER, looks->len - i), UNANSWERED_MAX - MIN(hanging, UNANSWERED_MAX));
                int r;

                for (guint j = 0; j < n; j++) {
                        const Look *look = looks->pdata[i + j];
                        g_ptr_array_add(asked, look_new(look->unit, &look->run, /* ask= */ true));
                }
                r = n > 0 ? status_look_together(status, (Look **) asked->pdata, n, ASK_SPAN) : 0;
                for (guint j = 0; j < MAX(n, 1); j++) {
                        const Look *before = looks->pdata[i + j], *look = n > 0 ? asked->pdata[j] : before;

                        if (look->late || look->slow) {
                                unanswered_add(UNANSWERED_FOLDER, before->run.uuid, before->run.id);
                                hanging++;
                        }
                        look_show(look->late || !look->text ? before : look);
                }
                if (r < 0)
                        return r;
                i += MAX(n, 1);
        }
        return 0;
}

/*
 * All of them
 */

static bool run_is_active(void *runs, const char *name) {
        return g_hash_table_contains(runs, name);
}

/* The units whose run is known; runs gets their names. */
static GPtrArray *looks_new(GPtrArray *units, GHashTable *runs) {
        GPtrArray *looks = g_ptr_array_new_with_free_func(look_free);

        for (guint i = 0; i < units->len; i++) {
                VmUnit *unit = units->pdata[i];
                RunRecord run;

                /* Of another process: a start or stop is under way, and says what there is to say. */
                if (run_record_read(RUNS_FOLDER, unit->instance, &run) < 0 || run.pid != unit->pid)
                        continue;
                g_ptr_array_add(looks, look_new(unit, &run, /* ask= */ false));
                g_hash_table_add(runs, unanswered_name(run.uuid, run.id));
        }
        return looks;
}

static int status_look(Status *status, GPtrArray *units) {
        g_autoptr(GHashTable) runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GPtrArray) looks = looks_new(units, runs), ask = g_ptr_array_new();
        unsigned hanging = unanswered_sweep(UNANSWERED_FOLDER, run_is_active, runs);

        for (guint i = 0; i < looks->len; i += TOGETHER) {
                guint n = MIN(TOGETHER, looks->len - i);
                int r = status_look_together(status, (Look **) looks->pdata + i, n, LOOK_PATIENCE);

                if (r < 0)
                        return r;
                for (guint j = i; j < i + n; j++) {
                        Look *look = looks->pdata[j];

                        if (look->late)
                                continue;
                        if (look->unknown && !unanswered_is(UNANSWERED_FOLDER, look->run.uuid, look->run.id))
                                g_ptr_array_add(ask, look);
                        else
                                look_show(look);
                }
        }
        return status_ask(status, ask, hanging);
}

/* There are two units that do this, and an older truth must not come after a newer one. */
static int lock_take(void) {
        int fd = open(LOCK_FILE, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX) < 0) {
                (void) close(fd);
                return -errno;
        }
        return fd;
}

static ExitStatus say(ExitStatus status, const char *text) {
        log_warning("%s", text);
        return status;
}

/* Nothing to mend: when libvirt is back, the agent asks anew, as the next lease does. The units take it for
 * no failure. */
static ExitStatus say_away(void) {
        log_info("libvirt is not there, or does not answer");
        return EXIT_NO_LIBVIRT;
}

static ExitStatus look_locked(Status *status) {
        g_autoptr(GPtrArray) units = NULL;
        g_autoptr(sd_bus) systemd = NULL;
        int r;

        status->end = g_get_monotonic_time() + ALL_PATIENCE;
        r = unit_list_connect(&systemd);
        if (r >= 0)
                r = unit_list_read(systemd, &units);
        if (r < 0)
                return say(EXIT_REFUSED, "systemd does not tell of its units");

        /* Where there is nothing to tell, libvirtd is left asleep. */
        r = units->len > 0 ? status_look(status, units) : 0;
        if (r == -ETIME)
                return say(EXIT_TIMED_OUT, "There was not time enough for all machines");
        return r < 0 ? say_away() : EXIT_DONE;
}

static ExitStatus look_once(Status *status) {
        int lock = lock_take();
        int64_t begin = g_get_monotonic_time();
        ExitStatus r;

        if (lock < 0)
                return say(EXIT_REFUSED, "Cannot lock " LOCK_FILE);

        r = look_locked(status);
        status->cost = g_get_monotonic_time() - begin;
        (void) close(lock);
        return r;
}

ExitStatus verb_status(const char *instance) {
        Status status = { 0 };

        vm_be_quiet();
        return look_once(&status);
}

/*
 * Leases
 */

/* Takes what has been told; returns whether that was anything. Waits for span µs at most. */
static bool leases_wait(int fd, int64_t span) {
        char events[4096];
        bool changed = false;

        if (task_wait(/* task= */ NULL, fd, g_get_monotonic_time() + span) == TASK_FD_READY)
                while (read(fd, events, sizeof(events)) > 0)
                        changed = true;
        return changed;
}

static int64_t leases_pace(const Status *status) {
        return CLAMP(LEASES_COST * status->cost, LEASES_PACE, LEASES_PACE_MAX);
}

/* systemd's path unit watches while this does not run: what changes between the last look here and that is
 * seen at the next change, which a guest's renewal of its lease is. */
ExitStatus verb_leases(const char *instance) {
        Status status = { 0 };
        int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        int64_t end = g_get_monotonic_time() + LEASES_SPAN, now;
        ExitStatus r;

        vm_be_quiet();
        if (fd < 0 || inotify_add_watch(fd, LEASES_FOLDER, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0)
                return say(EXIT_REFUSED, "Cannot watch " LEASES_FOLDER);

        do {
                r = look_once(&status);
                now = g_get_monotonic_time();
                /* What came while it paused has been seen by a look before it leaves. */
                if (now < end)
                        (void) task_wait(/* task= */ NULL, /* fd= */ -1, now + leases_pace(&status));
        } while (now < end && leases_wait(fd, LEASES_QUIET));
        (void) close(fd);
        return r;
}
