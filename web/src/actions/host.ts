// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be done about the host.
import { CHECK, ROOT, VALIDATION, variant, type Check } from "../bus/contract";
import type { House } from "../store/house";

/** Applies the remedy of a check, or takes it back; resolves when the host was looked at again. Throws BusError. */
export async function fix(house: House, check: Check, undo: boolean): Promise<void> {
    await house.connection.call(check.path, CHECK, "Fix", "a{sv}", [undo ? { undo: variant("b", true) } : {}]);
}

/** Looks at the host; resolves when the checks show what was found. Throws BusError. */
export async function checkAgain(house: House): Promise<void> {
    const [job] = await house.connection.call<[string]>(ROOT, VALIDATION, "Run", "a{sv}", [{}]);
    await house.jobs.wait(job);
}
