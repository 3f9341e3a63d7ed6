/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fix.h"

#include <errno.h>
#include <stdbool.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/log.h"
#include "common/text.h"
#include "places.h"
#include "remedy.h"

#define UNDO "undo:"

void remedy_say(const char *format, ...) {
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        log_info("%s", text);
        (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s", text);
}

const Remedy *remedy_find(const char *id) {
        for (const Remedy *remedy = remedy_table; remedy->id; remedy++)
                if (g_str_equal(remedy->id, id))
                        return remedy;

        return NULL;
}

static const ChangeKind *find_kind(const char *word) {
        for (const ChangeKind *kind = change_kinds; kind->word; kind++)
                if (g_str_equal(kind->word, word))
                        return kind;

        return NULL;
}

int fix_note(Fix *fix, const char *kind, const char *target, const char *before, Failure *failure) {
        int r = record_note(fix->record, kind, target, before, failure);

        if (r >= 0)
                g_ptr_array_add(fix->made, change_new(kind, target, before));
        return r;
}

static int take_back(Fix *fix, const Change *change, Failure *failure) {
        const ChangeKind *kind = find_kind(change->kind);

        if (!kind)
                return failure_set(failure, ERROR_FAILED, "Nothing here knows how to take back '%s' of %s",
                                   change->kind, change->target);
        return kind->undo(fix, change->target, change->before, failure);
}

/* Takes back what this run has made, the last first. What an earlier run had noted stays noted: it was made
 * again. kept: so many are those. */
static int roll_back(Fix *fix, unsigned kept, Failure *failure) {
        for (guint i = fix->made->len; i > 0; i--) {
                const Change *change = fix->made->pdata[i - 1], *last = record_last(fix->record);
                int r = take_back(fix, change, failure);

                if (r >= 0 && record_count(fix->record) > kept && g_str_equal(last->kind, change->kind) &&
                    g_str_equal(last->target, change->target))
                        r = record_drop_last(fix->record, failure);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int apply(Fix *fix, const Remedy *remedy, Failure *failure) {
        unsigned kept = record_count(fix->record);
        g_auto(Failure) second = { 0 };
        int r;

        r = remedy->apply(fix, remedy, failure);
        if (r >= 0) {
                remedy_say(fix->made->len > 0 ? "Applied" : "Nothing was left to do");
                return 0;
        }

        if (roll_back(fix, kept, &second) < 0)
                log_error("What was done until then could not be taken back: %s", second.message);
        return r;
}

static int undo(Fix *fix, const Remedy *remedy, Failure *failure) {
        int r = 0;

        if (record_count(fix->record) == 0)
                return failure_set(failure, ERROR_FAILED,
                                   "There is nothing to take back: the remedy %s has changed nothing here",
                                   remedy->id);

        while (r >= 0 && record_count(fix->record) > 0) {
                r = take_back(fix, record_last(fix->record), failure);
                if (r >= 0)
                        r = record_drop_last(fix->record, failure);
        }
        if (r >= 0)
                remedy_say("Taken back");
        return r;
}

/* Held until the descriptor is closed. */
static int lock_records(const char *folder, Failure *failure) {
        int fd, r;

        if (g_mkdir_with_parents(folder, 0700) < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot make %s: %s", folder, g_strerror(errno));

        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX) >= 0)
                return fd;

        r = failure_set(failure, ERROR_FAILED, "Cannot lock %s: %s", folder, g_strerror(errno));
        if (fd >= 0)
                close(fd);
        return r;
}

int fix_run(const char *root, const char *word, Failure *failure) {
        bool back = g_str_has_prefix(word, UNDO);
        const Remedy *remedy = remedy_find(back ? word + strlen(UNDO) : word);
        g_autofree char *folder = NULL, *path = NULL;
        g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func((GDestroyNotify) change_free);
        g_autoptr(Record) record = NULL;
        Fix fix = { .root = root, .made = made };
        int lock, r;

        if (!remedy) {
                g_autofree char *printable = text_printable(word);
                return failure_set(failure, ERROR_INVALID_ARGUMENT, "There is no remedy '%s'", printable);
        }

        folder = g_build_filename(root, RECORDS_FOLDER, NULL);
        lock = lock_records(folder, failure);
        if (lock < 0)
                return lock;

        path = g_build_filename(folder, remedy->id, NULL);
        r = record_open(path, &record, failure);
        if (r >= 0) {
                fix.record = record;
                r = back ? undo(&fix, remedy, failure) : apply(&fix, remedy, failure);
        }

        close(lock);
        return r;
}
