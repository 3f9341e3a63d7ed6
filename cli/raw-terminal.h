/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal.h>
#include <termios.h>

#include "util.h"

/*
 * The terminal while something else has it: every key goes on as it is, and it is put back whatever ends the
 * tool, but for SIGKILL. Signals come from a descriptor meanwhile.
 */
typedef struct RawTerminal {
        int fd;
        int signals; /* readable when one has come: raw_terminal_signal() */
        struct termios before;
        sigset_t mask_before;
} RawTerminal;

/* Negative errno: it is no terminal, or has gone. */
int raw_terminal_begin(RawTerminal *terminal, int fd);

/*
 * Takes what came: stops and goes on again with the shell's job control, and passes a change of the size by.
 * Returns the number of a signal that ends the tool, 0 for none.
 */
int raw_terminal_signal(RawTerminal *terminal);

void raw_terminal_end(RawTerminal *terminal);
