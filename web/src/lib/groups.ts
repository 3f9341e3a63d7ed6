// SPDX-License-Identifier: LGPL-2.1-or-later
// Into what kinds the page divides machines, where it counts them or narrows a list to them.
import type { Machine, MachineState } from "../bus/contract";

export type StateGroup = "on" | "paused" | "off" | "crashed";
export const GROUPS: readonly StateGroup[] = ["on", "paused", "off", "crashed"];

const GROUP_OF: Record<MachineState, StateGroup | undefined> = {
    running: "on", blocked: "on", shutdown: "on", paused: "paused", pmsuspended: "paused", shutoff: "off", crashed: "crashed",
    unknown: undefined,
};

export const groupOf = ({ State }: Machine): StateGroup | undefined => GROUP_OF[State];
