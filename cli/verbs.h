/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

typedef enum VerbFlags {
        VERB_READY = 1 << 0,   /* wait until the agent has read the hypervisor */
        VERB_CHANGE = 1 << 1,  /* it changes or needs a right: a password may be asked for */
        VERB_PAGER = 1 << 2,   /* its output may be long */
        VERB_HIDDEN = 1 << 3,  /* not in the help */
        VERB_LOCAL = 1 << 4,   /* it needs no agent */
        VERB_VERDICT = 1 << 5, /* its exit status is a verdict, EXIT_UNREAD for mistakes */
} VerbFlags;

#define VERB_ANY UINT_MAX

/* One verb of the command line; a verb can be of two words ("job list"). */
struct Verb {
        const char *name;
        unsigned min, max; /* number of arguments; max may be VERB_ANY */
        VerbFlags flags;
        int (*run)(Cli *cli, char **arguments,
                   unsigned n);         /* returns the exit status, has printed all errors */
        const char *action;             /* the polkit action it needs; NULL: none */
        const char *arguments;          /* for the help */
        const char *help;               /* one line, not yet translated */
        const char *failing;            /* how its errors begin; {name}: what it was about */
        void (*print_more)(FILE *file); /* what else belongs into its help; NULL: nothing */
};

/* All of them; ends with an entry without name. */
extern const Verb verb_table[];

int verb_autostart(Cli *cli, char **arguments, unsigned n);
int verb_complete_names(Cli *cli, char **arguments, unsigned n);
int verb_complete_words(Cli *cli, char **arguments, unsigned n);
int verb_console(Cli *cli, char **arguments, unsigned n);
int verb_define(Cli *cli, char **arguments, unsigned n);
int verb_edit(Cli *cli, char **arguments, unsigned n);
int verb_fix(Cli *cli, char **arguments, unsigned n);
int verb_host(Cli *cli, char **arguments, unsigned n);
int verb_job_cancel(Cli *cli, char **arguments, unsigned n);
int verb_job_list(Cli *cli, char **arguments, unsigned n);
int verb_job_watch(Cli *cli, char **arguments, unsigned n);
int verb_list(Cli *cli, char **arguments, unsigned n);
int verb_monitor(Cli *cli, char **arguments, unsigned n);
int verb_power(Cli *cli, char **arguments, unsigned n);
int verb_rename(Cli *cli, char **arguments, unsigned n);
int verb_screenshot(Cli *cli, char **arguments, unsigned n);
int verb_send_keys(Cli *cli, char **arguments, unsigned n);
void verb_send_keys_print_help(FILE *file);
int verb_setup(Cli *cli, char **arguments, unsigned n);
int verb_show(Cli *cli, char **arguments, unsigned n);
int verb_stats(Cli *cli, char **arguments, unsigned n);
int verb_status(Cli *cli, char **arguments, unsigned n);
int verb_undefine(Cli *cli, char **arguments, unsigned n);
int verb_validate(Cli *cli, char **arguments, unsigned n);
int verb_view(Cli *cli, char **arguments, unsigned n);
int verb_xml(Cli *cli, char **arguments, unsigned n);

/* The verb that the words begin with, and how many of them it took. NULL if there is none. */
const Verb *verb_find(char **words, unsigned n_words, unsigned *ret_taken);

/* The same as if this verb had been called: what fails then is told as its failure. */
Cli verb_assume(const Cli *cli, const char *name);

/* The verb that may have been meant by a word that is none; NULL if none is near. */
const char *verb_suggest(const char *word);

/* The second words of the verbs that begin with this one ("list, watch, cancel"); new string, NULL if none
 * does. */
char *verb_list_second(const char *first);

/* Prints the help of all verbs, or of one. */
void help_print(const Verb *verb);
