/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <stdlib.h>

#include "configuration.h"
#include "input.h"

/* hatagod.conf and a drop-in, parted by a NUL. */

static char *folder, *file, *drop_in;

static void folder_remove(void) {
        g_autofree char *drop_ins = g_path_get_dirname(drop_in);

        (void) g_unlink(file);
        (void) g_unlink(drop_in);
        (void) g_rmdir(drop_ins);
        (void) g_rmdir(folder);
}

static void folder_make(void) {
        g_autofree char *drop_ins = NULL;

        folder = g_dir_make_tmp("hatago-fuzz-XXXXXX", NULL);
        g_assert_nonnull(folder);
        drop_ins = g_build_filename(folder, "hatagod.conf.d", NULL);
        g_assert_cmpint(g_mkdir(drop_ins, 0700), ==, 0);
        file = g_build_filename(folder, "hatagod.conf", NULL);
        drop_in = g_build_filename(drop_ins, "a.conf", NULL);
        (void) atexit(folder_remove);
}

/* Not g_file_set_contents(), which renames and syncs. */
static void file_write(const char *path, const uint8_t *data, size_t size) {
        FILE *stream = fopen(path, "we");

        g_assert_nonnull(stream);
        g_assert_cmpuint(fwrite(data, 1, size, stream), ==, size);
        g_assert_cmpint(fclose(stream), ==, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        size_t first = size > 0 ? strnlen((const char *) data, size) : 0;
        g_autoptr(Configuration) configuration = NULL;
        uint64_t span;

        if (!folder)
                folder_make();
        file_write(file, data, first);
        if (first < size)
                file_write(drop_in, data + first + 1, size - first - 1);
        else
                (void) g_unlink(drop_in);

        configuration = configuration_new((const char *const[]){ folder, NULL });
        span = configuration_span(configuration, "Machines", "StopTimeout", 10, 20, 30);
        g_assert_true(span == 30 || (span >= 10 && span <= 20));
        g_assert_true(*configuration_string(configuration, "Log", "Level", "info"));
        (void) configuration_string(configuration, "Hypervisor", "URI", NULL);
        configuration_warn_unknown(configuration);
        return 0;
}
