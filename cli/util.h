/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libintl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define _(text) gettext(text)
#define N_(text) text

#define _cleanup_(f) __attribute__((cleanup(f)))

#define USEC_PER_SEC ((uint64_t) 1000000)
#define USEC_PER_MSEC ((uint64_t) 1000)

static inline void close_p(int *fd) {
        if (*fd >= 0)
                (void) close(*fd);
        *fd = -EBADF;
}

/* For what a library allocated with malloc(). */
static inline void free_p(char **text) {
        free(*text);
}

static inline void bus_flush_close_p(sd_bus **bus) {
        *bus = sd_bus_flush_close_unref(*bus);
}

#define _cleanup_close_ _cleanup_(close_p)
#define _cleanup_bus_ _cleanup_(bus_flush_close_p)
#define _cleanup_message_ _cleanup_(sd_bus_message_unrefp)
#define _cleanup_slot_ _cleanup_(sd_bus_slot_unrefp)
#define _cleanup_error_ _cleanup_(sd_bus_error_free)
