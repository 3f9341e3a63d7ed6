// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Form, FormGroup, FormHelperText } from "@pf/Form";
import { HelperText } from "@pf/HelperText";
import { Modal, ModalBody, ModalFooter } from "@pf/Modal";
import { TextInput } from "@pf/TextInput";
import { useState, type FormEvent } from "react";

import type { Machine } from "../bus/contract";
import { asBusError } from "../bus/errors";
import { Alert } from "../components/alert";
import { DialogHeader } from "../components/dialog-header";
import { useMounted } from "../components/mounted";
import { Note } from "../components/note";
import { _, fill } from "../lib/i18n";
import { errorText } from "../lib/words";
import { notifyError } from "../shell/notices";
import { useHouse } from "../store/context";
import { nameFault } from "./name";
import { perform, type Verb } from "./verbs";

export function RenameDialog({ machine, verb, onDone }: { machine: Machine; verb: Verb; onDone: () => void }) {
    const house = useHouse();
    const [name, setName] = useState(machine.Name);
    const [error, setError] = useState("");
    const [busy, setBusy] = useState(false);
    const isMounted = useMounted();
    const fault = nameFault(name, machine, house.machines.get().values());

    const submit = (event?: FormEvent) => {
        event?.preventDefault();
        if (fault || busy)
            return;
        if (name === machine.Name) {
            onDone();
            return;
        }
        setBusy(true);
        perform(house, machine, verb, { args: [name] }).then(() => isMounted() && onDone(), (thrown: unknown) => {
            if (!isMounted()) {
                notifyError(fill(_("Rename: {name}"), { name: machine.Name }), thrown);
                return;
            }
            setError(errorText(asBusError(thrown)));
            setBusy(false);
        });
    };

    return (
        <Modal variant="small" isOpen onClose={onDone} aria-labelledby="rename-title" elementToFocus="#rename-name">
            <DialogHeader title={fill(_("Rename: {name}"), { name: machine.Name })} id="rename-title" />
            <ModalBody>
                {error && <Alert isInline variant="danger" title={error} />}
                <Form onSubmit={submit}>
                    <FormGroup label={_("New name")} isRequired fieldId="rename-name">
                        <TextInput id="rename-name" value={name} isRequired validated={fault ? "error" : "default"}
                                   aria-describedby="rename-help"
                                   onChange={(_event, value) => {
                                       setName(value);
                                       setError("");
                                   }} />
                        <FormHelperText>
                            <HelperText id="rename-help" isLiveRegion>
                                <Note variant={fault ? "error" : "default"}>
                                    {fault || _("Its UUID and its disks stay as they are; its unit is called by the new name.")}
                                </Note>
                            </HelperText>
                        </FormHelperText>
                    </FormGroup>
                </Form>
            </ModalBody>
            <ModalFooter>
                <Button variant="primary" isDisabled={fault !== ""} isLoading={busy} onClick={() => submit()}>{_("Rename")}</Button>
                <Button variant="link" onClick={onDone}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
