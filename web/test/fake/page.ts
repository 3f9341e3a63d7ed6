// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands where cockpit.js would, in a page without Cockpit: "?machines=1000&language=ja" beside the address. A test reaches the
// agent as window.agent, and what stands behind consoles as window.tools.
import { FakeAgent } from "./agent.ts";
import { tools } from "./channel.ts";
import { makeCockpit } from "./cockpit.ts";

const SYSTEMS = ["http://debian.org/debian/12", "http://ubuntu.com/ubuntu/24.04", "http://microsoft.com/win/2k22", "http://fedoraproject.org/fedora/41", ""];

/** Not all machines are alike. */
function unlike(n: number): Record<string, unknown> {
    return {
        OSInfo: SYSTEMS[n % SYSTEMS.length], VCPUs: 2 ** (n % 4), Memory: 2 ** (29 + n % 5),
        ...n % 4 === 1 ? { Title: "Accounts and payroll of the northern branch" } : {},
        ...n % 9 === 4 ? { Warnings: ["disk-missing", "no-guest-agent"] } : {},
        ...n % 50 === 5 ? { State: "paused", StateReason: "io-error" } : {},
        ...n % 50 === 7 ? { State: "paused", StateReason: "user" } : {},
        ...n % 90 === 8 ? { State: "shutoff", StateReason: "crashed", UnitState: "failed" } : {},
        ...n % 90 === 6 ? { ManagedSave: true, StateReason: "saved" } : {},
    };
}

const query = new URLSearchParams(location.search);
tools.isSilent = query.has("silent");
const count = Number(query.get("machines") ?? 8);
const agent = new FakeAgent();
for (let n = 0; n < count; n++)
    agent.addMachine({ ...n % 3 ? { State: "running", Autostart: n % 2 === 0 } : {}, ...unlike(n) });
agent.addCheck({ Id: "hardware-virtualization", Group: "acceleration", Value: "vmx" });
agent.addCheck({ Id: "kvm-device", Group: "acceleration", Value: "/dev/kvm" });
agent.addCheck({ Id: "iommu-kernel", Group: "iommu", Result: "warn", Reason: "off", Arguments: {
    loader: "grub", file: "/etc/default/grub", argument: "intel_iommu=on",
} });
agent.addCheck({ Id: "vhost-net", Group: "devices", Result: "warn", Reason: "missing", Arguments: { module: "vhost_net" }, Fixable: true });
agent.addCheck({ Id: "default-network", Group: "network", Result: "fail", Reason: "inactive", Fixable: true });
agent.addCheck({ Id: "ksm", Group: "memory", Reason: "on", Arguments: { saved: "1288490188" }, Undoable: true });
agent.addCheck({ Id: "disk-space", Group: "storage", Value: "61%", Arguments: {
    free: "41875931136", size: "107374182400", path: "/var/lib/libvirt/images",
} });
agent.addCheck({ Id: "clock", Group: "system", Result: "skip", Reason: "denied", Arguments: { what: "timedated" } });

const paths = [...agent.machines.keys()];
const minutesAgo = (minutes: number) => (Date.now() - minutes * 60e3) * 1000;
const happened: [number, number, string, string][] = [
    [190, 0, "started", "booted"], [75, 2, "failed-start", "NetworkInactive"], [31, 0, "stopped", "shutdown"], [12, 4, "suspended", "io-error"],
    [11, 4, "resumed", "unpaused"], [3, 3, "stopped", "crashed"], [0.2, 1, "restored", ""],
];
for (const [minutes, n, event, detail] of happened) {
    const machine = agent.machines.get(paths[n] ?? "");
    if (machine)
        agent.events.push([minutesAgo(minutes), paths[n]!, String(machine.Name), event, detail]);
}
// A job that goes on: what a page shows of it.
if (query.has("job") && paths[1])
    Object.assign(agent.jobs.get(agent.newJob("save", paths[1]))!, {
        ProgressValid: true, Progress: 0.42, Bytes: 450e6, BytesTotal: 2 ** 30, Rate: 210e6, StartedAt: minutesAgo(0.1),
    });

Object.assign(window, { agent, tools, cockpit: makeCockpit(agent, {
    language: query.get("language") ?? "en", delay: Number(query.get("delay") ?? 0),
}) });
