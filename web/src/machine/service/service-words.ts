// SPDX-License-Identifier: LGPL-2.1-or-later
// Words for what starts a machine, and when it is ready.
import type { Machine, MachineDetails } from "../../bus/contract";
import { span } from "../../lib/format";
import { N_, _, fill } from "../../lib/i18n";

const BY: Record<string, string> = {
    hatago: N_("Its own setting."),
    libvirt: N_("libvirt's own flag (virsh autostart): libvirt starts it as soon as it runs itself, in no order, and before the settings below have a say."),
    systemd: N_("An administrator has enabled its unit (systemctl enable)."),
};

/** What starts it at boot, one sentence each. */
export const startersText = ({ AutostartBy = [] }: Machine): string[] => AutostartBy.map((by) => BY[by] ? _(BY[by]) : by);

export const READY: { word: MachineDetails["ReadyWhen"]; label: string; hint: string }[] = [
    { word: "running", label: N_("As soon as it runs"), hint: N_("Its guest may still be booting then.") },
    { word: "agent", label: N_("When its guest agent answers"), hint: N_("qemu-guest-agent has to run in the guest.") },
    { word: "port", label: N_("When a TCP port of its guest answers"), hint: N_("Such as 22, 80 or 5432: what others need of it.") },
];

export const HOST_SHUTDOWN: { word: MachineDetails["HostShutdown"]; label: string; hint: string }[] = [
    { word: "shutdown", label: N_("Shut it down"), hint: N_("Its guest is asked; at the end of the stop timeout it is powered off.") },
    { word: "save", label: N_("Save its memory"), hint: N_("Its next start goes on from there.") },
    { word: "poweroff", label: N_("Power it off"), hint: N_("What has not been written to disk is lost.") },
];

const STATES: Record<string, string> = { waiting: N_("not yet"), ready: N_("it is"), failed: N_("it was not in time") };

/** "When its guest agent answers: not yet". */
export function readyText({ ReadyWhen = "running", ReadyPort = 0, ReadyState = "", ReadyTimeout = 0 }: Machine): string {
    const when = ReadyWhen === "port" ? fill(_("When its TCP port {port} answers"), { port: ReadyPort })
        : _(READY.find(({ word }) => word === ReadyWhen)?.label ?? ReadyWhen);
    if (ReadyWhen === "running")
        return when;
    const state = STATES[ReadyState];
    return state ? fill(_("{when}: {state}"), { when, state: _(state) })
        : fill(_("{when}, given up after {span}"), { when, span: span(ReadyTimeout) });
}
