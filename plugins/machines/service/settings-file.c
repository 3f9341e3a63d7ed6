/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings as files in a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "settings.h"

#define SUFFIX ".conf"
#define FRESH_SUFFIX ".new" /* readers take files that end in SUFFIX */

/* A folder full of what is wrong takes no time to speak of, and fills no log. */
#define ENTRIES_MAX (2 * SETTINGS_MAX)
#define COMPLAINTS_MAX 16U

static int open_folder(const char *folder) {
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static char *file_name(const char *uuid) {
        return g_strconcat(uuid, SUFFIX, NULL);
}

/*
 * Reading
 */

static int fail_open(int error, char **ret_why) {
        switch (error) {
        case ENOENT:
                return -ENOENT;
        case ELOOP:
                *ret_why = g_strdup("is a symbolic link");
                return -EINVAL;
        case ENXIO:
                *ret_why = g_strdup("is no regular file");
                return -EINVAL;
        default:
                *ret_why = g_strdup_printf("cannot be opened: %s", g_strerror(error));
                return -error;
        }
}

/* Up to size bytes; how many, or a negative errno. */
static ssize_t read_whole(int fd, char *buffer, size_t size) {
        size_t have = 0;

        while (have < size) {
                ssize_t n = read(fd, buffer + have, size - have);

                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                have += (size_t) n;
        }
        return (ssize_t) have;
}

/* The text of a regular file; one byte more than it may have tells that it is too long. */
static int read_text(int fd, char **ret, gsize *ret_size, char **ret_why) {
        g_autofree char *text = g_malloc(SETTINGS_SIZE_MAX + 1);
        struct stat status;
        ssize_t n;

        if (fstat(fd, &status) >= 0 && !S_ISREG(status.st_mode)) {
                *ret_why = g_strdup("is no regular file");
                return -EINVAL;
        }

        n = read_whole(fd, text, SETTINGS_SIZE_MAX + 1);
        if (n < 0) {
                *ret_why = g_strdup_printf("cannot be read: %s", g_strerror((int) -n));
                return (int) n;
        }

        *ret_size = (gsize) n;
        *ret = g_steal_pointer(&text);
        return 0;
}

int service_settings_read(int folder_fd, const char *uuid, ServiceSettings **ret, char **ret_why) {
        g_autofree char *name = file_name(uuid), *text = NULL;
        gsize size;
        int fd, r;

        fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return fail_open(errno, ret_why);

        r = read_text(fd, &text, &size, ret_why);
        close(fd);
        if (r < 0)
                return r;

        return service_settings_parse(uuid, text, size, ret, ret_why);
}

ServiceSettings *service_settings_load(const char *folder, const char *uuid) {
        g_autoptr(ServiceSettings) settings = NULL;
        g_autofree char *why = NULL;
        int fd = open_folder(folder), r = fd;

        if (fd >= 0) {
                r = service_settings_read(fd, uuid, &settings, &why);
                close(fd);
        }
        if (r < 0 && r != -ENOENT)
                log_warning("%s/%s" SUFFIX ": %s; ignoring all of the file", folder, uuid,
                            why ?: g_strerror(-r));
        return settings ? g_steal_pointer(&settings) : service_settings_new(uuid, /* name= */ NULL);
}

typedef struct Reading {
        const char *folder;
        GHashTable *settings;
        GHashTable *wrong; /* why, by the name of the file */
        unsigned n_entries;
} Reading;

static void complain(Reading *reading, const char *name, const char *why) {
        if (g_hash_table_size(reading->wrong) < SETTINGS_MAX)
                (void) g_hash_table_replace(reading->wrong, g_strdup(name), g_strdup(why));
}

void service_settings_log_wrong(const char *folder, GHashTable *wrong, GHashTable *known) {
        unsigned n = 0;
        GHashTableIter i;
        gpointer name, why;

        g_hash_table_iter_init(&i, wrong);
        while (g_hash_table_iter_next(&i, &name, &why)) {
                g_autofree char *shown = text_printable(name);

                if (known && g_strcmp0(g_hash_table_lookup(known, name), why) == 0)
                        continue;
                if (++n <= COMPLAINTS_MAX)
                        log_warning("%s/%s: %s; ignoring all of the file", folder, shown,
                                    (const char *) why);
        }
        if (n > COMPLAINTS_MAX)
                log_warning("%s: %u more files are wrong; ignoring them", folder, n - COMPLAINTS_MAX);
}

static void settings_destroy(void *settings) {
        (void) service_settings_free(settings);
}

/* Returns false where there are too many. */
static bool read_entry(Reading *reading, int fd, const char *name) {
        g_autofree char *uuid = NULL, *why = NULL;
        g_autoptr(ServiceSettings) settings = NULL;
        int r;

        if (++reading->n_entries > ENTRIES_MAX) {
                log_warning("%s: there are more than %u entries; ignoring all others", reading->folder,
                            ENTRIES_MAX);
                return false;
        }
        if (*name == '.' || !g_str_has_suffix(name, SUFFIX))
                return true;

        if (g_hash_table_size(reading->settings) >= SETTINGS_MAX) {
                log_warning("%s: there are more than %u files; ignoring all others", reading->folder,
                            SETTINGS_MAX);
                return false;
        }

        uuid = g_strndup(name, strlen(name) - strlen(SUFFIX));
        if (!service_settings_uuid_is_valid(uuid)) {
                complain(reading, name, "its name is no UUID of a machine");
                return true;
        }

        r = service_settings_read(fd, uuid, &settings, &why);
        if (r >= 0)
                (void) g_hash_table_insert(reading->settings, settings->uuid, settings);
        else if (r != -ENOENT)
                complain(reading, name, why);
        if (r >= 0)
                (void) g_steal_pointer(&settings);
        return true;
}

int service_settings_read_all(const char *folder, GHashTable **ret, GHashTable **ret_wrong) {
        g_autoptr(GHashTable) settings =
                        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, settings_destroy);
        g_autoptr(GHashTable) wrong = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        Reading reading = { .folder = folder, .settings = settings, .wrong = wrong };
        struct dirent *entry;
        DIR *stream;
        int fd;

        fd = open_folder(folder);
        if (fd < 0 && fd != -ENOENT)
                return fd;

        stream = fd >= 0 ? fdopendir(fd) : NULL;
        while (stream && (entry = readdir(stream)))
                if (!read_entry(&reading, fd, entry->d_name))
                        break;
        if (stream)
                closedir(stream);

        if (ret_wrong)
                *ret_wrong = g_steal_pointer(&wrong);
        else
                service_settings_log_wrong(folder, wrong, /* known= */ NULL);
        *ret = g_steal_pointer(&settings);
        return 0;
}

/*
 * Writing
 */

static int write_file(int folder_fd, const char *uuid, const char *text) {
        g_autofree char *name = file_name(uuid), *fresh = g_strconcat(name, FRESH_SUFFIX, NULL);

        return file_replace(folder_fd, name, fresh, text, /* mode= */ 0644, /* durable= */ true);
}

int service_settings_write(const char *folder, const ServiceSettings *settings, bool keep) {
        g_autoptr(ServiceSettings) same = NULL;
        g_autofree char *text = NULL, *why = NULL;
        int fd, r;

        if (!keep && service_settings_are_default(settings))
                return service_settings_remove(folder, settings->uuid);

        /* Nothing is written that would not be read. */
        text = service_settings_format(settings);
        r = service_settings_parse(settings->uuid, text, strlen(text), &same, &why);
        if (r < 0)
                return r;

        fd = open_folder(folder);
        if (fd < 0)
                return fd;

        r = write_file(fd, settings->uuid, text);
        close(fd);
        return r;
}

int service_settings_remove(const char *folder, const char *uuid) {
        g_autofree char *name = file_name(uuid);
        int fd = open_folder(folder), r = 0;

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;

        if (unlinkat(fd, name, /* flags= */ 0) < 0)
                r = errno == ENOENT ? 0 : -errno;
        else if (fsync(fd) < 0)
                r = -errno;
        close(fd);
        return r;
}
