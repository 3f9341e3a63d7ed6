/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hatago-generator: run by systemd at boot and when it is reloaded; see systemd.generator(7). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/log.h"
#include "config.h"
#include "generator.h"
#include "places.h"

/* Who fills the folder fills no log. */
#define MESSAGES_MAX 64U

int main(int argc, char **argv) {
        if (argc != 4) {
                fputs("hatago-generator: systemd runs it, with three folders; see hatago-vm@.service(5)\n",
                      stderr);
                return 2;
        }

        if (getenv("SYSTEMD_SCOPE"))
                log_to_kernel("/dev/kmsg", "hatago-generator");
        log_set_limit(MESSAGES_MAX);
        (void) umask(0022);
        return generator_run(SETTINGS_FOLDER, VM_UNIT_FILE, argv[1]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
