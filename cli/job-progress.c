/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-progress.h"

#include "format.h"
#include "json.h"
#include "text.h"

/* Most jobs end before this: a line that flashes up only disturbs. */
#define QUIET_USEC (400 * (int64_t) USEC_PER_MSEC)
#define INTERVAL_MSEC 100
#define BAR_COLUMNS 20U

/* What a job has told of itself: what changed comes alone. */
typedef struct JobTold {
        double fraction;
        uint64_t rate;         /* bytes per second */
        uint64_t expected_end; /* µs since the epoch */
} JobTold;

void job_progress_init(JobProgress *progress, const Terminal *terminal) {
        *progress = (JobProgress){
                .terminal = terminal,
                .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .labels = g_string_new(NULL),
                .began = g_get_monotonic_time(),
        };
}

void job_progress_done(JobProgress *progress) {
        if (progress->told)
                g_hash_table_unref(progress->told);
        if (progress->labels)
                g_string_free(progress->labels, TRUE);
}

void job_progress_add(JobProgress *progress, const char *path, const char *label) {
        g_autofree char *shown = terminal_text(progress->terminal, label);

        g_string_append_printf(progress->labels, "%s%s", progress->n_jobs > 0 ? ", " : "", shown);
        progress->n_jobs++;
}

void job_progress_update(JobProgress *progress, const char *path, JsonObject *properties) {
        JobTold *told = g_hash_table_lookup(progress->told, path);
        JsonNode *node = json_object_get_member(properties, "Progress");

        if (json_object_has_member(properties, "ProgressValid")) {
                if (!json_flag(properties, "ProgressValid")) {
                        g_hash_table_remove(progress->told, path);
                        return;
                }
                if (!told) {
                        told = g_new0(JobTold, 1);
                        g_hash_table_replace(progress->told, g_strdup(path), told); /* takes both */
                }
        }
        if (!told)
                return;
        if (node && JSON_NODE_HOLDS_VALUE(node))
                told->fraction = CLAMP(json_node_get_double(node), 0.0, 1.0);
        if (json_object_has_member(properties, "Rate"))
                told->rate = json_number(properties, "Rate");
        if (json_object_has_member(properties, "ExpectedEnd"))
                told->expected_end = json_number(properties, "ExpectedEnd");
}

int job_progress_interval(const JobProgress *progress) {
        return progress->terminal->err_tty ? INTERVAL_MSEC : -1;
}

/* A bar of how much is done. New string. */
static char *bar_text(const Terminal *terminal, double fraction) {
        const char *full = terminal_sign(terminal, "█", "#"), *empty = terminal_sign(terminal, "░", ".");
        unsigned n = (unsigned) (fraction * BAR_COLUMNS);
        GString *bar = g_string_new(NULL);

        for (unsigned i = 0; i < BAR_COLUMNS; i++)
                g_string_append(bar, i < n ? full : empty);
        return g_string_free(bar, FALSE);
}

/* How far all jobs are together, as " ████░░ 42% 118 MiB/s, 12 s left"; empty if none tells. A bar only
 * where there is room. New string. */
static char *told_text(const JobProgress *progress, unsigned width) {
        g_autofree char *bar = NULL, *left = NULL, *rate = NULL;
        uint64_t now = (uint64_t) g_get_real_time();
        JobTold sum = { 0 };
        GHashTableIter iter;
        void *value;

        if (g_hash_table_size(progress->told) == 0)
                return g_strdup("");
        g_hash_table_iter_init(&iter, progress->told);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const JobTold *told = value;

                sum.fraction += told->fraction / progress->n_jobs;
                sum.rate += told->rate;
                sum.expected_end = MAX(sum.expected_end, told->expected_end);
        }
        bar = width >= 60 ? bar_text(progress->terminal, sum.fraction) : g_strdup("");
        rate = sum.rate > 0 && width >= 60 ? format_size(sum.rate) : NULL;
        if (sum.expected_end > now) {
                g_autofree char *span = format_duration(sum.expected_end - now + USEC_PER_SEC - 1);

                /* Translators: {span} is how long it will still take: "1 min 5 s". */
                left = text_fill(_(", {span} left"), "span", span);
        }
        return g_strdup_printf("%s%s %u%%%s%s%s%s", *bar ? " " : "", bar, (unsigned) (sum.fraction * 100),
                               rate ? " " : "", rate ? rate : "", rate ? "/s" : "", left ? left : "");
}

void job_progress_draw(JobProgress *progress, unsigned n_ended) {
        static const char *const frames[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" };
        static const char *const ascii_frames[] = { "-", "\\", "|", "/" };
        int64_t elapsed = g_get_monotonic_time() - progress->began;
        g_autofree char *count = NULL, *told = NULL, *span = NULL, *tail = NULL, *shown = NULL;
        unsigned width = progress->terminal->columns ? progress->terminal->columns : 80, room;
        size_t tick = (size_t) (elapsed / (INTERVAL_MSEC * (int64_t) USEC_PER_MSEC));

        if (!progress->terminal->err_tty || elapsed < QUIET_USEC)
                return;
        count = progress->n_jobs > 1 ? g_strdup_printf(" %u/%u", n_ended, progress->n_jobs) : g_strdup("");
        told = told_text(progress, width);
        span = format_duration((uint64_t) elapsed);
        tail = *told ? g_strdup_printf("%s%s", count, told) : g_strdup_printf("%s %s", count, span);
        room = width > text_width(tail) + 12 ? width - text_width(tail) - 4 : 8;
        shown = text_ellipsize(progress->labels->str, room, terminal_sign(progress->terminal, "…", "..."));

        fprintf(stderr, "\r%s %s%s\033[K",
                terminal_sign(progress->terminal, frames[tick % G_N_ELEMENTS(frames)],
                              ascii_frames[tick % G_N_ELEMENTS(ascii_frames)]),
                shown, tail);
        (void) fflush(stderr);
        progress->drawn = true;
}

void job_progress_clear(JobProgress *progress) {
        if (!progress->drawn)
                return;
        fputs("\r\033[K", stderr);
        (void) fflush(stderr);
        progress->drawn = false;
}
