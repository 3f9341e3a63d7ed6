/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "statistics.h"

#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "reading.h"

#define INTERVAL_USEC (5 * G_TIME_SPAN_SECOND)
/* The second sample comes soon after the first, for there to be rates. */
#define SECOND_USEC (1 * G_TIME_SPAN_SECOND)
#define ACCURACY_USEC (50 * G_TIME_SPAN_MILLISECOND)
/* A reading is shown for so many intervals. */
#define FRESH_INTERVALS 3U
#define PATIENCE_USEC (5 * G_TIME_SPAN_SECOND)
#define PATIENCE_LAST_USEC (1 * G_TIME_SPAN_MINUTE)
/* Whoever asks for the first sample, at a time; the rest get an answer without one. */
#define WAITERS_MAX 64U
#define HISTORY_KEPT_USEC (HISTORY_ROWS * (uint64_t) HISTORY_COARSE_USEC)

typedef struct Waiter {
        void (*done)(void *data);
        void *data;
} Waiter;

struct Statistics {
        Machines *machines;
        uint64_t interval;
        bool background, active;

        sd_event_source *timer; /* NULL while inactive */
        uint64_t tick;          /* when the last sample was begun, CLOCK_BOOTTIME; 0: none */
        uint64_t when;          /* when the last one was there, CLOCK_REALTIME; 0: none */
        uint64_t sampled;       /* the tick that is in it; CLOCK_BOOTTIME */
        bool second;            /* the next one is the second */
        bool complete;          /* the first one is there, or has been waited for */
        bool reading_host;

        GQueue to_ask; /* UUIDs, owned */
        unsigned n_asked;

        GArray *waiters; /* of Waiter */
        sd_event_source *wait_timer;
};

static uint64_t boottime_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t) now.tv_sec * G_TIME_SPAN_SECOND + (uint64_t) now.tv_nsec / 1000;
}

/*
 * Who waits for the first sample
 */

static void statistics_end_waiting(Statistics *s) {
        g_autoptr(GArray) waiters = s->waiters;

        s->complete = true;
        s->wait_timer = sd_event_source_disable_unref(s->wait_timer);
        s->waiters = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Waiter));
        for (guint i = 0; i < waiters->len; i++) {
                Waiter *waiter = &g_array_index(waiters, Waiter, i);
                waiter->done(waiter->data);
        }
}

/* After each answer: it may be the last of the first round. */
static void statistics_completed(Statistics *s) {
        if (!s->complete && s->when > 0 && s->n_asked == 0 && g_queue_is_empty(&s->to_ask))
                statistics_end_waiting(s);
}

static int statistics_on_wait(sd_event_source *source, uint64_t usec, void *userdata) {
        statistics_end_waiting(userdata);
        return 0;
}

bool statistics_wait(Statistics *s, void (*done)(void *data), void *data) {
        const Services *services = s->machines->services;
        Waiter waiter = { done, data };

        if (!s->active || s->complete || !hypervisor_is_connected(services->hypervisor) ||
            s->waiters->len >= WAITERS_MAX)
                return false;

        if (!s->wait_timer &&
            sd_event_add_time_relative(services->event, &s->wait_timer, CLOCK_MONOTONIC,
                                       STATISTICS_WAIT_USEC, /* accuracy= */ 0, statistics_on_wait, s) < 0)
                return false;

        g_array_append_val(s->waiters, waiter);
        return true;
}

/*
 * What each process must be asked for
 */

typedef struct Question {
        Statistics *statistics;
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned run; /* 0: it was not read */
        uint64_t at;
        StatsSample sample;
} Question;

static void statistics_ask(Statistics *s);

static bool sample_is_of_process(const StatsSample *sample) {
        return sample->values[STATS_MEMORY_RSS] != STATS_UNKNOWN ||
               sample->values[STATS_DISK_READ_BYTES] != STATS_UNKNOWN;
}

static int question_run(void *data, virConnect *connection, Failure *failure) {
        Question *question = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, question->uuid);
        virDomainPtr domains[] = { domain, NULL };
        virDomainStatsRecordPtr *records;
        int n;

        if (!domain)
                return hypervisor_failure(failure);

        /* Not waiting: where another call holds the machine, the answer lacks what the process would tell.
         */
        n = virDomainListGetStats(domains, VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_BLOCK, &records,
                                  VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
        if (n < 0)
                return hypervisor_failure(failure);

        if (n > 0) {
                question->run = virDomainGetID(records[0]->dom);
                question->at = boottime_now();
                stats_read_record(records[0]->params, records[0]->nparams, &question->sample);
        }
        virDomainStatsRecordListFree(records);
        return 0;
}

/* A process that answered late is asked less and less often. */
static void machine_statistics_answered(MachineStatistics *m, uint64_t now) {
        bool late = now - m->asked_at > STATISTICS_LATE_USEC;

        m->patience = !late             ? 0
                      : m->patience > 0 ? MIN(m->patience * 2, (uint64_t) PATIENCE_LAST_USEC)
                                        : PATIENCE_USEC;
        m->ask_after = now + m->patience;
        m->asked = m->told = false;
}

static void question_done(void *data, int result, Failure *failure) {
        g_autofree Question *question = data;
        Statistics *s = question->statistics;
        Machine *machine = machines_find(s->machines, question->uuid);
        MachineStatistics *m = machine ? machine->statistics : NULL;

        s->n_asked--;
        if (m && m->asked)
                machine_statistics_answered(m, boottime_now());
        if (m && s->active && result >= 0 && question->run == machine->id && question->run != 0 &&
            sample_is_of_process(&question->sample))
                machine_statistics_take(m, STATS_OF_PROCESS, question->run, question->at, &question->sample);

        stats_sample_done(&question->sample);
        statistics_ask(s);
        statistics_completed(s);
}

static bool statistics_ask_one(Statistics *s, const char *uuid) {
        g_auto(Failure) failure = { 0 };
        Machine *machine = machines_find(s->machines, uuid);
        Question *question;
        Request request;

        if (!machine || !machine_is_active(machine))
                return true;

        question = g_new(Question, 1);
        *question = (Question){ .statistics = s };
        g_strlcpy(question->uuid, uuid, sizeof(question->uuid));
        request = (Request){
                .lane = LANE_STATISTICS,
                .key = question->uuid,
                .run = question_run,
                .done = question_done,
                .data = question,
        };
        if (hypervisor_submit(s->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure) <
            0) {
                g_free(question);
                return false;
        }

        if (!machine->statistics)
                machine->statistics = machine_statistics_new();
        machine->statistics->asked = true;
        machine->statistics->asked_at = boottime_now();
        s->n_asked++;
        return true;
}

/* Asks as many as may be asked at a time. */
static void statistics_ask(Statistics *s) {
        char *uuid;
        bool asked = true;

        while (asked && s->n_asked < STATISTICS_CALLS_MAX && (uuid = g_queue_pop_head(&s->to_ask))) {
                asked = statistics_ask_one(s, uuid);
                g_free(uuid);
        }
}

/* Once, when it begins. */
static void machine_statistics_tell(const Machine *machine) {
        MachineStatistics *m = machine->statistics;
        g_autofree char *name = NULL;

        if (m->told)
                return;

        m->told = true;
        name = text_printable(machine->name);
        log_notice("The hypervisor process of machine \"%s\" does not answer; its memory and disks are not "
                   "sampled until it does.",
                   name);
}

/* Whoever is not to be asked yet, or has not answered, is left out. A round that takes longer than the
 * interval is finished first. */
static void statistics_begin_round(Statistics *s, uint64_t now) {
        bool fill = g_queue_is_empty(&s->to_ask);
        GHashTableIter i;
        gpointer p;

        g_hash_table_iter_init(&i, s->machines->by_uuid);
        while (g_hash_table_iter_next(&i, NULL, &p)) {
                const Machine *machine = p;
                const MachineStatistics *m = machine->statistics;

                if (m && m->asked && now - m->asked_at > STATISTICS_LATE_USEC)
                        machine_statistics_tell(machine);
                if (fill && machine_is_active(machine) && (!m || (!m->asked && m->ask_after <= now)))
                        g_queue_push_tail(&s->to_ask, g_strdup(machine->uuid));
        }

        statistics_ask(s);
}

/*
 * What the host knows of all
 */

typedef struct HostRow {
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned run;
        StatsSample sample;
} HostRow;

typedef struct HostRound {
        Statistics *statistics;
        GArray *rows; /* of HostRow */
        uint64_t at;
} HostRound;

static void host_row_clear(gpointer row) {
        stats_sample_done(&((HostRow *) row)->sample);
}

static int host_run(void *data, virConnect *connection, Failure *failure) {
        HostRound *round = data;
        virDomainStatsRecordPtr *records;
        virDomainInfo info;
        int n;

        /* With a group that needs a process, all would wait for one that hangs: also with CPU_TOTAL, which
         * libvirt asks it for since it knows of halt polling. */
        n = virConnectGetAllDomainStats(connection, VIR_DOMAIN_STATS_INTERFACE, &records,
                                        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |
                                                        VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
        if (n < 0)
                return hypervisor_failure(failure);

        round->at = boottime_now();
        for (int i = 0; i < n; i++) {
                HostRow row = { .run = virDomainGetID(records[i]->dom) };

                (void) virDomainGetUUIDString(records[i]->dom, row.uuid);
                stats_read_record(records[i]->params, records[i]->nparams, &row.sample);
                if (virDomainGetInfo(records[i]->dom, &info) >= 0)
                        row.sample.values[STATS_CPU_TIME] = stats_processor_time(info.cpuTime);
                g_array_append_val(round->rows, row);
        }
        virDomainStatsRecordListFree(records);
        return 0;
}

static void host_apply(Statistics *s, const HostRound *round) {
        for (guint i = 0; i < round->rows->len; i++) {
                HostRow *row = &g_array_index(round->rows, HostRow, i);
                Machine *machine = machines_find(s->machines, row->uuid);

                /* Where the two disagree, the model is about to hear of it. */
                if (!machine || !machine_is_active(machine) || machine->id != row->run)
                        continue;
                if (!machine->statistics)
                        machine->statistics = machine_statistics_new();
                machine_statistics_take(machine->statistics, STATS_OF_HOST, row->run, round->at,
                                        &row->sample);
        }

        s->when = (uint64_t) g_get_real_time();
        s->sampled = s->tick;
}

static void host_done(void *data, int result, Failure *failure) {
        g_autofree HostRound *round = data;
        Statistics *s = round->statistics;

        s->reading_host = false;
        if (result < 0 && !reading_is_disconnected(result)) {
                g_autofree char *reason = text_printable(failure->message);
                log_debug("Cannot read the statistics, trying again at the next interval: %s", reason);
        }
        if (result >= 0 && s->active)
                host_apply(s, round);
        g_array_unref(round->rows);

        statistics_completed(s);
}

static void statistics_read_host(Statistics *s) {
        g_auto(Failure) failure = { 0 };
        HostRound *round;
        Request request;

        if (s->reading_host)
                return;

        round = g_new(HostRound, 1);
        *round = (HostRound){
                .statistics = s,
                .rows = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(HostRow)),
        };
        g_array_set_clear_func(round->rows, host_row_clear);
        request = (Request){ .lane = LANE_STATISTICS, .run = host_run, .done = host_done, .data = round };

        s->reading_host = true;
        if (hypervisor_submit(s->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure) <
            0) {
                s->reading_host = false;
                g_array_unref(round->rows);
                g_free(round);
        }
}

/*
 * The interval
 */

static unsigned statistics_count_histories(const Statistics *s) {
        GHashTableIter i;
        gpointer machine;
        unsigned n = 0;

        g_hash_table_iter_init(&i, s->machines->by_uuid);
        while (g_hash_table_iter_next(&i, NULL, &machine)) {
                const MachineStatistics *m = ((Machine *) machine)->statistics;
                n += m && m->history;
        }

        return n;
}

/* What was read since the last tick becomes history; what is older than any history is dropped. */
static void statistics_record(Statistics *s, uint64_t now) {
        unsigned n_histories = statistics_count_histories(s);
        GHashTableIter i;
        gpointer p;

        g_hash_table_iter_init(&i, s->machines->by_uuid);
        while (g_hash_table_iter_next(&i, NULL, &p)) {
                const Machine *machine = p;
                MachineStatistics *m = machine->statistics;

                if (!m)
                        continue;
                if (m->history && now - history_last(m->history) > HISTORY_KEPT_USEC) {
                        m->history = history_free(m->history);
                        n_histories--;
                }
                if (!machine_is_active(machine) || m->run != machine->id) {
                        machine_statistics_clear(m);
                        continue;
                }
                if (!m->history && n_histories < STATISTICS_HISTORIES_MAX) {
                        m->history = history_new(s->interval);
                        n_histories++;
                }
                if (m->history)
                        machine_statistics_record(m, s->tick, s->tick);
        }
}

static int statistics_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Statistics *s = userdata;
        uint64_t now = boottime_now(), next = (now / s->interval + 1) * s->interval;
        int r;

        if (s->tick > 0)
                statistics_record(s, now);

        if (s->second)
                next = MIN(next, now + SECOND_USEC);
        s->second = false;

        s->tick = now;
        if (hypervisor_is_connected(s->machines->services->hypervisor)) {
                statistics_read_host(s);
                statistics_begin_round(s, now);
        }

        r = sd_event_source_set_time(source, next);
        if (r >= 0)
                r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        return r;
}

static void statistics_stop(Statistics *s) {
        GHashTableIter i;
        gpointer p;

        s->timer = sd_event_source_disable_unref(s->timer);
        g_queue_clear_full(&s->to_ask, g_free);

        if (s->tick > 0)
                statistics_record(s, boottime_now());
        s->tick = s->when = 0;

        g_hash_table_iter_init(&i, s->machines->by_uuid);
        while (g_hash_table_iter_next(&i, NULL, &p)) {
                const Machine *machine = p;
                if (machine->statistics)
                        machine_statistics_clear(machine->statistics);
        }
        statistics_end_waiting(s);
}

void statistics_update(Statistics *s) {
        const Services *services = s->machines->services;
        bool active = s->background || services->is_subscribed(services->userdata);

        if (active == s->active)
                return;

        s->active = active;
        if (!active) {
                statistics_stop(s);
                return;
        }

        s->second = true;
        s->complete = false;
        if (sd_event_add_time(services->event, &s->timer, CLOCK_BOOTTIME, /* usec= */ 0, ACCURACY_USEC,
                              statistics_on_timer, s) < 0)
                log_error("Cannot sample the statistics: no timer.");
}

/*
 * What is shown
 */

uint64_t statistics_when(const Statistics *s) {
        return s->when;
}

const StatsReading *statistics_reading(const Statistics *s, const Machine *machine, StatsWay way) {
        const MachineStatistics *m = machine->statistics;
        const StatsReading *reading = m ? &m->readings[way] : NULL;

        if (!reading || reading->at == 0 || !machine_is_active(machine) || m->run != machine->id)
                return NULL;

        return reading->at + FRESH_INTERVALS * s->interval >= s->tick ? reading : NULL;
}

void statistics_recent_cpu(const Statistics *s, const Machine *machine, unsigned n, double *values) {
        const StatsReading *reading = statistics_reading(s, machine, STATS_OF_HOST);

        history_recent(machine->statistics ? machine->statistics->history : NULL, HISTORY_CPU, s->sampled, n,
                       values);
        /* It becomes history at the next tick. */
        if (reading && reading->at >= s->sampled)
                values[n - 1] = reading->rates[STATS_CPU_TIME];
}

bool statistics_responds(const Statistics *s, const Machine *machine) {
        const MachineStatistics *m = machine->statistics;

        return !m || !m->asked || boottime_now() - m->asked_at <= STATISTICS_LATE_USEC;
}

Statistics *statistics_new(Machines *machines) {
        Configuration *configuration = machines->services->configuration;
        Statistics *s = g_new(Statistics, 1);

        *s = (Statistics){
                .machines = machines,
                .background = configuration_boolean(configuration, "Statistics", "Background",
                                                    /* otherwise= */ false),
                .interval = configuration_span(configuration, "Statistics", "IntervalSec",
                                               G_TIME_SPAN_SECOND, HISTORY_COARSE_USEC, INTERVAL_USEC),
                .to_ask = G_QUEUE_INIT,
                .waiters = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Waiter)),
        };
        return s;
}

Statistics *statistics_free(Statistics *s) {
        if (!s)
                return NULL;

        statistics_end_waiting(s);
        sd_event_source_disable_unref(s->timer);
        g_queue_clear_full(&s->to_ask, g_free);
        g_array_unref(s->waiters);
        g_free(s);
        return NULL;
}
