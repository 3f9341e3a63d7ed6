/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/* Programs that the tool runs beside itself. None is started through a shell. */

/*
 * polkit's agent for terminals: asks for the password of an administrator while it runs. Returns its pid, or
 * 0 if there is no use for one (already root, no terminal, not installed). It is registered when this
 * returns.
 */
pid_t polkit_agent_open(const Cli *cli);
void polkit_agent_close(pid_t pid);

/* Sends standard output through $HATAGO_PAGER, $PAGER or less, if it is a terminal. Returns its pid, or 0 if
 * none. */
pid_t pager_open(const Cli *cli);

/* Ends the output and waits until the user has read it. */
void pager_close(pid_t pid);
