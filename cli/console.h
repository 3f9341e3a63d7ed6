/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/* Opens what org.hatago.Host1.Machine.Console hands out. Negative errno, and error is set then. */

/* A serial console: a socket. */
int console_open_serial(const Cli *cli, const char *path, sd_bus_error *error);

/* One more connection to a display: a socket. */
int console_open_display(const Cli *cli, const char *path, uint32_t index, sd_bus_error *error);

/*
 * The same verb of hatago on the host of --host, by ssh, with its standard input and output on a socket or
 * pipe; ret_pid may be waited for, and its standard error is ours. verb and its options: words, up to NULL.
 */
int console_open_remote(const Cli *cli, const char *const *words, int *ret_fd, pid_t *ret_pid);

/*
 * With --announce, writes the first line for who carries the console on: "connected", or the bus name of the
 * error that kept it from that. error: NULL, it is connected. Negative errno if nobody reads it.
 */
int console_announce(const Cli *cli, const sd_bus_error *error);

/* Carries between standard input and output and the socket, until either ends: for --stdio. */
void console_carry_stdio(int fd);
