// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands where cockpit.js would, in a page without Cockpit: "?machines=1000&language=ja" beside the address. A test reaches the
// agent as window.agent.
import { FakeAgent } from "./agent.ts";
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
const count = Number(query.get("machines") ?? 8);
const agent = new FakeAgent();
for (let n = 0; n < count; n++)
    agent.addMachine({ ...n % 3 ? { State: "running", Autostart: n % 2 === 0 } : {}, ...unlike(n) });
agent.addCheck({ Id: "hardware-virtualization", Group: "acceleration", Value: "vmx" });
agent.addCheck({ Id: "vhost-net", Group: "devices", Result: "warn", Reason: "missing", Arguments: { module: "vhost_net" }, Fixable: true });
agent.addCheck({ Id: "default-network", Group: "network", Result: "fail", Reason: "inactive", Fixable: true });

Object.assign(window, { agent, cockpit: makeCockpit(agent, { language: query.get("language") ?? "en" }) });
