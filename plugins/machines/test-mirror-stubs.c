/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mirror.h"

/* For tests that know of no units. */

Mirror *mirror_new(Machines *machines) {
        return NULL;
}

Mirror *mirror_free(Mirror *mirror) {
        return NULL;
}

void mirror_look(Mirror *mirror, const Machine *machine) {
}

void mirror_look_all(Mirror *mirror) {
}

void mirror_forget(Mirror *mirror, const char *uuid) {
}
