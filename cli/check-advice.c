/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-advice.h"

#include "json.h"
#include "text.h"

/* Set-up of the firmware, by the words that its vendor and product begin with, the special before the
 * general. Names in menus are those of the makers: they are not translated. */
static const struct {
        const char *vendor, *product; /* in lower case; NULL: any */
        const char *key, *menu;
} setups[] = {
        { "hpe", NULL, "F9",
          "System Configuration > BIOS/Platform Configuration (RBSU) > Virtualization Options" },
        { "hp", "proliant", "F9",
          "System Configuration > BIOS/Platform Configuration (RBSU) > Virtualization Options" },
        { "hp", NULL, "F10", "Advanced > System Options" },
        { "hewlett-packard", NULL, "F10", "Security > System Security" },
        { "dell", "poweredge", "F2", "System BIOS > Processor Settings" },
        { "dell", NULL, "F2", "Virtualization Support" },
        { "lenovo", "think", "F1", "Security > Virtualization, System Settings > Processors" },
        { "lenovo", NULL, "F2", "Configuration" },
        { "ibm", NULL, "F1", "System Settings > Processors" },
        { "asus", NULL, "Del", "Advanced Mode (F7) > Advanced > CPU Configuration" },
        { "asrock", NULL, "F2", "Advanced > CPU Configuration" },
        { "gigabyte", NULL, "Del", "Tweaker (M.I.T.) > Advanced CPU Settings" },
        { "micro-star", NULL, "Del", "OC > CPU Features" },
        { "msi", NULL, "Del", "OC > CPU Features" },
        { "supermicro", NULL, "Del", "Advanced > CPU Configuration" },
        { "intel", NULL, "F2", "Security > Security Features" },
        { "fujitsu", NULL, "F2", "Advanced > CPU Configuration" },
        { "acer", NULL, "F2", "Main, Advanced" },
        { "nec", NULL, "F2", "Advanced" },
        { "panasonic", NULL, "F2", "Advanced > CPU" },
        { "toshiba", NULL, "F2", "Advanced" },
        { "dynabook", NULL, "F2", "Advanced" },
        { "framework", NULL, "F2", "Advanced" },
};

/* As the loaders of Debian have it: update-grub(8), kernel-install(8), u-boot-update(8), zipl(8). */
static const struct {
        const char *loader, *file; /* NULL: any */
        const char *steps;
} loaders[] = {
        { "grub", NULL,
          N_("In {file}, add {argument} to GRUB_CMDLINE_LINUX_DEFAULT, within the quotes. Then, and restart:\n"
             "  sudo update-grub") },
        { "systemd-boot", NULL,
          N_("In {file}, add {argument} to the line. Then, and restart:\n"
             "  sudo kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\"") },
        { "extlinux", "/etc/default/u-boot",
          N_("In {file}, add {argument} to U_BOOT_PARAMETERS, within the quotes. Then, and restart:\n"
             "  sudo u-boot-update") },
        { "extlinux", "/etc/default/extlinux",
          N_("In {file}, add {argument} to EXTLINUX_PARAMETERS, within the quotes. Then, and restart:\n"
             "  sudo extlinux-update") },
        { "extlinux", NULL,
          N_("In {file}, add {argument} to the lines that begin with append, and restart.") },
        { "zipl", NULL,
          N_("In {file}, add {argument} to parameters=, within the quotes. Then, and restart:\n"
             "  sudo zipl") },
        { "", "",
          N_("Add {argument} to the command line of the kernel, where your boot loader has it, and "
             "restart.") },
        { NULL, NULL, N_("In {file}, add {argument} to the command line of the kernel, and restart.") },
};

static const struct {
        const char *hypervisor, *steps;
} outers[] = {
        { "KVM", N_("On the outer host, give this guest the processor as it is (<cpu "
                    "mode='host-passthrough'/>), and let its module do it: /sys/module/kvm_intel/parameters/"
                    "nested (or kvm_amd) must be Y or 1. In a cloud: choose an instance type with nested "
                    "virtualization.") },
        { "QEMU", N_("It is emulated by QEMU without KVM. Run it with KVM on a host that has it.") },
        { "Hyper-V", N_("On the outer host, with this guest off, in PowerShell:\n"
                        "  Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true\n"
                        "In a cloud: choose an instance type with nested virtualization.") },
        { "VMware", N_("On the outer host, with this guest off: in its processor settings, turn on "
                       "\"Virtualize Intel VT-x/EPT or AMD-V/RVI\".") },
        { "VirtualBox", N_("On the outer host, with this guest off:\n"
                           "  VBoxManage modifyvm NAME --nested-hw-virt on") },
        { "Xen", N_("On the outer host, let the guest have it (nestedhvm=1). In a cloud: choose an instance "
                    "type with nested virtualization.") },
        { "Parallels", N_("On the outer host, with this guest off: turn on \"Enable nested "
                          "virtualization\" in its settings of the processor.") },
};

static bool begins(const char *text, const char *words) {
        return !words || g_str_has_prefix(text, words);
}

/* Its row of the table; G_N_ELEMENTS(setups): none. */
static size_t setup_find(JsonObject *arguments) {
        g_autofree char *vendor = g_ascii_strdown(json_string(arguments, "vendor"), -1);
        g_autofree char *product = g_ascii_strdown(json_string(arguments, "product"), -1);
        size_t i;

        for (i = 0; i < G_N_ELEMENTS(setups); i++)
                if (begins(vendor, setups[i].vendor) && begins(product, setups[i].product))
                        break;

        return i;
}

static char *machine_text(JsonObject *arguments) {
        const char *vendor = json_string(arguments, "vendor"), *product = json_string(arguments, "product");
        g_autofree char *name = g_strdup_printf("%s %s", vendor, product);

        g_strstrip(name);
        return *name ? text_escape(name, /* ascii= */ false) : g_strdup(_("this computer"));
}

static char *setup_key_text(JsonObject *arguments) {
        size_t i = setup_find(arguments);

        return g_strdup(i < G_N_ELEMENTS(setups)
                                        ? setups[i].key
                                        : _("Del, F2, F10, F1 or Esc (the first screen says which)"));
}

static char *setup_menu_text(JsonObject *arguments) {
        size_t i = setup_find(arguments);

        return g_strdup(i < G_N_ELEMENTS(setups) ? setups[i].menu
                                                 : _("the page for processors, often Advanced > CPU "
                                                     "Configuration"));
}

static char *setup_item_text(JsonObject *arguments) {
        const char *processor = json_string(arguments, "processor");

        if (strstr(processor, "AMD"))
                return g_strdup("\"SVM Mode\" (AMD-V)");
        if (strstr(processor, "Intel"))
                return g_strdup("\"Intel Virtualization Technology\" (VT-x)");
        return g_strdup("\"Intel Virtualization Technology\" (VT-x), \"SVM Mode\" (AMD-V)");
}

static char *argument_value(const char *key, const void *data) {
        /* Without const: json-glib has none. */
        return text_escape(json_string((JsonObject *) data, key), /* ascii= */ false);
}

static char *boot_steps_text(JsonObject *arguments) {
        const char *loader = json_string(arguments, "loader"), *file = json_string(arguments, "file");
        size_t i;

        for (i = 0; loaders[i].loader; i++)
                if (strcmp(loaders[i].loader, loader) == 0 &&
                    (!loaders[i].file || strcmp(loaders[i].file, file) == 0))
                        break;

        return text_fill_keys(_(loaders[i].steps), argument_value, arguments);
}

static char *outer_steps_text(JsonObject *arguments) {
        const char *hypervisor = json_string(arguments, "hypervisor");

        for (size_t i = 0; i < G_N_ELEMENTS(outers); i++)
                if (strcmp(outers[i].hypervisor, hypervisor) == 0)
                        return g_strdup(_(outers[i].steps));

        return g_strdup(_("On the outer host, turn on nested virtualization for this guest."));
}

char *check_advice(const char *key, JsonObject *arguments) {
        static const struct {
                const char *key;
                char *(*text)(JsonObject *arguments);
        } keys[] = {
                { "machine", machine_text },       { "setup-key", setup_key_text },
                { "setup-menu", setup_menu_text }, { "setup-item", setup_item_text },
                { "boot-steps", boot_steps_text }, { "outer-steps", outer_steps_text },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(keys[i].key, key) == 0)
                        return keys[i].text(arguments);

        return NULL;
}
