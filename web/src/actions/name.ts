// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Machine } from "../bus/contract";
import { _ } from "../lib/i18n";

/** Of a name in UTF-8; what the agent takes. */
const LONGEST = 240;

/** What is wrong with a new name of a machine, as the agent judges (Machine.Rename); empty: nothing. */
export function nameFault(name: string, machine: Machine, machines: Iterable<Machine>): string {
    if (name === "")
        return _("A name is needed.");
    if (new TextEncoder().encode(name).length > LONGEST)
        return _("The name is too long.");
    // eslint-disable-next-line no-control-regex -- these are what it is about
    if (/[\u0000-\u001f\u007f-\u009f/]/.test(name))
        return _("A name has no slash and no control characters.");
    if (name === "." || name === "..")
        return _("This is no name.");
    for (const other of machines) {
        if (other.Name === name && other.path !== machine.path)
            return _("Another machine has this name.");
        if (other.UUID === name.toLowerCase())
            return _("This is the UUID of a machine.");
    }
    return "";
}
