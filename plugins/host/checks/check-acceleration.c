/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processor, KVM and /dev/kvm. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "kvm-trial.h"
#include "users.h"

#define KVM "/dev/kvm"

/* The flag of the processor that KVM needs: "vmx", "svm", "sie"; NULL: it has none. */
static const char *find_flag(Host *host, Verdict *verdict) {
        static const char *const flags[] = { "vmx", "svm", "sie" };

        for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
                if (host_processor_flag(host, verdict, flags[i]))
                        return flags[i];
        return NULL;
}

/* Whether KVM needs a flag of this architecture's processors, as virt-host-validate has it. */
static bool needs_flag(const Processor *processor) {
        return processor->is_x86 || g_str_has_prefix(processor->architecture, "s390");
}

static bool is_powerpc(const Processor *processor) {
        return g_str_has_prefix(processor->architecture, "ppc64");
}

/* The rest of the first line of /proc/cpuinfo with that key; NULL: none. */
static char *cpuinfo_value(Host *host, Verdict *verdict, const char *key) {
        g_autofree char *text = host_read(host, verdict, "/proc/cpuinfo");
        g_auto(GStrv) lines = text ? g_strsplit(text, "\n", /* max_tokens= */ -1) : NULL;

        for (char **line = lines; line && *line; line++) {
                const char *colon = g_str_has_prefix(*line, key) ? strchr(*line, ':') : NULL;

                if (colon)
                        return g_strstrip(g_strdup(colon + 1));
        }
        return NULL;
}

/* The signatures are listed in Linux, arch/x86/include/asm/, and in the hypervisors' own papers. */
static const char *outer_name(const char *signature) {
        static const struct {
                const char *signature, *name;
        } names[] = {
                { "KVMKVMKVM", "KVM" },          { "Microsoft Hv", "Hyper-V" },
                { "VMwareVMware", "VMware" },    { "XenVMMXenVMM", "Xen" },
                { "TCGTCGTCGTCG", "QEMU" },      { "VBoxVBoxVBox", "VirtualBox" },
                { " lrpepyh  vr", "Parallels" }, { "bhyve bhyve ", "bhyve" },
                { "ACRNACRNACRN", "ACRN" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (g_str_equal(names[i].signature, signature))
                        return names[i].name;
        return signature;
}

void judge_hardware_virtualization(Host *host, Verdict *verdict) {
        const Processor *processor = host_processor(host, verdict);
        const char *flag;
        g_autofree char *model = NULL;

        if (!needs_flag(processor)) {
                if (is_powerpc(processor))
                        verdict_set(verdict, CHECK_PASS, "", "%s", processor->architecture);
                else
                        verdict_set(verdict, CHECK_SKIP, "architecture", "%s", processor->architecture);
                return;
        }

        flag = find_flag(host, verdict);
        if (flag) {
                verdict_set(verdict, CHECK_PASS, "", "%s", flag);
                return;
        }

        model = cpuinfo_value(host, verdict, "model name");
        verdict_add(verdict, "processor", "%s", model ?: processor->architecture);
        /* The kernel takes the flag away where the firmware has locked the feature. */
        if (processor->capable) {
                verdict_set(verdict, CHECK_FAIL, "off-in-firmware", "%s", "");
                host_add_vendor(host, verdict);
        } else if (processor->hypervisor) {
                verdict_set(verdict, CHECK_FAIL, "hidden", "%s", processor->outer);
                verdict_add(verdict, "hypervisor", "%s", outer_name(processor->outer));
        } else
                verdict_set(verdict, CHECK_FAIL, "absent", "%s", "");
}

/* The module that serves this processor; NULL: not known, or the architecture builds it in. */
static const char *find_module(Host *host, Verdict *verdict) {
        if (host_processor_flag(host, verdict, "vmx"))
                return "kvm_intel";
        if (host_processor_flag(host, verdict, "svm"))
                return "kvm_amd";
        return is_powerpc(host_processor(host, verdict)) ? "kvm_hv" : NULL;
}

/* Whether what lacks has been said by hardware-virtualization already. */
static bool is_hopeless(Host *host, Verdict *verdict) {
        return needs_flag(host_processor(host, verdict)) && !find_flag(host, verdict);
}

void judge_kvm_device(Host *host, Verdict *verdict) {
        if (host_exists(host, verdict, KVM))
                verdict_set(verdict, CHECK_PASS, "", KVM);
        else if (is_hopeless(host, verdict))
                verdict_set(verdict, CHECK_SKIP, "no-virtualization", "%s", "");
        else {
                verdict_set(verdict, CHECK_FAIL, "missing", "%s", "");
                host_add_vendor(host, verdict);
        }
}

void judge_kvm_access(Host *host, Verdict *verdict) {
        struct stat status;

        if (host_stat(host, verdict, KVM, &status) < 0) {
                verdict_set(verdict, CHECK_SKIP, "no-device", "%s", "");
                return;
        }

        /* Of root it says nothing about who looks at the answer. */
        if (host_accessible(host, verdict, KVM))
                verdict_set(verdict, CHECK_PASS, geteuid() == 0 ? "root" : "", "%04o",
                            status.st_mode & 07777U);
        else {
                g_autofree char *user = user_name(host, verdict, geteuid());

                verdict_set(verdict, CHECK_FAIL, "refused", "%04o", status.st_mode & 07777U);
                verdict_add(verdict, "user", "%s", user);
                verdict_add_owner(host, verdict, &status);
        }
}

void judge_kvm_module(Host *host, Verdict *verdict) {
        const char *module = find_module(host, verdict);

        if (!module)
                verdict_set(verdict, CHECK_SKIP,
                            is_hopeless(host, verdict) ? "no-virtualization" : "built-in", "%s", "");
        else if (host_module(host, verdict, module))
                verdict_set(verdict, CHECK_PASS, "", "%s", module);
        else {
                verdict_set(verdict, is_powerpc(host_processor(host, verdict)) ? CHECK_WARN : CHECK_FAIL,
                            "missing", "%s", "");
                verdict_add(verdict, "module", "%s", module);
                verdict->fixable = true;
        }
}

/* Whether that user could open it after the remedy, which gives it to root and the group kvm (0660). */
static bool may_after_remedy(Host *host, Verdict *verdict, const User *user) {
        struct stat status = { .st_mode = 0660 };

        return group_read(host, verdict, "kvm", &status.st_gid) >= 0 && user_may_use(user, &status);
}

static void judge_user_of_qemu(Host *host, Verdict *verdict, const struct stat *status, const User *user) {
        g_autofree char *name = user_name(host, verdict, user->uid);

        if (user_may_use(user, status)) {
                verdict_set(verdict, CHECK_PASS, "", "%s", name);
                return;
        }

        verdict->fixable = may_after_remedy(host, verdict, user);
        verdict_set(verdict, CHECK_FAIL, verdict->fixable ? "refused" : "not-in-group", "%04o",
                    status->st_mode & 07777U);
        verdict_add(verdict, "user", "%s", name);
        verdict_add_owner(host, verdict, status);
}

/* libvirt gives QEMU the group of its setting, and those that its user has besides. */
void judge_kvm_qemu_access(Host *host, Verdict *verdict) {
        g_autofree char *name = NULL, *group = NULL;
        g_auto(User) user = { 0 };
        struct stat status;
        int r;

        if (host_stat(host, verdict, KVM, &status) < 0) {
                verdict_set(verdict, CHECK_SKIP, "no-device", "%s", "");
                return;
        }

        r = user_of_qemu(host, verdict, &name, &group);
        if (r < 0) {
                verdict_set_unread(verdict, "/etc/libvirt/qemu.conf", r);
                return;
        }

        r = user_read_setting(host, verdict, name, &user);
        if (r >= 0) {
                user_add_group_setting(&user, host, verdict, group);
                judge_user_of_qemu(host, verdict, &status, &user);
        } else if (r == -ESRCH) {
                verdict_set(verdict, CHECK_SKIP, "no-user", "%s", "");
                verdict_add(verdict, "user", "%s", name);
        } else
                verdict_set_unread(verdict, "/etc/passwd", r);
}

/* A processor without vmx and svm under a device that is there: another kind of KVM, which runs what it was
 * made for and no ordinary guest. */
static char *serving_modules(Host *host, Verdict *verdict) {
        g_auto(GStrv) names = host_list(host, verdict, "/sys/module");
        g_autoptr(GString) text = g_string_new(NULL);

        for (char **name = names; name && *name; name++)
                if (g_str_has_prefix(*name, "kvm_"))
                        g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", *name);

        return g_string_free(g_steal_pointer(&text), /* free_segment= */ FALSE);
}

static void try_guest(Host *host, Verdict *verdict) {
        const char *step;
        int r = host_try_guest(host, verdict, KVM, &step);

        if (r == 0) {
                verdict_set(verdict, CHECK_PASS, "", "%s", step);
                return;
        }

        verdict_set(verdict, CHECK_FAIL, r == -EBUSY ? "busy" : "trial-failed", "%s", step);
        verdict_add(verdict, "step", "%s", step);
        verdict_add(verdict, "error", "%s", g_strerror(-r));
}

void judge_kvm_guest(Host *host, Verdict *verdict) {
        if (!host_exists(host, verdict, KVM))
                verdict_set(verdict, CHECK_SKIP, "no-device", "%s", "");
        else if (is_hopeless(host, verdict)) {
                g_autofree char *modules = serving_modules(host, verdict);
                verdict_set(verdict, CHECK_FAIL, "not-ordinary", "%s", modules);
        } else if (!host_accessible(host, verdict, KVM))
                verdict_set_unread(verdict, KVM, EACCES);
        else if (!kvm_trial_exists())
                verdict_set(verdict, CHECK_PASS, "untried", "%s",
                            host_processor(host, verdict)->architecture);
        else
                try_guest(host, verdict);
}

void judge_nested(Host *host, Verdict *verdict) {
        static const char *const modules[] = { "kvm_intel", "kvm_amd", "kvm" };

        for (size_t i = 0; i < G_N_ELEMENTS(modules); i++) {
                g_autofree char *path = g_strconcat("/sys/module/", modules[i], "/parameters/nested", NULL);
                g_autofree char *value = host_read(host, verdict, path);

                if (!value)
                        continue;
                verdict_set(verdict, CHECK_PASS, *value == 'Y' || *value == '1' ? "" : "off", "%s", value);
                verdict_add(verdict, "module", "%s", modules[i]);
                return;
        }

        verdict_set(verdict, CHECK_SKIP, "no-module", "%s", "");
}
