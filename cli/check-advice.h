/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

/*
 * The parts of a remedy that depend on the computer, its boot loader, or the hypervisor around it, by their
 * keys in the texts of checks; arguments: of the verdict. New, translated strings; NULL: no such key.
 *
 *   {machine}      "Dell Inc. PowerEdge R740", or "this computer"
 *   {setup-key}    the key that opens its firmware's set-up
 *   {setup-menu}   where processors are set up in there
 *   {setup-item}   what virtualization is called there
 *   {boot-steps}   how to add {argument} to the kernel's command line
 *   {outer-steps}  what to do on the host that this one is a guest of
 */
char *check_advice(const char *key, JsonObject *arguments);

/*
 * The tables behind it, not yet translated. Of each the first row that fits counts, and the last one fits
 * always.
 */

/* Set-up of the firmware, by the words that its vendor and product begin with, in lower case; NULL: any. */
typedef struct FirmwareSetup {
        const char *vendor, *product;
        const char *key, *menu;
} FirmwareSetup;

/* By a word in the name of the processor; the names are those of the makers. */
typedef struct SetupItem {
        const char *processor, *name;
} SetupItem;

typedef struct LoaderSteps {
        const char *loader, *file; /* NULL: any */
        const char *steps;
} LoaderSteps;

typedef struct OuterSteps {
        const char *hypervisor, *steps;
} OuterSteps;

/* Each ends with the row whose first member is NULL. */
extern const FirmwareSetup firmware_setups[];
extern const SetupItem setup_items[];
extern const LoaderSteps loader_steps[];
extern const OuterSteps outer_steps[];

/* What a computer without vendor and product is called. */
extern const char advice_this_computer[];
