/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "input.h"
#include "start-failure.h"

/* What libvirt and QEMU say of a failed start, in which names and paths stand as their owners chose them. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        g_autofree char *text = input_text(&input), *before = NULL;
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_FAILED, "%s", text);
        before = g_strdup(failure.message);

        if (!start_failure_read(&failure))
                g_assert_true(failure.code == ERROR_FAILED && !failure.arguments);

        g_assert_cmpstr(failure.message, ==, before);
        for (char **a = failure.arguments; a && *a; a += 2) {
                g_assert_true(*a[1] && g_utf8_validate(a[1], -1, NULL));
                /* That of a display is worked out. */
                g_assert_true(g_str_equal(a[0], "port") || strstr(before, a[1]));
        }
        return 0;
}
