/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving guests devices of the host, and guests that the host cannot look into: verdicts are those of
 * virt-host-validate. */
#include <errno.h>
#include <string.h>

#include "boot-loader.h"
#include "check.h"

#define TABLES "/sys/firmware/acpi/tables/"
#define GROUPS "/sys/kernel/iommu_groups"
#define SEV "/sys/module/kvm_amd/parameters/sev"

/* By the processor's flag: the table by which the firmware describes its IOMMU, and what has the kernel use
 * it. AMD's is used unless that is forbidden; "pt" leaves the host's own devices as quick as they are. */
static const struct Maker {
        const char *flag, *table, *argument;
} makers[] = {
        { "vmx", "DMAR", "intel_iommu=on" },
        { "svm", "IVRS", "iommu=pt" },
};

static const struct Maker *find_maker(Host *host, Verdict *verdict) {
        if (!host_processor(host, verdict)->is_x86)
                return NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
                if (host_processor_flag(host, verdict, makers[i].flag))
                        return &makers[i];
        return NULL;
}

static bool is_s390(Host *host, Verdict *verdict) {
        return g_str_has_prefix(host_processor(host, verdict)->architecture, "s390");
}

static bool has_pci(Host *host, Verdict *verdict) {
        g_auto(GStrv) devices = host_list(host, verdict, "/sys/bus/pci/devices");

        return devices && *devices;
}

/* maker: NULL for a processor that is none of these. Firmware of other architectures has no table of it. */
static bool has_iommu(Host *host, Verdict *verdict, const struct Maker *maker) {
        g_autofree char *table = maker ? g_strconcat(TABLES, maker->table, NULL) : NULL;

        if (table)
                return host_exists(host, verdict, table);
        if (is_s390(host, verdict))
                return has_pci(host, verdict);
        return g_str_has_prefix(host_processor(host, verdict)->architecture, "ppc64");
}

void judge_iommu(Host *host, Verdict *verdict) {
        const char *architecture = host_processor(host, verdict)->architecture;
        const struct Maker *maker = find_maker(host, verdict);

        if (has_iommu(host, verdict, maker))
                verdict_set(verdict, CHECK_PASS, "", "%s", maker ? maker->table : architecture);
        else if (maker) {
                verdict_set(verdict, CHECK_WARN, "no-table", "%s", "");
                verdict_add(verdict, "table", "%s", maker->table);
                host_add_vendor(host, verdict);
        } else if (is_s390(host, verdict))
                verdict_set(verdict, CHECK_SKIP, "no-pci", "%s", "");
        else
                verdict_set(verdict, CHECK_WARN, "unknown", "%s", architecture);
}

static void set_not_in_kernel(Host *host, Verdict *verdict) {
        verdict_set(verdict, CHECK_WARN, "not-in-kernel", "%s", "");
        verdict_add(verdict, "package", "%s", kernel_package(host, verdict));
}

/* The kernel makes a folder for each group of devices that go to a guest together only. Where not even the
 * folder of these is there, virt-host-validate does not speak of it. */
void judge_iommu_kernel(Host *host, Verdict *verdict) {
        const struct Maker *maker = find_maker(host, verdict);
        g_auto(GStrv) groups = NULL;

        if (!has_iommu(host, verdict, maker)) {
                verdict_set(verdict, CHECK_SKIP, "no-iommu", "%s", "");
                return;
        }

        groups = host_list(host, verdict, GROUPS);
        if (groups && *groups)
                verdict_set(verdict, CHECK_PASS, "", "%u", g_strv_length(groups));
        else if (!groups && errno == EACCES)
                verdict_set_unread(verdict, GROUPS, EACCES);
        else if (groups && maker) {
                verdict_set(verdict, CHECK_WARN, "off", "0");
                boot_add_advice(host, verdict, maker->argument);
        } else
                set_not_in_kernel(host, verdict);
}

/*
 * Secure guests
 */

/* IBM Secure Execution: facility 158, and the ultravisor's folder where the kernel knows of it. */
static void judge_secure_execution(Host *host, Verdict *verdict) {
        static const char *const on[] = { "y", "Y", "on", "ON", "oN", "On", "1", NULL };

        if (!host_processor_flag(host, verdict, "158"))
                verdict_set(verdict, CHECK_WARN, "not-in-hardware", "%s", "");
        else if (!host_exists(host, verdict, "/sys/firmware/uv"))
                set_not_in_kernel(host, verdict);
        else if (boot_has_argument(host, verdict, "prot_virt", on))
                verdict_set(verdict, CHECK_PASS, "", "Secure Execution");
        else {
                verdict_set(verdict, CHECK_WARN, "off-in-kernel", "%s", "");
                boot_add_advice(host, verdict, "prot_virt=1");
        }
}

/* AMD Secure Encrypted Virtualization. */
static void judge_sev(Host *host, Verdict *verdict) {
        g_autofree char *value = host_read(host, verdict, SEV);

        if (!value)
                set_not_in_kernel(host, verdict);
        else if (!strchr("1Yy", *value) || *value == '\0') {
                verdict_set(verdict, CHECK_WARN, "off-in-kernel", "%s", value);
                boot_add_advice(host, verdict, "kvm_amd.sev=1");
        } else if (!host_exists(host, verdict, "/dev/sev")) {
                verdict_set(verdict, CHECK_WARN, "off-in-firmware", "%s", value);
                host_add_vendor(host, verdict);
        } else
                verdict_set(verdict, CHECK_PASS, "", "SEV");
}

void judge_secure_guest(Host *host, Verdict *verdict) {
        if (is_s390(host, verdict))
                judge_secure_execution(host, verdict);
        else if (host_processor_flag(host, verdict, "sev"))
                judge_sev(host, verdict);
        else
                verdict_set(verdict, CHECK_WARN, "unknown", "%s", "");
}
