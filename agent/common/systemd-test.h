/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* For tests: a systemd at the other end of a bus, in the same event loop. It answers when and as the test
 * says. */
typedef struct TestSystemd {
        sd_event *event;
        sd_bus *bus;   /* the caller's end */
        sd_bus *own;   /* systemd's */
        GQueue *calls; /* of sd_bus_message, which nobody has taken yet */
} TestSystemd;

void test_systemd_init(TestSystemd *systemd, sd_event *event);
void test_systemd_done(TestSystemd *systemd);

/* The next call of this method; waits for it. The caller unrefs it. Others before it stay. */
sd_bus_message *test_systemd_take(TestSystemd *systemd, const char *member);

/* How many of them nobody has taken, once all that was on its way has come. */
unsigned test_systemd_count(TestSystemd *systemd, const char *member);

void test_systemd_answer(sd_bus_message *call, const char *types, ...);
void test_systemd_refuse(sd_bus_message *call, const char *name);

/* A signal of systemd's; NameOwnerChanged is the bus's. */
void test_systemd_tell(TestSystemd *systemd, const char *path, const char *interface, const char *member,
                       const char *types, ...);
void test_systemd_replace(TestSystemd *systemd, const char *owner); /* "" is none */
