/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "common/names.h"
#include "common/text.h"
#include "hypervisor.h"

#define GROUP "Job"
#define SUFFIX ".job"
#define SIZE_MAX_BYTES 8192U
#define RECORDS_MAX 4096U
#define OPERATION_MAX 32U
#define NAME_MAX_BYTES 1024U

struct JobRecords {
        int folder;
};

JobRecord *job_record_free(JobRecord *record) {
        if (!record)
                return NULL;

        g_free(record->operation);
        g_free(record->object);
        g_free(record->name);
        g_free(record->uuid);
        g_free(record->unit);
        g_free(record);
        return NULL;
}

int job_records_new(const char *folder, JobRecords **ret) {
        JobRecords *records;
        int fd;

        if (g_mkdir_with_parents(folder, 0700) < 0)
                return -errno;
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        records = g_new(JobRecords, 1);
        *records = (JobRecords){ .folder = fd };
        *ret = records;
        return 0;
}

JobRecords *job_records_free(JobRecords *records) {
        if (!records)
                return NULL;

        close(records->folder);
        g_free(records);
        return NULL;
}

/*
 * Writing
 */

static char *record_to_text(const JobRecord *record) {
        g_autoptr(GKeyFile) file = g_key_file_new();

        g_key_file_set_string(file, GROUP, "Operation", record->operation);
        g_key_file_set_string(file, GROUP, "Object", record->object);
        g_key_file_set_string(file, GROUP, "Name", record->name ?: "");
        g_key_file_set_string(file, GROUP, "UUID", record->uuid);
        g_key_file_set_uint64(file, GROUP, "StartedByUID", record->uid);
        g_key_file_set_string(file, GROUP, "Unit", record->unit ?: "");
        g_key_file_set_uint64(file, GROUP, "StartedAt", record->started_at);
        g_key_file_set_uint64(file, GROUP, "Run", record->run);
        g_key_file_set_uint64(file, GROUP, "Timeout", record->timeout);
        return g_key_file_to_data(file, /* length= */ NULL, NULL);
}

int job_records_write(const JobRecords *records, const JobRecord *record) {
        g_autofree char *name = g_strdup_printf("%" PRIu32 SUFFIX, record->id);
        g_autofree char *fresh = g_strdup_printf("%s.new", name), *text = record_to_text(record);

        return file_replace(records->folder, name, fresh, text, /* mode= */ 0600, /* durable= */ true);
}

void job_records_remove(const JobRecords *records, uint32_t id) {
        g_autofree char *name = g_strdup_printf("%" PRIu32 SUFFIX, id);

        if (unlinkat(records->folder, name, /* flags= */ 0) < 0 && errno != ENOENT)
                log_warning("Cannot remove the record of job %" PRIu32 ", ignoring: %s", id,
                            g_strerror(errno));
}

typedef struct Removal {
        const JobRecords *records;
        uint32_t id;
} Removal;

static int removal_run(void *data, virConnect *connection, Failure *failure) {
        const Removal *removal = data;

        job_records_remove(removal->records, removal->id);
        return 0;
}

static void removal_done(void *data, int result, Failure *failure) {
        g_autofree Removal *removal = data;

        /* The agent stops: nobody is kept waiting any more. */
        if (result < 0)
                job_records_remove(removal->records, removal->id);
}

void job_records_remove_later(const JobRecords *records, Hypervisor *hypervisor, uint32_t id) {
        Removal *removal = g_new(Removal, 1);
        g_auto(Failure) failure = { 0 };
        Request request = {
                .lane = LANE_LOCAL,
                .run = removal_run,
                .done = removal_done,
                .data = removal,
        };

        *removal = (Removal){ .records = records, .id = id };
        if (hypervisor_submit(hypervisor, &request, /* ret_id= */ NULL, &failure) < 0)
                removal_done(removal, -ECANCELED, &failure);
}

/*
 * Reading
 */

/* The text of a regular file that is small enough; -EINVAL if it is none. */
static int read_file(int folder, const char *name, char **ret, size_t *ret_length) {
        g_autofree char *text = g_malloc(SIZE_MAX_BYTES + 1);
        struct stat status;
        ssize_t n;
        int fd, r = 0;

        fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        n = fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ? -1 : read(fd, text, SIZE_MAX_BYTES + 1);
        if (n < 0 || (size_t) n > SIZE_MAX_BYTES)
                r = -EINVAL;
        close(fd);
        if (r < 0)
                return r;

        *ret_length = (size_t) n;
        *ret = g_steal_pointer(&text);
        return 0;
}

static char *read_string(GKeyFile *file, const char *key) {
        return g_key_file_get_string(file, GROUP, key, NULL) ?: g_strdup("");
}

/* (uid_t) -1 where none is said: a line that is missing is not root's. */
static uid_t read_uid(GKeyFile *file, const char *key) {
        g_autofree char *text = read_string(file, key);
        guint64 number;

        return g_ascii_string_to_unsigned(text, /* base= */ 10, /* min= */ 0, /* max= */ UINT32_MAX - 1,
                                          &number, /* error= */ NULL)
                               ? (uid_t) number
                               : (uid_t) -1;
}

/* A word of ours: it becomes part of a line in the journal. */
static bool is_operation(const char *text) {
        return *text && strlen(text) <= OPERATION_MAX &&
               strspn(text, "abcdefghijklmnopqrstuvwxyz-") == strlen(text);
}

static bool record_is_valid(const JobRecord *record) {
        return is_operation(record->operation) && sd_bus_object_path_is_valid(record->object) > 0 &&
               g_str_has_prefix(record->object, PATH_ROOT "/") && strlen(record->name) <= NAME_MAX_BYTES &&
               g_uuid_string_is_valid(record->uuid) && record->uid != (uid_t) -1 &&
               !text_has_control(record->unit) && record->started_at <= (uint64_t) G_MAXINT64;
}

static JobRecord *record_from_text(uint32_t id, const char *text, size_t length) {
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(JobRecord) record = NULL;

        if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, NULL))
                return NULL;

        record = g_new(JobRecord, 1);
        *record = (JobRecord){
                .id = id,
                .operation = read_string(file, "Operation"),
                .object = read_string(file, "Object"),
                .name = read_string(file, "Name"),
                .uuid = read_string(file, "UUID"),
                .uid = read_uid(file, "StartedByUID"),
                .unit = read_string(file, "Unit"),
                .started_at = g_key_file_get_uint64(file, GROUP, "StartedAt", NULL),
                .run = g_key_file_get_uint64(file, GROUP, "Run", NULL),
                .timeout = g_key_file_get_uint64(file, GROUP, "Timeout", NULL),
        };
        return record_is_valid(record) ? g_steal_pointer(&record) : NULL;
}

/* The number in "7.job"; 0 if it is no such name. */
static uint32_t name_to_id(const char *name) {
        g_autofree char *again = NULL;
        uint64_t id;

        id = g_ascii_strtoull(name, /* endptr= */ NULL, /* base= */ 10);
        if (id == 0 || id > G_MAXINT32)
                return 0;

        again = g_strdup_printf("%" PRIu64 SUFFIX, id);
        return g_str_equal(name, again) ? (uint32_t) id : 0;
}

static JobRecord *record_read(int folder, const char *name) {
        g_autofree char *text = NULL;
        uint32_t id = name_to_id(name);
        size_t length;

        if (id == 0 || read_file(folder, name, &text, &length) < 0)
                return NULL;

        return record_from_text(id, text, length);
}

static int compare_records(const void *a, const void *b) {
        const JobRecord *left = *(const JobRecord *const *) a, *right = *(const JobRecord *const *) b;

        return left->id < right->id ? -1 : left->id > right->id;
}

static void record_destroy(void *record) {
        (void) job_record_free(record);
}

GPtrArray *job_records_read(const JobRecords *records) {
        GPtrArray *list = g_ptr_array_new_with_free_func(record_destroy);
        int fd = openat(records->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        while (folder && list->len < RECORDS_MAX && (entry = readdir(folder))) {
                JobRecord *record;

                if (g_str_equal(entry->d_name, ".") || g_str_equal(entry->d_name, ".."))
                        continue;
                record = record_read(fd, entry->d_name);
                if (record)
                        g_ptr_array_add(list, record);
                else {
                        g_autofree char *name = text_printable(entry->d_name);
                        log_warning("\"%s\" in the folder of jobs is no record of a job, ignoring.", name);
                }
        }

        if (folder)
                closedir(folder);
        g_ptr_array_sort(list, compare_records);
        return list;
}
