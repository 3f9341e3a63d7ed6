// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Content } from "@pf/Content";
import { List, ListItem } from "@pf/List";
import { Modal, ModalBody, ModalFooter } from "@pf/Modal";

import type { Machine } from "../bus/contract";
import { DialogHeader } from "../components/dialog-header";
import { _, fill, ngettext } from "../lib/i18n";
import type { Verb } from "./verbs";

import "./dialogs.css";

interface ConfirmDialogProps {
    verb: Verb;
    machines: readonly Machine[];
    onConfirm: () => void;
    onCancel: () => void;
}

/** Asks whether it shall be done, with what is lost and whose it is. */
export function ConfirmDialog({ verb, machines, onConfirm, onCancel }: ConfirmDialogProps) {
    const title = machines.length === 1
        ? fill(_("{verb}: {name}"), { verb: _(verb.label), name: machines[0]?.Name ?? "" })
        : fill(ngettext("{verb}: {count} machine", "{verb}: {count} machines", machines.length),
               { verb: _(verb.label), count: machines.length });
    return (
        <Modal variant="small" isOpen onClose={onCancel} aria-labelledby="confirm-title" aria-describedby="confirm-loses">
            <DialogHeader title={title} warns id="confirm-title" />
            <ModalBody>
                <Content component="p" id="confirm-loses">{_(verb.loses ?? "")}</Content>
                {machines.length > 1 && (
                    <div className="dialog-names" tabIndex={0} role="group" aria-label={_("Machines")}>
                        <List isPlain>{machines.map(({ path, Name }) => <ListItem key={path}>{Name}</ListItem>)}</List>
                    </div>
                )}
            </ModalBody>
            <ModalFooter>
                <Button variant="danger" onClick={onConfirm}>{_(verb.label)}</Button>
                <Button variant="link" onClick={onCancel}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
