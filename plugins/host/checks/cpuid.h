/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* The instruction CPUID of x86: ret gets EAX, EBX, ECX and EDX of a leaf. Returns false where the processor
 * has no such leaf, or is no x86. The leaves of hypervisors, from 0x40000000 on, are there if leaf 1 tells
 * of a hypervisor: that is the caller's to look at. */
bool cpuid_read(unsigned leaf, unsigned ret[4]);
