/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generator.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "common/unit-name.h"
#include "settings.h"

#define WANTS "multi-user.target.wants"
#define DROP_IN "50-hatago.conf"

typedef struct Generator {
        const char *folder, *unit, *output;
        GHashTable *settings; /* by UUID */
} Generator;

/*
 * One machine for each unit
 */

/* When its file was written. */
static int64_t written_at(const Generator *generator, const ServiceSettings *settings) {
        g_autofree char *path = g_strdup_printf("%s/%s.conf", generator->folder, settings->uuid);
        struct stat status;

        if (lstat(path, &status) < 0)
                return 0;
        return (int64_t) status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
}

/* The one that has the name now; the other had it once. */
static const ServiceSettings *find_older(const Generator *generator, const ServiceSettings *a,
                                         const ServiceSettings *b) {
        int64_t at = written_at(generator, a), bt = written_at(generator, b);

        return at < bt || (at == bt && strcmp(a->uuid, b->uuid) > 0) ? a : b;
}

/* Machines that were given new names can have files that say the same one: the file that was written last
 * is right. */
static void drop_doubles(Generator *generator) {
        g_autoptr(GHashTable) units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GList) all = g_hash_table_get_values(generator->settings);

        for (GList *one = all; one; one = one->next) {
                ServiceSettings *settings = one->data, *other;
                char *unit = vm_unit_name(settings->name, settings->uuid);

                other = g_hash_table_lookup(units, unit);
                if (other) {
                        const ServiceSettings *older = find_older(generator, settings, other);
                        g_autofree char *name = text_printable(older->name);

                        log_warning("%s/%s.conf: another file is of \"%s\", and newer; ignoring this one",
                                    generator->folder, older->uuid, name);
                        if (older == settings) {
                                (void) g_hash_table_remove(generator->settings, settings->uuid);
                                g_free(unit);
                                continue;
                        }
                        (void) g_hash_table_remove(generator->settings, other->uuid);
                }
                (void) g_hash_table_replace(units, unit, settings);
        }
}

/*
 * What systemd gets
 */

static int make_folder(const char *path) {
        return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_file(const char *path, const char *text) {
        FILE *file = fopen(path, "wxe");
        int r = 0;

        if (!file)
                return -errno;

        if (fputs(text, file) < 0)
                r = -errno;
        if (fclose(file) != 0 && r == 0)
                r = -errno;
        return r;
}

static void append_relation(const Generator *generator, const ServiceSettings *settings, const char *uuid,
                            GString *after, GString *notes) {
        const ServiceSettings *other = g_hash_table_lookup(generator->settings, uuid);
        g_autofree char *name = NULL, *unit = NULL, *ready = NULL;

        if (!other) {
                name = text_printable(settings->name);
                log_warning("\"%s\" is to start after a machine that is not known, %s; ignoring that", name,
                            uuid);
                g_string_append_printf(notes, "# %s is not known: ignored\n", uuid);
                return;
        }

        unit = vm_unit_name(other->name, other->uuid);
        g_string_append_printf(after, "After=%s\n", unit);
        if (other->ready == READY_RUNNING)
                return;

        ready = vm_ready_unit_name(other->name, other->uuid);
        g_string_append_printf(after, "After=%s\n", ready);
}

/* The lines of a drop-in, without the first; "": there is nothing to say. In names of units systemd expands
 * "%", which escaping leaves nowhere. */
static char *make_drop_in(const Generator *generator, const ServiceSettings *settings) {
        g_autoptr(GString) unit = g_string_new(NULL), notes = g_string_new(NULL);
        GString *text = g_string_new(NULL);
        g_autofree char *ready = NULL;

        for (char **after = settings->start_after; after && *after; after++)
                append_relation(generator, settings, *after, unit, notes);
        if (settings->ready != READY_RUNNING) {
                ready = vm_ready_unit_name(settings->name, settings->uuid);
                g_string_append_printf(unit, "Wants=%s\n", ready);
        }

        g_string_append(text, notes->str);
        if (unit->len > 0)
                g_string_append_printf(text, "[Unit]\n%s", unit->str);
        if (settings->stop_timeout != 0)
                g_string_append_printf(text, "[Service]\nTimeoutStopSec=%" G_GUINT64_FORMAT "s\n",
                                       (settings->stop_timeout + STOP_MARGIN) / G_TIME_SPAN_SECOND);
        return g_string_free(text, /* free_segment= */ FALSE);
}

static int write_drop_in(const Generator *generator, const ServiceSettings *settings, const char *unit) {
        g_autofree char *folder = g_strdup_printf("%s/%s.d", generator->output, unit);
        g_autofree char *path = g_build_filename(folder, DROP_IN, NULL);
        g_autofree char *lines = make_drop_in(generator, settings), *text = NULL;
        int r;

        if (!*lines)
                return 0;

        r = make_folder(folder);
        if (r < 0)
                return r;

        text = g_strdup_printf("# Made by hatago-generator of %s/%s.conf\n%s", generator->folder,
                               settings->uuid, lines);
        return write_file(path, text);
}

static int write_link(const Generator *generator, const char *unit) {
        g_autofree char *folder = g_build_filename(generator->output, WANTS, NULL);
        g_autofree char *path = g_build_filename(folder, unit, NULL);
        int r = make_folder(folder);

        if (r < 0)
                return r;
        return symlink(generator->unit, path) < 0 ? -errno : 0;
}

static int write_machine(const Generator *generator, const ServiceSettings *settings) {
        g_autofree char *unit = vm_unit_name(settings->name, settings->uuid);
        int r = 0, q;

        if (settings->autostart)
                r = write_link(generator, unit);
        q = write_drop_in(generator, settings, unit);
        if (r >= 0)
                r = q;
        if (r < 0)
                log_error("Cannot write what systemd shall know of %s: %s", unit, g_strerror(-r));
        return r;
}

int generator_run(const char *folder, const char *unit, const char *output) {
        g_autoptr(GHashTable) settings = NULL;
        Generator generator = { .folder = folder, .unit = unit, .output = output };
        GHashTableIter iter;
        void *machine;
        int r;

        r = service_settings_read_all(folder, &settings, /* ret_wrong= */ NULL);
        if (r < 0) {
                log_error("Cannot read %s: %s", folder, g_strerror(-r));
                return r;
        }

        generator.settings = settings;
        drop_doubles(&generator);
        start_order_break_cycles(settings);
        g_hash_table_iter_init(&iter, settings);
        while (g_hash_table_iter_next(&iter, NULL, &machine)) {
                int q = write_machine(&generator, machine);

                if (q < 0)
                        r = q;
        }
        return r;
}
