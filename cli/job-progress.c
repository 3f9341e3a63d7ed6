/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-progress.h"

#include "format.h"
#include "json.h"
#include "text.h"

/* Most jobs end before this: a line that flashes up only disturbs. */
#define QUIET_USEC (400 * (int64_t) USEC_PER_MSEC)
#define INTERVAL_MSEC 100

void job_progress_init(JobProgress *progress, const Terminal *terminal) {
        *progress = (JobProgress){
                .terminal = terminal,
                .fractions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .labels = g_string_new(NULL),
                .began = g_get_monotonic_time(),
        };
}

void job_progress_done(JobProgress *progress) {
        if (progress->fractions)
                g_hash_table_unref(progress->fractions);
        if (progress->labels)
                g_string_free(progress->labels, TRUE);
}

void job_progress_add(JobProgress *progress, const char *path, const char *label) {
        g_autofree char *shown = terminal_text(progress->terminal, label);

        g_string_append_printf(progress->labels, "%s%s", progress->n_jobs > 0 ? ", " : "", shown);
        progress->n_jobs++;
}

void job_progress_update(JobProgress *progress, const char *path, JsonObject *properties) {
        JsonNode *node = json_object_get_member(properties, "Progress");
        double *fraction;

        if (!node || !json_flag(properties, "ProgressValid") || !JSON_NODE_HOLDS_VALUE(node))
                return;
        fraction = g_new(double, 1);
        *fraction = CLAMP(json_node_get_double(node), 0.0, 1.0);
        g_hash_table_replace(progress->fractions, g_strdup(path), fraction); /* takes both */
}

int job_progress_interval(const JobProgress *progress) {
        return progress->terminal->err_tty ? INTERVAL_MSEC : -1;
}

/* How far all jobs are together, as " 42%"; empty if none tells. New string. */
static char *percent_text(const JobProgress *progress) {
        GHashTableIter iter;
        double sum = 0;
        void *value;

        if (g_hash_table_size(progress->fractions) == 0)
                return g_strdup("");
        g_hash_table_iter_init(&iter, progress->fractions);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                sum += *(const double *) value;
        return g_strdup_printf(" %u%%", (unsigned) (sum * 100 / progress->n_jobs));
}

void job_progress_draw(JobProgress *progress, unsigned n_ended) {
        static const char *const frames[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" };
        static const char *const ascii_frames[] = { "-", "\\", "|", "/" };
        int64_t elapsed = g_get_monotonic_time() - progress->began;
        g_autofree char *count = NULL, *percent = NULL, *span = NULL, *tail = NULL, *shown = NULL;
        unsigned width = progress->terminal->columns ? progress->terminal->columns : 80, room;
        size_t tick = (size_t) (elapsed / (INTERVAL_MSEC * (int64_t) USEC_PER_MSEC));

        if (!progress->terminal->err_tty || elapsed < QUIET_USEC)
                return;
        count = progress->n_jobs > 1 ? g_strdup_printf(" %u/%u", n_ended, progress->n_jobs) : g_strdup("");
        percent = percent_text(progress);
        span = format_duration((uint64_t) elapsed);
        tail = g_strdup_printf("%s%s %s", count, percent, span);
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
