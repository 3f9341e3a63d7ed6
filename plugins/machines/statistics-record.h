/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdint.h>

/*
 * What libvirt's statistics of one domain say, as values. Its records are lists of named parameters: pure
 * functions read them here.
 */

/* Not told, or no number that a client could hold: 2^53 is where JavaScript's end. */
#define STATS_UNKNOWN UINT64_MAX
#define STATS_LIMIT (UINT64_C(1) << 53)

/* Of each kind, more are not read. */
#define STATS_DEVICES_MAX 256U

/* Of a machine. Counters count from the start of its run. */
typedef enum StatsValue {
        STATS_CPU_TIME, /* µs; counter */

        STATS_MEMORY_ACTUAL, /* bytes: what the balloon leaves to the guest */
        STATS_MEMORY_RSS,    /* bytes: what the process holds of the host's memory */
        STATS_MEMORY_AVAILABLE,
        STATS_MEMORY_USED,
        STATS_MEMORY_VISIBLE, /* bytes: all that the guest's system sees */
        STATS_MEMORY_UNUSED,  /* bytes: what it does not even use for caches */

        STATS_DISK_READ_BYTES, /* of all disks; counters */
        STATS_DISK_WRITE_BYTES,
        STATS_DISK_READ_REQUESTS,
        STATS_DISK_WRITE_REQUESTS,

        STATS_NETWORK_RECEIVE_BYTES, /* of all interfaces, as the guest sees it; counters */
        STATS_NETWORK_TRANSMIT_BYTES,
        STATS_NETWORK_RECEIVE_PACKETS,
        STATS_NETWORK_TRANSMIT_PACKETS,
        _STATS_VALUE_MAX,
} StatsValue;

typedef enum StatsDiskValue {
        STATS_DISK_CAPACITY = 4, /* bytes: what the guest sees; after the four of STATS_DISK_READ_BYTES … */
        STATS_DISK_ALLOCATION,   /* bytes: how far the image was written */
        STATS_DISK_PHYSICAL,     /* bytes: what the image takes */
} StatsDiskValue;

typedef enum StatsInterfaceValue {
        STATS_INTERFACE_RECEIVE_ERRORS = 4, /* after the four of STATS_NETWORK_RECEIVE_BYTES … */
        STATS_INTERFACE_TRANSMIT_ERRORS,
        STATS_INTERFACE_RECEIVE_DROPS,
        STATS_INTERFACE_TRANSMIT_DROPS,
} StatsInterfaceValue;

#define STATS_DEVICE_VALUES_MAX 8U

typedef struct StatsDevice {
        char *name; /* valid UTF-8, or NULL: "vda"; of an interface its device on the host: "vnet0" */
        uint64_t values[STATS_DEVICE_VALUES_MAX];
} StatsDevice;

typedef struct StatsSample {
        uint64_t values[_STATS_VALUE_MAX]; /* STATS_UNKNOWN where not told */
        GArray *disks, *interfaces;        /* of StatsDevice, in libvirt's order; NULL: none were told */
} StatsSample;

/* Reads what is known of n parameters, whatever else they hold; never fails. */
void stats_read_record(const virTypedParameter *params, int n, StatsSample *ret);

/* The processor time of virDomainInfo as STATS_CPU_TIME. */
uint64_t stats_processor_time(unsigned long long nsec);

/* Releases what a sample holds: { 0 }, or what stats_read_record() gave. */
void stats_sample_done(StatsSample *sample);
