// SPDX-License-Identifier: LGPL-2.1-or-later
// What to say of a console that shows nothing now.
import type { BusError } from "../../bus/errors";
import { _ } from "../../lib/i18n";
import { errorText } from "../../lib/words";
import type { Port } from "./ports";
import type { Phase } from "./session";

export interface PhaseWords {
    title: string;
    text: string;
    /** What can be done: start the machine, connect, connect in somebody's place. */
    offer: "start" | "connect" | "force" | null;
    tone: "quiet" | "busy" | "bad";
}

export function phaseWords(phase: Phase, port: Pick<Port, "kind">): PhaseWords {
    switch (phase.at) {
    case "off":
        return { title: _("The machine is off"), text: _("Its console is here as soon as it starts."), offer: "start", tone: "quiet" };
    case "connecting":
        return { title: _("Connecting …"), text: "", offer: null, tone: "busy" };
    case "connected":
        return { title: _("Connected"), text: "", offer: null, tone: "quiet" };
    case "away":
        return {
            title: _("The service or libvirt does not answer"), text: _("The console comes back by itself when they do. The guest runs on."),
            offer: null, tone: "busy",
        };
    case "left":
        return { title: _("Disconnected"), text: _("The machine runs on."), offer: "connect", tone: "quiet" };
    case "closed":
        return {
            title: _("The console has ended"), offer: "connect", tone: "bad",
            text: port.kind === "serial"
                ? _("Somebody has taken it over, or libvirt has closed it. The machine runs on.")
                : _("QEMU has closed the connection. The machine runs on."),
        };
    case "failed":
        return failure(phase.error, port);
    }
}

function failure(error: BusError, port: Pick<Port, "kind">): PhaseWords {
    if (error.name === "ConsoleBusy")
        return {
            title: _("Somebody else is at this console"), text: _("One at a time has a serial console. Taking it over ends theirs."),
            offer: "force", tone: "bad",
        };
    if (error.denied)
        return {
            title: _("You may not use this console"), text: _("Turn on administrative access in the bar above, or ask an administrator for the right."),
            offer: "connect", tone: "bad",
        };
    if (error.name === "NoSuchDevice")
        return {
            title: port.kind === "serial" ? _("This machine has no serial console") : _("This machine has no such display"),
            text: error.message, offer: null, tone: "quiet",
        };
    if (error.name === "not-found")
        return {
            title: _("The console cannot be opened"), text: _("The tool hatago is not on this host. Install the package hatago."),
            offer: "connect", tone: "bad",
        };
    return { title: _("The console cannot be opened"), text: errorText(error), offer: "connect", tone: "bad" };
}
