/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define KEY_KIND "Kind"
#define KEY_TARGET "Target"
#define KEY_BEFORE "Before"

struct Record {
        char *path;
        GPtrArray *changes; /* of Change */
};

Change *change_new(const char *kind, const char *target, const char *before) {
        Change *change = g_new(Change, 1);

        *change = (Change){
                .kind = g_strdup(kind),
                .target = g_strdup(target),
                .before = g_strdup(before),
        };
        return change;
}

void change_free(Change *change) {
        g_free(change->kind);
        g_free(change->target);
        g_free(change->before);
        g_free(change);
}

static int read_groups(Record *record, GKeyFile *file) {
        g_auto(GStrv) groups = g_key_file_get_groups(file, /* length= */ NULL);

        for (char **group = groups; *group; group++) {
                g_autofree char *kind = g_key_file_get_string(file, *group, KEY_KIND, NULL);
                g_autofree char *target = g_key_file_get_string(file, *group, KEY_TARGET, NULL);
                g_autofree char *before = g_key_file_get_string(file, *group, KEY_BEFORE, NULL);

                if (!kind || !target || !before)
                        return -EINVAL;
                g_ptr_array_add(record->changes, change_new(kind, target, before));
        }

        return 0;
}

int record_open(const char *path, Record **ret, Failure *failure) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(Record) record = g_new(Record, 1);

        *record = (Record){
                .path = g_strdup(path),
                .changes = g_ptr_array_new_with_free_func((GDestroyNotify) change_free),
        };

        if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
                if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                        return failure_set(failure, ERROR_FAILED, "Cannot read the record %s: %s", path,
                                           error->message);
        } else if (read_groups(record, file) < 0)
                return failure_set(failure, ERROR_FAILED, "%s is no record of a remedy", path);

        *ret = g_steal_pointer(&record);
        return 0;
}

Record *record_free(Record *record) {
        if (!record)
                return NULL;

        g_ptr_array_unref(record->changes);
        g_free(record->path);
        g_free(record);
        return NULL;
}

unsigned record_count(const Record *record) {
        return record->changes->len;
}

const Change *record_last(const Record *record) {
        return record->changes->len > 0 ? record->changes->pdata[record->changes->len - 1] : NULL;
}

static int save(const Record *record, Failure *failure) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (record->changes->len == 0) {
                if (unlink(record->path) < 0 && errno != ENOENT)
                        return failure_set(failure, ERROR_FAILED, "Cannot remove the record %s: %s",
                                           record->path, g_strerror(errno));
                return 0;
        }

        for (guint i = 0; i < record->changes->len; i++) {
                const Change *change = record->changes->pdata[i];
                g_autofree char *group = g_strdup_printf("change-%u", i + 1);

                g_key_file_set_string(file, group, KEY_KIND, change->kind);
                g_key_file_set_string(file, group, KEY_TARGET, change->target);
                g_key_file_set_string(file, group, KEY_BEFORE, change->before);
        }

        text = g_key_file_to_data(file, /* length= */ NULL, /* error= */ NULL);
        if (!g_file_set_contents_full(record->path, text, (gssize) strlen(text),
                                      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                      &error))
                return failure_set(failure, ERROR_FAILED, "Cannot write down what was before: %s",
                                   error->message);
        return 0;
}

static bool has(const Record *record, const char *kind, const char *target) {
        for (guint i = 0; i < record->changes->len; i++) {
                const Change *change = record->changes->pdata[i];

                if (g_str_equal(change->kind, kind) && g_str_equal(change->target, target))
                        return true;
        }
        return false;
}

int record_note(Record *record, const char *kind, const char *target, const char *before, Failure *failure) {
        int r;

        if (has(record, kind, target))
                return 0;

        g_ptr_array_add(record->changes, change_new(kind, target, before));
        r = save(record, failure);
        if (r < 0) /* what is not written down is not done either */
                g_ptr_array_set_size(record->changes, (int) record->changes->len - 1);
        return r;
}

int record_drop_last(Record *record, Failure *failure) {
        if (record->changes->len > 0)
                g_ptr_array_set_size(record->changes, (int) record->changes->len - 1);
        return save(record, failure);
}
