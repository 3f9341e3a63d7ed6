// SPDX-License-Identifier: LGPL-2.1-or-later
// A stand-in for ../base1/cockpit.js over the fake agent: what src/cockpit.d.ts has of it.
import type { FakeAgent } from "./agent.ts";
import { openChannel } from "./channel.ts";

interface Options { language?: string; delay?: number; slow?: string }

/** delay: how long an answer takes, in milliseconds; slow: a method whose answer takes five times that. */
export function makeCockpit(agent: FakeAgent, { language = "en", delay = 0, slow = "" }: Options = {}) {
    const listeners = new Map<string, Set<() => void>>();
    let catalog: Record<string, unknown> = {};

    const later = (deliver: () => void) => void setTimeout(deliver, delay);
    const dispatch = (event: string) => listeners.get(event)?.forEach((listener) => listener());

    const decode = () => {
        const [path = "", query = ""] = (globalThis.location?.hash ?? "").slice(1).split("?");
        return {
            path: path.split("/").filter(Boolean).map(decodeURIComponent),
            options: Object.fromEntries(new URLSearchParams(query)),
        };
    };
    const encode = (path: string[], options: Record<string, string> = {}) => {
        const query = new URLSearchParams(options).toString();
        return "/" + path.map(encodeURIComponent).join("/") + (query ? "?" + query : "");
    };
    globalThis.addEventListener?.("hashchange", () => dispatch("locationchanged"));

    const message = (msgid: string): string[] | undefined => (catalog[msgid] as string[] | undefined)?.slice(1);

    return {
        language,
        hidden: false,
        dispatch,
        location: {
            get path() { return decode().path; },
            get options() { return decode().options; },
            go: (path: string[], options?: Record<string, string>) => { globalThis.location.hash = encode(path, options); },
            replace: (path: string[], options?: Record<string, string>) => globalThis.location.replace("#" + encode(path, options)),
            encode,
        },
        transport: { control: () => undefined },
        addEventListener(event: string, listener: () => void) {
            listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
        },
        removeEventListener(event: string, listener: () => void) {
            listeners.get(event)?.delete(listener);
        },
        dbus() {
            const client = {
                onowner: null as ((event: unknown, owner: string | null) => void) | null,
                onclose: null,
                call: (path: string, iface: string, method: string, args: unknown[]) => new Promise((resolve, reject) => void setTimeout(() => {
                    try {
                        if (!agent.owner)
                            throw Object.assign(new Error("no owner"), { name: "org.freedesktop.DBus.Error.ServiceUnknown" });
                        const answer = structuredClone(agent.call(path, iface, method, args));
                        resolve(answer);
                    } catch (thrown) {
                        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
                    }
                }, method === slow ? 5 * delay : delay)),
                subscribe(_match: unknown, callback: (...signal: [string, string, string, unknown[]]) => void) {
                    const listener = (...signal: [string, string, string, unknown[]]) => later(() => callback(...structuredClone(signal)));
                    agent.listeners.add(listener);
                    return { remove: () => agent.listeners.delete(listener) };
                },
                close: () => undefined,
            };
            agent.ownerListeners.add((owner) => later(() => client.onowner?.({}, owner)));
            later(() => client.onowner?.({}, agent.owner));
            return client;
        },
        channel: ({ spawn }: { spawn: string[] }) => openChannel(spawn, later),
        spawn: (argv: string[]) => Object.assign(new Promise(() => undefined), {
            stream: (callback: (piece: string) => void) => argv[0] === "journalctl" ? later(() => callback(journal())) : undefined,
            input: () => undefined, close: () => undefined,
        }),
        permission: () => ({ allowed: true, addEventListener: () => undefined, removeEventListener: () => undefined, close: () => undefined }),
        locale(given: Record<string, unknown>) { catalog = given; },
        gettext: (context: string, text?: string) =>
            message(text === undefined ? context : `${context}\u0004${text}`)?.[0] ?? text ?? context,
        ngettext(one: string, many: string, count: number) {
            const plural = (catalog[""] as { "plural-forms"?: (n: number) => number } | undefined)?.["plural-forms"];
            return message(one)?.[plural ? plural(count) : count === 1 ? 0 : 1] ?? (count === 1 ? one : many);
        },
        jump: () => undefined,
    };
}

/** As journalctl --output=json writes of a unit. */
function journal(): string {
    const lines: [priority: number, from: string, message: string][] = [
        [6, "systemd", "Starting hatago-vm@web.service - Virtual machine web..."],
        [4, "hatago-vm", "The network 'default' is not active yet."],
        [6, "systemd", "Started hatago-vm@web.service - Virtual machine web."],
        [3, "hatago-vm", "qemu-system-x86_64: terminating on signal 15 from pid 812 (/usr/sbin/libvirtd)"],
    ];
    return lines.map(([PRIORITY, SYSLOG_IDENTIFIER, MESSAGE], n) => JSON.stringify({
        __CURSOR: `c${n}`, __REALTIME_TIMESTAMP: String((Date.now() - 60e3 + n * 1e3) * 1000), PRIORITY: String(PRIORITY), SYSLOG_IDENTIFIER, MESSAGE,
    }) + "\n").join("");
}
