/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Releases a variable at the end of its scope, by GLib's g_autoptr(). Beside this header, each type of ours
 * that is freed so says it in its own header. */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus, sd_bus_flush_close_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_message, sd_bus_message_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_slot, sd_bus_slot_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_event, sd_event_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virConnectClose)

/* sd_bus_error lives on the stack: _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL; */
#define _cleanup_bus_error_ __attribute__((cleanup(sd_bus_error_free)))
