/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/*
 * Makes a PNG of a picture as libvirt gives it: of "image/x-portable-pixmap"
 * (https://netpbm.sourceforge.net/doc/ppm.html: binary, three bytes a pixel); "image/png" is one already.
 * What is read comes from a hypervisor whose guest may be hostile. -EBADMSG: it is no such picture;
 * -EOPNOTSUPP: it is of another type; -ENOMEM.
 */
int picture_to_png(const char *type, GBytes *picture, GBytes **ret);
