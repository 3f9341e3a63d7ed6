/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpuid.h"

#if defined(__i386__) || defined(__x86_64__)
#include <cpuid.h>
#include <stddef.h>

#define HYPERVISOR 0x40000000U
#define EXTENDED 0x80000000U

bool cpuid_read(unsigned leaf, unsigned ret[4]) {
        if ((leaf & 0xf0000000U) != HYPERVISOR && __get_cpuid_max(leaf & EXTENDED, /* sig= */ NULL) < leaf)
                return false;

        __cpuid(leaf, ret[0], ret[1], ret[2], ret[3]);
        return true;
}
#else
bool cpuid_read(unsigned leaf, unsigned ret[4]) {
        return false;
}
#endif
