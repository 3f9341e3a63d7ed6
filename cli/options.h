/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

typedef enum JsonMode { JSON_OFF, JSON_SHORT, JSON_PRETTY } JsonMode;

/* The command line's options; strings point into argv. One member for each row of the table in options.c. */
typedef struct Options {
        /* of all verbs */
        JsonMode json;
        bool no_ask_password;
        bool no_pager;
        bool no_legend;
        bool no_wait;
        bool user;
        const char *host;
        bool help;
        bool version;

        /* of some */
        bool all;
        bool running;
        bool warnings;
        bool reverse;
        bool paused;
        bool discard;
        bool discard_save;
        bool bypass_cache;
        bool inactive;
        bool secure;
        bool value;
        bool managed_save;
        bool snapshots_metadata;
        bool nvram;
        bool watch;
        bool text;
        const char *state;
        const char *columns;
        const char *sort;
        const char *autostart;  /* "yes" or "no" */
        const char *persistent; /* the same */
        const char *property;
        bool stdio;
        bool announce;
        bool force;
        bool resize;
        bool skip_auth;
        bool junit;
        bool tap;
        bool undo;
        bool verbose;
        bool yes;
        bool reset;
        const char *device;
        const char *after; /* names, with commas between */
        const char *delay; /* spans, valid ones */
        const char *ready_timeout;
        const char *stop_timeout;
        const char *ready;         /* "running", "agent", "port:N" */
        const char *host_shutdown; /* "shutdown", "save", "poweroff" */
        uint64_t display;
        uint64_t timeout;  /* µs; 0: not given */
        uint64_t interval; /* the same */
        unsigned lines;    /* 10 if not given */

        uint64_t given; /* bit for each row of the table that was given */
} Options;

/*
 * Reads the options, wherever they stand before a "--", and puts the other words into ret_words (pointers
 * into argv). Names must be whole: a script's abbreviation would break when an option is added. On a
 * mistake, returns -EINVAL and writes a translated sentence to ret_complaint (new string); ret_words has the
 * words on both sides of it then, for the verb's help.
 */
int options_parse(int argc, char **argv, Options *ret_options, GPtrArray **ret_words, char **ret_complaint);

/* An option that was given but does not go with the verb ("--paused"), or NULL. */
const char *options_find_stray(const Options *options, const char *verb);

/* Prints a help line for each option of the verb, or, if it is NULL, of those that go with every verb. */
void options_print_help(FILE *file, const char *verb);
