/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "survey.h"

#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "reading.h"

#define CONFIGS_PER_REQUEST 32U
/* XML of a small survey. With one each 5 s, a change of the stored XML that nobody tells of shows on a host
 * of 1,000 machines within five minutes, for 0.1 % of a CPU. */
#define CONFIGS_PER_SMALL_SURVEY 16U

struct Survey {
        Machines *machines;
        SurveyHandlers handlers;
        void *userdata;

        GHashTable *touched; /* set of UUIDs; NULL: no survey is under way */
        unsigned n_requests; /* under way */
        bool full;           /* it is a full one */
        bool failed;         /* a request of it has */
        bool again;          /* its requests are of an older connection */
        char *next;          /* UUID from which the next small one goes on; NULL: the first */
};

typedef struct Part {
        Survey *survey;
        GArray *facts; /* of MachineFacts */
        FactsMarks marks;
} Part;

static bool survey_is_under_way(const Survey *survey) {
        return survey->touched != NULL;
}

bool survey_is_full(const Survey *survey) {
        return survey_is_under_way(survey) && survey->full;
}

void survey_touch(Survey *survey, const char *uuid) {
        if (survey_is_under_way(survey))
                g_hash_table_add(survey->touched, g_strdup(uuid));
}

/* A part has ended; with the last one, the survey. */
static void part_end(Part *part) {
        Survey *survey = part->survey;
        bool full = survey->full;

        g_clear_pointer(&part->facts, g_array_unref);
        facts_marks_done(&part->marks);
        g_free(part);

        if (--survey->n_requests > 0)
                return;

        g_clear_pointer(&survey->touched, g_hash_table_unref);
        if (!hypervisor_is_connected(survey->machines->services->hypervisor))
                return;

        if (survey->again)
                survey_begin(survey);
        else if (full)
                survey->handlers.ended(survey->userdata, !survey->failed);
}

static void part_fail(Part *part, int result, const Failure *failure) {
        if (!reading_is_disconnected(result)) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot read the machines of this host: %s", reason);
        }
        part->survey->failed = true;
}

static void part_submit(Survey *survey, GArray *facts, int (*run)(void *, virConnect *, Failure *),
                        void (*done)(void *, int, Failure *)) {
        g_auto(Failure) failure = { 0 };
        Part *part = g_new(Part, 1);
        Request request = { .lane = LANE_READ, .run = run, .done = done, .data = part };
        int r;

        *part = (Part){ .survey = survey, .facts = facts };
        survey->n_requests++;
        r = hypervisor_submit(survey->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure);
        if (r < 0)
                done(part, r, &failure);
}

/* Applies what was read, but for what was touched since. */
static void survey_apply(Survey *survey, const GArray *all) {
        for (guint i = 0; i < all->len; i++) {
                const MachineFacts *facts = &g_array_index(all, MachineFacts, i);

                if (!g_hash_table_contains(survey->touched, facts->uuid))
                        machines_apply_facts(survey->machines, facts);
        }
}

/*
 * XML
 */

static void facts_clear(gpointer facts) {
        facts_done(facts);
}

static GArray *facts_array_new(void) {
        GArray *array = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(MachineFacts));

        g_array_set_clear_func(array, facts_clear);
        return array;
}

static int configs_run(void *data, virConnect *connection, Failure *failure) {
        Part *part = data;

        for (guint i = 0; i < part->facts->len; i++) {
                MachineFacts *facts = &g_array_index(part->facts, MachineFacts, i);
                int r = facts_read_more(connection, FACTS_CONFIG, facts, failure);

                if (reading_is_disconnected(r))
                        return r;
                if (r < 0) {
                        g_autofree char *reason = text_printable(failure->message);
                        log_warning("Cannot read the XML of machine %s, trying again later: %s", facts->uuid,
                                    reason);
                }
        }

        return 0;
}

static void configs_done(void *data, int result, Failure *failure) {
        Part *part = data;
        Survey *survey = part->survey;

        if (result < 0)
                part_fail(part, result, failure);
        else
                survey_apply(survey, part->facts);

        for (guint i = 0; result >= 0 && i < part->facts->len; i++) {
                const MachineFacts *facts = &g_array_index(part->facts, MachineFacts, i);

                if (!(facts->have & FACTS_CONFIG) && !facts->gone)
                        survey->handlers.unread(survey->userdata, facts->uuid);
        }

        part_end(part);
}

/*
 * The full one
 */

/* Asks for the XML of all. What the facts hold already goes along, and is applied with it. */
static void survey_submit_configs(Survey *survey, GArray *all) {
        for (guint first = 0; first < all->len; first += CONFIGS_PER_REQUEST) {
                GArray *some = facts_array_new();

                for (guint i = first; i < all->len && i < first + CONFIGS_PER_REQUEST; i++) {
                        MachineFacts *facts = &g_array_index(all, MachineFacts, i);

                        g_array_append_val(some, *facts);
                        facts->name = NULL; /* has moved */
                }

                part_submit(survey, some, configs_run, configs_done);
        }
}

/* Machines that are known show what was read at once; a new one comes with its XML, whole. */
static void survey_apply_known(Survey *survey, GArray *all) {
        for (guint i = 0; i < all->len; i++) {
                MachineFacts *facts = &g_array_index(all, MachineFacts, i);

                if (!machines_find(survey->machines, facts->uuid))
                        continue;
                if (!g_hash_table_contains(survey->touched, facts->uuid))
                        machines_apply_facts(survey->machines, facts);
                facts_done(facts);
                facts->have = 0;
        }
}

/* Removes what was not found, unless it was touched. */
static void survey_retain(Survey *survey, GArray *all) {
        g_autoptr(GHashTable) uuids = g_hash_table_new(g_str_hash, g_str_equal);
        GHashTableIter i;
        gpointer uuid;

        g_hash_table_iter_init(&i, survey->touched);
        while (g_hash_table_iter_next(&i, &uuid, NULL))
                g_hash_table_add(uuids, uuid);
        for (guint n = 0; n < all->len; n++)
                g_hash_table_add(uuids, g_array_index(all, MachineFacts, n).uuid);

        machines_retain(survey->machines, uuids);
}

static int all_run(void *data, virConnect *connection, Failure *failure) {
        Part *part = data;
        return facts_read_all(connection, &part->facts, failure);
}

static void all_done(void *data, int result, Failure *failure) {
        Part *part = data;

        if (result < 0)
                part_fail(part, result, failure);
        else {
                survey_retain(part->survey, part->facts);
                survey_apply_known(part->survey, part->facts);
                survey_submit_configs(part->survey, part->facts);
        }

        part_end(part);
}

static void survey_start(Survey *survey, bool full) {
        survey->full = full;
        survey->failed = false;
        survey->touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void survey_begin(Survey *survey) {
        survey->again = survey_is_under_way(survey);
        if (survey->again)
                return;

        survey_start(survey, /* full= */ true);
        survey->handlers.began(survey->userdata);
        part_submit(survey, NULL, all_run, all_done);
}

/*
 * The small one
 */

static int marks_run(void *data, virConnect *connection, Failure *failure) {
        Part *part = data;
        return facts_read_marks(connection, &part->marks, failure);
}

static void marks_done(void *data, int result, Failure *failure) {
        Part *part = data;
        Survey *survey = part->survey;
        g_autoptr(GPtrArray) list = machines_list(survey->machines);

        if (result < 0)
                part_fail(part, result, failure);

        for (guint i = 0; result >= 0 && i < list->len; i++) {
                const Machine *machine = list->pdata[i];
                MachineFacts facts = { 0 };

                if (g_hash_table_contains(survey->touched, machine->uuid))
                        continue;
                g_strlcpy(facts.uuid, machine->uuid, sizeof(facts.uuid));
                facts_mark(&facts, &part->marks);
                machines_apply_facts(survey->machines, &facts);
        }

        part_end(part);
}

static int compare_uuids(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The next few machines, in the order of their UUIDs. */
static GArray *survey_take_turn(Survey *survey) {
        guint n, first = 0;
        g_autofree gpointer *uuids = g_hash_table_get_keys_as_array(survey->machines->by_uuid, &n);
        GArray *some = facts_array_new();

        qsort(uuids, n, sizeof(*uuids), compare_uuids);
        while (survey->next && first < n && strcmp(uuids[first], survey->next) < 0)
                first++;

        for (guint i = first; i < n && some->len < CONFIGS_PER_SMALL_SURVEY; i++) {
                MachineFacts facts = { 0 };

                g_strlcpy(facts.uuid, uuids[i], sizeof(facts.uuid));
                g_array_append_val(some, facts);
                survey->handlers.turn(survey->userdata, facts.uuid);
        }

        g_free(survey->next);
        survey->next = first + some->len < n ? g_strdup(uuids[first + some->len]) : NULL;
        return some;
}

void survey_begin_small(Survey *survey) {
        if (survey_is_under_way(survey))
                return;

        survey_start(survey, /* full= */ false);
        survey->n_requests++; /* until both parts are submitted */
        part_submit(survey, NULL, marks_run, marks_done);
        survey->n_requests--;
        part_submit(survey, survey_take_turn(survey), configs_run, configs_done);
}

Survey *survey_new(Machines *machines, const SurveyHandlers *handlers, void *userdata) {
        Survey *survey = g_new(Survey, 1);

        *survey = (Survey){ .machines = machines, .handlers = *handlers, .userdata = userdata };
        return survey;
}

Survey *survey_free(Survey *survey) {
        if (!survey)
                return NULL;

        g_clear_pointer(&survey->touched, g_hash_table_unref);
        g_free(survey->next);
        g_free(survey);
        return NULL;
}
