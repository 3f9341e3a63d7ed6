/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the programs of the bench share. Each prints one measured time a line, in nanoseconds. */

static inline uint64_t now_nsec(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000000U + (uint64_t) t.tv_nsec;
}

/* Ends the program where a result is negative: a bench that fails has nothing to say. */
static inline int must(int result, const char *what) {
        if (result < 0) {
                fprintf(stderr, "%s: %s\n", what, strerror(-result));
                exit(EXIT_FAILURE);
        }
        return result;
}

#define AGENT_NAME "org.hatago.Host1"
#define AGENT_PATH "/org/hatago/Host1"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define NULL_PATH "/org/hatago/Bench"
#define NULL_INTERFACE "org.hatago.Bench"
#define NULL_NAME "org.hatago.Bench"
#define RAW_NAME "org.hatago.BenchRaw"
#define BRIDGE_NAME "org.hatago.BenchBridge"
