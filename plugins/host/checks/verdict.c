/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/text.h"

static const char *const result_words[_CHECK_RESULT_MAX] = {
        [CHECK_PASS] = "pass",
        [CHECK_WARN] = "warn",
        [CHECK_FAIL] = "fail",
        [CHECK_SKIP] = "skip",
};

const char *check_result_to_string(CheckResult result) {
        return result < _CHECK_RESULT_MAX ? result_words[result] : NULL;
}

int check_result_from_string(const char *word) {
        for (int i = 0; i < _CHECK_RESULT_MAX; i++)
                if (g_str_equal(result_words[i], word))
                        return i;

        return -EINVAL;
}

void verdict_init(Verdict *verdict) {
        *verdict = (Verdict){
                .reason = "",
                .value = g_strdup(""),
                .arguments = g_ptr_array_new_with_free_func(g_free),
                .sources = g_ptr_array_new_with_free_func(g_free),
        };
}

void verdict_done(Verdict *verdict) {
        g_clear_pointer(&verdict->value, g_free);
        g_clear_pointer(&verdict->arguments, g_ptr_array_unref);
        g_clear_pointer(&verdict->sources, g_ptr_array_unref);
}

/* Takes the text. */
static char *make_printable(char *text) {
        char *printable = text_printable(text);

        g_free(text);
        return printable;
}

void verdict_set(Verdict *verdict, CheckResult result, const char *reason, const char *value_format, ...) {
        va_list values;

        va_start(values, value_format);
        g_free(verdict->value);
        verdict->value = make_printable(g_strdup_vprintf(value_format, values));
        va_end(values);

        verdict->result = result;
        verdict->reason = reason;
}

void verdict_add(Verdict *verdict, const char *key, const char *value_format, ...) {
        va_list values;
        char *value;

        va_start(values, value_format);
        value = make_printable(g_strdup_vprintf(value_format, values));
        va_end(values);

        for (guint i = 0; i < verdict->arguments->len; i += 2)
                if (g_str_equal(verdict->arguments->pdata[i], key)) {
                        g_free(verdict->arguments->pdata[i + 1]);
                        verdict->arguments->pdata[i + 1] = value;
                        return;
                }

        g_ptr_array_add(verdict->arguments, g_strdup(key));
        g_ptr_array_add(verdict->arguments, value);
}

void verdict_add_coarse(Verdict *verdict, const char *key, uint64_t number) {
        unsigned shift = 0;

        while (number >> shift > 127)
                shift++;
        verdict_add(verdict, key, "%" PRIu64, number >> shift << shift);
}

void verdict_read(Verdict *verdict, const char *source) {
        g_autofree char *printable = text_printable(source);

        if (!g_ptr_array_find_with_equal_func(verdict->sources, printable, g_str_equal, NULL))
                g_ptr_array_add(verdict->sources, g_steal_pointer(&printable));
}

void verdict_set_unread(Verdict *verdict, const char *what, int error) {
        bool denied = abs(error) == EACCES || abs(error) == EPERM;

        verdict_set(verdict, CHECK_SKIP, denied ? "denied" : "unreadable", "%s", "");
        verdict_add(verdict, "what", "%s", what);
        verdict_add(verdict, "error", "%s", g_strerror(abs(error)));
}
