/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "verdict.h"

/*
 * What the checks read of a host, and nothing else: files, the processor, systemd, libvirt and
 * NetworkManager. Whatever is asked for is noted in the verdict it is asked for, so that each verdict names
 * what it rests on. Services are asked once, at the first question. One thread.
 */
typedef struct Host Host;

/* root: the folder below which files are read; "/" but in tests, which give a tree made for them. Below
 * another root than "/" nothing but files is there until a test sets it (host-test.h). */
Host *host_new(const char *root);
Host *host_free(Host *host); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_free)

/*
 * Files. Paths are absolute. No answer sets errno: ENOENT where it is not there, EACCES where the caller's
 * rights do not suffice.
 */

/* The text of a file, cut after 1 MiB, without white space at its end; NULL: none. Regular files only, and
 * those of /proc and /sys; EINVAL: something else. */
char *host_read(Host *host, Verdict *verdict, const char *path);

/* The number that is the first word of a file; -errno, -EINVAL: no number. */
int host_read_number(Host *host, Verdict *verdict, const char *path, int64_t *ret);

bool host_exists(Host *host, Verdict *verdict, const char *path);

/* Names in a folder, sorted, without "." and ".."; NULL: no such folder. For g_strfreev(). */
char **host_list(Host *host, Verdict *verdict, const char *path);

/* -errno. Links are followed. */
int host_stat(Host *host, Verdict *verdict, const char *path, struct stat *ret);

/* Free and all bytes of the filesystem that a path is on; -errno, -ETIMEDOUT: none in a second, as of a
 * server that is away; -EROFS: nothing can ever be written to it, as to a CD. */
int host_filesystem(Host *host, Verdict *verdict, const char *path, uint64_t *ret_free, uint64_t *ret_size);

/* Whether the process could read and write it: access(2). */
bool host_accessible(Host *host, Verdict *verdict, const char *path);

/* Below root, for what has no reader here; notes nothing. */
char *host_path(Host *host, const char *path);

/*
 * The processor
 */
typedef struct Processor {
        const char *architecture; /* as uname(2) has it: "x86_64" */
        bool is_x86;
        bool capable;    /* x86: CPUID itself offers vmx or svm, whatever the kernel makes of it */
        bool hypervisor; /* x86: CPUID says that this is a guest */
        char outer[13];  /* x86: the outer hypervisor's signature: "KVMKVMKVM"; or "" */
} Processor;

const Processor *host_processor(Host *host, Verdict *verdict);

/* Whether the kernel lists a flag of the processor in /proc/cpuinfo ("vmx", "svm", "sev", "sie"), in any
 * of the lines flags, features and facilities. */
bool host_processor_flag(Host *host, Verdict *verdict, const char *flag);

/* Whether a module is there, loaded or built in: /sys/module, or /proc/modules where a container hides that,
 * and with it what is built in. Hyphens are underscores. */
bool host_module(Host *host, Verdict *verdict, const char *name);

/* Whether a module could be loaded: depmod(8) lists it for the kernel that runs. */
bool host_module_is_available(Host *host, Verdict *verdict, const char *name);

/* Adds the arguments "vendor" and "product": who made the machine, for how to enter its set-up. Both are ""
 * where it does not say. */
void host_add_vendor(Host *host, Verdict *verdict);

/* Whether the kernel can run programs that say which devices the processes of a control group may use, for
 * the file system of version 2 that is mounted there: 1, 0; -EPERM: the caller may not ask. */
int host_has_device_programs(Host *host, Verdict *verdict, const char *mounted);

/* Has KVM run a guest: see kvm_trial(). */
int host_try_guest(Host *host, Verdict *verdict, const char *device, const char **ret_step);

/* Whether the kernel takes its clock for synchronized; -errno. */
int host_clock(Host *host, Verdict *verdict, bool *ret_synchronized);

/* What a program writes to its standard output, without white space at its end. command: absolute path and
 * arguments, all fixed, NULL at the end. It runs without an environment, 2 s at most. NULL: errno; ENOENT:
 * it is not installed, EACCES: it fails, and the caller is not root, EIO: it fails for root too. */
char *host_run(Host *host, Verdict *verdict, const char *const *command);

/*
 * systemd
 */
typedef struct HostUnit {
        char *load;   /* LoadState: "loaded", "not-found", "masked" */
        char *active; /* ActiveState */
        char *file;   /* UnitFileState: "enabled", "disabled", "static", … or "" */
} HostUnit;

/* NULL: systemd does not answer (no bus, or no systemd). */
const HostUnit *host_unit(Host *host, Verdict *verdict, const char *name);

/*
 * libvirt, read-only. Its socket may start it; an answer that takes more than 3 s is none.
 */
typedef struct HostPart {
        char *name;
        char *kind;   /* of a network: how it forwards: "nat", "route", …; or "" */
        char *detail; /* of a network: its bridge; of a pool of files: the folder they are in; or "" */
        bool active, autostart;
} HostPart;

typedef struct HostLibvirt {
        bool connected;
        char *error;         /* why not: libvirt's text; "" */
        GPtrArray *networks; /* of HostPart */
        GPtrArray *pools;    /* of HostPart */
        GPtrArray *domains;  /* of HostPart: those that libvirt itself starts at boot, no others */
} HostLibvirt;

const HostLibvirt *host_libvirt(Host *host, Verdict *verdict); /* never NULL */

/* The memory of all running guests together, in bytes; 0: none, or not known. */
uint64_t host_guest_memory(Host *host, Verdict *verdict);

const HostPart *host_part_find(const GPtrArray *parts, const char *name);

/*
 * NetworkManager
 */
typedef struct HostDevice {
        char *name;
        unsigned type;  /* NMDeviceType: 1 Ethernet, 13 bridge */
        unsigned state; /* NMDeviceState: 10 unmanaged, 100 activated */
        bool managed;
} HostDevice;

typedef struct HostNetworkManager {
        bool running;
        char *version;      /* "" */
        GPtrArray *devices; /* of HostDevice */
} HostNetworkManager;

const HostNetworkManager *host_network_manager(Host *host, Verdict *verdict); /* never NULL */

/*
 * The agent itself
 */
typedef struct HostAgent {
        bool running;
        bool connected;         /* Manager.Connected */
        bool mirrors;           /* Manager.Features: whatever runs has its unit running */
        char *connection_error; /* Manager.ConnectionError, its text; "" */
} HostAgent;

/* Does not start it. Never NULL. */
const HostAgent *host_agent(Host *host, Verdict *verdict);
