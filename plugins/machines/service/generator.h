/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Turns the settings in a folder into what systemd knows: for a machine that is started at boot a link in
 * multi-user.target.wants, and for one that has anything to say of its order, its readiness or its stop a
 * drop-in of its unit. Relations are among hatago-vm@ and hatago-vm-ready@ alone and order alone: no unit
 * needs another one. What is in the folder is hostile; what is wrong is ignored, with a message.
 *
 * unit is the path of hatago-vm@.service, which links point to, output the folder that systemd has given a
 * generator (systemd.generator(7)). Returns a negative errno where the folder cannot be read or not all
 * could be written; it goes on meanwhile.
 */
int generator_run(const char *folder, const char *unit, const char *output);
