// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Switch } from "@pf/Switch";
import { ToggleGroup, ToggleGroupItem } from "@pf/ToggleGroup";
import { Tooltip } from "@pf/Tooltip";
import { useEffect, useState } from "react";

import { obstacle } from "../../actions/choices";
import { asBusError, type BusError } from "../../bus/errors";
import { Alert } from "../../components/alert";
import { Busy } from "../../components/busy";
import { writeClipboard } from "../../lib/clipboard";
import { _ } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { errorText } from "../../lib/words";
import { notify, notifyError } from "../../shell/notices";
import { useAnswers, useHouse } from "../../store/context";
import { readXML } from "../../store/xml";
import type { TabProps } from "../machine-page";
import { beginDraft, drafts } from "./drafts";
import { readForEdit } from "./save";
import { XMLArea } from "./xml-area";
import { XMLEditor } from "./xml-editor";

import "./xml.css";

const EDIT = ["set-xml"];

interface Shown { text: string | null; error: BusError | null }

export function XMLTab({ machine }: TabProps) {
    const house = useHouse();
    const draft = useValue(drafts).get(machine.UUID);
    const running = !["shutoff", "crashed"].includes(machine.State);
    const [stored, setStored] = useState(false);
    const [secure, setSecure] = useState(false);
    const [shown, setShown] = useState<Shown>({ text: null, error: null });
    const answer = useAnswers([machine], EDIT).get(machine.path)?.["set-xml"];
    const [saved, setSaved] = useState(0);
    const { path, State, PendingChanges, ConfigurationSerial } = machine;
    const readings = useValue(house.readings);
    const inactive = machine.Persistent && (stored || !running);

    useEffect(() => {
        let wanted = true;
        const show = (next: Shown) => {
            if (wanted)
                setShown(next);
        };
        readXML(house, { path }, { inactive, secure }).then(
            (text) => show({ text, error: null }), (thrown: unknown) => show({ text: null, error: asBusError(thrown) }));
        return () => {
            wanted = false;
        };
        // With each state, each change that is waiting, each other stored one and each run of the agent it can be another.
    }, [house, path, inactive, secure, State, PendingChanges, ConfigurationSerial, readings, saved]);

    const edit = () => void readForEdit(house, machine).then(
        (xml) => beginDraft(machine.UUID, xml), (thrown: unknown) => notifyError(_("The XML cannot be edited"), thrown));
    const copy = () => void writeClipboard(shown.text ?? "").then(
        () => notify("success", _("Copied")), () => notify("warning", _("The browser does not let this page write to the clipboard.")));

    if (draft)
        return <XMLEditor machine={machine} draft={draft} running={running} onSaved={() => setSaved(saved + 1)} />;

    const reason = machine.Persistent ? obstacle(answer) : _("This machine has no stored configuration: it vanishes when it ends.");
    const button = <Button variant="secondary" isAriaDisabled={reason !== ""} onClick={edit}>{_("Edit")}</Button>;
    return (
        <div className="xml">
            <div className="xml-bar">
                {running && machine.Persistent && (
                    <ToggleGroup aria-label={_("Which configuration")} isCompact>
                        <ToggleGroupItem text={_("As it runs")} buttonId="xml-live" isSelected={!stored} onChange={() => setStored(false)} />
                        <ToggleGroupItem text={_("As stored")} buttonId="xml-stored" isSelected={stored} onChange={() => setStored(true)} />
                    </ToggleGroup>
                )}
                <Switch id="xml-secure" label={_("With passwords")} isChecked={secure} onChange={(_event, on) => setSecure(on)} />
                <span className="xml-bar-end">
                    <Button variant="link" onClick={copy} isDisabled={shown.text === null}>{_("Copy")}</Button>
                    {reason ? <Tooltip content={reason}>{button}</Tooltip> : button}
                </span>
            </div>
            {shown.error && (
                <Alert isInline variant="warning" title={shown.error.denied ? _("You may not read this") : _("The XML cannot be read")}>
                    {shown.error.denied ? _("Turn on administrative access in the bar above, or ask an administrator for the right.") : errorText(shown.error)}
                </Alert>
            )}
            {shown.text === null && !shown.error && <Busy label={_("Reading …")} />}
            {shown.text !== null && (
                <XMLArea text={shown.text} label={inactive ? _("Stored configuration, libvirt XML") : _("Configuration as it runs, libvirt XML")} />
            )}
        </div>
    );
}
