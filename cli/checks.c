/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "checks.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "bus.h"
#include "check-report.h"
#include "check-texts.h"
#include "json.h"
#include "names.h"
#include "process.h"

#define PROBE LIBEXEC_DIR "/hatago-probe"
#define PROBE_TIMEOUT (30 * USEC_PER_SEC)
/* ssh may ask for a password before. */
#define REMOTE_TIMEOUT (300 * USEC_PER_SEC)
#define REMOTE_BYTES_MAX (4U * REPORT_BYTES_MAX)

bool check_is(JsonObject *check, const char *result) {
        return strcmp(json_string(check, "Result"), result) == 0;
}

bool check_is_wrong(JsonObject *check) {
        return !check_is(check, "pass") && !check_is(check, "skip");
}

JsonObject *checks_find(JsonArray *checks, const char *id) {
        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                if (strcmp(json_string(check, "Id"), id) == 0)
                        return check;
        }
        return NULL;
}

JsonArray *checks_only(JsonArray *checks, const char *id) {
        JsonObject *check = checks_find(checks, id);
        JsonArray *only = json_array_new();

        if (check)
                json_array_add_object_element(only, json_object_ref(check)); /* takes it */
        return only;
}

void checks_count(JsonArray *checks, CheckCounts *ret) {
        CheckCounts counts = { .n = json_array_get_length(checks) };

        for (guint i = 0; i < counts.n; i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                counts.n_pass += check_is(check, "pass");
                counts.n_warn += check_is(check, "warn");
                counts.n_fail += check_is(check, "fail");
                counts.n_skip += check_is(check, "skip");
                counts.n_fixable += check_is_wrong(check) && json_flag(check, "Fixable");
                counts.n_denied += strcmp(json_string(check, "Reason"), "denied") == 0;
        }
        *ret = counts;
}

static void add_text(JsonObject *check, const char *name, char *text) {
        g_autofree char *taken = text;

        json_object_set_string_member(check, name, taken ? taken : "");
}

void checks_add_texts(JsonArray *checks) {
        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                add_text(check, "GroupTitle", g_strdup(check_group_title(json_string(check, "Group"))));
                add_text(check, "Title", g_strdup(check_title(json_string(check, "Id"))));
                add_text(check, "Meaning", check_meaning(check));
                add_text(check, "Why", check_why(check));
                add_text(check, "Remedy", check_remedy(check));
                add_text(check, "Fix",
                         json_flag(check, "Fixable") ? check_fix_text(check, /* undo= */ false) : NULL);
                add_text(check, "UndoFix",
                         json_flag(check, "Undoable") ? check_fix_text(check, /* undo= */ true) : NULL);
        }
}

/*
 * The bus
 */

static int compare_checks(gconstpointer a, gconstpointer b) {
        const char *x = json_string(*(JsonObject *const *) a, "Id"),
                   *y = json_string(*(JsonObject *const *) b, "Id");
        unsigned i = check_position(x), j = check_position(y);

        return i != j ? (i > j) - (i < j) : strcmp(x, y);
}

/* Those among all objects of the agent (path → interface → property → value). */
static JsonArray *objects_pick(JsonObject *objects) {
        g_autoptr(GPtrArray) found = g_ptr_array_new();
        JsonArray *checks = json_array_new();
        JsonObjectIter iter;
        const char *path;
        JsonNode *node;

        json_object_iter_init(&iter, objects);
        while (json_object_iter_next(&iter, &path, &node)) {
                JsonObject *interfaces = json_node_get_object(node), *check;

                if (!json_object_has_member(interfaces, HOST_CHECK_INTERFACE))
                        continue;
                check = json_object_get_object_member(interfaces, HOST_CHECK_INTERFACE);
                json_object_set_string_member(check, "Path", path);
                g_ptr_array_add(found, check);
        }
        g_ptr_array_sort(found, compare_checks);
        for (guint i = 0; i < found->len; i++)
                json_array_add_object_element(checks, json_object_ref(found->pdata[i])); /* takes it */

        return checks;
}

int checks_read_bus(const Cli *cli, sd_bus_error *error, JsonArray **ret) {
        g_autoptr(JsonObject) objects = NULL;
        int r;

        r = bus_get_objects(cli, error, &objects);
        if (r < 0)
                return r;
        *ret = objects_pick(objects);
        return 0;
}

int check_reread(const Cli *cli, JsonObject *check, sd_bus_error *error, JsonObject **ret) {
        const char *path = json_string(check, "Path");
        int r;

        r = bus_get_all(cli, path, HOST_CHECK_INTERFACE, error, ret);
        if (r >= 0)
                json_object_set_string_member(*ret, "Path", path);
        return r;
}

/*
 * The probe
 */

static const char *error_sentence(int r) {
        switch (r) {
        case -ETIMEDOUT:
                return N_("it has not answered in time");
        case -EFBIG:
        case -EBADMSG:
                return N_("its answer is not understood: is it of another version?");
        default:
                return N_("it failed");
        }
}

/* what: a program, or a host. */
static int complain(const char *what, int r) {
        fprintf(stderr, _("hatago: cannot read the host by %s: %s.\n"), what, _(error_sentence(r)));
        return r;
}

static int complain_of_missing(const char *program, const char *package) {
        fprintf(stderr, _("hatago: cannot read the host: '%s' is not installed.\n"), program);
        fprintf(stderr, _("Install its package: sudo apt install %s"), package);
        fputc('\n', stderr);
        return -ENOENT;
}

static int read_local(const char *group, JsonArray **ret) {
        const char *other = getenv("HATAGO_PROBE"), *program = other && *other ? other : PROBE;
        const char *argv[] = { program, "--stdout", *group ? "--group" : NULL, group, NULL };
        g_autoptr(GBytes) output = NULL;
        int status, r;

        r = process_read(argv, PROBE_TIMEOUT, REPORT_BYTES_MAX, &output, &status);
        if (r == -ENOENT)
                return complain_of_missing(program, "hatago-host");
        if (r >= 0 && status != 0)
                r = -EIO;
        if (r >= 0)
                r = check_report_parse(output, ret);
        return r < 0 ? complain(program, r) : 0;
}

/* An array of objects and nothing else. */
static int remote_parse(GBytes *output, JsonArray **ret) {
        g_autoptr(JsonParser) parser = json_parser_new();
        gsize size;
        const char *text = g_bytes_get_data(output, &size);
        JsonNode *root;

        if (!json_parser_load_from_data(parser, text, (gssize) size, NULL))
                return -EBADMSG;
        root = json_parser_get_root(parser);
        if (!root || !JSON_NODE_HOLDS_ARRAY(root))
                return -EBADMSG;
        for (guint i = 0; i < json_array_get_length(json_node_get_array(root)); i++)
                if (!JSON_NODE_HOLDS_OBJECT(json_array_get_element(json_node_get_array(root), i)))
                        return -EBADMSG;

        *ret = json_array_ref(json_node_get_array(root));
        return 0;
}

static int read_remote(const Cli *cli, const char *group, JsonArray **ret) {
        const char *words[] = { "validate", "--json=short", *group ? group : NULL, NULL };
        g_autofree char *command = process_remote_command(words);
        const char *argv[] = { "ssh", "-T", "--", cli->options->host, command, NULL };
        g_autoptr(GBytes) output = NULL;
        int status, r;

        r = process_read(argv, REMOTE_TIMEOUT, REMOTE_BYTES_MAX, &output, &status);
        if (r == -ENOENT)
                return complain_of_missing("ssh", "openssh-client");
        /* Its status is the verdict; when there is none, it has said why. */
        if (r >= 0 && g_bytes_get_size(output) == 0)
                return -EIO;
        if (r >= 0)
                r = remote_parse(output, ret);
        return r < 0 ? complain(cli->options->host, r) : 0;
}

int checks_read_probe(const Cli *cli, const char *group, JsonArray **ret) {
        return cli->options->host ? read_remote(cli, group, ret) : read_local(group, ret);
}
