/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* What standard output and standard error are, found once at the start. */
typedef struct Terminal {
        bool out_tty;     /* standard output is a terminal (or was, before the pager) */
        bool err_tty;     /* standard error is one that can move its cursor */
        bool in_tty;      /* standard input is one */
        bool colour;      /* on standard output */
        bool err_colour;  /* on standard error */
        bool unicode;     /* the locale's encoding is UTF-8 */
        unsigned columns; /* width of standard output; 0: no limit */
} Terminal;

typedef enum Colour {
        COLOUR_NONE,
        COLOUR_RED,
        COLOUR_GREEN,
        COLOUR_YELLOW,
        COLOUR_BOLD,
        COLOUR_DIM,
        _COLOUR_MAX,
} Colour;

void terminal_init(Terminal *terminal);

/* A text of a help on lines that fit the terminal, if standard output is one. */
void terminal_print_sentence(FILE *file, const char *text);

/* A row of a help: a name, and what it is; the same of its lines. */
void terminal_print_row(FILE *file, const char *name, const char *help);

/* The sequences that begin and end a colour; empty if there is none to be shown. */
const char *colour_on(bool enabled, Colour colour);
const char *colour_off(bool enabled, Colour colour);

/* The text as it may be shown: see text_escape(). New string. */
char *terminal_text(const Terminal *terminal, const char *text);

/* The sign if the terminal has it, else the ASCII that stands for it. */
const char *terminal_sign(const Terminal *terminal, const char *sign, const char *ascii);

/*
 * Asks a person on the terminal, until the answer is one of the letters (small, ASCII); an empty one is the
 * first of them. Returns the letter, or 0 if nothing more can be read. question: translated, with the
 * letters at its end.
 */
char terminal_ask(const Terminal *terminal, const char *question, const char *letters);

/* Whether there is somebody to be asked. */
bool terminal_can_ask(const Terminal *terminal);
