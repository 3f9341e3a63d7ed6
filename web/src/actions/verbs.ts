// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done to a machine: one row each. Menus, bulk actions and dialogs are made from it.
import { MACHINE, type Machine, type MachineState, type Variants } from "../bus/contract";
import { N_ } from "../lib/i18n";
import type { House } from "../store/house";

export interface Verb {
    /** As in Job.Operation and Manager.Can. */
    word: string;
    method: string;
    label: string;
    /** Answers with a job. */
    job: boolean;
    /** Whether it makes sense now; whether the user may is for the agent to say (Can). */
    offered(machine: Machine): boolean;
    /** What is lost by it: then it is asked for, with the names. */
    loses?: string;
    options?: Variants;
}

const ON: MachineState[] = ["running", "blocked", "paused", "pmsuspended", "shutdown"];
const OFF: MachineState[] = ["shutoff", "crashed"];
const within = (states: MachineState[]) => ({ State }: Machine) => states.includes(State);

export const verbs = [
    { word: "start", method: "Start", label: N_("Start"), job: true, offered: within(OFF) },
    { word: "resume", method: "Resume", label: N_("Resume"), job: false, offered: within(["paused", "pmsuspended"]) },
    { word: "shutdown", method: "Shutdown", label: N_("Shut down"), job: true, offered: within(["running", "blocked"]) },
    { word: "reboot", method: "Reboot", label: N_("Reboot"), job: false, offered: within(["running", "blocked"]) },
    { word: "suspend", method: "Suspend", label: N_("Pause"), job: false, offered: within(["running", "blocked"]) },
    {
        word: "save", method: "Save", label: N_("Save and turn off"), job: true,
        offered: (machine) => machine.Persistent && within(["running", "blocked", "paused"])(machine),
    },
    {
        word: "reset", method: "Reset", label: N_("Reset"), job: false, offered: within(ON),
        loses: N_("As by the reset button: what has not been written to disk is lost."),
    },
    {
        word: "poweroff", method: "PowerOff", label: N_("Power off"), job: true, offered: within(ON),
        loses: N_("As by pulling the plug: what has not been written to disk is lost."),
    },
    {
        word: "discard-save", method: "DiscardSave", label: N_("Discard saved state"), job: false,
        offered: (machine) => machine.ManagedSave,
        loses: N_("Its saved memory is lost, and what was not yet on disk with it: the next start boots."),
    },
    {
        word: "undefine", method: "Undefine", label: N_("Remove"), job: false,
        offered: (machine) => machine.Persistent && within(OFF)(machine),
        loses: N_("Its configuration is lost; its disks stay."),
    },
] satisfies Verb[] as Verb[];

/** Does it; resolves when the deed is done. Throws BusError. */
export async function perform(house: House, machine: Machine, verb: Verb, options: Variants = {}): Promise<void> {
    const all = { ...verb.options, ...options };
    const [job] = await house.connection.call<[string]>(machine.path, MACHINE, verb.method, "a{sv}", [all]);
    if (verb.job)
        await house.jobs.wait(job);
}
