// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Modal, ModalBody, ModalFooter } from "@pf/Modal";

import { DialogHeader } from "../../components/dialog-header";
import { _, fill } from "../../lib/i18n";

/** Asks whether all settings shall be given up. */
export function ResetQuestion({ name, onConfirm, onCancel }: { name: string; onConfirm: () => void; onCancel: () => void }) {
    return (
        <Modal variant="small" isOpen onClose={onCancel} aria-labelledby="reset-title">
            <DialogHeader title={fill(_("Reset the settings of {name}?"), { name })} warns id="reset-title" />
            <ModalBody>
                {_("Order, delay, readiness, stop timeout and what the host's shutdown does become what they are by default, and the boot of the host does not start it any more.")}
            </ModalBody>
            <ModalFooter>
                <Button variant="danger" onClick={onConfirm}>{_("Reset")}</Button>
                <Button variant="link" onClick={onCancel}>{_("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
