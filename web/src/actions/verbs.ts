// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done to a machine: one row each. Menus, bulk actions and dialogs are made from it.
import { MACHINE, type Machine, type MachineState, type Variants } from "../bus/contract";
import { N_, _, fill } from "../lib/i18n";
import type { House } from "../store/house";

export interface Verb {
    /** As in Job.Operation and Manager.Can. */
    word: string;
    /** One of a kind; it is the word, unless two rows have that in common. */
    id: string;
    method: string;
    label: string;
    /** Answers with a job. */
    job: boolean;
    /** Stands together with others of that number in a menu. */
    group: 1 | 2 | 3 | 4;
    /** Whether it makes sense now; whether the user may is for the agent to say (Can). */
    offered(machine: Machine): boolean;
    /** What is lost by it: then it is asked for, with the names. */
    loses?: string;
    /** What people should know before they choose it; empty: nothing. */
    hint?(machine: Machine): string;
    /** Arguments before the options. */
    signature?: string;
    args?: unknown[];
    /** Asks for a new name, and is for one machine only. */
    named?: boolean;
}

type Row = Omit<Verb, "id"> & { id?: string };

const ON: MachineState[] = ["running", "blocked", "paused", "pmsuspended", "shutdown"];
const RUNNING: MachineState[] = ["running", "blocked"];
const OFF: MachineState[] = ["shutoff", "crashed"];
const within = (states: MachineState[]) => ({ State }: Machine) => states.includes(State);

const rows: Row[] = [
    {
        word: "start", method: "Start", label: N_("Start"), job: true, group: 1, offered: within(OFF),
        hint: ({ ManagedSave }) => ManagedSave ? N_("Goes on from its saved memory.") : "",
    },
    { word: "resume", method: "Resume", label: N_("Resume"), job: false, group: 1, offered: within(["paused", "pmsuspended"]) },
    { word: "shutdown", method: "Shutdown", label: N_("Shut down"), job: true, group: 1, offered: within(RUNNING) },
    { word: "reboot", method: "Reboot", label: N_("Reboot"), job: false, group: 1, offered: within(RUNNING) },
    { word: "suspend", method: "Suspend", label: N_("Pause"), job: false, group: 1, offered: within(RUNNING) },
    {
        word: "save", method: "Save", label: N_("Save and turn off"), job: true, group: 1,
        hint: () => N_("Its memory is kept on disk, and its next start goes on from there."),
        offered: (machine) => machine.Persistent && within(["running", "blocked", "paused"])(machine),
    },
    {
        word: "reset", method: "Reset", label: N_("Reset"), job: false, group: 2, offered: within(ON),
        loses: N_("As by the reset button: what has not been written to disk is lost."),
    },
    {
        word: "poweroff", method: "PowerOff", label: N_("Power off"), job: true, group: 2, offered: within(ON),
        loses: N_("As by pulling the plug: what has not been written to disk is lost."),
    },
    {
        word: "discard-save", method: "DiscardSave", label: N_("Discard saved state"), job: false, group: 2,
        offered: (machine) => machine.ManagedSave,
        loses: N_("Its saved memory is lost, and what was not yet on disk with it: the next start boots."),
    },
    {
        word: "set-autostart", id: "autostart-on", method: "SetAutostart", label: N_("Start with the host"), job: false, group: 3,
        offered: (machine) => machine.Persistent && !machine.Autostart, signature: "b", args: [true],
    },
    {
        word: "set-autostart", id: "autostart-off", method: "SetAutostart", label: N_("Do not start with the host"), job: false, group: 3,
        offered: (machine) => machine.Persistent && machine.Autostart, signature: "b", args: [false],
    },
    {
        word: "rename", method: "Rename", label: N_("Rename"), job: false, group: 3, signature: "s", named: true,
        offered: (machine) => machine.Persistent && !machine.ManagedSave && within(OFF)(machine),
    },
    {
        word: "undefine", method: "Undefine", label: N_("Remove"), job: false, group: 4,
        offered: (machine) => machine.Persistent && within(OFF)(machine),
        loses: N_("Its configuration is lost; its disks stay."),
    },
];

export const verbs: readonly Verb[] = rows.map((row) => ({ id: row.word, ...row }));

/** On a button or in a menu: dots say that something is asked first. */
export const labelOf = ({ label, loses, named }: Verb): string => loses || named ? fill(_("{verb} …"), { verb: _(label) }) : _(label);

/** By its id. */
export function verbOf(id: string): Verb {
    const verb = verbs.find((one) => one.id === id);
    if (!verb)
        throw new Error(`there is no verb ${id}`);
    return verb;
}

/** The words that Can is to be asked for. */
export const words = (some: readonly Verb[]): string[] => [...new Set(some.map(({ word }) => word))];

interface Request {
    options?: Variants;
    /** Instead of the verb's own. */
    args?: unknown[];
}

/** Asks for it; resolves when the agent has taken it: with the path of its job, or null when the deed is done. Throws BusError. */
export async function request(house: House, machine: Machine, verb: Verb, { options = {}, args }: Request = {}): Promise<string | null> {
    const [job] = await house.connection.call<[string]>(
        machine.path, MACHINE, verb.method, `${verb.signature ?? ""}a{sv}`, [...args ?? verb.args ?? [], options]);
    return verb.job ? job : null;
}

/** Does it; resolves when the deed is done. Throws BusError. */
export async function perform(house: House, machine: Machine, verb: Verb, given: Request = {}): Promise<void> {
    const job = await request(house, machine, verb, given);
    if (job)
        await house.jobs.wait(job);
}
