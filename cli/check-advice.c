/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-advice.h"

#include "json.h"
#include "text.h"

/* Names in menus are those of the makers: they are not translated. */
const FirmwareSetup firmware_setups[] = {
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
        { NULL, NULL, N_("Del, F2, F10, F1 or Esc (the first screen says which)"),
          N_("the page for processors, often Advanced > CPU Configuration") },
};

/* As the loaders of Debian have it: update-grub(8), kernel-install(8), u-boot-update(8), zipl(8). */
const LoaderSteps loader_steps[] = {
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

const OuterSteps outer_steps[] = {
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
        { NULL, N_("On the outer host, turn on nested virtualization for this guest.") },
};

const SetupItem setup_items[] = {
        { "AMD", "\"SVM Mode\" (AMD-V)" },
        { "Intel", "\"Intel Virtualization Technology\" (VT-x)" },
        { NULL, "\"Intel Virtualization Technology\" (VT-x), \"SVM Mode\" (AMD-V)" },
};

const char advice_this_computer[] = N_("this computer");

static bool begins(const char *text, const char *words) {
        return !words || g_str_has_prefix(text, words);
}

static const FirmwareSetup *setup_find(JsonObject *arguments) {
        g_autofree char *vendor = g_ascii_strdown(json_string(arguments, "vendor"), -1);
        g_autofree char *product = g_ascii_strdown(json_string(arguments, "product"), -1);
        const FirmwareSetup *setup = firmware_setups;

        while (!begins(vendor, setup->vendor) || !begins(product, setup->product))
                setup++;
        return setup;
}

static char *machine_text(JsonObject *arguments) {
        const char *vendor = json_string(arguments, "vendor"), *product = json_string(arguments, "product");
        g_autofree char *name = g_strdup_printf("%s %s", vendor, product);

        g_strstrip(name);
        return *name ? text_escape(name, /* ascii= */ false) : g_strdup(_(advice_this_computer));
}

static char *setup_key_text(JsonObject *arguments) {
        return g_strdup(_(setup_find(arguments)->key));
}

static char *setup_menu_text(JsonObject *arguments) {
        return g_strdup(_(setup_find(arguments)->menu));
}

static char *setup_item_text(JsonObject *arguments) {
        const char *processor = json_string(arguments, "processor");
        const SetupItem *item = setup_items;

        while (item->processor && !strstr(processor, item->processor))
                item++;
        return g_strdup(item->name);
}

static char *argument_value(const char *key, const void *data) {
        /* Without const: json-glib has none. */
        return text_escape(json_string((JsonObject *) data, key), /* ascii= */ false);
}

static char *boot_steps_text(JsonObject *arguments) {
        const char *loader = json_string(arguments, "loader"), *file = json_string(arguments, "file");
        const LoaderSteps *row = loader_steps;

        while (row->loader &&
               (strcmp(row->loader, loader) != 0 || (row->file && strcmp(row->file, file) != 0)))
                row++;
        return text_fill_keys(_(row->steps), argument_value, arguments);
}

static char *outer_steps_text(JsonObject *arguments) {
        const char *hypervisor = json_string(arguments, "hypervisor");

        const OuterSteps *row = outer_steps;

        while (row->hypervisor && strcmp(row->hypervisor, hypervisor) != 0)
                row++;
        return g_strdup(_(row->steps));
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
