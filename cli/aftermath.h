/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/* What a machine leaves behind when it is renamed or undefined, which only people can clear away: units that
 * an administrator enabled, and the order of others. Told on standard error. */
typedef struct Aftermath Aftermath;

/* How things are before. What cannot be read is not told of later. */
Aftermath *aftermath_new(const Cli *cli, const char *path);
Aftermath *aftermath_free(Aftermath *aftermath); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Aftermath, aftermath_free)

/* After it: the machine has another name; it is gone. */
void aftermath_tell_renamed(const Aftermath *aftermath, const Cli *cli);
void aftermath_tell_undefined(const Aftermath *aftermath, const Cli *cli);
