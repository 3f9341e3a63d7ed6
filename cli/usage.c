/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage.h"

#include "text.h"
#include "verbs.h"

static int usage_report(const char *complaint, const Verb *verb) {
        fprintf(stderr, "hatago: %s\n", complaint);
        fprintf(stderr, _("How it is used: hatago %s%s--help\n"), verb ? verb->name : "", verb ? " " : "");
        return verb && (verb->flags & VERB_VERDICT) ? EXIT_UNREAD : EXIT_USAGE;
}

static const Verb *words_find_verb(GPtrArray *words, unsigned *ret_taken) {
        return words->len > 0 ? verb_find((char **) words->pdata, words->len, ret_taken) : NULL;
}

int usage_report_option(const char *complaint, GPtrArray *words) {
        unsigned taken;

        return usage_report(complaint, words_find_verb(words, &taken));
}

int usage_report_word(const char *pattern, const char *word, const Verb *verb) {
        g_autofree char *shown = text_escape(word, /* ascii= */ false);
        g_autofree char *complaint = text_fill(pattern, "word", shown);

        return usage_report(complaint, verb);
}

static int complain_of_missing(const Verb *verb, bool all) {
        /* Translators: {what} is what the help of the verb has after it: "NAME…". */
        const char *sentence =
                        all ? _("{what} is missing after '{word}'.") : _("'{word}' needs all of: {what}");
        g_autofree char *pattern = text_fill(sentence, "what", _(verb->arguments));

        return usage_report_word(pattern, verb->name, verb);
}

/* The first word is that of several verbs, and the second, if there is one, of none of them. */
static int complain_of_half(const char *word, const char *others) {
        g_autofree char *pattern = text_fill(_("After '{word}' comes one of: {others}"), "others", others);

        return usage_report_word(pattern, word, NULL);
}

/* Verbs of systemctl and virsh, which people try. */
static const struct {
        const char *word, *hint;
} elsewhere[] = {
        { "restart",
          N_("The guest reboots with: hatago reboot NAME. To stop its machine and start it anew: systemctl restart with "
             "its unit, which hatago status NAME tells.") },
        { "enable", N_("The boot of the host starts it after: hatago autostart NAME yes") },
        { "disable", N_("The boot of the host starts it no more after: hatago autostart NAME no") },
        { "stop", N_("The guest is shut down with: hatago shutdown NAME; hard: hatago poweroff NAME") },
};

static int complain_of_habit(const char *word, const char *hint) {
        g_autofree char *complaint = text_fill(_("There is no verb '{word}'."), "word", word);

        fprintf(stderr, "hatago: %s\n%s\n", complaint, hint);
        return EXIT_USAGE;
}

static int complain_of_verb(GPtrArray *words) {
        const char *word = words->pdata[0], *meant = verb_suggest(word);
        g_autofree char *others = verb_list_second(word), *shown = NULL, *complaint = NULL, *hint = NULL;
        unsigned taken;

        if (others)
                return complain_of_half(word, others);
        if (strcmp(word, "help") == 0 && words->len > 1) /* as other tools have it */
                return usage_report_word(_("There is no verb '{word}'."), word,
                                         verb_find((char **) words->pdata + 1, words->len - 1, &taken));
        for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++)
                if (strcmp(elsewhere[i].word, word) == 0)
                        return complain_of_habit(word, _(elsewhere[i].hint));
        if (!meant)
                return usage_report_word(_("There is no verb '{word}'."), word, NULL);
        shown = text_escape(word, /* ascii= */ false);
        complaint = text_fill(_("There is no verb '{word}'."), "word", shown);
        hint = text_fill(_("Did you mean '{closest}'?"), "closest", meant);
        fprintf(stderr, "hatago: %s\n%s\n", complaint, hint);
        return EXIT_USAGE;
}

int usage_check(const Options *options, GPtrArray *words, const Verb **ret_verb, unsigned *ret_taken) {
        const Verb *verb;
        const char *stray;
        unsigned taken, n;

        if (words->len == 0)
                return usage_report(_("What is to be done?"), NULL);
        verb = words_find_verb(words, &taken);
        if (!verb)
                return complain_of_verb(words);
        stray = options_find_stray(options, verb->name);
        if (stray)
                return usage_report_word(_("The option '--{word}' does not go with this verb."), stray,
                                         verb);
        n = words->len - taken;
        if (n < verb->min && !options->help)
                return complain_of_missing(verb, /* all= */ n == 0);
        if (n > verb->max)
                return usage_report_word(_("There is too much after '{word}'."), verb->name, verb);
        *ret_verb = verb;
        *ret_taken = taken;
        return 0;
}
