// SPDX-License-Identifier: LGPL-2.1-or-later
// Edits the stored XML: text, what differs, saved; or what others have changed meanwhile.
import { AlertActionLink } from "@pf/Alert";
import { Button } from "@pf/Button";
import { Title } from "@pf/Title";
import { Suspense, lazy, useEffect, useRef, useState } from "react";

import type { Machine } from "../../bus/contract";
import { Alert } from "../../components/alert";
import { Busy } from "../../components/busy";
import { _, fill } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { notify } from "../../shell/notices";
import { useHouse } from "../../store/context";
import { wellFormed } from "./check";
import { Conflict } from "./conflict";
import { changeDraft, dropDraft, isContested, isUnsaved, type Draft } from "./drafts";
import { compareDraft, saveDraft } from "./save";
import { XMLArea, type AreaHandle } from "./xml-area";

const ChangesView = lazy(() => import("./changes-view"));

interface Props {
    machine: Machine;
    draft: Draft;
    running: boolean;
    onSaved: () => void;
}

export function XMLEditor({ machine, draft, running, onSaved }: Props) {
    const house = useHouse();
    const { path, UUID } = machine;
    const area = useRef<AreaHandle>(null);
    const [saving, setSaving] = useState(false);
    const [discarding, setDiscarding] = useState(false);
    const { fault } = draft;
    const { ConfigurationSerial } = machine;
    const readings = useValue(house.readings);

    useEffect(() => {
        if (!saving)
            void compareDraft(house, { path, UUID });
    }, [house, path, UUID, ConfigurationSerial, readings, saving]);

    const review = () => {
        const found = wellFormed(draft.text);
        const fault = found && { words: _("This is not well-formed XML."), line: found.line, said: found.message };
        changeDraft(UUID, fault ? { fault } : { fault, step: "review" });
    };
    const save = async () => {
        setSaving(true);
        const saved = await saveDraft(house, machine);
        setSaving(false);
        if (!saved)
            return;
        notify("success", fill(_("{name}: XML saved"), { name: machine.Name }), running ? _("It counts from the next start.") : "");
        onSaved();
    };
    const cancel = () => isUnsaved(draft) ? setDiscarding(true) : dropDraft(UUID);

    if (draft.step === "theirs" || draft.step === "conflict")
        return <Conflict machine={machine} draft={draft} />;
    if (draft.step === "review")
        return (
            <div className="xml">
                <Title headingLevel="h2" size="lg">{_("What will change")}</Title>
                {running && <NextStart />}
                {isContested(draft) && <Contested uuid={UUID} />}
                <Suspense fallback={<Busy label={_("Loading …")} />}>
                    <ChangesView before={draft.base} after={draft.text} label={_("What will change")} />
                </Suspense>
                <div className="xml-end xml-deeds">
                    <Button onClick={() => void save()} isLoading={saving} isDisabled={saving}>{_("Save")}</Button>
                    <Button variant="secondary" isDisabled={saving} onClick={() => changeDraft(UUID, { step: "edit" })}>{_("Go on editing")}</Button>
                </div>
            </div>
        );
    return (
        <div className="xml">
            <Title headingLevel="h2" size="lg">{_("Edit the stored configuration")}</Title>
            {running && <NextStart />}
            {isContested(draft) && <Contested uuid={UUID} />}
            {fault && (
                <Alert isInline isLiveRegion variant="danger" component="h3" id="xml-fault"
                       title={fault.line > 0 ? fill(_("Line {line}: this is not right"), { line: fault.line }) : _("This was not taken")}
                       actionLinks={fault.line > 0 && (
                           <AlertActionLink onClick={() => area.current?.showLine(fault.line)}>{_("Go there")}</AlertActionLink>
                       )}>
                    <p>{fault.words}</p>
                    {fault.said && <p className="xml-message">{fault.said}</p>}
                </Alert>
            )}
            <XMLArea handle={area} text={draft.text} label={_("Stored configuration, libvirt XML")} wrongLine={fault?.line ?? 0}
                     {...fault ? { describedBy: "xml-fault" } : {}}
                     onChange={(text) => changeDraft(UUID, { text })} />
            <div className="xml-end">
                {discarding && (
                    <Alert isInline isLiveRegion variant="warning" title={_("What you have changed would be lost.")} actionLinks={(
                        <>
                            <AlertActionLink onClick={() => dropDraft(UUID)}>{_("Discard it")}</AlertActionLink>
                            <AlertActionLink onClick={() => setDiscarding(false)}>{_("Go on editing")}</AlertActionLink>
                        </>
                    )} />
                )}
                <div className="xml-deeds">
                    <Button onClick={review} isDisabled={!isUnsaved(draft)}>{_("Review what changes")}</Button>
                    <Button variant="link" onClick={cancel}>{_("Cancel")}</Button>
                </div>
            </div>
        </div>
    );
}

const Contested = ({ uuid }: { uuid: string }) => (
    <Alert isInline isLiveRegion variant="warning" component="h3" title={_("Others have changed it meanwhile")} actionLinks={(
        <AlertActionLink onClick={() => changeDraft(uuid, { step: "theirs" })}>{_("What others have changed")}</AlertActionLink>
    )} />
);

const NextStart = () => <Alert isInline isPlain variant="info" component="h3" title={_("The machine runs: what you change counts from its next start.")} />;
