/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How hatago-vm ends: as sysexits.h(3head) has it. units/hatago-vm@.service.in names all of them: none has
 * systemd start it again. What QEMU ends with stays below. */
typedef enum ExitStatus {
        EXIT_DONE = 0,
        EXIT_CRASHED = 1,      /* of "ended": the unit fails, and may be started again */
        EXIT_USAGE = 64,       /* it was called wrongly */
        EXIT_NO_MACHINE = 66,  /* there is none of this name */
        EXIT_NO_LIBVIRT = 69,  /* libvirt cannot be reached, or does not answer */
        EXIT_REFUSED = 70,     /* libvirt does not do it */
        EXIT_TIMED_OUT = 75,   /* what it waited for did not come */
        EXIT_NO_SUCH_RUN = 76, /* what libvirt and the system say of the run does not agree */
} ExitStatus;
