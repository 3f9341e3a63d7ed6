/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/*
 * Holds those of descriptors 0 to 2 open that were closed by the caller, so that what is opened next does
 * not take their place. Reading from them, or writing to them, fails with EBADF as before.
 */
void output_init(void);

/*
 * Writes out what is left of the output, and returns the exit status: the one given, or a failure if the
 * output is not what it should be. That is said, unless whoever reads it has gone (EPIPE).
 */
int output_finish(int status);
