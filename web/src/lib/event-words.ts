// SPDX-License-Identifier: LGPL-2.1-or-later
// What has happened to a machine, for people: the words of Machines.ListEvents.
import type { MachineEvent } from "../bus/contract";
import { BusError } from "../bus/errors";
import { N_, _, fill } from "./i18n";
import { errorText, reasonText } from "./words";

export type Tone = "good" | "quiet" | "bad";

export interface EventWords {
    /** "Started", with what is known of why. */
    text: string;
    tone: Tone;
}

/** Those of whom the detail says no more than the event itself. */
const PLAIN: Record<string, string[]> = {
    started: ["", "booted", "unknown"],
    resumed: ["", "unpaused", "unknown"],
    suspended: ["", "user", "unknown"],
    stopped: ["", "unknown"],
    crashed: ["", "crashed", "unknown"],
};

const EVENTS: Record<string, [text: string, tone: Tone]> = {
    "defined": [N_("Defined"), "quiet"],
    "undefined": [N_("Removed"), "quiet"],
    "started": [N_("Started"), "good"],
    "restored": [N_("Started from its saved memory"), "good"],
    "suspended": [N_("Paused"), "quiet"],
    "resumed": [N_("Resumed"), "good"],
    "saved": [N_("Saved, and off"), "quiet"],
    "stopped": [N_("Ended"), "quiet"],
    "crashed": [N_("Crashed"), "bad"],
};

/** Why a machine stopped, in a word that needs no other. */
const ENDS: Record<string, [text: string, tone: Tone]> = {
    shutdown: [N_("Shut down"), "quiet"],
    destroyed: [N_("Powered off"), "quiet"],
    crashed: [N_("Crashed"), "bad"],
    failed: [N_("Did not start"), "bad"],
};

const BAD = ["io-error", "watchdog", "crashed", "panicked", "api-error", "postcopy-failed"];

export function eventWords({ Event, Detail }: MachineEvent): EventWords {
    if (Event === "renamed")
        return { text: fill(_("Renamed, before: {name}"), { name: Detail }), tone: "quiet" };
    if (Event === "migrated")
        return { text: Detail === "in" ? _("Came from another host") : _("Went to another host"), tone: "quiet" };
    if (Event === "failed-start")
        return { text: fill(_("Did not start: {reason}"), { reason: errorText(new BusError(Detail, Detail), "start") }), tone: "bad" };
    if (Event === "suspended" && Detail === "pmsuspended")
        return { text: _("Asleep"), tone: "quiet" };
    const end = Event === "stopped" ? ENDS[Detail] : undefined;
    const known = end ?? EVENTS[Event];
    if (!known)
        return { text: Detail ? `${Event}: ${Detail}` : Event, tone: "quiet" };
    const [text, tone] = known;
    if (end || !Detail || PLAIN[Event]?.includes(Detail))
        return { text: _(text), tone };
    return { text: fill(_("{event}: {detail}"), { event: _(text), detail: reasonText(Detail) }), tone: BAD.includes(Detail) ? "bad" : tone };
}
