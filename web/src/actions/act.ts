// SPDX-License-Identifier: LGPL-2.1-or-later
import { createContext, useContext } from "react";

import type { Machine } from "../bus/contract";
import type { Runs } from "./runs";
import type { Verb } from "./verbs";

/** Does a verb to machines: asks first where something is lost, and tells what went wrong. */
export type Act = (verb: Verb, machines: readonly Machine[]) => void;

export interface ActionsValue { act: Act; runs: Runs }

export const ActionsContext = createContext<ActionsValue | null>(null);

function useActions(): ActionsValue {
    const value = useContext(ActionsContext);
    if (!value)
        throw new Error("no actions around this component");
    return value;
}

/** What to call when somebody chose a verb for machines. */
export const useAct = (): Act => useActions().act;

export const useRuns = (): Runs => useActions().runs;
