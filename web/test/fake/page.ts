// SPDX-License-Identifier: LGPL-2.1-or-later
// Stands where cockpit.js would, in a page without Cockpit: "?machines=1000&language=ja" beside the address. A test reaches the
// agent as window.agent.
import { FakeAgent } from "./agent.ts";
import { makeCockpit } from "./cockpit.ts";

const query = new URLSearchParams(location.search);
const count = Number(query.get("machines") ?? 8);
const agent = new FakeAgent();
for (let n = 0; n < count; n++)
    agent.addMachine(n % 3 ? { State: "running", Autostart: n % 2 === 0 } : {});
agent.addCheck({ Id: "hardware-virtualization", Group: "acceleration", Value: "vmx" });
agent.addCheck({ Id: "vhost-net", Group: "devices", Result: "warn", Reason: "missing", Arguments: { module: "vhost_net" }, Fixable: true });
agent.addCheck({ Id: "default-network", Group: "network", Result: "fail", Reason: "inactive", Fixable: true });

Object.assign(window, { agent, cockpit: makeCockpit(agent, { language: query.get("language") ?? "en" }) });
