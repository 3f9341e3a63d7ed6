// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Machine } from "../../bus/contract";
import { asBusError } from "../../bus/errors";
import { errorText } from "../../lib/words";
import type { House } from "../../store/house";
import { readXML, writeXML } from "../../store/xml";
import { libvirtFault } from "./check";
import { changeDraft, drafts, dropDraft } from "./drafts";

/** What is edited: as stored, with passwords, since what is missing when it is set is gone. */
export const readForEdit = (house: House, machine: Pick<Machine, "path">): Promise<string> =>
    readXML(house, machine, { inactive: true, secure: true });

/**
 * Saves the draft, unless others have changed the XML since it was read: then the draft says so, with theirs. So it does if
 * it is not taken; nothing typed is lost. Returns whether it was saved.
 */
export async function saveDraft(house: House, machine: Pick<Machine, "path" | "UUID">): Promise<boolean> {
    const { UUID } = machine;
    const draft = drafts.get().get(UUID);
    if (!draft)
        return false;
    try {
        const theirs = await readForEdit(house, machine);
        if (theirs !== draft.base) {
            changeDraft(UUID, { step: "conflict", theirs });
            return false;
        }
        await writeXML(house, machine, draft.text);
        dropDraft(UUID);
        return true;
    } catch (thrown) {
        const error = asBusError(thrown);
        const fault = error.name === "InvalidXML" ? libvirtFault(error.message) : { line: 0, column: 0, message: errorText(error) };
        changeDraft(UUID, { step: "edit", fault });
        return false;
    }
}
