/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs and files that guests need beside libvirt. Packages are Debian's. */
#include "check.h"
#include "json-tree.h"

#define PATHS_MAX 5

/* What an architecture's own guests take. */
typedef struct Architecture {
        const char *machine; /* as uname(2) has it */
        const char *qemu;    /* as QEMU has it */
        const char *package;
        const char *kernel_package;
        const char *firmware_package; /* of UEFI; NULL: its guests boot without */
        const char *firmware[PATHS_MAX];
} Architecture;

static const Architecture architectures[] = {
        { "x86_64",
          "x86_64",
          "qemu-system-x86",
          "linux-image-amd64",
          "ovmf",
          { "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd",
            "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/x64/OVMF_CODE.4m.fd" } },
        { "i686",
          "i386",
          "qemu-system-x86",
          "linux-image-686-pae",
          "ovmf-ia32",
          { "/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd", "/usr/share/edk2/ovmf-ia32/OVMF_CODE.fd" } },
        { "aarch64",
          "aarch64",
          "qemu-system-arm",
          "linux-image-arm64",
          "qemu-efi-aarch64",
          { "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd",
            "/usr/share/edk2/aarch64/QEMU_EFI.fd" } },
        { "armv7l",
          "arm",
          "qemu-system-arm",
          "linux-image-armmp-lpae",
          "qemu-efi-arm",
          { "/usr/share/AAVMF/AAVMF32_CODE.fd", "/usr/share/edk2/arm/QEMU_EFI.fd" } },
        { "riscv64",
          "riscv64",
          "qemu-system",
          "linux-image-riscv64",
          "qemu-efi-riscv64",
          { "/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd", "/usr/share/edk2/riscv/RISCV_VIRT_CODE.fd" } },
        { "ppc64", "ppc64", "qemu-system-ppc", "linux-image-powerpc64" },
        { "ppc64le", "ppc64", "qemu-system-ppc", "linux-image-powerpc64le" },
        { "s390x", "s390x", "qemu-system", "linux-image-s390x" },
};

/* NULL: not known. */
static const Architecture *find_architecture(Host *host, Verdict *verdict) {
        const char *machine = host_processor(host, verdict)->architecture;

        for (size_t i = 0; i < G_N_ELEMENTS(architectures); i++)
                if (g_str_equal(architectures[i].machine, machine))
                        return &architectures[i];
        return NULL;
}

const char *qemu_package(Host *host, Verdict *verdict) {
        const Architecture *architecture = find_architecture(host, verdict);

        return architecture ? architecture->package : "qemu-system";
}

const char *kernel_package(Host *host, Verdict *verdict) {
        const Architecture *architecture = find_architecture(host, verdict);

        return architecture ? architecture->kernel_package : "linux-image-generic";
}

/* Sets the verdict by the first path that is there. paths ends with NULL. */
static void judge_paths(Host *host, Verdict *verdict, const char *const *paths, CheckResult result,
                        const char *package) {
        for (const char *const *path = paths; *path; path++)
                if (host_exists(host, verdict, *path)) {
                        verdict_set(verdict, CHECK_PASS, "", "%s", *path);
                        return;
                }

        verdict_set(verdict, result, "missing", "%s", "");
        verdict_add(verdict, "package", "%s", package);
}

void judge_qemu(Host *host, Verdict *verdict) {
        const Architecture *architecture = find_architecture(host, verdict);
        const char *name = architecture ? architecture->qemu : host_processor(host, verdict)->architecture;
        g_autofree char *program = g_strconcat("qemu-system-", name, NULL);
        g_autofree char *usual = g_strconcat("/usr/bin/", program, NULL);
        g_autofree char *local = g_strconcat("/usr/local/bin/", program, NULL);
        /* The last is where RHEL has it, for its own architecture alone. */
        const char *const paths[] = { usual, local, "/usr/libexec/qemu-kvm", NULL };

        judge_paths(host, verdict, paths, CHECK_FAIL, qemu_package(host, verdict));
        if (verdict->result == CHECK_FAIL)
                verdict_add(verdict, "program", "%s", program);
}

void judge_qemu_img(Host *host, Verdict *verdict) {
        static const char *const paths[] = { "/usr/bin/qemu-img", "/usr/local/bin/qemu-img", NULL };

        judge_paths(host, verdict, paths, CHECK_FAIL, "qemu-utils");
}

/* The file of one descriptor, by docs/interop/firmware.json of QEMU, if it is UEFI for this architecture and
 * there; else NULL. */
static char *descriptor_file(Host *host, Verdict *verdict, const char *path, const char *qemu) {
        g_autofree char *text = host_read(host, verdict, path);
        g_autoptr(JsonNode) descriptor = tree_parse(text);
        JsonNode *mapping = tree_find(descriptor, "mapping");
        const char *file;

        if (!tree_has_text(tree_find(descriptor, "interface-types"), "uefi") ||
            !tree_has_member(tree_find(descriptor, "targets"), "architecture", qemu))
                return NULL;

        file = tree_text(tree_find(mapping, "executable") ?: mapping, "filename");
        return *file == '/' && host_exists(host, verdict, file) ? g_strdup(file) : NULL;
}

/* By the descriptors that libvirt chooses by; NULL: none. */
static char *find_described(Host *host, Verdict *verdict, const char *qemu) {
        static const char *const folders[] = { "/etc/qemu/firmware", "/usr/share/qemu/firmware" };

        for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_auto(GStrv) names = host_list(host, verdict, folders[i]);

                for (char **name = names; name && *name; name++) {
                        g_autofree char *path = g_build_filename(folders[i], *name, NULL);
                        g_autofree char *file = g_str_has_suffix(*name, ".json")
                                                                ? descriptor_file(host, verdict, path, qemu)
                                                                : NULL;
                        if (file)
                                return g_steal_pointer(&file);
                }
        }
        return NULL;
}

void judge_firmware(Host *host, Verdict *verdict) {
        const Architecture *architecture = find_architecture(host, verdict);
        g_autofree char *file = NULL;

        if (!architecture || !architecture->firmware_package) {
                verdict_set(verdict, CHECK_PASS, "", "%s", host_processor(host, verdict)->architecture);
                return;
        }

        file = find_described(host, verdict, architecture->qemu);
        if (file)
                verdict_set(verdict, CHECK_PASS, "", "%s", file);
        else
                judge_paths(host, verdict, architecture->firmware, CHECK_WARN,
                            architecture->firmware_package);
}

/* libvirt needs both, and only Debian has them in two packages; the second brings the first. */
void judge_swtpm(Host *host, Verdict *verdict) {
        static const char *const programs[] = { "/usr/bin/swtpm", NULL };
        static const char *const setups[] = { "/usr/bin/swtpm_setup", NULL };

        judge_paths(host, verdict, programs, CHECK_WARN, "swtpm-tools");
        if (verdict->result == CHECK_PASS)
                judge_paths(host, verdict, setups, CHECK_WARN, "swtpm-tools");
}

void judge_virtiofsd(Host *host, Verdict *verdict) {
        static const char *const paths[] = { "/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd",
                                             "/usr/lib/virtiofsd", NULL };

        judge_paths(host, verdict, paths, CHECK_WARN, "virtiofsd");
}

void judge_osinfo(Host *host, Verdict *verdict) {
        static const char *const paths[] = { "/usr/share/osinfo/os", "/usr/local/share/osinfo/os", NULL };

        judge_paths(host, verdict, paths, CHECK_WARN, "osinfo-db");
}
