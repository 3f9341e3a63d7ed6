/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/* A text that the user changes with an editor of their own: a file in a folder that nobody else can look
 * into, since a machine's XML can have passwords. */
typedef struct EditorFile {
        char *folder;
        char *path;
} EditorFile;

/* Makes the file. Sets error on failure. */
int editor_file_init(EditorFile *file, const char *text, sd_bus_error *error);

/* Forgets it, and leaves it where it is. */
void editor_file_done(EditorFile *file);

/* Removes it, with what an editor left beside it. */
void editor_file_remove(const EditorFile *file);

/* Lets the user change it, with $VISUAL, $EDITOR or else what there is, and waits. No shell is involved.
 * Sets error if there is no editor, or it failed. */
int editor_file_edit(const EditorFile *file, sd_bus_error *error);

/* What differs between two other texts, as lines of diff -u without names; new string, NULL where there is
 * no diff(1), or it is too much to be read. Their files lie beside this one meanwhile. */
char *editor_file_diff(const EditorFile *file, const char *before, const char *after);

/* The text as it is now: UTF-8, at most max bytes. Sets error on failure. */
int editor_file_read(const EditorFile *file, size_t max, sd_bus_error *error, char **ret);
