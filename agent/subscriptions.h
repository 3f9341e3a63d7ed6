/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "common/error.h"

/*
 * The connections that have subscribed: while there is one, the plugins keep true also what costs something
 * to keep true. A connection has subscribed or has not; how often it did does not count. It ends with the
 * connection.
 */
typedef struct Subscriptions Subscriptions;

/* Called when the first comes and when the last goes. */
typedef void (*subscriptions_handler_t)(void *userdata, bool subscribed);

Subscriptions *subscriptions_new(sd_bus *bus, subscriptions_handler_t handler, void *userdata);
Subscriptions *subscriptions_free(Subscriptions *subscriptions); /* calls no handler; NULL is none */

/* sender: unique name of a connection of user uid; it may have left meanwhile. Fails with -ENOBUFS
 * (LimitsExceeded: 64 connections of this user, or 256 in all, have subscribed) or the errno of sd-bus. */
int subscriptions_add(Subscriptions *subscriptions, const char *sender, uid_t uid, Failure *failure);

/* One that has not subscribed is ignored. */
void subscriptions_remove(Subscriptions *subscriptions, const char *sender);

bool subscriptions_any(const Subscriptions *subscriptions);
