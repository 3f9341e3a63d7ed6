/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aftermath.h"

#include "bus.h"
#include "json.h"
#include "names.h"
#include "service.h"
#include "text.h"

struct Aftermath {
        GPtrArray *machines;    /* as they were; NULL: not known */
        const Machine *machine; /* this one, among them; NULL: not known */
};

Aftermath *aftermath_new(const Cli *cli, const char *path) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        Aftermath *aftermath = g_new0(Aftermath, 1);

        if (services_read(cli, &ignored, &aftermath->machines) < 0)
                return aftermath;
        for (guint i = 0; i < aftermath->machines->len; i++)
                if (strcmp(((const Machine *) aftermath->machines->pdata[i])->path, path) == 0)
                        aftermath->machine = aftermath->machines->pdata[i];
        return aftermath;
}

Aftermath *aftermath_free(Aftermath *aftermath) {
        if (!aftermath)
                return NULL;

        g_clear_pointer(&aftermath->machines, g_ptr_array_unref);
        g_free(aftermath);
        return NULL;
}

static bool is_enabled(const Aftermath *aftermath) {
        return aftermath->machine && service_is_started_by(aftermath->machine->facts, "systemd");
}

static void unit_tell(const char *pattern, const char *unit) {
        g_autofree char *word = text_shell_word(unit), *line = text_fill(pattern, "unit", word);

        fprintf(stderr, "%s\n", line);
}

void aftermath_tell_renamed(const Aftermath *aftermath, const Cli *cli) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) machine = NULL;

        if (!is_enabled(aftermath) ||
            bus_get_all(cli, aftermath->machine->path, MACHINE_INTERFACE, &ignored, &machine) < 0)
                return;

        fprintf(stderr, "%s\n", _("An administrator had enabled its unit, which has another name now:"));
        unit_tell("  sudo systemctl disable {unit}", aftermath->machine->unit);
        unit_tell("  sudo systemctl enable {unit}", json_string(machine, "Unit"));
}

/* "--after=db,cache": all that it starts after but the one. */
static char *after_option(JsonObject *facts, const GPtrArray *machines, const char *except) {
        JsonArray *after = json_array(facts, "StartAfter");
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *list = NULL;

        for (guint i = 0; after && i < json_array_get_length(after); i++) {
                const char *uuid = json_array_get_string_element(after, i);
                const char *name = service_name_of(machines, uuid);

                if (strcmp(uuid, except) == 0)
                        continue;
                if (text->len > 0)
                        g_string_append_c(text, ',');
                g_string_append(text, name && !strchr(name, ',') ? name : uuid);
        }
        list = text_shell_word(text->str);
        return g_strconcat("--after=", text->len > 0 ? list : "", NULL);
}

static void follower_tell(const Aftermath *aftermath, const Cli *cli, const Machine *other) {
        g_autofree char *shown = terminal_text(cli->terminal, other->name), *word = text_shell_word(shown);
        g_autofree char *option = after_option(other->facts, aftermath->machines, aftermath->machine->uuid);
        g_autofree char *option_shown = terminal_text(cli->terminal, option);
        g_autofree char *line =
                        text_fill(_("'{other}' was to start after it. To forget that:"), "other", shown);

        fprintf(stderr, "%s\n  hatago autostart %s %s\n", line, word, option_shown);
}

void aftermath_tell_undefined(const Aftermath *aftermath, const Cli *cli) {
        if (is_enabled(aftermath)) {
                fprintf(stderr, "%s\n", _("An administrator had enabled its unit. To take that back:"));
                unit_tell("  sudo systemctl disable {unit}", aftermath->machine->unit);
        }
        for (guint i = 0; aftermath->machine && i < aftermath->machines->len; i++)
                if (service_starts_after(((const Machine *) aftermath->machines->pdata[i])->facts,
                                         aftermath->machine->uuid))
                        follower_tell(aftermath, cli, aftermath->machines->pdata[i]);
}
