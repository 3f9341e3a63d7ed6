/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-texts.h"

#include "check-advice.h"
#include "check-text-rows.h"
#include "format.h"
#include "json.h"
#include "text.h"

const CheckGroup check_groups[] = {
        { "acceleration", N_("Acceleration") },
        { "devices", N_("Devices of the kernel") },
        { "cgroup", N_("Control of resources (cgroups)") },
        { "iommu", N_("Devices for guests (IOMMU)") },
        { "secure-guest", N_("Secure guests") },
        { "memory", N_("Memory") },
        { "libvirt", N_("libvirt") },
        { "programs", N_("Programs") },
        { "network", N_("Network") },
        { "storage", N_("Storage") },
        { "system", N_("System") },
        {},
};

const CheckTitle check_titles[] = {
        { "hardware-virtualization", N_("hardware virtualization") },
        { "kvm-device", N_("device /dev/kvm") },
        { "kvm-access", N_("your access to /dev/kvm"), true },
        { "kvm-module", N_("kernel module for KVM") },
        { "kvm-qemu-access", N_("QEMU's access to /dev/kvm") },
        { "kvm-guest", N_("KVM runs a guest"), true },
        { "nested", N_("guests within guests"), true },
        { "vhost-net", N_("fast network (vhost-net)") },
        { "tun", N_("network interfaces (tun)") },
        { "cgroup-cpu", N_("cgroup controller cpu"), true },
        { "cgroup-cpuacct", N_("cgroup controller cpuacct"), true },
        { "cgroup-cpuset", N_("cgroup controller cpuset"), true },
        { "cgroup-memory", N_("cgroup controller memory"), true },
        { "cgroup-devices", N_("cgroup controller devices"), true },
        { "cgroup-blkio", N_("cgroup controller blkio"), true },
        { "iommu", N_("IOMMU in the hardware"), true },
        { "iommu-kernel", N_("IOMMU in the kernel"), true },
        { "secure-guest", N_("encrypted memory of guests") },
        { "hugepages", N_("huge pages") },
        { "thp", N_("transparent huge pages") },
        { "ksm", N_("merging equal memory (KSM)") },
        { "overcommit", N_("overcommit of memory"), true },
        { "libvirt-daemon", N_("libvirt's daemon") },
        { "libvirt-connection", N_("libvirt answers") },
        { "libvirt-guests", N_("shutdown with the host") },
        { "libvirt-autostart", N_("start by libvirt at boot"), true },
        { "qemu", N_("QEMU") },
        { "qemu-img", N_("tool for disk images") },
        { "firmware", N_("UEFI firmware") },
        { "swtpm", N_("TPM for guests") },
        { "virtiofsd", N_("shared folders") },
        { "osinfo", N_("data on operating systems") },
        { "default-network", N_("default network") },
        { "network-manager", N_("NetworkManager") },
        { "nic-manager", N_("who manages the NICs") },
        { "forwarding", N_("forwarding of packets"), true },
        { "bridge-nf", N_("bridges and the firewall"), true },
        { "firewall", N_("firewall") },
        { "default-pool", N_("default storage pool") },
        { "disk-space", N_("room for disk images") },
        { "clock", N_("clock") },
        { "agent", N_("agent (hatagod)") },
        { "agent-rights", N_("rights of the agent") },
        {},
};

const CheckText check_texts_general[] = {
        { NULL, "denied", N_("{what} may not be read."), NULL, NULL },
        { NULL, "unreadable", N_("{what} cannot be read: {error}."), NULL, NULL },
        {},
};

const CheckFix check_fixes[] = {
        { "kvm-module", NULL,
          N_("Loads the module {module} now, and writes /etc/modules-load.d/hatago-kvm-module.conf: each "
             "boot loads it."),
          N_("Removes /etc/modules-load.d/hatago-kvm-module.conf; what is loaded stays until the next boot.") },
        { "vhost-net", NULL,
          N_("Loads the module {module} now, and writes /etc/modules-load.d/hatago-vhost-net.conf: each boot "
             "loads it."),
          N_("Removes /etc/modules-load.d/hatago-vhost-net.conf; what is loaded stays until the next boot.") },
        { "tun", NULL,
          N_("Loads the module {module} now, and writes /etc/modules-load.d/hatago-tun.conf: each boot loads "
             "it."),
          N_("Removes /etc/modules-load.d/hatago-tun.conf; what is loaded stays until the next boot.") },
        { "kvm-qemu-access", NULL,
          N_("Gives /dev/kvm owner root, group kvm and mode 0660, as udev does at each boot."),
          N_("Gives /dev/kvm the owner, group and mode that it had.") },
        { "ksm", NULL,
          N_("Writes 1 to /sys/kernel/mm/ksm/run now, and a line into /etc/tmpfiles.d/hatago-ksm.conf: each "
             "boot does."),
          N_("Writes to /sys/kernel/mm/ksm/run what was there, and removes /etc/tmpfiles.d/hatago-ksm.conf.") },
        { "libvirt-daemon", "disabled", N_("Enables {units}: each boot starts them.") },
        { "libvirt-daemon", NULL,
          N_("Enables {units}: each boot starts them. Starts them now, where libvirt's daemon does not run."),
          N_("Disables and stops what it enabled and started, and the daemon with it; virtual machines that run "
             "go on.") },
        { "default-network", "missing",
          N_("Defines libvirt's network \"default\" from the template on this host (NAT, 192.168.122.0/24 if it is "
             "libvirt's own), starts it, and has each boot start it.") },
        { "default-network", "no-autostart", N_("Has each boot start libvirt's network \"default\".") },
        { "default-network", NULL, N_("Starts libvirt's network \"default\", and has each boot start it."),
          N_("Takes back what was done: the network \"default\" is as it was before, also if it was not "
             "there.") },
        { "default-pool", "missing",
          N_("Defines libvirt's storage pool \"default\" on the folder /var/lib/libvirt/images, which is made if it "
             "is not there, starts it, and has each boot start it.") },
        { "default-pool", "no-autostart", N_("Has each boot start libvirt's storage pool \"default\".") },
        { "default-pool", NULL, N_("Starts libvirt's storage pool \"default\", and has each boot start it."),
          N_("Takes back what was done: the pool \"default\" is as it was before, also if it was not there; its "
             "folder and what is in it stay.") },
        { "forwarding", NULL,
          N_("Sets net.ipv4.ip_forward=1 now, and in /etc/sysctl.d/hatago-forwarding.conf: each boot does."),
          N_("Sets what was there before, and removes /etc/sysctl.d/hatago-forwarding.conf.") },
        { "bridge-nf", NULL,
          N_("Sets net.bridge.bridge-nf-call-iptables=0 (and the same for ip6tables and arptables) now, and "
             "in /etc/sysctl.d/hatago-bridge-nf.conf: each boot does."),
          N_("Sets what was there before, and removes /etc/sysctl.d/hatago-bridge-nf.conf.") },
        {},
};

const char *check_group_title(const char *name) {
        for (const CheckGroup *group = check_groups; group->name; group++)
                if (strcmp(group->name, name) == 0)
                        return _(group->title);

        return name;
}

char *check_group_words(void) {
        g_autoptr(GString) words = g_string_new(NULL);

        for (const CheckGroup *group = check_groups; group->name; group++)
                g_string_append_printf(words, "%s%s", words->len > 0 ? ", " : "", group->name);

        return g_string_free(g_steal_pointer(&words), /* free_segment= */ FALSE);
}

unsigned check_position(const char *id) {
        for (unsigned i = 0; check_titles[i].id; i++)
                if (strcmp(check_titles[i].id, id) == 0)
                        return i;

        return UINT_MAX;
}

const char *const *check_ids(void) {
        static const char *ids[G_N_ELEMENTS(check_titles)]; /* and NULL */

        for (size_t i = 0; check_titles[i].id; i++)
                ids[i] = check_titles[i].id;

        return ids;
}

const char *check_title(const char *id) {
        unsigned i = check_position(id);

        return i < UINT_MAX ? _(check_titles[i].title) : id;
}

bool check_has_plain_value(const char *id) {
        unsigned i = check_position(id);

        return i == UINT_MAX || !check_titles[i].cryptic;
}

static const CheckText *text_find(const char *id, const char *reason) {
        const CheckText *const tables[] = {
                check_texts_acceleration,
                check_texts_kernel,
                check_texts_services,
                check_texts_places,
        };

        for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
                for (const CheckText *text = tables[i]; text->id; text++)
                        if (strcmp(text->id, id) == 0 && strcmp(text->reason, reason) == 0)
                                return text;

        for (const CheckText *text = check_texts_general; text->reason; text++)
                if (strcmp(text->reason, reason) == 0)
                        return text;

        return NULL;
}

static JsonObject *arguments_of(JsonObject *check) {
        JsonNode *node = json_object_get_member(check, "Arguments");

        return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

/* As a size, if it is a number of bytes. */
static char *size_text(const char *bytes) {
        guint64 number;

        if (!g_ascii_string_to_unsigned(bytes, 10, 0, G_MAXINT64, &number, NULL))
                return text_escape(bytes, /* ascii= */ false);
        return format_size(number);
}

/* What an agent leaves out that is older or newer shows as a question mark. */
static char *text_value(const char *key, const void *data) {
        JsonObject *arguments = (JsonObject *) data;
        g_auto(GStrv) parts = g_strsplit(key, ":", 2);
        char *advice = check_advice(key, arguments);
        const char *argument = json_string(arguments, parts[0]);

        if (advice)
                return advice;
        if (*argument == '\0')
                return g_strdup("?");
        /* Without blanks around it: a line that begins with two is a command. */
        return parts[1] ? size_text(argument) : g_strstrip(text_escape(argument, /* ascii= */ false));
}

/* The same as a word of a command. */
static char *word_value(const char *key, const void *data) {
        g_autofree char *text = text_value(key, data);

        return text_shell_word(text);
}

/* A command that names the interfaces, for each of them: it takes one. */
static void add_interface_lines(GPtrArray *lines, const char *pattern, JsonObject *arguments) {
        g_auto(GStrv) names = g_strsplit(json_string(arguments, "interfaces"), ",", -1);

        for (size_t i = 0; names[i]; i++) {
                g_autoptr(JsonObject) one = json_object_new(); /* its line has no other key */

                json_object_set_string_member(one, "interfaces", names[i]);
                g_ptr_array_add(lines, text_fill_keys(pattern, word_value, one));
        }
}

/* Line by line: what comes from elsewhere is quoted in those that are commands. */
static char *pattern_fill(JsonObject *check, const char *pattern) {
        g_autoptr(JsonObject) none = json_object_new();
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        JsonObject *arguments = arguments_of(check);
        g_auto(GStrv) patterns = pattern ? g_strsplit(_(pattern), "\n", -1) : NULL;

        if (!patterns)
                return NULL;
        if (!arguments)
                arguments = none;
        for (size_t i = 0; patterns[i]; i++)
                if (!g_str_has_prefix(patterns[i], "  "))
                        g_ptr_array_add(lines, text_fill_keys(patterns[i], text_value, arguments));
                else if (strstr(patterns[i], "{interfaces}") && *json_string(arguments, "interfaces"))
                        add_interface_lines(lines, patterns[i], arguments);
                else
                        g_ptr_array_add(lines, text_fill_keys(patterns[i], word_value, arguments));
        g_ptr_array_add(lines, NULL);

        return g_strjoinv("\n", (char **) lines->pdata);
}

static const CheckText *check_text(JsonObject *check) {
        return text_find(json_string(check, "Id"), json_string(check, "Reason"));
}

char *check_meaning(JsonObject *check) {
        const CheckText *text = check_text(check);
        const char *reason = json_string(check, "Reason");

        if (!text)
                return *reason ? text_escape(reason, /* ascii= */ false) : NULL;
        return pattern_fill(check, text->meaning);
}

char *check_why(JsonObject *check) {
        const CheckText *text = check_text(check);

        return text ? pattern_fill(check, text->why) : NULL;
}

char *check_remedy(JsonObject *check) {
        const CheckText *text = check_text(check);

        return text ? pattern_fill(check, text->remedy) : NULL;
}

bool check_has_fix(const char *id) {
        for (size_t i = 0; check_fixes[i].id; i++)
                if (strcmp(check_fixes[i].id, id) == 0)
                        return true;

        return false;
}

char *check_fix_text(JsonObject *check, bool undo) {
        const char *id = json_string(check, "Id"), *reason = json_string(check, "Reason");

        for (size_t i = 0; check_fixes[i].id; i++)
                if (strcmp(check_fixes[i].id, id) == 0 &&
                    (!check_fixes[i].reason || (!undo && strcmp(check_fixes[i].reason, reason) == 0)))
                        return pattern_fill(check, undo ? check_fixes[i].undoes : check_fixes[i].does);

        return NULL;
}
