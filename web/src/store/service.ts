// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings of machines as services: how they are changed. What they are is in the machine's properties.
import { MACHINE, NAME, SERVICE, type Job, type Variants } from "../bus/contract";
import { BusError, asBusError } from "../bus/errors";
import type { House } from "./house";

/** How long the job of a call that failed may take to be known; it is told before the call is answered. */
const JOB_MS = 500;

/** Changes settings; those not given stay. Throws BusError, with what the error is about. */
export const configure = (house: House, path: string, options: Variants): Promise<void> =>
    explained(house, path, "configure", () => house.connection.call(path, SERVICE, "Configure", "a{sv}", [options]));

/** Whether the boot of the host starts it. Throws BusError likewise. */
export const setAutostart = (house: House, path: string, autostart: boolean): Promise<void> =>
    explained(house, path, "set-autostart", () => house.connection.call(path, MACHINE, "SetAutostart", "ba{sv}", [autostart, {}]));

async function explained(house: House, path: string, operation: string, call: () => Promise<unknown>): Promise<void> {
    const before = new Set(house.jobs.all.get().keys());
    try {
        await call();
    } catch (thrown) {
        const error = asBusError(thrown);
        if (error.denied)
            throw error;
        const isIts = (job: Job) => !before.has(job.path) && job.Operation === operation && job.Objects.includes(path)
            && job.ErrorName.replace(`${NAME}Error.`, "") === error.name;
        throw new BusError(error.name, error.message, await argumentsOf(house, isIts));
    }
}

/** The error's arguments, which its job has: the call itself is answered with a text alone. */
function argumentsOf({ jobs }: House, isIts: (job: Job) => boolean): Promise<Record<string, string>> {
    const find = () => [...jobs.all.get().values()].find(isIts)?.ErrorArguments;
    return new Promise((resolve) => {
        const end = () => {
            unfollow();
            clearTimeout(timer);
            resolve(find() ?? {});
        };
        const timer = setTimeout(end, JOB_MS);
        const unfollow = jobs.all.follow(() => find() && end());
        if (find())
            end();
    });
}
