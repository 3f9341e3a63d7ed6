/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "error.h"

/* The arguments of methods: those with a place of their own, and the dictionary of options that ends them. A
 * method describes what it knows in tables: */
typedef enum OptionType {
        OPTION_BOOL,    /* b into a bool */
        OPTION_UINT64,  /* t into a uint64_t, within minimum and maximum */
        OPTION_UINT32,  /* u into a uint64_t, within minimum and maximum */
        OPTION_NUMBER,  /* q, u or t into a uint64_t, within minimum and maximum */
        OPTION_STRING,  /* s into a char *, copied; at most maximum bytes, 0: no limit */
        OPTION_STRINGS, /* as into a char **, copied, never NULL then; at most maximum of them */
} OptionType;

typedef struct Option {
        const char *name;
        OptionType type;
        size_t offset; /* of the field in the target */
        uint64_t minimum, maximum;
} Option;

/*
 * Reads the a{sv} that comes next in the message into the fields of target; fields of absent keys stay as
 * they are. table ends with an entry without name; NULL where a method knows no option. That the message
 * ends after it is checked by sd-bus against the signature. Fails with -EINVAL and UnknownOption (the key is
 * not in the table) or InvalidArgument (wrong type, out of range, twice).
 */
int options_read(sd_bus_message *message, const Option *table, void *target, Failure *failure);

/* Reads the arguments that come before the options, in the order of the table, into fields of target. What
 * was read before a failure is there. Fails with -EINVAL and InvalidArgument (out of range, too long). */
int arguments_read(sd_bus_message *message, const Option *table, void *target, Failure *failure);
