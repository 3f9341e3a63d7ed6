/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "editor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "names.h"
#include "process.h"

/* What the shell says of a command that is not there. */
#define EXIT_NOT_FOUND 127

#define DIFF_TIMEOUT (10 * USEC_PER_SEC)
#define DIFF_BYTES_MAX (64 * 1024)
/* The lines with the names of the files. */
#define DIFF_HEAD_LINES 2

int editor_file_init(EditorFile *file, const char *text, sd_bus_error *error) {
        g_autofree char *folder = g_build_filename(g_get_tmp_dir(), "hatago-XXXXXX", NULL);
        g_autoptr(GError) failure = NULL;

        if (!g_mkdtemp(folder)) /* 0700 */
                return sd_bus_error_set_errnof(error, errno, "%s: %s", folder, g_strerror(errno));
        file->path = g_build_filename(folder, "machine.xml", NULL);
        file->folder = g_steal_pointer(&folder);
        if (g_file_set_contents_full(file->path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &failure))
                return 0;
        (void) sd_bus_error_setf(error, HATAGO_ERROR("Failed"), "%s", failure->message);
        editor_file_remove(file);
        editor_file_done(file);
        return -EIO;
}

void editor_file_done(EditorFile *file) {
        g_clear_pointer(&file->folder, g_free);
        g_clear_pointer(&file->path, g_free);
}

void editor_file_remove(const EditorFile *file) {
        g_autoptr(GDir) folder = g_dir_open(file->folder, 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
                g_autofree char *path = g_build_filename(file->folder, name, NULL);

                (void) g_unlink(path);
        }
        (void) g_rmdir(file->folder);
}

/* In the child. */
static void editor_exec(char **command) {
        sigset_t none;

        (void) sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
        (void) signal(SIGINT, SIG_DFL);
        (void) signal(SIGQUIT, SIG_DFL);
        (void) signal(SIGPIPE, SIG_DFL);
        (void) execvp(command[0], command);
        _exit(EXIT_NOT_FOUND);
}

/* Returns the status of waitpid(), or a negative errno. */
static int editor_run(char **command) {
        void (*interrupt)(int), (*quit)(int);
        int status = 0, r = 0;
        pid_t pid;

        (void) fflush(stdout);
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0)
                editor_exec(command);
        /* They are the editor's while that runs. */
        interrupt = signal(SIGINT, SIG_IGN);
        quit = signal(SIGQUIT, SIG_IGN);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR) {
                        r = -errno;
                        break;
                }
        (void) signal(SIGINT, interrupt);
        (void) signal(SIGQUIT, quit);
        return r < 0 ? r : status;
}

int editor_file_edit(const EditorFile *file, sd_bus_error *error) {
        const char *editors[] = { getenv("VISUAL"), getenv("EDITOR"), "editor", "nano", "vi" };

        for (size_t i = 0; i < G_N_ELEMENTS(editors); i++) {
                g_autoptr(GPtrArray) command = g_ptr_array_new();
                g_auto(GStrv) words = NULL;
                int status;

                if (!editors[i] || !g_shell_parse_argv(editors[i], NULL, &words, NULL))
                        continue;
                for (char **word = words; *word; word++)
                        g_ptr_array_add(command, *word);
                g_ptr_array_add(command, file->path);
                g_ptr_array_add(command, NULL);
                status = editor_run((char **) command->pdata);
                if (status < 0)
                        return sd_bus_error_set_errnof(error, -status, "%s", g_strerror(-status));
                if (status == 0)
                        return 0;
                /* The one of the user must be there, the others may. */
                if (i >= 2 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND)
                        continue;
                return sd_bus_error_setf(error, HATAGO_ERROR("Failed"), _("the editor (%s) failed"),
                                         editors[i]);
        }
        return sd_bus_error_setf(error, HATAGO_ERROR("Failed"), "%s",
                                 _("there is no editor; $EDITOR can name one"));
}

static char *file_write_beside(const EditorFile *file, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(file->folder, name, NULL);

        return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL)
                               ? g_steal_pointer(&path)
                               : NULL;
}

char *editor_file_diff(const EditorFile *file, const char *before, const char *after) {
        g_autofree char *left = file_write_beside(file, "before", before);
        g_autofree char *right = file_write_beside(file, "after", after);
        const char *const argv[] = { "diff", "-u", "--", left, right, NULL };
        g_autoptr(GBytes) output = NULL;
        const char *text = NULL;
        size_t length = 0;
        int status;

        if (left && right && process_read(argv, DIFF_TIMEOUT, DIFF_BYTES_MAX, &output, &status) >= 0)
                text = g_bytes_get_data(output, &length);
        if (left)
                (void) g_unlink(left);
        if (right)
                (void) g_unlink(right);

        for (unsigned i = 0; text && i < DIFF_HEAD_LINES; i++) {
                const char *end = memchr(text, '\n', length);

                length -= end ? (size_t) (end + 1 - text) : 0;
                text = end ? end + 1 : NULL;
        }
        return text ? g_strndup(text, length) : NULL;
}

int editor_file_read(const EditorFile *file, size_t max, sd_bus_error *error, char **ret) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *text = NULL;
        size_t length;

        if (!g_file_get_contents(file->path, &text, &length, &failure))
                return sd_bus_error_setf(error, HATAGO_ERROR("Failed"), "%s", failure->message);
        if (length > max)
                return sd_bus_error_setf(error, HATAGO_ERROR("InvalidXML"), _("it is larger than %u MiB"),
                                         (unsigned) (max / (1024 * 1024)));
        if (!g_utf8_validate(text, (gssize) length, NULL))
                return sd_bus_error_setf(error, HATAGO_ERROR("InvalidXML"), "%s",
                                         _("it is not text in UTF-8"));
        *ret = g_steal_pointer(&text);
        return 0;
}
