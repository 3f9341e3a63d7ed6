/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the host's memory serves guests: nothing of it keeps one from running. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"
#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define KSM "/sys/kernel/mm/ksm/"
#define OVERCOMMIT "/proc/sys/vm/overcommit_memory"
#define MEMINFO "/proc/meminfo"

/* Of vm.overcommit_memory: Documentation/mm/overcommit-accounting.rst of Linux. */
#define OVERCOMMIT_NEVER 2

typedef struct Pool {
        int64_t size; /* of a page, bytes */
        int64_t count, free;
} Pool;

static int pool_read(Host *host, Verdict *verdict, const char *name, Pool *ret) {
        g_autofree char *count_path = g_strdup_printf(HUGEPAGES "/%s/nr_hugepages", name);
        g_autofree char *free_path = g_strdup_printf(HUGEPAGES "/%s/free_hugepages", name);
        uint64_t kib;
        g_autofree char *digits = g_strdup(name + strlen("hugepages-"));
        int r;

        *strchrnul(digits, 'k') = '\0';
        if (!g_ascii_string_to_unsigned(digits, /* base= */ 10, 1, INT64_MAX / 1024, &kib,
                                        /* error= */ NULL))
                return -EINVAL;

        ret->size = (int64_t) kib * 1024;
        r = host_read_number(host, verdict, count_path, &ret->count);
        return r < 0 ? r : host_read_number(host, verdict, free_path, &ret->free);
}

/* Memory set aside for guests that ask for it. Of several sizes of pages the one that has most is told. */
void judge_hugepages(Host *host, Verdict *verdict) {
        g_auto(GStrv) names = host_list(host, verdict, HUGEPAGES);
        Pool most = { 0 };

        if (!names && errno != ENOENT) {
                verdict_set_unread(verdict, HUGEPAGES, errno);
                return;
        }

        for (char **name = names; name && *name; name++) {
                Pool pool;

                if (g_str_has_prefix(*name, "hugepages-") && pool_read(host, verdict, *name, &pool) >= 0 &&
                    (double) pool.count * pool.size > (double) most.count * most.size)
                        most = pool;
        }

        if (most.count == 0) {
                verdict_set(verdict, CHECK_PASS, "none", "0");
                return;
        }

        verdict_set(verdict, CHECK_PASS, "reserved", "%" PRIi64, most.count);
        verdict_add(verdict, "count", "%" PRIi64, most.count);
        verdict_add(verdict, "size", "%" PRIi64, most.size);
        verdict_add_coarse(verdict, "free", (uint64_t) MAX(most.free, 0));
}

/* "always [madvise] never": QEMU asks for big pages by itself, so that "madvise" does as well. */
void judge_thp(Host *host, Verdict *verdict) {
        g_autofree char *text = host_read(host, verdict, THP);
        char *word = text ? strchr(text, '[') : NULL;

        if (!text) {
                verdict_set_unread(verdict, THP, errno);
                return;
        }
        if (!word) {
                verdict_set_unread(verdict, THP, EINVAL);
                return;
        }

        *strchrnul(++word, ']') = '\0';
        if (g_str_equal(word, "never"))
                verdict_set(verdict, CHECK_WARN, "off", "%s", word);
        else
                verdict_set(verdict, CHECK_PASS, "", "%s", word);
}

/* Saved is each place at which a page would be but for its being shared; the shared pages themselves are in
 * pages_shared (Documentation/admin-guide/mm/ksm.rst of Linux). */
void judge_ksm(Host *host, Verdict *verdict) {
        int64_t run, sharing = 0;
        int r;

        r = host_read_number(host, verdict, KSM "run", &run);
        if (r < 0) {
                verdict_set_unread(verdict, KSM "run", r);
                return;
        }
        if (run != 1) {
                verdict_set(verdict, CHECK_PASS, "off", "%" PRIi64, run);
                verdict->fixable = true;
                return;
        }

        (void) host_read_number(host, verdict, KSM "pages_sharing", &sharing);
        verdict_set(verdict, CHECK_PASS, "on", "%" PRIi64, run);
        verdict_add_coarse(verdict, "saved", (uint64_t) MAX(sharing, 0) * (uint64_t) sysconf(_SC_PAGESIZE));
}

/* A line "CommitLimit:    8123456 kB", in bytes; -1: none. */
static int64_t meminfo_bytes(const char *text, const char *key) {
        const char *line = strstr(text, key);

        return line ? g_ascii_strtoll(line + strlen(key), /* endptr= */ NULL, /* base= */ 10) * 1024 : -1;
}

/* Guests that use all that they were given would not fit. */
static void judge_guest_memory(Host *host, Verdict *verdict, int64_t mode) {
        g_autofree char *meminfo = host_read(host, verdict, MEMINFO);
        uint64_t memory = (uint64_t) MAX(meminfo_bytes(meminfo ?: "", "MemTotal:"), 0);
        uint64_t given = host_guest_memory(host, verdict);

        if (memory == 0 || given <= memory) {
                verdict_set(verdict, CHECK_PASS, "", "%" PRIi64, mode);
                return;
        }

        verdict_set(verdict, CHECK_WARN, "guests-exceed", "%" PRIi64, mode);
        verdict_add_coarse(verdict, "given", given);
        verdict_add_coarse(verdict, "memory", memory);
}

/* Where the kernel promises no more than it has, a guest's whole memory is taken as it starts. */
void judge_overcommit(Host *host, Verdict *verdict) {
        g_autofree char *meminfo = NULL;
        int64_t mode;
        int r;

        r = host_read_number(host, verdict, OVERCOMMIT, &mode);
        if (r < 0) {
                verdict_set_unread(verdict, OVERCOMMIT, r);
                return;
        }
        if (mode != OVERCOMMIT_NEVER) {
                judge_guest_memory(host, verdict, mode);
                return;
        }

        meminfo = host_read(host, verdict, MEMINFO);
        verdict_set(verdict, CHECK_WARN, "strict", "%" PRIi64, mode);
        verdict_add(verdict, "limit", "%" PRIi64, meminfo_bytes(meminfo ?: "", "CommitLimit:"));
        verdict_add_coarse(verdict, "committed",
                           (uint64_t) MAX(meminfo_bytes(meminfo ?: "", "Committed_AS:"), 0));
}
