/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How hatago-vm ends, as sysexits.h(3head) has it; units/hatago-vm@.service.in names those from 64 on, none
 * of which has systemd start it again. */
typedef enum ExitStatus {
        EXIT_DONE = 0,
        EXIT_CRASHED = 3, /* of "ended": the unit fails, and may be started again. No SuccessExitStatus= */
        EXIT_USAGE = 64,  /* it was called wrongly */
        EXIT_NO_MACHINE = 66, /* there is none of this name */
        EXIT_NO_LIBVIRT = 69, /* libvirt cannot be reached, or does not answer */
        EXIT_REFUSED = 70,    /* libvirt does not do it */
        EXIT_TIMED_OUT = 75,  /* what it waited for did not come */
} ExitStatus;
