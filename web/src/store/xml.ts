// SPDX-License-Identifier: LGPL-2.1-or-later
import { MACHINE, variant, type Machine, type Variants } from "../bus/contract";
import type { House } from "./house";

export interface Wanted {
    /** As stored, not as it runs. */
    inactive?: boolean;
    /** With passwords: that takes the right to see them. */
    secure?: boolean;
}

/** A machine's libvirt XML. Throws BusError. */
export async function readXML(house: House, { path }: Pick<Machine, "path">, wanted: Wanted): Promise<string> {
    const options: Variants = {};
    for (const [name, value] of Object.entries(wanted))
        if (value)
            options[name] = variant("b", true);
    const [xml] = await house.connection.call<[string]>(path, MACHINE, "GetXML", "a{sv}", [options]);
    return xml;
}

/** Replaces its stored configuration, if that is still as expected (inactive, secure). Throws BusError, also "Conflict". */
export async function writeXML(house: House, { path }: Pick<Machine, "path">, xml: string, expected: string): Promise<void> {
    await house.connection.call(path, MACHINE, "SetXML", "sa{sv}", [xml, { expected: variant("s", expected) }]);
}
