/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "input.h"
#include "json.h"

/* Any answer of the bus as JSON, which must be some: scripts read it. */

static void text_is_json(JsonNode *node, bool pretty) {
        g_autofree char *text = json_text(node, pretty);
        g_autoptr(JsonParser) parser = json_parser_new();

        if (!json_parser_load_from_data(parser, text, /* length= */ -1, NULL))
                g_error("not JSON: %s", text);
        for (const char *p = text; *p; p = g_utf8_next_char(p))
                if (*p != '\n' && g_unichar_iscntrl(g_utf8_get_char(p)))
                        g_error("a control at %zu: %s", (size_t) (p - text), text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };
        g_autoptr(sd_bus_message) m = input_message(&input, NULL);
        JsonNode *read;
        int r;

        while ((r = json_from_message(m, &read)) >= 0) {
                g_autoptr(JsonNode) node = read;
                g_autofree char *shown = json_property_text(node);

                g_assert_true(g_utf8_validate(shown, -1, NULL));
                text_is_json(node, false);
                text_is_json(node, true);
        }
        g_assert_cmpint(r, ==, -ENXIO);
        return 0;
}
