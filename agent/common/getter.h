/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

/* Defines a getter for an sd-bus vtable that answers with one value of an object. object is the name by
 * which the value's expression calls the userdata, a const Type *. */
#define BUS_GETTER(function, Type, object, signature, value)                                                \
        static int function(sd_bus *bus, const char *path, const char *interface, const char *property,     \
                            sd_bus_message *reply, void *userdata, sd_bus_error *error) {                   \
                const Type *object = userdata;                                                              \
                                                                                                            \
                (void) object;                                                                              \
                return sd_bus_message_append(reply, signature, value);                                      \
        }
