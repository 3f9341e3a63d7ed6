/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Makes a file of the folder, or replaces the one there is: whole from the first moment on, and never
 * through a link. It is written as fresh, a name that readers pass over, and renamed; what somebody who was
 * killed has left of that name goes. durable: it is on the disk when this returns. Fails with the errno of
 * the call that failed, -ENOSPC where not all could be written; where the folder alone could not be
 * synchronized, the new file is there nevertheless, and else the old one.
 */
int file_replace(int folder_fd, const char *name, const char *fresh, const char *text, mode_t mode,
                 bool durable);
