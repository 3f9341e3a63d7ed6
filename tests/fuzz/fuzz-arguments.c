/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "input.h"
#include "options.h"
#include "usage.h"
#include "verbs.h"

/* The words of a command line, each up to a NUL, as main() takes them until it connects. */

#define WORDS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free), words = NULL;
        g_autofree char *complaint = NULL;
        const Verb *verb = NULL;
        Options options;
        unsigned taken;
        int argc, status;

        g_ptr_array_add(arguments, g_strdup("hatago"));
        while (input.size > 0 && arguments->len < WORDS_MAX)
                g_ptr_array_add(arguments, input_text(&input));
        argc = (int) arguments->len;
        g_ptr_array_add(arguments, NULL);

        if (options_parse(argc, (char **) arguments->pdata, &options, &words, &complaint) < 0) {
                g_assert_true(g_utf8_validate(complaint, -1, NULL));
                verb = words->len > 0 ? verb_find((char **) words->pdata, words->len, &taken) : NULL;
                status = verb && verb->flags & VERB_VERDICT ? EXIT_UNREAD : EXIT_USAGE;
                g_assert_cmpint(usage_report_option(complaint, words), ==, status);
                return 0;
        }
        g_assert_null(complaint);
        g_assert_cmpuint(words->len, <, argc);
        if (options.help && words->len == 0) {
                help_print(NULL);
                return 0;
        }
        if (usage_check(&options, words, &verb, &taken) != 0)
                return 0;
        g_assert_cmpuint(taken, <=, words->len);
        g_assert_true(options.help || words->len - taken >= verb->min);
        if (options.help)
                help_print(verb);
        return 0;
}
