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

/*
 * Runs a program without input to its end, and takes what it writes: ret_output (new reference) and its
 * wait status, as of waitpid(2). argv[0] is looked for in $PATH if it has no slash. -ENOENT: it is not
 * there; -EFBIG: it wrote more than max bytes; -ETIMEDOUT: it had not ended after timeout µs; -EIO: else.
 * It does not outlive the call.
 */
int process_read(const char *const *argv, uint64_t timeout, size_t max, GBytes **ret_output,
                 int *ret_status);

/* A call of hatago with these words (up to NULL), as one that the shell of another host takes apart again.
 * New string. */
char *process_remote_command(const char *const *words);

/* Sends standard output through $HATAGO_PAGER, $PAGER or less, if it is a terminal. Returns its pid, or 0 if
 * none. */
pid_t pager_open(const Cli *cli);

/* Ends the output and waits until the user has read it. */
void pager_close(pid_t pid);
