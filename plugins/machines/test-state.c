/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VIR_ENUM_SENTINELS
#include "state.h"

#include <glib.h>
#include <libvirt/libvirt.h>
#include <string.h>

/* The last ones are libvirt's, of the headers that this was built with. */
static const struct {
        int state, last_reason;
} states[] = {
        { VIR_DOMAIN_NOSTATE, VIR_DOMAIN_NOSTATE_LAST },
        { VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_LAST },
        { VIR_DOMAIN_BLOCKED, VIR_DOMAIN_BLOCKED_LAST },
        { VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_LAST },
        { VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_LAST },
        { VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_LAST },
        { VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_LAST },
        { VIR_DOMAIN_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED_LAST },
};

static const int strange[] = { -1, 1000, G_MAXINT, G_MININT };

static char *interface_xml;

/* Whether the published interface says that there is such a word. */
static void word_is_documented(const char *word) {
        g_autofree char *quoted = g_strdup_printf("\"%s\"", word);

        if (!strstr(interface_xml, quoted))
                g_error("%s is not in the interface's XML", quoted);
}

static void test_every_state_has_a_word_of_its_own(void) {
        g_autoptr(GHashTable) words = g_hash_table_new(g_str_hash, g_str_equal);

        g_assert_cmpuint(G_N_ELEMENTS(states), ==, VIR_DOMAIN_LAST);
        for (int state = 0; state < VIR_DOMAIN_LAST; state++) {
                const char *word = state_to_string(state);

                g_assert_nonnull(word);
                g_assert_true(g_hash_table_add(words, (void *) word));
                word_is_documented(word);
        }
}

static void test_every_reason_has_a_word_of_its_own(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
                g_autoptr(GHashTable) words = g_hash_table_new(g_str_hash, g_str_equal);

                for (int reason = 0; reason < states[i].last_reason; reason++) {
                        const char *word = state_reason_to_string(states[i].state, reason);

                        g_assert_nonnull(word);
                        g_assert_true(g_hash_table_add(words, (void *) word));
                        word_is_documented(word);
                }
        }
}

/* A newer libvirt may say what this one does not know. */
static void test_an_unknown_number_is_the_word_unknown(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(strange); i++) {
                g_assert_cmpstr(state_to_string(strange[i]), ==, "unknown");
                g_assert_cmpstr(state_reason_to_string(strange[i], 0), ==, "unknown");
                for (int state = 0; state < VIR_DOMAIN_LAST; state++)
                        g_assert_cmpstr(state_reason_to_string(state, strange[i]), ==, "unknown");
        }
        g_assert_cmpstr(state_to_string(VIR_DOMAIN_LAST), ==, "unknown");
}

static void event_leaves(int event, int detail, const char *expected_state, const char *expected_reason) {
        int state = -1, reason = -1;

        g_assert_true(state_after_event(event, detail, &state, &reason));
        g_assert_cmpstr(state_to_string(state), ==, expected_state);
        g_assert_cmpstr(state_reason_to_string(state, reason), ==, expected_reason);
}

static void test_an_event_leaves_the_state_that_libvirt_will_tell(void) {
        event_leaves(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED, "running", "booted");
        event_leaves(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED, "running", "restored");
        event_leaves(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP, "running", "wakeup");
        event_leaves(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED, "paused", "migration");
        event_leaves(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED, "paused", "user");
        event_leaves(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR, "paused", "io-error");
        event_leaves(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR, "paused",
                     "api-error");
        event_leaves(VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED, "running", "unpaused");
        event_leaves(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, "shutoff", "shutdown");
        event_leaves(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, "shutoff", "destroyed");
        event_leaves(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED, "shutoff", "crashed");
        event_leaves(VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY, "pmsuspended",
                     "unknown");
        event_leaves(VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED, "crashed", "panicked");
}

static void test_every_detail_of_an_event_leaves_a_word(void) {
        static const struct {
                int event, last;
        } events[] = {
                { VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_LAST },
                { VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_LAST },
                { VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_LAST },
                { VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_LAST },
                { VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_LAST },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
                for (int detail = 0; detail < events[i].last; detail++) {
                        int state, reason;

                        g_assert_true(state_after_event(events[i].event, detail, &state, &reason));
                        g_assert_cmpstr(state_reason_to_string(state, reason), !=, "unknown");
                }
}

static void test_an_unknown_detail_leaves_the_state_without_a_reason(void) {
        for (size_t i = 0; i < G_N_ELEMENTS(strange); i++)
                event_leaves(VIR_DOMAIN_EVENT_STOPPED, strange[i], "shutoff", "unknown");
}

static void test_other_events_leave_no_state(void) {
        static const int others[] = { VIR_DOMAIN_EVENT_DEFINED,
                                      VIR_DOMAIN_EVENT_UNDEFINED,
                                      VIR_DOMAIN_EVENT_SHUTDOWN,
                                      VIR_DOMAIN_EVENT_LAST,
                                      -1,
                                      1000 };
        int state = 42, reason = 42;

        for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
                g_assert_false(state_after_event(others[i], 0, &state, &reason));
        g_assert_cmpint(state, ==, 42);
        g_assert_cmpint(reason, ==, 42);
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        g_assert_true(g_file_get_contents(g_getenv("TEST_INTERFACE"), &interface_xml, NULL, NULL));
        g_test_add_func("/state/every-state-has-a-word-of-its-own", test_every_state_has_a_word_of_its_own);
        g_test_add_func("/state/every-reason-has-a-word-of-its-own",
                        test_every_reason_has_a_word_of_its_own);
        g_test_add_func("/state/an-unknown-number-is-the-word-unknown",
                        test_an_unknown_number_is_the_word_unknown);
        g_test_add_func("/state/an-event-leaves-the-state-that-libvirt-will-tell",
                        test_an_event_leaves_the_state_that_libvirt_will_tell);
        g_test_add_func("/state/every-detail-of-an-event-leaves-a-word",
                        test_every_detail_of_an_event_leaves_a_word);
        g_test_add_func("/state/an-unknown-detail-leaves-the-state-without-a-reason",
                        test_an_unknown_detail_leaves_the_state_without_a_reason);
        g_test_add_func("/state/other-events-leave-no-state", test_other_events_leave_no_state);
        r = g_test_run();

        g_free(interface_xml);
        return r;
}
