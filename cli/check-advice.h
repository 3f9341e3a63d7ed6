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
