/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "common/error.h"

/*
 * Why a machine did not start. libvirt says most of it in words alone, and where QEMU ended early, hands on
 * what QEMU wrote.
 */

/*
 * Reads the failure's text, and gives it the code that it stands for, with its arguments (see
 * dbus-interfaces/org.hatago.Host1.Machine.xml, Start); returns whether it did. The text stays. It holds
 * names and paths that others chose: whatever they are, an argument is a piece of the text. No call to
 * anybody.
 */
bool start_failure_read(Failure *failure);

/*
 * Where the text says nothing (libvirt speaks the host's language): asks libvirt about the networks and
 * pools that the domain's definition names, and takes the first that is missing or not active for the
 * reason. Only of a failure without a code of its own. On a thread.
 */
void start_failure_ask(virDomain *domain, Failure *failure);
