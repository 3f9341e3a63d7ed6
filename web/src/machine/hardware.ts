// SPDX-License-Identifier: LGPL-2.1-or-later
// Words for the devices of a machine.
import type { Disk, Display, Interface } from "../bus/contract";
import { N_, _, fill } from "../lib/i18n";

const DEVICES: Record<string, string> = {
    disk: N_("Disk"), cdrom: N_("CD/DVD drive"), floppy: N_("Floppy drive"), lun: N_("SCSI LUN"),
};

export const deviceText = ({ Device }: Disk): string => Device in DEVICES ? _(DEVICES[Device]!) : Device;

/** Where its data lie: a path, POOL/VOLUME, or what is asked for by a protocol. */
export function sourceText({ Source, Pool, Protocol }: Disk): string {
    if (!Source)
        return "";
    if (Pool)
        return `${Pool}/${Source}`;
    return Protocol ? `${Protocol}:${Source}` : Source;
}

/** Whether a drive has nothing in it. */
export const isEmpty = ({ Source, Device }: Disk): boolean => !Source && (Device === "cdrom" || Device === "floppy");

/** Read only is a word only of what could be written. */
export const isLocked = ({ ReadOnly, Device }: Disk): boolean => ReadOnly && Device !== "cdrom";

const PLACES: Record<string, [withSource: string, without: string]> = {
    network: [N_("Network {source}"), N_("Network")],
    bridge: [N_("Bridge {source}"), N_("Bridge")],
    direct: [N_("Directly at {source}"), N_("Directly at a device of the host")],
    user: [N_("Through QEMU itself ({source})"), N_("Through QEMU itself")],
    ethernet: [N_("Device {source}"), N_("Device of its own")],
    hostdev: [N_("Device of the host: {source}"), N_("Device of the host")],
};

/** What an interface is connected to. */
export function placeText({ Type, Source }: Interface): string {
    const place = PLACES[Type];
    if (!place)
        return Source ? `${Type}: ${Source}` : Type;
    return Source ? fill(_(place[0]), { source: Source }) : _(place[1]);
}

/** Without what tells two of the same address apart. */
export const addressOf = ({ Key }: Interface): string => Key.replace(/#.*$/, "");

const PROGRAMS: Record<string, string> = { vnc: "VNC", spice: "SPICE", dbus: "D-Bus", rdp: "RDP", sdl: "SDL", "egl-headless": "EGL" };

export const displayText = ({ Type }: Display): string => PROGRAMS[Type] ?? Type;

const place = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host || "*"}:${port}`;

/** Where it can be reached: ports and sockets, each with its kind. Off, or without any, it is empty. */
export function doors({ Listen = "", Port, TLSPort, WebSocket, Socket }: Display): string[] {
    return [
        ...Port ? [place(Listen, Port)] : [],
        ...TLSPort ? [fill(_("{address} (TLS)"), { address: place(Listen, TLSPort) })] : [],
        ...WebSocket ? [fill(_("{address} (WebSocket)"), { address: place(Listen, WebSocket) })] : [],
        ...Socket ? [Socket] : [],
    ];
}

/** How much it has, and how much it can be given. */
export const ofAtMost = (now: string, most: string): string => now === most ? now : fill(_("{now} of at most {most}"), { now, most });
