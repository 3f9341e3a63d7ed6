/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "bus.h"
#include "errors.h"
#include "job-progress.h"
#include "json.h"
#include "names.h"
#include "text.h"

/* A guest that listens has begun to shut down by then, and shown it; one that boots has not. */
#define NOTICE_USEC (15 * (int64_t) USEC_PER_SEC)

struct JobWait {
        const Cli *cli;
        sd_bus_slot *removed_slot, *owner_slot, *changed_slot;
        GHashTable *ends;    /* path → JobEnd: also of jobs not added yet */
        GPtrArray *paths;    /* of those added */
        GHashTable *notices; /* path → text; those that are still to be printed */
        int64_t notices_due; /* µs, monotonic */
        JobProgress progress;
        bool lost; /* the agent left the bus */
};

static void job_end_free(void *data) {
        JobEnd *end = data;

        g_free(end->result);
        g_free(end->error);
        g_free(end->message);
        g_free(end);
}

void job_wait_add_end(JobWait *wait, const char *path, const char *result, const char *error,
                      const char *message) {
        JobEnd *end = g_new(JobEnd, 1);

        *end = (JobEnd){
                .result = g_strdup(result),
                .error = g_strdup(error),
                .message = g_strdup(message),
        };
        g_hash_table_replace(wait->ends, g_strdup(path), end); /* takes both */
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *path, *result, *name, *text;
        JobWait *wait = userdata;
        int r;

        r = sd_bus_message_read(message, "osss", &path, &result, &name, &text);
        if (r < 0)
                return r;
        job_wait_add_end(wait, path, result, name, text);
        return 0;
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *name, *old_owner, *new_owner;
        JobWait *wait = userdata;
        int r;

        r = sd_bus_message_read(message, "sss", &name, &old_owner, &new_owner);
        if (r < 0)
                return r;
        /* A first owner is the agent that our own call activated; a second one knows nothing of our jobs. */
        if (*old_owner)
                wait->lost = true;
        return 0;
}

static int on_job_changed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(JsonObject) properties = NULL;
        JobWait *wait = userdata;
        const char *interface;
        int r;

        r = sd_bus_message_read(message, "s", &interface);
        if (r < 0)
                return r;
        r = json_object_from_message(message, &properties);
        if (r < 0)
                return r;
        job_progress_update(&wait->progress, sd_bus_message_get_path(message), properties);
        return 0;
}

static int job_wait_match(JobWait *wait) {
        static const char owner[] =
                        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                        "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                        "arg0='" HATAGO_SERVICE "'";
        static const char changed[] =
                        "type='signal',sender='" HATAGO_SERVICE "',path_namespace='" HATAGO_JOBS_PATH
                        "',interface='" PROPERTIES_INTERFACE "',member='PropertiesChanged',"
                        "arg0='" JOB_INTERFACE "'";
        sd_bus *bus = wait->cli->bus;
        int r;

        /* Not awaited: the bus handles them before the calls that follow. */
        r = sd_bus_match_signal_async(bus, &wait->removed_slot, HATAGO_SERVICE, HATAGO_PATH,
                                      MANAGER_INTERFACE, "JobRemoved", on_job_removed, NULL, wait);
        if (r < 0)
                return r;
        r = sd_bus_add_match_async(bus, &wait->owner_slot, owner, on_owner_changed, NULL, wait);
        if (r < 0)
                return r;
        return sd_bus_add_match_async(bus, &wait->changed_slot, changed, on_job_changed, NULL, wait);
}

int job_wait_new(const Cli *cli, sd_bus_error *error, JobWait **ret) {
        g_autoptr(JobWait) wait = g_new0(JobWait, 1);
        int r;

        wait->cli = cli;
        wait->ends = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, job_end_free);
        wait->paths = g_ptr_array_new_with_free_func(g_free);
        wait->notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        wait->notices_due = g_get_monotonic_time() + NOTICE_USEC;
        job_progress_init(&wait->progress, cli->terminal);
        r = job_wait_match(wait);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret = g_steal_pointer(&wait);
        return 0;
}

JobWait *job_wait_free(JobWait *wait) {
        if (!wait)
                return NULL;
        (void) sd_bus_slot_unref(wait->removed_slot);
        (void) sd_bus_slot_unref(wait->owner_slot);
        (void) sd_bus_slot_unref(wait->changed_slot);
        g_hash_table_unref(wait->ends);
        g_ptr_array_unref(wait->paths);
        g_hash_table_unref(wait->notices);
        job_progress_done(&wait->progress);
        g_free(wait);
        return NULL;
}

void job_wait_add(JobWait *wait, const char *path, const char *label) {
        g_ptr_array_add(wait->paths, g_strdup(path));
        job_progress_add(&wait->progress, path, label);
}

void job_wait_add_properties(JobWait *wait, const char *path, JsonObject *properties) {
        job_progress_update(&wait->progress, path, properties);
}

void job_wait_add_notice(JobWait *wait, const char *path, char *notice) {
        g_hash_table_replace(wait->notices, g_strdup(path), notice);
}

const JobEnd *job_wait_end(const JobWait *wait, const char *path) {
        return g_hash_table_lookup(wait->ends, path);
}

static unsigned job_wait_count_ended(const JobWait *wait) {
        unsigned n = 0;

        for (guint i = 0; i < wait->paths->len; i++)
                if (job_wait_end(wait, wait->paths->pdata[i]))
                        n++;
        return n;
}

/* Handles what has arrived. Returns 1 when nothing is left to be waited for. */
static int job_wait_dispatch(JobWait *wait) {
        for (;;) {
                int r;

                if (job_wait_count_ended(wait) == wait->paths->len)
                        return 1;
                if (wait->lost)
                        return -ECONNRESET;
                r = sd_bus_process(wait->cli->bus, NULL);
                if (r <= 0)
                        return r;
        }
}

/* Prints the notices of those that have not ended, once, when it is time. */
static void job_wait_print_notices(JobWait *wait) {
        if (g_hash_table_size(wait->notices) == 0 || g_get_monotonic_time() < wait->notices_due)
                return;
        job_progress_clear(&wait->progress);
        for (guint i = 0; i < wait->paths->len; i++) {
                const char *path = wait->paths->pdata[i], *notice = g_hash_table_lookup(wait->notices, path);

                if (notice && !job_wait_end(wait, path))
                        fputs(notice, stderr);
        }
        g_hash_table_remove_all(wait->notices);
}

/* As poll() takes it. */
static int job_wait_timeout(const JobWait *wait) {
        int interval = job_progress_interval(&wait->progress);
        int64_t left = wait->notices_due - g_get_monotonic_time();

        if (interval >= 0 || g_hash_table_size(wait->notices) == 0)
                return interval;
        return (int) (MAX(left, 0) / (int64_t) USEC_PER_MSEC) + 1;
}

/* Sleeps until the bus or the signal's descriptor has something, or something is to be
 * printed. */
static int job_wait_poll(JobWait *wait, int signal_fd) {
        sd_bus *bus = wait->cli->bus;
        struct pollfd fds[] = {
                { .fd = sd_bus_get_fd(bus) },
                { .fd = signal_fd, .events = POLLIN },
        };
        int r;

        r = sd_bus_get_events(bus);
        if (r < 0)
                return r;
        fds[0].events = (short) r;
        if (poll(fds, G_N_ELEMENTS(fds), job_wait_timeout(wait)) < 0 && errno != EINTR)
                return -errno;
        return fds[1].revents ? -EINTR : 0;
}

static int job_wait_loop(JobWait *wait, int signal_fd) {
        for (;;) {
                int r;

                r = job_wait_dispatch(wait);
                if (r != 0)
                        return MIN(r, 0);
                job_wait_print_notices(wait);
                job_progress_draw(&wait->progress, job_wait_count_ended(wait));
                r = job_wait_poll(wait, signal_fd);
                if (r < 0)
                        return r;
        }
}

int job_wait_run(JobWait *wait) {
        _cleanup_close_ int signal_fd = -EBADF;
        sigset_t interrupt, before;
        int r;

        if (wait->paths->len == 0)
                return 0;
        (void) sigemptyset(&interrupt);
        (void) sigaddset(&interrupt, SIGINT);
        (void) sigprocmask(SIG_BLOCK, &interrupt, &before);
        signal_fd = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
        r = signal_fd < 0 ? -errno : job_wait_loop(wait, signal_fd);
        job_progress_clear(&wait->progress);
        if (r == -EINTR) {
                struct signalfd_siginfo taken;

                (void) !read(signal_fd, &taken, sizeof(taken)); /* or it would end us when it is unblocked */
        }
        (void) sigprocmask(SIG_SETMASK, &before, NULL);
        return r;
}

static void report_unfinished(const JobWait *wait, int r, const char *path, const char *subject) {
        g_autofree char *name = terminal_text(wait->cli->terminal, subject);
        const char *number = job_number(path);

        if (r == -EINTR)
                fprintf(stderr,
                        _("hatago: no longer waiting for '%s'; its job goes on: hatago job watch %s\n"),
                        name, number);
        else
                fprintf(stderr,
                        _("hatago: the agent left the bus: what became of '%s' is not known (job %s).\n"
                          "How it is now: hatago status\n"),
                        name, number);
}

/* What the signal of its end does not tell: the job is readable for a while still. NULL if it is not. */
static JsonObject *job_facts(const JobWait *wait, const char *path) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        JsonObject *facts = NULL;

        return bus_get_all(wait->cli, path, JOB_INTERFACE, &error, &facts) < 0 ? NULL : facts;
}

bool job_wait_report(const JobWait *wait, int r, const char *path, const char *subject) {
        const JobEnd *end = job_wait_end(wait, path);
        g_autoptr(JsonObject) facts = NULL;
        JsonObject *arguments = NULL;
        const char *error;

        if (!end) {
                report_unfinished(wait, r, path, subject);
                return false;
        }
        if (strcmp(end->result, "done") == 0)
                return true;
        error = *end->error                            ? end->error
                : strcmp(end->result, "timeout") == 0  ? HATAGO_ERROR("TimedOut")
                : strcmp(end->result, "canceled") == 0 ? HATAGO_ERROR("Canceled")
                                                       : HATAGO_ERROR("Failed");
        facts = job_facts(wait, path);
        if (facts && json_object_has_member(facts, "ErrorArguments"))
                arguments = json_object_get_object_member(facts, "ErrorArguments");
        error_report_name(wait->cli, subject, error, *end->message ? end->message : end->result, arguments);
        return false;
}
