// SPDX-License-Identifier: LGPL-2.1-or-later
// What of a machine can be looked at: its displays, and its serial lines.
import type { Display, Machine } from "../../bus/contract";

export interface Port {
    kind: "display" | "serial";
    /** In the URL, and to know it again: "vnc0", "serial0", "console1". */
    key: string;
    /** A browser can show it. */
    shown: boolean;
    /** Of a display: "vnc", "spice", …; of a line: "serial", "virtio", … */
    type: string;
    number: number;
}

/** The browser's DOMParser; where there is none (tests), another. */
export type ParseXML = (text: string) => Pick<Document, "querySelectorAll">;

const parse: ParseXML = (text) => new DOMParser().parseFromString(text, "text/xml");

const display = ({ Key, Type, Index }: Display): Port =>
    ({ kind: "display", key: Key, shown: Type === "vnc", type: Type, number: Index });

/** A machine always has its first serial line for all that is known; whether there is one, the agent says when it is opened. */
const FIRST_SERIAL: Port = { kind: "serial", key: "serial0", shown: true, type: "serial", number: 0 };

/**
 * xml: of the running machine; null: it is off, or may not be read. libvirt lists the first serial line a second time as a
 * console, under the same alias.
 */
export function listPorts(machine: Pick<Machine, "Displays">, xml: string | null, parseXML: ParseXML = parse): Port[] {
    const displays = (machine.Displays ?? []).map(display);
    const lines = xml === null ? [FIRST_SERIAL] : serialLines(xml, parseXML);
    return [...displays.sort((a, b) => Number(b.shown) - Number(a.shown) || a.number - b.number), ...lines];
}

function serialLines(xml: string, parseXML: ParseXML): Port[] {
    const found = new Map<string, Port>();
    for (const element of parseXML(xml).querySelectorAll("devices > serial, devices > console")) {
        const type = element.getAttribute("type") ?? "";
        const key = element.querySelector("alias")?.getAttribute("name") ?? "";
        const target = element.querySelector("target");
        // What libvirt can connect to.
        if (key && ["pty", "unix"].includes(type) && !found.has(key))
            found.set(key, {
                kind: "serial", key, shown: true, type: element.tagName === "serial" ? "serial" : target?.getAttribute("type") ?? "serial",
                number: Number(target?.getAttribute("port") ?? found.size),
            });
    }
    return [...found.values()];
}

export interface Asked {
    /** Takes a serial line over from whoever has it. */
    force?: boolean;
    /** QEMU does not ask for the display's password. */
    skipAuth?: boolean;
}

/** The words of hatago that open it. A machine is named by its UUID: names are chosen by others. */
export function portWords(port: Port, uuid: string, { force = false, skipAuth = false }: Asked = {}): string[] {
    if (port.kind === "display")
        return ["view", "--stdio", "--announce", `--display=${port.number}`, ...skipAuth ? ["--skip-auth"] : [], "--", uuid];
    return ["console", "--stdio", "--announce", ...port.key === FIRST_SERIAL.key ? [] : [`--device=${port.key}`],
            ...force ? ["--force"] : [], "--", uuid];
}
