// SPDX-License-Identifier: LGPL-2.1-or-later
// What a page can look like beside what its address says: menus and dialogs that are open, things that went wrong, things that
// still come. Each is a place, and what somebody does there (or the agent, or a console, in test/fake).
import { ROUTES, UUID } from "./browser.mjs";

const OFF = UUID(1), SAVED = UUID(7), WARNED = UUID(5);
const XML = ROUTES.xml;

/** What a state does its deeds with: it speaks the page's language. */
export class Hand {
    constructor(page) {
        this.page = page;
    }

    /** In the page's language; values: for its {name}s. */
    async say(text, values = {}) {
        const said = await this.page.evaluate((text) => window.cockpit.gettext(text), text);
        return said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    }

    async see(role, text, { values, within = this.page, exact = true } = {}) {
        return within.getByRole(role, { name: await this.say(text, values), exact }).first();
    }

    async press(role, text, options) {
        await (await this.see(role, text, options)).click();
    }

    /** deed: run in the page, where the agent is window.agent. */
    agent(deed, ...values) {
        return this.page.evaluate(deed, ...values);
    }

    /** Whatever calls the method, or has a job of that kind, is refused from now on. */
    refuse(method, name, message) {
        return this.agent(([method, name, message]) => {
            const refusal = () => Object.assign(new Error(message), { name: name.includes(".") ? name : `org.hatago.Host1.Error.${name}` });
            const { agent } = window;
            const real = agent.call.bind(agent);
            agent.call = (path, iface, called, args) => {
                if (called === method)
                    throw refusal();
                return real(path, iface, called, args);
            };
            agent.refusals.set(method, refusal());
        }, [method, name, message]);
    }

    menu(name) {
        return this.press("button", "Actions: {name}", { values: { name } });
    }

    /** A machine's verb, in its menu. */
    async verb(name, label) {
        await this.menu(name);
        await this.press("menuitem", label, { exact: false });
    }

    async choose(...names) {
        for (const name of names)
            await (await this.see("checkbox", "Select {name}", { values: { name } })).check();
    }

    async edit(change) {
        await this.press("button", "Edit");
        const area = this.page.locator("textarea.xml-text:not([readonly])");
        await area.fill(change(await area.inputValue()));
    }
}

const dialog = (hand) => hand.page.getByRole("dialog").waitFor();
const twoCPUs = (xml) => xml.replace(">2</vcpu>", ">4</vcpu>").replace("<devices>", "<devices>\n    <watchdog model='itco' action='reset'/>");

/** hash, query: as in open(); does: what makes it; unsettled: it still waits for something. */
export const STATES = {
    "menu-machine": { hash: "/machines", does: (hand) => hand.menu("vm-0002") },
    "menu-refused": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent(() => { window.agent.answers = { shutdown: "auth", reboot: "auth", suspend: "no", poweroff: "PluginMissing" }; });
            await hand.menu("vm-0002");
            await (await hand.see("menuitem", "Turn on administrative access to do this.", { exact: false })).waitFor();
        },
    },
    "menu-head": { hash: ROUTES.summary, does: (hand) => hand.menu("vm-0002") },
    "menu-stop": { hash: ROUTES.summary, does: (hand) => hand.press("button", "Other ways to stop it") },
    "menu-columns": { hash: "/machines", does: (hand) => hand.press("button", "Columns and order") },
    "list-narrowed": { hash: "/machines?q=vm&state=on&attention=1", query: "machines=60" },
    "list-no-match": { hash: "/machines?q=nothing+like+it" },
    "list-empty": { hash: "/machines", query: "machines=0" },
    "list-loading": { hash: "/machines", query: "delay=60000", unsettled: true },
    "list-job": { hash: "/machines", query: "job=1" },
    "bulk-bar": { hash: "/machines", does: (hand) => hand.choose("vm-0002", "vm-0003", "vm-0004") },
    "bulk-menu": {
        hash: "/machines",
        does: async (hand) => {
            await hand.choose("vm-0001", "vm-0002", "vm-0006");
            await hand.press("button", "More actions");
        },
    },
    "bulk-result": {
        hash: "/machines?state=off", query: "machines=20",
        does: async (hand) => {
            await hand.choose("vm-0001", "vm-0004", "vm-0010");
            await hand.refuse("start", "Failed", "cannot access storage file '/var/lib/libvirt/images/vm-0001.qcow2': Permission denied");
            await hand.press("button", "Start");
            await hand.page.locator('.run-deed[data-state="failed"]').waitFor();
        },
    },
    "dialog-confirm": { hash: "/machines", does: async (hand) => { await hand.verb("vm-0002", "Power off"); await dialog(hand); } },
    "dialog-confirm-many": {
        hash: "/machines", query: "machines=60",
        does: async (hand) => {
            await hand.press("checkbox", "Select all");
            await hand.press("button", "More actions");
            await hand.press("menuitem", "Power off", { exact: false });
            await dialog(hand);
        },
    },
    "dialog-remove": { hash: `/machines/${OFF}`, does: async (hand) => { await hand.verb("vm-0001", "Remove"); await dialog(hand); } },
    "dialog-state": {
        hash: `/machines/${SAVED}`,
        does: async (hand) => {
            await hand.refuse("Undefine", "MachineHasState", "it has a managed save image");
            await hand.verb("vm-0007", "Remove");
            await hand.press("button", "Remove", { within: hand.page.getByRole("dialog") });
            await hand.page.locator("#state-nvram").waitFor();
        },
    },
    "dialog-rename": {
        hash: `/machines/${OFF}`,
        does: async (hand) => {
            await hand.verb("vm-0001", "Rename");
            await hand.page.locator("#rename-name").fill("vm-0002");
        },
    },
    "dialog-fix": {
        hash: "/",
        does: async (hand) => {
            await hand.page.locator('[data-check="vhost-net"] button').first().click();
            await dialog(hand);
        },
    },
    "dialog-fix-failed": {
        hash: "/",
        does: async (hand) => {
            await hand.refuse("Fix", "FixFailed", "modprobe: FATAL: Module vhost_net not found in directory /lib/modules/6.1.0-18-amd64");
            await hand.page.locator('[data-check="vhost-net"] button').first().click();
            await hand.press("button", "Fix", { within: hand.page.getByRole("dialog") });
            await hand.page.locator(".fix-error").waitFor();
        },
    },
    "dialog-reset": { hash: ROUTES.service, does: async (hand) => { await hand.press("button", "Reset to defaults"); await dialog(hand); } },
    "dialog-type": {
        hash: ROUTES.console,
        does: async (hand) => {
            await hand.page.getByRole("application").waitFor();
            await hand.press("button", "More for this console");
            await hand.press("menuitem", "Type a text …");
            await hand.page.locator("#type-text").fill("apt install qemu-guest-agent — 日本語\n");
        },
    },
    "checks-open": {
        hash: "/",
        does: async (hand) => {
            for (const one of await hand.page.locator(".health-wrong .pf-v6-c-expandable-section__toggle button").all())
                await one.click();
            for (const one of await hand.page.locator(".pf-v6-c-expandable-section__toggle button[aria-expanded=false]").all())
                await one.click();
        },
    },
    "overview-empty": { hash: "/", query: "machines=0" },
    "overview-loading": { hash: "/", query: "delay=60000", unsettled: true },
    "lost-agent": {
        hash: "/",
        does: async (hand) => {
            await hand.agent(() => window.agent.die());
            await hand.page.locator("[data-about=agent]").waitFor();
        },
    },
    "lost-libvirt": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent(() => window.agent.changeRoot({ Connected: false, ConnectionError: "Failed to connect socket to '/var/run/libvirt/virtqemud-sock': No such file or directory" }));
            await hand.page.locator("[data-about=libvirt]").waitFor();
        },
    },
    "jobs-open": {
        hash: "/machines", query: "job=1",
        does: async (hand) => {
            await hand.agent(() => {
                const [one, , other] = [...window.agent.machines.keys()];
                window.agent.endJob(window.agent.newJob("start", one));
                window.agent.endJob(window.agent.newJob("start", other), Object.assign(new Error("network 'default' is not active"), { name: "NetworkInactive", values: { network: "default" } }));
            });
            await hand.page.locator(".jobs-button").click();
            await hand.page.locator(".pf-v6-c-popover .job[data-result=failed]").waitFor();
        },
    },
    "machine-job": { hash: ROUTES.summary, query: "job=1", does: (hand) => hand.page.locator(".running-job").waitFor() },
    "machine-warned": {
        hash: `/machines/${WARNED}`,
        does: async (hand) => {
            await hand.agent((uuid) => {
                const [path] = [...window.agent.machines].find(([, { UUID }]) => UUID === uuid);
                window.agent.change(path, {
                    State: "shutoff", StateReason: "failed", UnitState: "failed", Addresses: [], StartedAt: 0, PendingChanges: ["vcpus", "memory", "disks"],
                    StartFailure: ["NetworkInactive", "network 'default' is not active", { network: "default" }],
                    Description: "Keeps the accounts of the northern branch.\nMoved here from inn-2 in May; ask the accountants before it is restarted.",
                });
            }, WARNED);
            await hand.page.locator(".pf-v6-c-alert.pf-m-danger").waitFor();
        },
    },
    "machine-loading": { hash: ROUTES.summary, query: "delay=60000", unsettled: true },
    "notice-failed": {
        hash: "/machines",
        does: async (hand) => {
            await hand.refuse("start", "NetworkInactive", "network 'default' is not active");
            await hand.verb("vm-0001", "Start");
            await hand.page.locator(".pf-v6-c-alert-group .pf-v6-c-alert").waitFor();
        },
    },
    "service-picker": { hash: ROUTES.service, does: async (hand) => { await hand.page.locator("#start-after").click(); await hand.page.locator("#start-after-menu").waitFor(); } },
    "service-fault": {
        hash: ROUTES.service,
        does: async (hand) => {
            await hand.page.locator("#start-delay").fill("soon");
            await hand.page.locator("#ready-port").check();
            await hand.page.locator("#tcp-port").fill("70000");
            await hand.page.locator("#start-delay").scrollIntoViewIfNeeded();
        },
    },
    "service-denied": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent((hash) => {
                window.agent.answers = { "set-autostart": "auth", configure: "auth" };
                location.hash = hash;
            }, ROUTES.service);
            await hand.page.locator("#autostart:disabled").waitFor();
        },
    },
    "console-keys": {
        hash: ROUTES.console,
        does: async (hand) => {
            await hand.page.getByRole("application").waitFor();
            await hand.press("button", "Send keys");
        },
    },
    "console-more": {
        hash: ROUTES.console,
        does: async (hand) => {
            await hand.page.getByRole("application").waitFor();
            await hand.press("button", "More for this console");
        },
    },
    "console-serial": {
        hash: `${ROUTES.console}?port=serial0`,
        does: async (hand) => {
            await hand.page.locator(".xterm-rows").getByText("root@vm").waitFor();
            await hand.press("button", "More for this console");
        },
    },
    "console-password": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent((hash) => {
                let step = 0, wire;
                window.tools.make = () => ({
                    begin: (given) => { wire = given; wire.send("connected\n"); wire.send("RFB 003.008\n"); },
                    receive: () => wire.send(step++ === 0 ? Uint8Array.of(1, 2) : new Uint8Array(16)),
                });
                location.hash = hash;
            }, ROUTES.console);
            await hand.page.locator("#display-password").waitFor();
        },
    },
    "console-taken": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent((hash) => {
                window.tools.make = () => ({
                    begin: (wire) => { wire.send("org.hatago.Host1.Error.ConsoleBusy\n"); wire.close({ message: "the console is in use", "exit-status": 1 }); },
                });
                location.hash = hash;
            }, `${ROUTES.console}?port=serial0`);
            await hand.page.locator(".console-cover").waitFor();
        },
    },
    "console-ended": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent((hash) => {
                const { make } = window.tools;
                window.tools.make = (words) => {
                    const shell = make(words);
                    return { ...shell, begin: (wire) => { shell.begin(wire); window.endConsole = () => wire.close(); } };
                };
                location.hash = hash;
            }, `${ROUTES.console}?port=serial0`);
            await hand.page.locator(".xterm-rows").getByText("root@vm").waitFor();
            await hand.agent(() => window.endConsole());
            await hand.page.locator(".console > .pf-v6-c-alert").waitFor();
        },
    },
    "console-off": { hash: `/machines/${OFF}/console` },
    "console-spice": {
        hash: "/machines",
        does: async (hand) => {
            await hand.agent((hash) => {
                const [, path] = [...window.agent.machines.keys()];
                window.agent.change(path, { Displays: [{ Key: "spice0", Index: 0, Type: "spice" }] });
                location.hash = hash;
            }, ROUTES.console);
            await hand.page.locator(".pf-v6-c-clipboard-copy").waitFor();
        },
    },
    "console-alone": { hash: `${ROUTES.console}?alone=1`, does: (hand) => hand.page.getByRole("application").waitFor() },
    "chunk-lost": {
        hash: "/machines",
        does: async (hand) => {
            await hand.page.route(/\/display[^/]*\.js$/, (route) => route.fulfill({ status: 404 }));
            await hand.agent((hash) => { location.hash = hash; }, ROUTES.console);
            await (await hand.see("button", "Load anew")).waitFor();
        },
        breaks: true,
    },
    "xml-denied": {
        hash: "/machines",
        does: async (hand) => {
            await hand.refuse("GetXML", "org.freedesktop.DBus.Error.AccessDenied", "denied");
            await hand.agent((hash) => {
                window.agent.answers = { "set-xml": "auth" };
                location.hash = hash;
            }, XML);
            await hand.page.locator(".xml .pf-v6-c-alert").waitFor();
        },
    },
    "xml-edit": { hash: XML, does: (hand) => hand.edit(twoCPUs) },
    "xml-wrong": {
        hash: XML,
        does: async (hand) => {
            await hand.edit((xml) => xml.replace("</vcpu>", "</cpu>"));
            await hand.press("button", "Review what changes");
            await hand.page.locator("#xml-fault").waitFor();
        },
    },
    "xml-discard": { hash: XML, does: async (hand) => { await hand.edit(twoCPUs); await hand.press("button", "Cancel"); } },
    "xml-review": {
        hash: XML,
        does: async (hand) => {
            await hand.edit(twoCPUs);
            await hand.press("button", "Review what changes");
            await hand.page.locator(".xml-changes").waitFor();
        },
    },
    "xml-refused": {
        hash: XML,
        does: async (hand) => {
            await hand.edit(twoCPUs);
            await hand.press("button", "Review what changes");
            await hand.refuse("SetXML", "InvalidXML", "XML error: watchdog model 'itco' is part of q35 machine types and needs no address");
            await hand.press("button", "Save");
            await hand.page.locator("#xml-fault").waitFor();
        },
    },
    "xml-merge": { hash: XML, does: (hand) => conflict(hand, "<alias name='serial0'/>", "<alias name='ua-line'/>") },
    "xml-conflict": { hash: XML, does: (hand) => conflict(hand, ">2</vcpu>", ">8</vcpu>") },
    "xml-theirs": {
        hash: XML,
        does: async (hand) => {
            await hand.edit(twoCPUs);
            await hand.agent(() => {
                const [, path] = [...window.agent.machines.keys()];
                const [xml] = window.agent.call(path, "org.hatago.Host1.Machine", "GetXML", []);
                window.agent.defineXML(path, xml.replace(">2</vcpu>", ">8</vcpu>"));
            });
            await hand.press("button", "What others have changed");
            await hand.page.locator(".xml-changes").waitFor();
        },
    },
    "xml-left": {
        hash: XML,
        does: async (hand) => {
            await hand.edit(twoCPUs);
            await hand.agent(() => window.agent.vanish([...window.agent.machines.keys()][1]));
            await hand.press("button", "Copy", { exact: true }).catch(() => undefined);
        },
    },
};

/** Others change the XML while it is edited. */
async function conflict(hand, before, after) {
    await hand.edit(twoCPUs);
    await hand.agent(([before, after]) => {
        const [, path] = [...window.agent.machines.keys()];
        const [xml] = window.agent.call(path, "org.hatago.Host1.Machine", "GetXML", []);
        window.agent.xml.set(path, xml.replace(before, after));
    }, [before, after]);
    await hand.press("button", "Review what changes");
    await hand.press("button", "Save");
    await hand.page.locator(".xml-changes").waitFor();
    await (await hand.see("heading", "Others have changed it meanwhile")).waitFor();
}
