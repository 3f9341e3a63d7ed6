// SPDX-License-Identifier: LGPL-2.1-or-later
// What a machine is doing, for people: what waits for it comes before what it is.
import type { Job, Machine, Sample } from "../bus/contract";
import { BAD_REASONS } from "../lib/attention";
import { N_, _ } from "../lib/i18n";
import { percent } from "../lib/format";
import { operationText, reasonText, stateText } from "../lib/words";

export type Look = "on" | "held" | "off" | "bad" | "busy" | "unknown";

export interface StateWords {
    look: Look;
    text: string;
    /** Why, where that is worth a word; else empty. */
    detail: string;
}

const UNDER_WAY: Record<string, string> = {
    "start": N_("starting …"),
    "shutdown": N_("shutting down …"),
    "poweroff": N_("powering off …"),
    "reboot": N_("rebooting …"),
    "reset": N_("resetting …"),
    "suspend": N_("pausing …"),
    "resume": N_("resuming …"),
    "save": N_("saving …"),
    "undefine": N_("being removed …"),
    "rename": N_("being renamed …"),
};

/** These leave a machine running, or off, as it is: whoever asked for one sees how it goes where that was asked. */
const QUIET = ["define", "set-xml", "set-autostart", "configure", "screenshot"];

/** Whether what is under way is told in place of the state. */
export const tellsState = ({ State, Operation }: Job): boolean => State === "running" && !QUIET.includes(Operation);

type Stated = Pick<Machine, "State" | "StateReason"> & Partial<Pick<Machine, "ManagedSave">>;

export function stateWords(machine: Stated, job?: Job, sample?: Sample): StateWords {
    const { State, StateReason } = machine;
    if (job && tellsState(job)) {
        const doing = UNDER_WAY[job.Operation];
        const text = doing ? _(doing) : operationText(job.Operation);
        return { look: "busy", text: job.ProgressValid ? `${text} ${percent(Math.floor(job.Progress * 100))}` : text, detail: "" };
    }
    if (State === "shutdown")
        return { look: "busy", text: _("shutting down …"), detail: "" };
    const bad = State === "crashed" || BAD_REASONS.includes(StateReason);
    const on = State === "running" || State === "blocked";
    if (on && sample?.Responding === false)
        return { look: "bad", text: stateText("running"), detail: _("does not respond") };
    if (on)
        return { look: "on", text: stateText("running"), detail: "" };
    if (State === "shutoff" && machine.ManagedSave && !bad)
        return { look: "off", text: stateText(State), detail: _("memory saved") };
    const detail = bad && StateReason !== State ? reasonText(StateReason) : "";
    if (State === "paused" || State === "pmsuspended")
        return { look: bad ? "bad" : "held", text: stateText(State), detail };
    if (State === "shutoff" || State === "crashed")
        return { look: bad ? "bad" : "off", text: stateText(State), detail };
    return { look: "unknown", text: stateText(State), detail: "" };
}
