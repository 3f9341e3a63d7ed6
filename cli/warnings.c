/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warnings.h"

#include "text.h"

const WarningText warning_texts[] = {
        { "emulated-fallback", N_("It is emulated and slow, though this host could accelerate it."),
          N_("Set the type of its domain to kvm, and start it again: hatago edit {word}") },
        { "emulated", N_("It is emulated and slow: this host cannot accelerate it."),
          N_("If it is of the host's own architecture: turn virtualization (VT-x, AMD-V) on in the firmware of the "
             "host, and see that /dev/kvm is there.") },
        { "disk-missing", N_("The file or the device of one of its disks is not there."),
          N_("Which it has: hatago show {word} --property=Disks") },
        { "network-inactive", N_("A network that it needs is not active."),
          N_("Start the network: virsh net-list --all, virsh net-start NETWORK") },
        { "image-outgrows-filesystem",
          N_("A disk image of it can grow beyond what is free on its file system. It would be paused then."),
          N_("Free some disk space: df -h") },
        { "no-guest-agent", N_("No guest agent answers in it: shutting it down relies on ACPI."),
          N_("Install qemu-guest-agent in the guest, and start it.") },
        { "settings-invalid",
          N_("Its settings as a service are wrong, and all of them ignored: the boot does not start it."),
          N_("Which line: journalctl -u hatagod. Mend the file, and systemctl daemon-reload; or give all up: "
             "hatago autostart {word} --reset") },
        { "crashed-before", N_("Its last run ended with a crash."),
          N_("What QEMU said: /var/log/libvirt/qemu/{name}.log") },
        {},
};

const ReasonRemedy reason_remedies[] = {
        { "io-error",
          N_("A disk is full, or cannot be read or written. Free some space (df -h), then: hatago resume "
             "{word}") },
        { "panicked", N_("The system in it has crashed. Start it anew: hatago reset {word}") },
        { "watchdog", N_("The system in it hangs. Start it anew: hatago reset {word}") },
        {},
};

static char *remedy_fill(const char *remedy, const char *name) {
        g_autofree char *word = text_shell_word(name);
        g_autofree char *named = text_fill(_(remedy), "name", name);

        return text_fill(named, "word", word);
}

void warning_explain(const char *code, const char *name, char **ret_sentence, char **ret_remedy) {
        for (size_t i = 0; warning_texts[i].code; i++) {
                if (strcmp(warning_texts[i].code, code) != 0)
                        continue;
                *ret_sentence = g_strdup(_(warning_texts[i].sentence));
                *ret_remedy = remedy_fill(warning_texts[i].remedy, name);
                return;
        }
        *ret_sentence = g_strdup(code);
        *ret_remedy = NULL;
}

char *state_reason_remedy(const char *reason, const char *name) {
        for (size_t i = 0; reason_remedies[i].reason; i++)
                if (strcmp(reason_remedies[i].reason, reason) == 0)
                        return remedy_fill(reason_remedies[i].remedy, name);
        return NULL;
}
