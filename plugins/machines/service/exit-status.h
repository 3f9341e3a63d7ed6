/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How hatago-vm ends, from 64 on as sysexits.h(3head) has it: units/hatago-vm@.service.in names those, none
 * of which has systemd start it again. */
typedef enum ExitStatus {
        EXIT_DONE = 0,
        EXIT_CRASHED = 3, /* of "ended": the unit fails, and may be started again. No SuccessExitStatus= */
        EXIT_RETRY = 4,  /* of "start", after a crash: it failed, and may be tried again, as often as crashes
                          */
        EXIT_USAGE = 64, /* it was called wrongly */
        EXIT_NO_MACHINE = 66, /* there is none of this name */
        EXIT_NO_LIBVIRT = 69, /* libvirt cannot be reached, or does not answer */
        EXIT_REFUSED = 70,    /* libvirt does not do it */
        EXIT_TIMED_OUT = 75,  /* what it waited for did not come */
        EXIT_NOT_ROOT = 77,   /* who called it is an ordinary user */
} ExitStatus;
