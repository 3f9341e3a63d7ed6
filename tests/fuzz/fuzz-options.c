/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "common/options.h"
#include "input.h"

/* The dictionary of options that ends every method's arguments. */

typedef struct Target {
        bool before, paused, between;
        uint64_t timeout, after;
} Target;

static const Option table[] = {
        { "paused", OPTION_BOOL, offsetof(Target, paused) },
        { "timeout", OPTION_UINT64, offsetof(Target, timeout), 10, 20 },
        {},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        g_autoptr(sd_bus_message) m = input_message(&input, "a{sv}");
        g_auto(Failure) failure = { 0 };
        Target target = { .timeout = 15 };
        int r;

        r = options_read(m, table, &target, &failure);
        if (r < 0) {
                g_assert_cmpint(r, ==, -EINVAL);
                g_assert_true(failure.code == ERROR_UNKNOWN_OPTION ||
                              failure.code == ERROR_INVALID_ARGUMENT);
                g_assert_true(g_utf8_validate(failure.message, -1, NULL));
        } else
                g_assert_cmpint(sd_bus_message_at_end(m, /* complete= */ true), ==, 1);

        g_assert_true(target.timeout >= 10 && target.timeout <= 20);
        g_assert_true(!target.before && !target.between && target.after == 0);
        return 0;
}
