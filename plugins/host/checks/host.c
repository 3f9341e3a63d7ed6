/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "cpuid.h"
#include "deadline.h"
#include "host-internal.h"
#include "kvm-trial.h"

#define FILE_BYTES_MAX (1024U * 1024U)
#define CPUINFO "/proc/cpuinfo"
#define FILESYSTEM_USEC G_TIME_SPAN_SECOND

Host *host_new(const char *root) {
        Host *host = g_new0(Host, 1);

        host->is_real = g_str_equal(root, "/");
        host->root = g_strdup(host->is_real ? "" : root);
        host->units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, host_unit_free);
        host_libvirt_init(&host->libvirt);
        host_network_manager_init(&host->network_manager);
        host->agent.connection_error = g_strdup("");
        host->outputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        host->filesystems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        host->clock = -ENODATA;
        return host;
}

Host *host_free(Host *host) {
        if (!host)
                return NULL;

        g_free(host->root);
        g_free(host->cpuinfo);
        g_hash_table_unref(host->units);
        host_libvirt_done(&host->libvirt);
        host_network_manager_done(&host->network_manager);
        g_free(host->agent.connection_error);
        g_hash_table_unref(host->outputs);
        g_hash_table_unref(host->filesystems);
        sd_bus_flush_close_unref(host->bus);
        g_free(host);
        return NULL;
}

/*
 * Files
 */

char *host_path(Host *host, const char *path) {
        return g_strconcat(host->root, path, NULL);
}

/* A device or a FIFO could hold the reader up. */
static int open_regular(const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat status;

        if (fd < 0)
                return -1;
        if (fstat(fd, &status) >= 0 && S_ISREG(status.st_mode))
                return fd;

        (void) close(fd);
        errno = EINVAL;
        return -1;
}

char *host_read(Host *host, Verdict *verdict, const char *path) {
        g_autofree char *full = host_path(host, path);
        g_autoptr(GString) text = g_string_new(NULL);
        char buffer[4096];
        ssize_t n = 0;
        int fd;

        verdict_read(verdict, path);
        fd = open_regular(full);
        if (fd < 0)
                return NULL;

        while (text->len < FILE_BYTES_MAX && (n = read(fd, buffer, sizeof(buffer))) > 0)
                g_string_append_len(text, buffer, n);
        if (n < 0) {
                int error = errno;

                (void) close(fd);
                errno = error;
                return NULL;
        }

        (void) close(fd);
        return g_strchomp(g_string_free(g_steal_pointer(&text), /* free_segment= */ FALSE));
}

int host_read_number(Host *host, Verdict *verdict, const char *path, int64_t *ret) {
        g_autofree char *text = host_read(host, verdict, path);
        char *end;
        int64_t number;

        if (!text)
                return -errno;

        errno = 0;
        number = g_ascii_strtoll(text, &end, /* base= */ 10);
        if (errno != 0 || end == text || (*end != '\0' && !g_ascii_isspace(*end)))
                return -EINVAL;

        *ret = number;
        return 0;
}

bool host_exists(Host *host, Verdict *verdict, const char *path) {
        g_autofree char *full = host_path(host, path);

        verdict_read(verdict, path);
        return access(full, F_OK) >= 0;
}

static int compare_names(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

char **host_list(Host *host, Verdict *verdict, const char *path) {
        g_autofree char *full = host_path(host, path);
        g_autoptr(GDir) folder = NULL;
        GPtrArray *names;
        const char *name;

        verdict_read(verdict, path);
        if (access(full, R_OK | X_OK) < 0)
                return NULL; /* GDir's errors are no errno */
        folder = g_dir_open(full, /* flags= */ 0, /* error= */ NULL);
        if (!folder) {
                errno = ENOTDIR;
                return NULL;
        }

        names = g_ptr_array_new();
        while ((name = g_dir_read_name(folder)))
                g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(names, FALSE);
}

int host_stat(Host *host, Verdict *verdict, const char *path, struct stat *ret) {
        g_autofree char *full = host_path(host, path);

        verdict_read(verdict, path);
        return stat(full, ret) < 0 ? -errno : 0;
}

typedef struct Space {
        char *path;
        HostFilesystem filesystem;
        dev_t device;
        int result;
} Space;

static void space_ask(gpointer p) {
        Space *space = p;
        struct statvfs status;
        struct stat place;

        if (statvfs(space->path, &status) < 0 || stat(space->path, &place) < 0) {
                space->result = -errno;
                return;
        }
        space->device = place.st_dev;
        space->filesystem = (HostFilesystem){
                .free = (uint64_t) status.f_bavail * status.f_frsize,
                .size = (uint64_t) status.f_blocks * status.f_frsize,
        };
}

/* Whether the filesystem itself is read-only. That of statvfs() also counts how it is mounted, which is
 * read-only for all in the sandbox of a unit. The format: proc_pid_mountinfo(5). */
static bool is_read_only(Host *host, Verdict *verdict, dev_t device) {
        g_autofree char *text = host_read(host, verdict, "/proc/self/mountinfo");
        g_autofree char *number = g_strdup_printf("%u:%u", major(device), minor(device));
        g_auto(GStrv) lines = text ? g_strsplit(text, "\n", /* max_tokens= */ -1) : NULL;

        for (char **line = lines; line && *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, " ", /* max_tokens= */ 4);
                const char *end = strstr(*line, " - ");
                g_auto(GStrv) last = end ? g_strsplit(end, " ", /* max_tokens= */ -1) : NULL;
                const char *options = last && g_strv_length(last) >= 5 ? last[4] : NULL;

                if (options && g_strv_length(fields) == 4 && g_str_equal(fields[2], number))
                        return g_str_equal(options, "ro") || g_str_has_prefix(options, "ro,");
        }
        return false;
}

int host_filesystem(Host *host, Verdict *verdict, const char *path, uint64_t *ret_free, uint64_t *ret_size) {
        const HostFilesystem *said = g_hash_table_lookup(host->filesystems, path);
        HostFilesystem filesystem;
        Space *space;
        dev_t device;
        int r;

        verdict_read(verdict, path);
        if (said)
                filesystem = *said;
        else {
                space = g_new0(Space, 1);
                space->path = host_path(host, path);
                if (!deadline_run(FILESYSTEM_USEC, space_ask, space))
                        return -ETIMEDOUT;
                filesystem = space->filesystem;
                device = space->device;
                r = space->result;
                g_free(space->path);
                g_free(space);
                if (r < 0)
                        return r;
                if (is_read_only(host, verdict, device))
                        return -EROFS;
        }

        *ret_free = filesystem.free;
        *ret_size = filesystem.size;
        return 0;
}

bool host_accessible(Host *host, Verdict *verdict, const char *path) {
        g_autofree char *full = host_path(host, path);

        verdict_read(verdict, path);
        return access(full, R_OK | W_OK) >= 0;
}

/*
 * The processor
 */

/* Intel SDM volume 2, CPUID: leaf 1 ECX bit 5 is VMX, bit 31 is kept free for outer hypervisors. AMD APM
 * volume 3, E.4.2: 8000_0001h ECX bit 2 is SVM. 4000_0000h has the outer hypervisor's signature. */
static void processor_ask(Processor *processor) {
        unsigned r[4];

        processor->is_x86 = cpuid_read(1, r);
        if (processor->is_x86) {
                processor->capable = r[2] & (1U << 5);
                processor->hypervisor = r[2] & (1U << 31);
        }
        if (cpuid_read(0x80000001U, r))
                processor->capable = processor->capable || (r[2] & (1U << 2));
        if (processor->hypervisor && cpuid_read(0x40000000U, r))
                memcpy(processor->outer, r + 1, 12);
}

static const char *machine_name(void) {
        static struct utsname names; /* of this process: never changes */

        return uname(&names) < 0 ? "" : names.machine;
}

const Processor *host_processor(Host *host, Verdict *verdict) {
        if (!host->have_processor) {
                host->have_processor = true;
                host->processor.architecture = machine_name();
                if (host->is_real)
                        processor_ask(&host->processor);
        }
        verdict_read(verdict, host->processor.is_x86 ? "CPUID" : "uname");
        return &host->processor;
}

static bool is_flags_line(const char *line) {
        static const char *const names[] = { "flags", "Features", "features", "facilities" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_str_has_prefix(line, names[i]))
                        return true;
        return false;
}

/* The kernel makes up 1.5 KiB for each CPU whenever it is read, and many ask for flags: read once. */
static const char *cpuinfo(Host *host, Verdict *verdict) {
        if (!host->cpuinfo)
                host->cpuinfo = host_read(host, verdict, CPUINFO);
        verdict_read(verdict, CPUINFO);
        return host->cpuinfo;
}

bool host_processor_flag(Host *host, Verdict *verdict, const char *flag) {
        const char *text = cpuinfo(host, verdict);
        g_auto(GStrv) lines = NULL;

        if (!text)
                return false;

        lines = g_strsplit(text, "\n", /* max_tokens= */ -1);
        for (char **line = lines; *line; line++) {
                const char *words = is_flags_line(*line) ? strchr(*line, ':') : NULL;
                g_auto(GStrv) flags = words ? g_strsplit_set(words + 1, " \t", /* max_tokens= */ -1) : NULL;

                if (flags && g_strv_contains((const char *const *) flags, flag))
                        return true;
        }
        return false;
}

/* Lines "kvm 1142784 1 kvm_intel, Live …". */
static bool is_loaded(Host *host, Verdict *verdict, const char *name) {
        g_autofree char *text = host_read(host, verdict, "/proc/modules");
        g_auto(GStrv) lines = text ? g_strsplit(text, "\n", /* max_tokens= */ -1) : NULL;
        size_t length = strlen(name);

        for (char **line = lines; line && *line; line++)
                if (strncmp(*line, name, length) == 0 && (*line)[length] == ' ')
                        return true;
        return false;
}

bool host_module(Host *host, Verdict *verdict, const char *name) {
        g_autofree char *path = g_strconcat("/sys/module/", name, NULL);
        return host_exists(host, verdict, path) || is_loaded(host, verdict, name);
}

bool host_module_is_available(Host *host, Verdict *verdict, const char *name) {
        g_autofree char *release = host_read(host, verdict, "/proc/sys/kernel/osrelease");
        g_autofree char *path = g_strconcat("/lib/modules/", release ?: "", "/modules.dep", NULL);
        g_autofree char *modules = release ? host_read(host, verdict, path) : NULL;
        g_autofree char *file = g_strconcat("/", name, ".ko", NULL); /* or .ko.xz */

        return modules && strstr(modules, file);
}

void host_add_vendor(Host *host, Verdict *verdict) {
        g_autofree char *vendor = host_read(host, verdict, "/sys/class/dmi/id/sys_vendor");
        g_autofree char *product = host_read(host, verdict, "/sys/class/dmi/id/product_name");

        verdict_add(verdict, "vendor", "%s", vendor ?: "");
        verdict_add(verdict, "product", "%s", product ?: "");
}

/* bpf(2), as libvirt asks: BPF_PROG_QUERY for programs of the kind BPF_CGROUP_DEVICE. */
int host_has_device_programs(Host *host, Verdict *verdict, const char *mounted) {
        g_autofree char *path = host_path(host, mounted);
        union bpf_attr query = { .query = { .attach_type = BPF_CGROUP_DEVICE } };
        long r;
        int fd, error;

        verdict_read(verdict, "BPF_PROG_QUERY");
        if (!host->is_real)
                return host->has_device_programs;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        query.query.target_fd = (uint32_t) fd;
        r = syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query));
        error = errno;
        (void) close(fd);

        if (r >= 0)
                return 1;
        return error == EPERM ? -EPERM : 0;
}

int host_try_guest(Host *host, Verdict *verdict, const char *device, const char **ret_step) {
        g_autofree char *path = host_path(host, device);

        verdict_read(verdict, "KVM_RUN");
        if (!host->trial_step)
                return kvm_trial(path, ret_step);

        *ret_step = host->trial_step;
        return host->trial;
}

/* Nothing is adjusted: no mode is set. */
int host_clock(Host *host, Verdict *verdict, bool *ret_synchronized) {
        struct timex state = { .modes = 0 };

        verdict_read(verdict, "adjtimex");
        if (host->is_real) {
                host->clock = adjtimex(&state) < 0 ? -errno : 0;
                host->clock_synchronized = !(state.status & STA_UNSYNC);
        }
        if (host->clock < 0)
                return host->clock;

        *ret_synchronized = host->clock_synchronized;
        return 0;
}

/*
 * The bus
 */

sd_bus *host_bus(Host *host) {
        if (!host->tried_bus && host->is_real) {
                host->tried_bus = true;
                if (sd_bus_open_system(&host->bus) >= 0)
                        (void) sd_bus_set_method_call_timeout(host->bus, 3 * G_TIME_SPAN_SECOND);
        }
        return host->bus;
}
