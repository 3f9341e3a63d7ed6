/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "configuration.h"

#include "common/log.h"
#include "common/text.h"

#define FILE_NAME "hatagod.conf"

typedef struct Entry {
        char *value, *file;
        bool asked;
} Entry;

struct Configuration {
        GHashTable *entries; /* "Section.Key" to Entry */
};

static void entry_free(gpointer p) {
        Entry *entry = p;
        g_free(entry->value);
        g_free(entry->file);
        g_free(entry);
}

static void configuration_merge(Configuration *c, GKeyFile *keys, const char *file) {
        g_auto(GStrv) sections = g_key_file_get_groups(keys, NULL);

        for (char **section = sections; *section; section++) {
                g_auto(GStrv) names = g_key_file_get_keys(keys, *section, NULL, NULL);

                for (char **name = names; name && *name; name++) {
                        Entry *entry = g_new(Entry, 1);

                        *entry = (Entry){ .value = g_key_file_get_value(keys, *section, *name, NULL),
                                          .file = g_strdup(file) };
                        g_hash_table_replace(c->entries, g_strdup_printf("%s.%s", *section, *name), entry);
                }
        }
}

/* Returns whether there is such a file. */
static bool configuration_read_file(Configuration *c, const char *file) {
        g_autoptr(GKeyFile) keys = g_key_file_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gsize length;

        /* Not by g_key_file_load_from_file(), which refuses /dev/null: links to it mask files. */
        if (!g_file_get_contents(file, &text, &length, &error) ||
            !g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE, &error)) {
                if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                        return false;

                log_warning("Cannot read %s, ignoring: %s", file, error->message);
                return true;
        }

        configuration_merge(c, keys, file);
        return true;
}

static void drop_ins_collect(const char *folder, GTree *files) {
        g_autofree char *path = g_build_filename(folder, FILE_NAME ".d", NULL);
        g_autoptr(GDir) dir = g_dir_open(path, /* flags= */ 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir)))
                if (g_str_has_suffix(name, ".conf") && !g_tree_lookup(files, name))
                        g_tree_insert(files, g_strdup(name), g_build_filename(path, name, NULL));
}

static gint compare_names(gconstpointer a, gconstpointer b, gpointer userdata) {
        return g_strcmp0(a, b);
}

static gboolean drop_in_read(gpointer name, gpointer path, gpointer configuration) {
        (void) configuration_read_file(configuration, path);
        return FALSE;
}

Configuration *configuration_new(const char *const *folders) {
        Configuration *c = g_new0(Configuration, 1);
        g_autoptr(GTree) drop_ins = g_tree_new_full(compare_names, NULL, g_free, g_free);
        bool found = false;

        c->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);

        for (const char *const *folder = folders; *folder; folder++) {
                g_autofree char *file = g_build_filename(*folder, FILE_NAME, NULL);

                if (!found)
                        found = configuration_read_file(c, file);
                drop_ins_collect(*folder, drop_ins);
        }

        g_tree_foreach(drop_ins, drop_in_read, c);
        return c;
}

Configuration *configuration_free(Configuration *c) {
        if (!c)
                return NULL;

        g_hash_table_unref(c->entries);
        g_free(c);
        return NULL;
}

static Entry *configuration_find(Configuration *c, const char *section, const char *key) {
        g_autofree char *name = g_strdup_printf("%s.%s", section, key);
        Entry *entry = g_hash_table_lookup(c->entries, name);

        if (!entry)
                return NULL;

        entry->asked = true;
        return *entry->value ? entry : NULL;
}

const char *configuration_string(Configuration *c, const char *section, const char *key,
                                 const char *otherwise) {
        Entry *entry = configuration_find(c, section, key);
        return entry ? entry->value : otherwise;
}

bool configuration_boolean(Configuration *c, const char *section, const char *key, bool otherwise) {
        static const struct {
                const char *word;
                bool value;
        } words[] = {
                { "yes", true }, { "true", true },   { "on", true },   { "1", true },
                { "no", false }, { "false", false }, { "off", false }, { "0", false },
        };
        Entry *entry = configuration_find(c, section, key);
        g_autofree char *printable = NULL;

        if (!entry)
                return otherwise;

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
                if (g_ascii_strcasecmp(entry->value, words[i].word) == 0)
                        return words[i].value;

        printable = text_printable(entry->value);
        log_warning("%s: %s=%s in [%s] is neither yes nor no, ignoring.", entry->file, key, printable,
                    section);
        return otherwise;
}

uint64_t configuration_span(Configuration *c, const char *section, const char *key, uint64_t minimum,
                            uint64_t maximum, uint64_t otherwise) {
        Entry *entry = configuration_find(c, section, key);
        uint64_t span;

        if (!entry)
                return otherwise;

        if (text_parse_span(entry->value, &span) < 0 || span < minimum || span > maximum) {
                g_autofree char *value = text_printable(entry->value);

                log_warning("%s: %s=%s in [%s] is no span of time, or too short or too long, ignoring.",
                            entry->file, key, value, section);
                return otherwise;
        }

        return span;
}

void configuration_warn_unknown(Configuration *c) {
        GHashTableIter i;
        gpointer name, value;

        g_hash_table_iter_init(&i, c->entries);
        while (g_hash_table_iter_next(&i, &name, &value)) {
                const Entry *entry = value;
                g_autofree char *printable = text_printable(name);

                if (!entry->asked)
                        log_warning("%s: unknown key %s, ignoring.", entry->file, printable);
        }
}
