// SPDX-License-Identifier: LGPL-2.1-or-later
// Which verbs of a machine have a button of their own in its head.
import type { Choice } from "../actions/choices";
import type { Job } from "../bus/contract";
import { tellsState } from "../components/state";

export interface MainVerbs {
    /** The one that is most likely wanted; undefined: there is none. */
    main?: Choice;
    /** Behind an arrow beside it; empty: no arrow. */
    beside: Choice[];
    /** Ids of all of these: the menu has the others. */
    ids: string[];
}

/** What is wanted of a machine, by what can be chosen now; while it is being shut down that is to power it off. */
const MAIN = ["start", "resume", "shutdown", "poweroff"];
/** Other ways to end a run, or to hold it up. */
const BESIDE = ["reboot", "suspend", "save", "reset", "poweroff"];

export function mainVerbs(choices: readonly Choice[], job?: Job): MainVerbs {
    const main = MAIN.map((id) => choices.find(({ verb }) => verb.id === id))
        .find((choice) => choice && !(job?.Operation === "shutdown" && choice.verb.id === "shutdown"));
    // An arrow beside a button that cannot be pushed would be none of use: the menu has them all.
    const beside = main?.verb.id === "shutdown" && main.obstacle === ""
        ? choices.filter(({ verb }) => BESIDE.includes(verb.id)) : [];
    return { ...main ? { main } : {}, beside, ids: [...main ? [main.verb.id] : [], ...beside.map(({ verb }) => verb.id)] };
}

/** What is under way on the machine, in place of its state; of several the latest. */
export function jobOn(jobs: Iterable<Job>, path: string): Job | undefined {
    let latest: Job | undefined;
    for (const job of jobs)
        if (tellsState(job) && job.Objects.includes(path) && (!latest || job.Id > latest.Id))
            latest = job;
    return latest;
}
