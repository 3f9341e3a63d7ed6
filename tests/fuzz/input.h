/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "common/cleanup.h"

/*
 * What the targets share: a fuzzer's bytes taken as decisions, and D-Bus messages made of them. At the end
 * of the bytes every number is 0 and every text is empty, so that whatever is built from them ends.
 */
typedef struct Input {
        const uint8_t *data;
        size_t size;
} Input;

/* libFuzzer calls it with each input; one for each target. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint8_t input_byte(Input *input);
uint64_t input_number(Input *input); /* of one to eight bytes: small ones, too */

/* Up to the next NUL, which is taken too. Bytes as they come; new string. */
char *input_text(Input *input);

/* The same, or if it is no UTF-8 what is nearest to it. New string. */
char *input_utf8(Input *input);

/* A bus with nobody at its other end: messages can be made, and are never sent. The same one each time. */
sd_bus *input_bus(void);

/* Appends values of these types; NULL: types from the input, too. */
void input_append(Input *input, sd_bus_message *message, const char *types);

/* A method call as it comes from the bus, at its beginning, with such arguments. */
sd_bus_message *input_message(Input *input, const char *types);
