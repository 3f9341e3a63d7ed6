/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/error.h"
#include "record.h"

/*
 * Applies a remedy, or takes it back. word: "ID", or "undo:ID"; it comes from the name of a unit, so from
 * anybody: what is not in the table of remedies is refused. root: the folder below which files are read and
 * changed; "/" but in tests.
 *
 * What is as it should be is left, so that a remedy that has been applied succeeds. One that fails half way
 * takes back what it has done. Fails with a text for people; taking back fails where nothing has been noted.
 * One at a time: another call waits.
 */
int fix_run(const char *root, const char *word, Failure *failure);
