/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"

/* One line: "hatago-request-1 WHEN [adopt=ID] [paused] [discard-save]". */
#define VERSION_WORD "hatago-request-1"
#define SIZE_MAX_BYTES 128
#define ADOPT "adopt="

static uint64_t now_usec(void) {
        struct timespec now;

        (void) clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t) now.tv_sec * G_USEC_PER_SEC + (uint64_t) now.tv_nsec / 1000;
}

/* The folder's last part may belong to another user than the caller, who is root: it is no link. */
static int open_folder(const char *folder) {
        int fd = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int start_request_write(const char *folder, const char *instance, const StartRequest *request) {
        g_autofree char *text = NULL, *temporary = NULL, *adopt = NULL;
        int fd, r;

        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
                return -errno;
        fd = open_folder(folder);
        if (fd < 0)
                return fd;

        if (request->adopt != 0)
                adopt = g_strdup_printf(" " ADOPT "%u", request->adopt);
        text = g_strdup_printf(VERSION_WORD " %" PRIu64 "%s%s%s\n", now_usec(), adopt ?: "",
                               request->paused ? " paused" : "",
                               request->discard_save ? " discard-save" : "");
        temporary = g_strdup_printf(".%s", instance);

        r = file_replace(fd, instance, temporary, text, /* mode= */ 0600, /* durable= */ false);
        (void) close(fd);
        return r;
}

void start_request_remove(const char *folder, const char *instance) {
        int fd = open_folder(folder);

        if (fd < 0)
                return;

        (void) unlinkat(fd, instance, /* flags= */ 0);
        (void) close(fd);
}

void start_requests_clear(const char *folder) {
        g_autoptr(GDir) names = g_dir_open(folder, /* flags= */ 0, /* error= */ NULL);
        const char *name;

        if (!names)
                return;

        while ((name = g_dir_read_name(names)))
                start_request_remove(folder, name);
}

/* A number in decimal digits alone, max at most. */
static bool parse_number(const char *word, uint64_t max, uint64_t *ret) {
        return g_ascii_string_to_unsigned(word, 10, /* min= */ 1, max, ret, /* error= */ NULL);
}

static int parse_word(const char *word, StartRequest *request) {
        uint64_t id;

        if (g_str_equal(word, "paused") && !request->paused)
                request->paused = true;
        else if (g_str_equal(word, "discard-save") && !request->discard_save)
                request->discard_save = true;
        else if (g_str_has_prefix(word, ADOPT) && request->adopt == 0 &&
                 parse_number(word + strlen(ADOPT), INT_MAX, &id))
                request->adopt = (unsigned) id;
        else
                return -EINVAL;
        return 0;
}

int start_request_parse(const char *text, gsize size, StartRequest *ret) {
        g_autofree char *line = NULL;
        g_auto(GStrv) words = NULL;
        StartRequest request = { 0 };

        if (size < 2 || size > SIZE_MAX_BYTES || text[size - 1] != '\n' || memchr(text, '\0', size))
                return -EINVAL;

        line = g_strndup(text, size - 1);
        words = g_strsplit(line, " ", /* max_tokens= */ 0);
        if (g_strv_length(words) < 2 || !g_str_equal(words[0], VERSION_WORD) ||
            !parse_number(words[1], G_MAXINT64, &request.when))
                return -EINVAL;
        for (char **word = words + 2; *word; word++)
                if (parse_word(*word, &request) < 0)
                        return -EINVAL;

        /* An adoption is of what runs. */
        if (request.adopt != 0 && (request.paused || request.discard_save))
                return -EINVAL;

        *ret = request;
        return 0;
}

static int read_request(int folder_fd, const char *instance, StartRequest *ret) {
        /* Of a FIFO no writer is waited for. */
        int fd = openat(folder_fd, instance, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        char text[SIZE_MAX_BYTES + 1];
        struct stat status;
        ssize_t n = -1;

        if (fd < 0)
                return errno == ENOENT ? -ENOENT : -EINVAL;

        if (fstat(fd, &status) >= 0 && S_ISREG(status.st_mode))
                n = read(fd, text, sizeof(text));
        (void) close(fd);
        return n < 0 ? -EINVAL : start_request_parse(text, (gsize) n, ret);
}

int start_request_take(const char *folder, const char *instance, StartRequest *ret) {
        int fd = open_folder(folder), r;
        uint64_t now = now_usec();
        StartRequest request = { 0 };

        if (fd == -ENOENT)
                return -ENOENT;
        r = fd;
        if (r >= 0) {
                r = read_request(fd, instance, &request);
                if (r != -ENOENT)
                        (void) unlinkat(fd, instance, /* flags= */ 0);
                (void) close(fd);
        }
        if (r == -ENOENT)
                return r;
        if (r < 0 || request.when > now) {
                log_warning("What the agent has left in %s/%s is no request, ignoring", folder, instance);
                return -EINVAL;
        }

        if (now - request.when > (uint64_t) REQUEST_AGE_MAX)
                return -ENOENT;
        *ret = request;
        return 0;
}
