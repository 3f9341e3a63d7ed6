/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * Looks after the images of machines' disks, in the background, through libvirt: whether they are there, and
 * whether they can grow to their size. A machine is looked at when it becomes known, when its disks change,
 * when a start of it failed, and in turn while somebody has subscribed; one request of a few machines is
 * under way at a time, with the other verbs' connections, so that storage that hangs holds up nothing else.
 */
typedef struct ImageWatch ImageWatch;

ImageWatch *image_watch_new(Machines *machines);
ImageWatch *image_watch_free(ImageWatch *watch); /* after hypervisor_stop(); NULL is none */

/* Looks at the machine's images soon, if it is still there then. */
void image_watch_look(ImageWatch *watch, const char *uuid);

/* Goes on with what the end of a connection interrupted. */
void image_watch_on_connected(ImageWatch *watch);
