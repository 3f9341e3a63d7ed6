/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "editor.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "process.h"
#include "text.h"
#include "verbs.h"

/* One edit: the machine, and its stored XML as it was read last. */
typedef struct Edit {
        Cli *cli;
        const char *name;
        char *path;
        char *before;
        EditorFile file;
} Edit;

/* A call that may need a password. The agent that asks for it is there only while it can: an editor and it
 * cannot share the terminal, and Ctrl-C in the editor would end it. */
static pid_t edit_begin_call(const Edit *edit, const char *action) {
        edit->cli->action = action;
        return polkit_agent_open(edit->cli);
}

/* The XML as it is stored, with passwords: what was left out would be lost. */
static int edit_get_xml(const Edit *edit, sd_bus_error *error, char **ret) {
        pid_t agent = edit_begin_call(edit, "org.hatago.Host1.machine-secrets");
        int r;

        r = machine_get_xml(edit->cli, edit->path, /* inactive= */ true, /* secure= */ true, error, ret);
        polkit_agent_close(agent);
        return r;
}

static int edit_set_xml(const Edit *edit, const char *xml, sd_bus_error *error) {
        pid_t agent = edit_begin_call(edit, "org.hatago.Host1.machine-configure");
        int r;

        r = bus_call_method(edit->cli, edit->path, MACHINE_INTERFACE, "SetXML", error, NULL, "sa{sv}", xml,
                            1, "expected", "s", edit->before);
        polkit_agent_close(agent);
        return r;
}

static bool edit_ask_again(const Edit *edit) {
        /* Translators: the answers are y and n in every language. */
        return terminal_can_ask(edit->cli->terminal) &&
               terminal_ask(edit->cli->terminal, _("Edit it again? [Y/n] "), "yn") == 'y';
}

/* Nothing that was typed is lost; where nothing was, no passwords are left lying about. */
static int edit_keep(const Edit *edit) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autofree char *text = NULL;

        if (editor_file_read(&edit->file, DEFINE_XML_MAX, &ignored, &text) >= 0 &&
            strcmp(text, edit->before) == 0)
                editor_file_remove(&edit->file);
        else
                fprintf(stderr, _("The text is kept in %s\n"), edit->file.path);
        return EXIT_FAILURE;
}

static void edit_tell(const Edit *edit) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autofree char *name = terminal_text(edit->cli->terminal, edit->name);
        g_autoptr(JsonObject) machine = NULL;

        printf(_("Changed '%s'.\n"), name);
        if (bus_get_all(edit->cli, edit->path, MACHINE_INTERFACE, &error, &machine) >= 0 &&
            json_number(machine, "DomainId") != 0)
                printf("%s\n", _("It runs: this takes effect at its next start."));
}

/* Shows what others have changed since it was read. Who goes on then knows what their own text takes the
 * place of; what could not be shown stays in its place. */
static void edit_show_theirs(Edit *edit) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autofree char *now = NULL, *diff = NULL;
        g_auto(GStrv) lines = NULL;

        if (edit_get_xml(edit, &error, &now) < 0) {
                error_report(edit->cli, edit->name, &error);
                return;
        }
        diff = editor_file_diff(&edit->file, edit->before, now);
        if (!diff) {
                g_autofree char *name = terminal_text(edit->cli->terminal, edit->name);
                g_autofree char *word = text_shell_word(name);

                fprintf(stderr,
                        _("What others have changed cannot be shown here: hatago xml --inactive %s\n"),
                        word);
                return;
        }

        lines = g_strsplit(g_strchomp(diff), "\n", -1);
        fprintf(stderr, "%s\n", _("What others have changed, and your text does not have:"));
        for (char **line = lines; *line; line++) {
                g_autofree char *text = terminal_text(edit->cli->terminal, *line);

                fprintf(stderr, "%s\n", text);
        }
        g_free(edit->before);
        edit->before = g_steal_pointer(&now);
}

/* Lets it be edited until libvirt takes it, or the user gives up. Returns the exit status. */
static int edit_loop(Edit *edit) {
        for (;;) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
                g_autofree char *text = NULL;
                int r;

                if (editor_file_edit(&edit->file, &error) < 0) {
                        error_report(edit->cli, edit->name, &error);
                        return edit_keep(edit);
                }
                r = editor_file_read(&edit->file, DEFINE_XML_MAX, &error, &text);
                if (r >= 0 && strcmp(text, edit->before) == 0) {
                        editor_file_remove(&edit->file);
                        puts(_("Nothing was changed."));
                        return EXIT_SUCCESS;
                }
                if (r >= 0)
                        r = edit_set_xml(edit, text, &error);
                if (r >= 0) {
                        editor_file_remove(&edit->file);
                        edit_tell(edit);
                        return EXIT_SUCCESS;
                }
                error_report(edit->cli, edit->name, &error);
                if (strcmp(error.name, HATAGO_ERROR("Conflict")) == 0)
                        edit_show_theirs(edit);
                if (!edit_ask_again(edit))
                        return edit_keep(edit);
        }
}

int verb_edit(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        Edit edit = { .cli = cli, .name = arguments[0] };
        int r, status = EXIT_FAILURE;

        r = machine_find(cli, edit.name, &error, &edit.path);
        if (r >= 0)
                r = edit_get_xml(&edit, &error, &edit.before);
        if (r >= 0)
                r = editor_file_init(&edit.file, edit.before, &error);
        if (r < 0)
                error_report(cli, edit.name, &error);
        else
                status = edit_loop(&edit);
        editor_file_done(&edit.file);
        g_free(edit.before);
        g_free(edit.path);
        return status;
}
