/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "keys.h"
#include "machine.h"
#include "names.h"
#include "usage.h"
#include "verbs.h"

/* More than any other in one call is refused (org.hatago.Host1.Machine.Console.SendKeys). */
#define KEYS_PER_CALL 128U

static void chord_free(gpointer chord) {
        g_array_unref(chord);
}

/* The chords of an argument. Reports what has no key, and returns the exit status then; 0: all have. */
static int chords_add(const Cli *cli, const char *text, GPtrArray *chords) {
        g_autofree char *unknown = NULL;
        GArray *chord;

        if (!cli->options->text) {
                chord = keys_of_chord(text, &unknown);
                if (chord) {
                        g_ptr_array_add(chords, chord);
                        return 0;
                }
                return usage_report_word(_("There is no key '{word}'."), unknown, cli->verb);
        }

        for (const char *p = text; *p; p++) {
                chord = keys_of_character(*p);
                if (!chord)
                        return usage_report_word(_("'{word}' has what a US keyboard cannot type."), text,
                                                 cli->verb);
                g_ptr_array_add(chords, chord);
        }
        return 0;
}

void verb_send_keys_print_help(FILE *file) {
        g_autofree char *all = keys_list();
        g_autofree char *text = g_strdup_printf(
                        _("Keys: a to z, 0 to 9, signs, %s, or Linux's codes of them."), all);

        fputc('\n', file);
        terminal_print_sentence(file, text);
}

static int message_append_chord(sd_bus_message *message, const GArray *chord) {
        return sd_bus_message_append_array(message, 'u', chord->data, chord->len * sizeof(uint32_t));
}

/* Sends as many of the chords from the first on as go into one call; returns how many. */
static int chords_send(const Cli *cli, const char *path, const GPtrArray *chords, guint first,
                       sd_bus_error *error) {
        _cleanup_message_ sd_bus_message *message = NULL;
        unsigned n_keys = 0;
        guint i = first;
        int r;

        r = bus_message_new(cli, path, CONSOLE_INTERFACE, "SendKeys", error, &message);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(message, 'a', "au");
        for (; r >= 0 && i < chords->len; i++) {
                const GArray *chord = chords->pdata[i];

                n_keys += chord->len;
                if (n_keys > KEYS_PER_CALL && i > first)
                        break;
                r = message_append_chord(message, chord);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        if (r >= 0)
                r = sd_bus_message_append(message, "a{sv}", 0);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);

        r = bus_call(cli, message, error, NULL);
        return r < 0 ? r : (int) (i - first);
}

int verb_send_keys(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) chords = g_ptr_array_new_with_free_func(chord_free);
        g_autofree char *path = NULL;
        guint sent = 0;
        int r;

        for (unsigned i = 1; i < n; i++) {
                r = chords_add(cli, arguments[i], chords);
                if (r != 0)
                        return r;
        }

        r = machine_find(cli, arguments[0], &error, &path);
        while (r >= 0 && sent < chords->len) {
                r = chords_send(cli, path, chords, sent, &error);
                sent += r > 0 ? (guint) r : 0;
        }
        if (r < 0)
                error_report(cli, arguments[0], &error);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
