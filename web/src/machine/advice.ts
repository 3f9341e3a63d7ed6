// SPDX-License-Identifier: LGPL-2.1-or-later
// What people should know of a machine, worst first, with what to do about it.
import type { Machine } from "../bus/contract";
import { BusError } from "../bus/errors";
import { N_, _, fill } from "../lib/i18n";
import { errorText, pendingText, reasonText, warningText } from "../lib/words";

export interface Advice {
    id: string;
    variant: "danger" | "warning" | "info";
    title: string;
    /** What to do; empty: nothing can be said. */
    todo: string;
    /** Where that is done: a tab of the machine, or "" for the overview. */
    tab?: string;
    tabLabel?: string;
}

interface Remedy { todo: string; tab?: string; label?: string }

const WARNINGS: Record<string, Remedy> = {
    "emulated-fallback": {
        todo: N_("Set the type of its domain to kvm, and start it again."), tab: "xml", label: N_("Edit its XML"),
    },
    "emulated": {
        todo: N_("If it is of the host's own architecture: turn virtualization (VT-x, AMD-V) on in the firmware of the host."),
        tab: "", label: N_("What the checks of the host say"),
    },
    "disk-missing": { todo: N_("Put the image back, or change the definition."), tab: "hardware", label: N_("Its disks") },
    "network-inactive": { todo: N_("Start the network, or connect the machine with another."), tab: "hardware", label: N_("Its interfaces") },
    "image-outgrows-filesystem": { todo: N_("Free some space where the image lies.") , tab: "hardware", label: N_("Its disks") },
    "no-guest-agent": { todo: N_("Install qemu-guest-agent in the guest, and start it.") },
    "settings-invalid": { todo: N_("Mend the file, or set them anew."), tab: "service", label: N_("Its settings") },
    "crashed-before": { todo: N_("What QEMU said last is in the journal of its unit."), tab: "service", label: N_("The journal") },
};

const REASONS: Record<string, string> = {
    "io-error": N_("A disk is full, or cannot be read or written. Free some space, then resume it."),
    "panicked": N_("The system in it has crashed. Reset it to start it anew."),
    "watchdog": N_("The system in it hangs. Reset it to start it anew."),
};

/** Whether its last start failed, and nothing has come of it since. */
const hasFailed = ({ StartFailure }: Machine): boolean => Boolean(StartFailure?.[0]);

/** Why the last start failed, in words. */
export function startFailureText({ StartFailure }: Machine): string {
    const [name, message, values] = StartFailure ?? ["", "", {}];
    return errorText(new BusError(name, message, values));
}

/** All parts of its configuration that wait, with commas. */
export const pendingList = ({ PendingChanges }: Machine): string => PendingChanges.map(pendingText).join(_(", "));

export function adviceOf(machine: Machine): Advice[] {
    const advice: Advice[] = [];
    if (hasFailed(machine))
        advice.push({
            id: "start-failure", variant: "danger", title: fill(_("Its last start failed: {reason}"), { reason: startFailureText(machine) }),
            todo: "", tab: "service", tabLabel: _("The journal"),
        });
    const reason = REASONS[machine.StateReason];
    if (reason)
        advice.push({ id: machine.StateReason, variant: "danger", title: reasonText(machine.StateReason), todo: _(reason) });
    for (const code of machine.Warnings) {
        const remedy = WARNINGS[code];
        advice.push({
            id: code, variant: "warning", title: warningText(code), todo: remedy ? _(remedy.todo) : "",
            ...remedy?.tab !== undefined && remedy.label ? { tab: remedy.tab, tabLabel: _(remedy.label) } : {},
        });
    }
    if (machine.PendingChanges.length > 0)
        advice.push({
            id: "pending", variant: "info", title: _("Some of its configuration waits for its next start."),
            todo: fill(_("What differs from how it runs: {parts}. A reboot of the guest is not enough: shut it down and start it."),
                       { parts: pendingList(machine) }),
            tab: "xml", tabLabel: _("See its XML"),
        });
    if (!machine.Persistent)
        advice.push({
            id: "transient", variant: "info", title: _("It has no stored definition: it vanishes when it ends."), todo: "",
        });
    return advice;
}
