/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "polkit.h"

#include <inttypes.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/user-count.h"

/* The bus allows a connection 128 calls that wait for their answer, if not configured otherwise. */
#define QUESTIONS_MAX 80U
#define QUESTIONS_PER_USER_MAX 16U

/* Flag of CheckAuthorization: polkit may ask the user. */
#define ALLOW_USER_INTERACTION 1U

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

struct Polkit {
        sd_bus *bus;
        unsigned n_questions;
        UserCount *count;
        uint64_t last_cancellation;
};

struct Question {
        Polkit *polkit;
        uid_t uid;
        char *cancellation;
        bool answered;
        sd_bus_slot *slot;
        polkit_handler_t handler;
        void *userdata;
};

Polkit *polkit_new(sd_bus *bus) {
        Polkit *polkit = g_new(Polkit, 1);

        *polkit = (Polkit){ .bus = sd_bus_ref(bus), .count = user_count_new(QUESTIONS_PER_USER_MAX) };
        return polkit;
}

Polkit *polkit_free(Polkit *polkit) {
        if (!polkit)
                return NULL;

        g_assert(polkit->n_questions == 0);
        user_count_free(polkit->count);
        sd_bus_unref(polkit->bus);
        g_free(polkit);
        return NULL;
}

/* It counts no more: in the handler of an answer the next question has its place. */
static void question_settle(Question *question) {
        question->answered = true;
        question->polkit->n_questions--;
        user_count_give_back(question->polkit->count, question->uid);
}

static void question_cancel(Question *question) {
        int r;

        r = sd_bus_call_method_async(question->polkit->bus, NULL, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                     "CancelCheckAuthorization", NULL, NULL, "s", question->cancellation);
        if (r < 0)
                log_warning("Cannot cancel a question to polkit, ignoring: %s", g_strerror(-r));
}

Question *question_free(Question *question) {
        if (!question)
                return NULL;

        if (!question->answered) {
                if (question->slot)
                        question_cancel(question);
                question_settle(question);
        }

        sd_bus_slot_unref(question->slot);
        g_free(question->cancellation);
        g_free(question);
        return NULL;
}

static PolkitAnswer answer_read(sd_bus_message *m) {
        int authorized, challenge, r;

        r = sd_bus_message_enter_container(m, 'r', "bba{ss}");
        if (r >= 0)
                r = sd_bus_message_read(m, "bb", &authorized, &challenge);
        if (r < 0) {
                log_warning("Cannot read polkit's answer: %s", g_strerror(-r));
                return POLKIT_NO;
        }

        return authorized ? POLKIT_YES : challenge ? POLKIT_PASSWORD : POLKIT_NO;
}

static int question_on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Question *question = userdata;

        question_settle(question);
        if (sd_bus_message_is_method_error(m, NULL))
                question->handler(question->userdata, POLKIT_BROKEN, sd_bus_message_get_error(m)->message);
        else
                question->handler(question->userdata, answer_read(m), NULL);
        return 0;
}

static int append_details(sd_bus_message *message, const char *const *details) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "{ss}");
        for (const char *const *d = details; r >= 0 && d[0] && d[1]; d += 2)
                r = sd_bus_message_append(message, "{ss}", d[0], d[1]);
        return r < 0 ? r : sd_bus_message_close_container(message);
}

static int question_send(Question *question, const QuestionInfo *info) {
        Polkit *polkit = question->polkit;
        g_autoptr(sd_bus_message) message = NULL;
        int r;

        r = sd_bus_message_new_method_call(polkit->bus, &message, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                                           "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                          info->subject, info->action);
        if (r >= 0)
                r = append_details(message, info->details);
        if (r >= 0)
                r = sd_bus_message_append(message, "us", info->interactive ? ALLOW_USER_INTERACTION : 0,
                                          question->cancellation);
        if (r < 0)
                return r;

        /* A person may take as long as they like to type a password. */
        return sd_bus_call_async(polkit->bus, &question->slot, message, question_on_answer, question,
                                 info->interactive ? UINT64_MAX : 0);
}

int question_new(Polkit *polkit, const QuestionInfo *info, polkit_handler_t handler, void *userdata,
                 Question **ret, Failure *failure) {
        Question *question;
        int r;

        if (polkit->n_questions >= QUESTIONS_MAX || !user_count_take(polkit->count, info->uid))
                return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                   "Too many calls, of user %u or in all, wait for polkit's answer already.",
                                   (unsigned) info->uid);

        polkit->n_questions++;
        question = g_new(Question, 1);
        *question = (Question){
                .polkit = polkit,
                .uid = info->uid,
                .cancellation = g_strdup_printf("hatago-%" PRIu64, ++polkit->last_cancellation),
                .handler = handler,
                .userdata = userdata,
        };

        r = question_send(question, info);
        if (r < 0) {
                question_free(question);
                (void) failure_set(failure, ERROR_FAILED, "polkit cannot be asked: %s", g_strerror(-r));
                return r;
        }

        *ret = question;
        return 0;
}
