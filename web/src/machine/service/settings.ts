// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings of a machine as a service, while somebody edits them.
import { variant, type Machine, type Variants } from "../../bus/contract";
import { _ } from "../../lib/i18n";
import { spanInput, spanMicros, type SpanInput } from "./spans";

export interface Settings {
    /** UUIDs. */
    startAfter: readonly string[];
    startDelay: SpanInput;
    ready: "running" | "agent" | "port";
    readyPort: string;
    readyTimeout: SpanInput;
    stopTimeout: SpanInput;
    hostShutdown: "shutdown" | "save" | "poweroff";
}

export type Field = keyof Settings;
export type Faults = Partial<Record<Field, string>>;

/** What the agent takes where none is set. */
export const STOP_TIMEOUT = 180e6;

const DAY = 86400e6;
const SECOND = 1e6;
/** As the agent has it. */
const AFTER_MAX = 64;

/** null: its details are not read yet. */
export function settingsOf(machine: Machine): Settings | null {
    const { StartAfter, StartDelay, ReadyWhen, ReadyPort, ReadyTimeout, StopTimeout, HostShutdown } = machine;
    if (StartAfter === undefined || ReadyWhen === undefined || HostShutdown === undefined)
        return null;
    return {
        startAfter: StartAfter, startDelay: spanInput(StartDelay ?? 0), ready: ReadyWhen, readyPort: ReadyPort ? String(ReadyPort) : "",
        readyTimeout: spanInput(ReadyTimeout ?? 0), stopTimeout: spanInput(StopTimeout ?? 0, "min"), hostShutdown: HostShutdown,
    };
}

/** Whether both mean the same. */
function same(field: Field, one: Settings, other: Settings): boolean {
    if (field === "startAfter")
        return [...one.startAfter].sort().join() === [...other.startAfter].sort().join();
    if (field === "startDelay" || field === "readyTimeout" || field === "stopTimeout")
        return spanMicros(one[field]) === spanMicros(other[field]);
    return one[field] === other[field];
}

const FIELDS: Field[] = ["startAfter", "startDelay", "ready", "readyPort", "readyTimeout", "stopTimeout", "hostShutdown"];

/** The fields in which both differ. */
export const differences = (one: Settings, other: Settings): Field[] => FIELDS.filter((field) => !same(field, one, other));

export interface Rebased {
    draft: Settings;
    /** What others have changed that was changed here too: what was chosen here stays. */
    contested: Field[];
}

/** Others have changed base to now, while here it was made into draft. */
export function rebase(base: Settings, draft: Settings, now: Settings): Rebased {
    const mine = differences(base, draft);
    const theirs = differences(base, now);
    const kept = Object.fromEntries(mine.map((field) => [field, draft[field]]));
    return {
        draft: { ...now, ...kept },
        contested: theirs.filter((field) => mine.includes(field) && !same(field, draft, now)),
    };
}

function spanFault(input: SpanInput, { least, empty }: { least: number; empty: boolean }): string {
    const micros = spanMicros(input);
    if (micros === null)
        return _("A number is needed.");
    if (micros === 0 && empty)
        return "";
    if (micros < least)
        return _("It is less than 1 s.");
    return micros > DAY ? _("It is longer than 24 h.") : "";
}

/** What is wrong, before the agent is asked. */
export function faultsOf(draft: Settings): Faults {
    const faults: Faults = {};
    const note = (field: Field, text: string) => {
        if (text)
            faults[field] = text;
    };
    note("startAfter", draft.startAfter.length > AFTER_MAX ? _("It can start after 64 others at most.") : "");
    note("startDelay", spanFault(draft.startDelay, { least: 0, empty: true }));
    if (draft.ready === "port" && !(/^\d{1,5}$/.test(draft.readyPort.trim()) && inRange(Number(draft.readyPort))))
        note("readyPort", _("A port is a number from 1 to 65535."));
    if (draft.ready !== "running")
        note("readyTimeout", spanFault(draft.readyTimeout, { least: SECOND, empty: false }));
    note("stopTimeout", spanFault(draft.stopTimeout, { least: SECOND, empty: true }));
    return faults;
}

const inRange = (port: number): boolean => port >= 1 && port <= 65535;

/** What Configure is to be asked for: what differs, and no more. */
export function changes(base: Settings, draft: Settings): Variants {
    const options: Variants = {};
    const differ = differences(base, draft);
    if (differ.includes("startAfter"))
        options["start-after"] = variant("as", [...draft.startAfter]);
    if (differ.includes("startDelay"))
        options["start-delay"] = variant("t", spanMicros(draft.startDelay));
    if (draft.ready === "port" && (differ.includes("ready") || differ.includes("readyPort")))
        options["ready-port"] = variant("u", Number(draft.readyPort));
    else if (differ.includes("ready"))
        options.ready = variant("s", draft.ready);
    // It counts only where something is waited for.
    if (differ.includes("readyTimeout") && draft.ready !== "running")
        options["ready-timeout"] = variant("t", spanMicros(draft.readyTimeout));
    if (differ.includes("stopTimeout"))
        options["stop-timeout"] = variant("t", spanMicros(draft.stopTimeout));
    if (differ.includes("hostShutdown"))
        options["host-shutdown"] = variant("s", draft.hostShutdown);
    return options;
}

/** At which field an error of the agent belongs; undefined: at none. */
export function fieldOf(error: { name: string; message: string }): Field | undefined {
    const AT: Record<string, Field> = { StartCycle: "startAfter", NoSuchMachine: "startAfter", AmbiguousName: "startAfter" };
    const OPTIONS: [string, Field][] = [
        ["start-after", "startAfter"], ["start-delay", "startDelay"], ["ready-port", "readyPort"], ["ready-timeout", "readyTimeout"],
        ["stop-timeout", "stopTimeout"], ["host-shutdown", "hostShutdown"],
    ];
    return AT[error.name] ?? (error.name === "InvalidArgument" ? OPTIONS.find(([word]) => error.message.includes(word))?.[1] : undefined);
}
