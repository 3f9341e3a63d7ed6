// SPDX-License-Identifier: LGPL-2.1-or-later
// XML that is being edited and not yet saved. It outlives the tab of the page that it is edited on, and the browser asks before
// it is lost. Kept in memory alone: there are passwords in it.
import { Observable } from "../../lib/observable";

/** Why a text was not taken. */
export interface Refusal {
    words: string;
    /** From 1; 0: not known. */
    line: number;
    /** What who found it said of it, in his own words; empty: no more than that. */
    said: string;
}

export interface Draft {
    /** What the agent had when it was begun, or last compared. */
    base: string;
    text: string;
    /** theirs: looks at what others have changed; conflict: because it was not saved over that. */
    step: "edit" | "review" | "theirs" | "conflict";
    /** What others have made of it meanwhile; "": not known to be another than base. */
    theirs: string;
    /** Why it was not taken. */
    fault: Refusal | null;
}

/** By the machine's UUID. */
export const drafts = new Observable<ReadonlyMap<string, Draft>>(new Map());

export const isUnsaved = (draft: Draft): boolean => draft.text !== draft.base;

export const isContested = ({ base, theirs }: Draft): boolean => theirs !== "" && theirs !== base;

/**
 * Has the browser ask before the page is left while there is something to save. What was edited of a machine that is gone
 * cannot be saved: its page still offers it, but nobody is asked for it.
 */
export function askBeforeLeaving(isThere: (uuid: string) => boolean, where: Pick<Window, "addEventListener">): void {
    where.addEventListener("beforeunload", (event) => {
        if ([...drafts.get()].some(([uuid, draft]) => isUnsaved(draft) && isThere(uuid)))
            event.preventDefault();
    });
}

export function beginDraft(uuid: string, xml: string): void {
    drafts.set(new Map(drafts.get()).set(uuid, { base: xml, text: xml, step: "edit", theirs: "", fault: null }));
}

export function changeDraft(uuid: string, changes: Partial<Draft>): void {
    const draft = drafts.get().get(uuid);
    if (draft)
        drafts.set(new Map(drafts.get()).set(uuid, { ...draft, ...changes }));
}

export function dropDraft(uuid: string): void {
    const next = new Map(drafts.get());
    next.delete(uuid);
    drafts.set(next);
}
