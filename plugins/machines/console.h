/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/* What org.hatago.Host1.Machine.Console does, and for whom. */

/* Consoles are open until whoever has the descriptor closes it; the rest is for calls under way. */
#define CONSOLES_PER_USER_MAX 16U
#define CONSOLE_CALLS_PER_USER_MAX 8U
/* More than any real screen, as an uncompressed picture. */
#define SCREENSHOT_MAX (128U * 1024 * 1024)
/* QEMU queues 1,024 events, about six for each key. */
#define SEND_KEYS_MAX 128U

/* A call of one of its methods, by the member's name. */
int console_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure);

/* Whether the machine has consoles now. */
int console_check(const Machine *machine, Failure *failure);

/* What the call was about, while it is under way. */
typedef struct ConsoleCall {
        Machines *machines;
        const struct ConsoleMethod *method;
        char uuid[VIR_UUID_STRING_BUFLEN];
        Call *call; /* once authorized */
        bool counted, secrets_allowed;
        uid_t uid; /* who is counted */

        /* Arguments and options, each of some methods. */
        GArray *keys; /* of uint32_t: for each chord how many, then they */
        char *device;
        bool force, skip_auth;
        uint64_t index, screen, hold_time;

        /* Results. */
        int fd;
        char *type; /* of libvirt */
} ConsoleCall;

/* The calls to libvirt, console-run.c: on a thread. */
int console_run_display(ConsoleCall *cc, virDomain *domain, Failure *failure);
int console_run_screenshot(ConsoleCall *cc, virDomain *domain, Failure *failure);
int console_run_send_keys(ConsoleCall *cc, virDomain *domain, Failure *failure);
int console_run_serial(virDomain *domain, const char *device, bool force, virStream *stream,
                       Failure *failure);

/* The face on the bus, console-dbus.c. */
int console_publish(Machines *machines);
