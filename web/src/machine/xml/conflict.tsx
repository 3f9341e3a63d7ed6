// SPDX-License-Identifier: LGPL-2.1-or-later
// Others have changed the XML that is being edited: theirs is shown, and nothing is overwritten unseen.
import { Button } from "@pf/Button";
import { Title } from "@pf/Title";
import { Suspense, lazy, useEffect, useState } from "react";

import type { Machine } from "../../bus/contract";
import { Alert } from "../../components/alert";
import { Busy } from "../../components/busy";
import { _ } from "../../lib/i18n";
import { beginDraft, changeDraft, type Draft } from "./drafts";

const ChangesView = lazy(() => import("./changes-view"));

export function Conflict({ machine: { UUID }, draft }: { machine: Machine; draft: Draft }) {
    const { base, text, theirs } = draft;
    const isRefused = draft.step === "conflict";
    const [found, setFound] = useState<{ theirs: string; both: string | null }>();
    /** null: both cannot be had at once; undefined: not known yet, of theirs as it is by now. */
    const both = found?.theirs === theirs ? found.both : undefined;
    useEffect(() => {
        let wanted = true;
        void import("./changes").then(({ merged }) => wanted && setFound({ theirs, both: merged(base, text, theirs) }));
        return () => {
            wanted = false;
        };
    }, [base, text, theirs]);

    return (
        <div className="xml">
            <Title headingLevel="h2" size="lg">{isRefused ? _("Others have changed it meanwhile") : _("What others have changed")}</Title>
            <Alert isInline isLiveRegion variant="warning" component="h3"
                   title={isRefused ? _("Nothing was saved.") : _("Others have changed it meanwhile")}>
                {both === null
                    ? _("You and others have changed the same lines. Your text is kept; what will change is then shown against theirs, so that you see what of theirs it takes back.")
                    : _("Your changes and theirs are in different places: both can be had.")}
            </Alert>
            <Suspense fallback={<Busy label={_("Loading …")} />}>
                <ChangesView before={base} after={theirs} label={_("What others have changed")} />
            </Suspense>
            <div className="xml-end xml-deeds">
                {both !== null
                    ? <Button isDisabled={both === undefined} onClick={() => changeDraft(UUID, { base: theirs, text: both!, step: "review" })}>{_("Add my changes to theirs")}</Button>
                    : <Button onClick={() => changeDraft(UUID, { base: theirs, step: "edit" })}>{_("Go on with my text")}</Button>}
                {!isRefused && <Button variant="secondary" onClick={() => changeDraft(UUID, { step: "edit" })}>{_("Go on editing")}</Button>}
                <Button variant="secondary" onClick={() => beginDraft(UUID, theirs)}>{_("Discard mine, begin with theirs")}</Button>
            </div>
        </div>
    );
}
