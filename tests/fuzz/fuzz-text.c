/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "common/text.h"
#include "input.h"

/* Text from anywhere, before it is logged; and spans of time. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        g_autofree char *text = input_text(&input), *printable = text_printable(text);
        uint64_t span = 0;
        int r;

        g_assert_true(g_utf8_validate(printable, -1, NULL));
        g_assert_false(text_has_control(printable));

        r = text_parse_span(text, &span);
        g_assert_true(r == 0 || r == -EINVAL || r == -ERANGE);
        g_assert_cmpuint(span, <=, INT64_MAX);
        return 0;
}
