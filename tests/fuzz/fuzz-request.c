/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "input.h"
#include "request.h"

/* What the agent has left for the start of a machine, or whoever is the agent now: root reads it. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        StartRequest request = { 0 };
        int r = start_request_parse((const char *) data, size, &request);

        g_assert_true(r == 0 || r == -EINVAL);
        if (r == 0) {
                g_assert_cmpuint(request.when, >, 0);
                g_assert_true(request.adopt == 0 || (!request.paused && !request.discard_save));
                g_assert_cmpuint(request.adopt, <=, G_MAXINT);
        } else
                g_assert_cmpuint(request.when, ==, 0);
        return 0;
}
