// SPDX-License-Identifier: LGPL-2.1-or-later
import type { Machine } from "../../bus/contract";
import { asBusError, type BusError } from "../../bus/errors";
import { _ } from "../../lib/i18n";
import { errorText } from "../../lib/words";
import type { House } from "../../store/house";
import { readXML, writeXML } from "../../store/xml";
import { libvirtFault } from "./check";
import { beginDraft, changeDraft, drafts, dropDraft, isUnsaved, type Draft, type Refusal } from "./drafts";

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
        await writeXML(house, machine, draft.text, draft.base);
        dropDraft(UUID);
        return true;
    } catch (thrown) {
        changeDraft(UUID, await afterRefusal(house, machine, asBusError(thrown)));
        return false;
    }
}

/**
 * Looks whether others have changed what the draft began with: what nobody has typed in begins anew with theirs, else the
 * draft tells of theirs, for as long as there is a difference. Who may not read it any more is told so when it is saved.
 */
export async function compareDraft(house: House, machine: Pick<Machine, "path" | "UUID">): Promise<void> {
    const { UUID } = machine;
    const theirs = await readForEdit(house, machine).catch(() => undefined);
    const draft = drafts.get().get(UUID);
    if (!draft || theirs === undefined || theirs === (draft.theirs || draft.base))
        return;
    if (!isUnsaved(draft))
        beginDraft(UUID, theirs);
    else if (theirs === draft.base && (draft.step === "theirs" || draft.step === "conflict"))
        changeDraft(UUID, { theirs, step: "edit" });
    else
        changeDraft(UUID, { theirs });
}

async function afterRefusal(house: House, machine: Pick<Machine, "path">, error: BusError): Promise<Partial<Draft>> {
    if (error.name === "Conflict")
        try {
            return { step: "conflict", theirs: await readForEdit(house, machine) };
        } catch (thrown) {
            error = asBusError(thrown);
        }
    return { step: "edit", fault: refusal(error) };
}

function refusal(error: BusError): Refusal {
    if (error.name !== "InvalidXML")
        return { words: errorText(error), line: 0, said: "" };
    const { line, message } = libvirtFault(error.message);
    return { words: _("libvirt does not take this as the configuration of a machine."), line, said: message };
}
