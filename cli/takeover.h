/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/*
 * Finds the machines that libvirt itself starts at boot, and offers to have their units do it, all at once;
 * with --yes does so. What goes wrong is printed, and no more comes of it. Returns whether there were any;
 * without units there are none.
 */
bool takeover_offer(const Cli *cli);
