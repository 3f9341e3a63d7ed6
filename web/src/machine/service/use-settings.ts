// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings of a machine while they are edited: what was changed here, and what others change meanwhile.
import { useState } from "react";

import { variant, type Machine, type Variants } from "../../bus/contract";
import { asBusError } from "../../bus/errors";
import { _, fill } from "../../lib/i18n";
import { errorText } from "../../lib/words";
import { useHouse } from "../../store/context";
import { configure } from "../../store/service";
import { changes, differences, faultsOf, fieldOf, rebase, settingsOf, type Faults, type Field, type Settings } from "./settings";

interface Editing {
    base: Settings;
    draft: Settings;
    contested: readonly Field[];
    /** What the agent refused, until something is changed. */
    refused: Faults;
    /** What it refused that belongs to no field. */
    failure: string;
}

export interface SettingsForm {
    /** null: not read yet. */
    settings: Settings | null;
    faults: Faults;
    contested: readonly Field[];
    failure: string;
    isDirty: boolean;
    isValid: boolean;
    busy: boolean;
    change: (change: Partial<Settings>) => void;
    discard: () => void;
    apply: () => void;
    reset: () => void;
}

export function useSettings(machine: Machine): SettingsForm {
    const house = useHouse();
    const [editing, setEditing] = useState<Editing | null>(null);
    const [busy, setBusy] = useState(false);
    const now = settingsOf(machine);

    let current = editing;
    if (editing && now && differences(editing.base, now).length > 0) {
        const { draft, contested } = rebase(editing.base, editing.draft, now);
        current = { ...editing, base: now, draft, contested: [...new Set([...editing.contested, ...contested])] };
        setEditing(current);
    }
    const settings = current?.draft ?? now;
    const faults: Faults = settings ? { ...current?.refused, ...faultsOf(settings) } : {};
    const wanted = current ? changes(current.base, current.draft) : {};
    const isDirty = Object.keys(wanted).length > 0;

    const send = (options: Variants) => {
        setBusy(true);
        configure(house, machine.path, options)
            .then(() => setEditing(null))
            .catch((thrown: unknown) => {
                const error = asBusError(thrown);
                const text = error.name === "StartCycle" && error.values.cycle
                    ? fill(_("They would wait for each other: {cycle}"), { cycle: error.values.cycle })
                    : errorText(error);
                const field = fieldOf(error);
                setEditing((before) => {
                    const kept = before ?? (now && { base: now, draft: now, contested: [], refused: {}, failure: "" });
                    return kept && { ...kept, refused: field ? { [field]: text } : {}, failure: field ? "" : text };
                });
            })
            .finally(() => setBusy(false));
    };
    return {
        settings, faults, contested: current?.contested ?? [], failure: current?.failure ?? "", isDirty,
        isValid: Object.keys(faultsOf(settings ?? EMPTY)).length === 0, busy,
        change: (change) => setEditing((before) => {
            const from = before ?? (now && { base: now, draft: now, contested: [], refused: {}, failure: "" });
            return from && { ...from, draft: { ...from.draft, ...change }, refused: {}, failure: "" };
        }),
        discard: () => setEditing(null),
        apply: () => send(wanted),
        reset: () => send({ reset: variant("b", true) }),
    };
}

const EMPTY: Settings = {
    startAfter: [], startDelay: { amount: "", unit: "s" }, ready: "running", readyPort: "", readyTimeout: { amount: "", unit: "s" },
    stopTimeout: { amount: "", unit: "s" }, hostShutdown: "shutdown",
};
