// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Checkbox } from "@pf/Checkbox";
import { Content } from "@pf/Content";
import { Form, FormGroup } from "@pf/Form";
import { Modal, ModalBody, ModalFooter } from "@pf/Modal";
import { useState } from "react";

import { variant, type Machine, type Variants } from "../bus/contract";
import { DialogHeader } from "../components/dialog-header";
import { N_, _, fill } from "../lib/i18n";

interface StateDialogProps {
    machine: Machine;
    onConfirm: (options: Variants) => void;
    onCancel: () => void;
}

/** What Undefine can be told to remove with it. */
const KEPT = [
    { option: "managed-save", label: N_("Saved memory"), loses: N_("What was not yet on disk is lost with it.") },
    { option: "nvram", label: N_("Firmware variables (NVRAM)"), loses: N_("Boot entries and keys of its firmware are lost.") },
    {
        option: "snapshots-metadata", label: N_("Records of its snapshots"),
        loses: N_("What is in its disks stays there, but nothing knows of it any more."),
    },
];

/** Asks what else is to go with a machine that libvirt keeps more of than its configuration. */
export function StateDialog({ machine, onConfirm, onCancel }: StateDialogProps) {
    const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(machine.ManagedSave ? ["managed-save"] : []));
    const toggle = (option: string, on: boolean) => {
        const next = new Set(chosen);
        if (on)
            next.add(option);
        else
            next.delete(option);
        setChosen(next);
    };
    return (
        <Modal variant="small" isOpen onClose={onCancel} aria-labelledby="state-title">
            <DialogHeader title={fill(_("{verb}: {name}"), { verb: _("Remove"), name: machine.Name })} warns
                         id="state-title" />
            <ModalBody>
                <Content component="p">
                    {_("More is kept of it than its configuration. It is not removed unless that goes too; its disks stay.")}
                </Content>
                <Form>
                    <FormGroup role="group" fieldId="state-options" label={_("Remove with it")} isStack>
                        {KEPT.map(({ option, label, loses }) => (
                            <Checkbox key={option} id={`state-${option}`} label={_(label)} description={_(loses)}
                                      isChecked={chosen.has(option)} onChange={(_event, on) => toggle(option, on)} />
                        ))}
                    </FormGroup>
                </Form>
            </ModalBody>
            <ModalFooter>
                <Button variant="danger" isDisabled={chosen.size === 0}
                        onClick={() => onConfirm(Object.fromEntries([...chosen].map((option) => [option, variant("b", true)])))}>
                    {_("Remove")}
                </Button>
                <Button variant="link" onClick={onCancel}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
