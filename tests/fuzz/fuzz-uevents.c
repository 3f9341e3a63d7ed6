/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uevents.h"

#include <glib.h>
#include <stdint.h>

/* Messages on the kernel's socket, which whoever may send there makes up. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        /* A copy of that size alone, so that a byte too much is noticed. */
        g_autofree char *message = g_memdup2(data, size);

        if (message && uevent_concerns_checks(message, size))
                g_assert_cmpint(message[size - 1], ==, '\0');
        return 0;
}
