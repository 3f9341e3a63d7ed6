/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "process.h"
#include "verbs.h"

/* XML allows C1 controls as they are; as references they mean the same, and no terminal obeys them. */
static void xml_print_escaped(const char *xml) {
        for (const char *p = xml; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if ((c >= 0x7f && c <= 0x9f) || (c < 0x20 && c != '\n' && c != '\t'))
                        printf("&#x%x;", (unsigned) c);
                else
                        fwrite(p, 1, (size_t) (g_utf8_next_char(p) - p), stdout);
        }
}

static void xml_print_json(const Cli *cli, const char *name, const char *xml) {
        JsonObject *object = json_object_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

        json_object_set_string_member(object, "Name", name);
        json_object_set_string_member(object, "XML", xml);
        json_node_take_object(node, object);
        json_print(cli->options->json, node);
}

static void xml_print(const Cli *cli, const char *xml) {
        if (cli->terminal->out_tty)
                xml_print_escaped(xml);
        else
                fputs(xml, stdout);
        if (!g_str_has_suffix(xml, "\n"))
                putchar('\n');
}

int verb_xml(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autofree char *path = NULL, *xml = NULL;
        pid_t pager;
        int r;

        if (cli->options->secure)
                cli->action = "org.hatago.Host1.machine-secrets";
        r = machine_find(cli, arguments[0], &error, &path);
        if (r >= 0)
                r = machine_get_xml(cli, path, cli->options->inactive, cli->options->secure, &error, &xml);
        if (r < 0) {
                error_report(cli, arguments[0], &error);
                return EXIT_FAILURE;
        }
        /* Only now: a pager and the question for a password cannot share the terminal. */
        pager = pager_open(cli);
        if (cli->options->json != JSON_OFF)
                xml_print_json(cli, arguments[0], xml);
        else
                xml_print(cli, xml);
        pager_close(pager);
        return EXIT_SUCCESS;
}
