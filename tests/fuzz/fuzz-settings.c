/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"
#include "generator.h"
#include "input.h"
#include "settings.h"

/* Settings of machines, each up to a NUL: root reads what the agent's user can write. What the generator
 * makes of them is never more than a few lines of a few kinds. */

#define FILES_MAX 6U
#define UNIT "/lib/systemd/system/hatago-vm@.service"

static char *folder, *settings_folder, *output;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw) {
        return remove(path);
}

static void remove_folder(const char *path) {
        (void) nftw(path, remove_entry, /* nopenfd= */ 8, FTW_DEPTH | FTW_PHYS);
}

static void at_end(void) {
        remove_folder(folder);
}

static void make_folders(void) {
        folder = g_dir_make_tmp("hatago-fuzz-XXXXXX", NULL);
        g_assert_nonnull(folder);
        settings_folder = g_build_filename(folder, "machines.d", NULL);
        output = g_build_filename(folder, "output", NULL);
        g_assert_cmpint(g_mkdir(settings_folder, 0700), ==, 0);
        (void) atexit(at_end);
}

static char *make_uuid(unsigned n) {
        return g_strdup_printf("1b4e28ba-2fa1-11d2-883f-0016d3cca42%x", n);
}

static void parse(const char *uuid, const uint8_t *data, size_t size) {
        g_autoptr(ServiceSettings) settings = NULL, again = NULL;
        g_autofree char *why = NULL, *text = NULL, *no = NULL;
        int r = service_settings_parse(uuid, (const char *) data, size, &settings, &why);

        if (r < 0) {
                g_assert_cmpint(r, ==, -EINVAL);
                g_assert_true(g_utf8_validate(why, -1, NULL) && !text_has_control(why));
                return;
        }

        g_assert_true(service_settings_name_is_valid(settings->name));
        g_assert_true((settings->ready == READY_PORT) == (settings->ready_port != 0));
        g_assert_cmpuint(settings->start_delay, <=, START_DELAY_MAX);
        g_assert_cmpuint(settings->stop_timeout, <=, STOP_TIMEOUT_MAX);
        text = service_settings_format(settings);
        if (service_settings_parse(uuid, text, strlen(text), &again, &no) < 0)
                g_error("%s: %s", text, no);
        g_assert_true(service_settings_equal(settings, again));
}

static void put(unsigned n, const uint8_t *data, size_t size) {
        g_autofree char *uuid = make_uuid(n);
        g_autofree char *path = g_strdup_printf("%s/%s.conf", settings_folder, uuid);
        FILE *stream = fopen(path, "we");

        g_assert_nonnull(stream);
        g_assert_cmpuint(fwrite(data, 1, size, stream), ==, size);
        g_assert_cmpint(fclose(stream), ==, 0);
        parse(uuid, data, size);
}

static void check_line(const char *line) {
        static const char *const beginnings[] = {
                "# ",
                "[Unit]",
                "After=hatago-vm@",
                "After=hatago-vm-ready@",
                "Wants=hatago-vm-ready@",
                "[Service]",
                "TimeoutStopSec=",
        };

        g_assert_true(*line == '#' || !strpbrk(line, "%\"' \t"));
        for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++)
                if (g_str_has_prefix(line, beginnings[i]))
                        return;
        g_assert_cmpstr(line, ==, "");
}

static int check_entry(const char *path, const struct stat *status, int type, struct FTW *ftw) {
        g_autofree char *name = g_path_get_basename(path), *text = NULL;
        g_auto(GStrv) lines = NULL;

        g_assert_cmpint(ftw->level, <=, 2);
        if (ftw->level == 1)
                g_assert_true(g_str_has_prefix(name, "hatago-vm@") ||
                              g_str_equal(name, "multi-user.target.wants"));
        if (ftw->level == 2 && type == FTW_SL)
                g_assert_true(g_str_has_prefix(name, "hatago-vm@") && g_str_has_suffix(name, ".service"));
        if (ftw->level < 2 || type != FTW_F)
                return 0;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                check_line(*line);
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        unsigned n = 0;

        if (!folder)
                make_folders();
        g_assert_cmpint(g_mkdir(output, 0700), ==, 0);

        for (; n < FILES_MAX && size > 0; n++) {
                size_t length = strnlen((const char *) data, size);

                put(n, data, length);
                length += length < size;
                data += length;
                size -= length;
        }
        for (; n < FILES_MAX; n++) {
                g_autofree char *uuid = make_uuid(n);
                g_autofree char *path = g_strdup_printf("%s/%s.conf", settings_folder, uuid);
                (void) g_unlink(path);
        }

        g_assert_cmpint(generator_run(settings_folder, UNIT, output), ==, 0);
        g_assert_cmpint(nftw(output, check_entry, /* nopenfd= */ 8, FTW_PHYS), ==, 0);
        remove_folder(output);
        return 0;
}
