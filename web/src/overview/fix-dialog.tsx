// SPDX-License-Identifier: LGPL-2.1-or-later
import { Button } from "@pf/Button";
import { Modal, ModalBody, ModalFooter } from "@pf/Modal";
import { useState } from "react";

import { fix } from "../actions/host";
import type { Check } from "../bus/contract";
import { asBusError } from "../bus/errors";
import { Alert } from "../components/alert";
import { DialogHeader } from "../components/dialog-header";
import { Lines } from "../components/lines";
import { useMounted } from "../components/mounted";
import { checkWords } from "../lib/check-words";
import { _, fill } from "../lib/i18n";
import { errorText } from "../lib/words";
import { notify, notifyError } from "../shell/notices";
import { useHouse } from "../store/context";

export type Deed = "fix" | "undo";

/** Says what would be done to the host, and does it. It stays while that runs: the agent answers when the checks are new. */
export function FixDialog({ check, deed, onClose }: { check: Check; deed: Deed; onClose: () => void }) {
    const house = useHouse();
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState("");
    const isMounted = useMounted();
    // What it was when it was asked for: it changes under the dialog once it is mended.
    const [{ title, fix: does, undo: undoes }] = useState(() => checkWords(check));
    const verb = deed === "undo" ? _("Undo") : _("Fix");

    const doIt = () => {
        setBusy(true);
        setError("");
        fix(house, check, deed === "undo").then(() => {
            notify("success", fill(deed === "undo" ? _("{name}: taken back") : _("{name}: done"), { name: title }));
            if (isMounted())
                onClose();
        }, (thrown: unknown) => {
            if (!isMounted()) {
                notifyError(fill(_("{verb}: {name}"), { verb, name: title }), thrown);
                return;
            }
            setError(errorText(asBusError(thrown), deed === "undo" ? "undo-fix" : "fix"));
            setBusy(false);
        });
    };
    return (
        <Modal variant="small" isOpen onClose={onClose} aria-labelledby="fix-title" aria-describedby="fix-body">
            <DialogHeader title={fill(_("{verb}: {name}"), { verb, name: title })} id="fix-title" />
            <ModalBody id="fix-body">
                <p className="fix-lead">{_("This is changed on the host:")}</p>
                <Lines text={(deed === "undo" ? undoes : does) || _("What the remedy does is not known here; hatago fix tells it.")} />
                {deed === "fix" && undoes && <p className="health-why">{_("It can be taken back.")}</p>}
                {error && <Alert isInline variant="danger" title={_("It has failed.")} className="fix-error">{error}</Alert>}
            </ModalBody>
            <ModalFooter>
                <Button variant="primary" isLoading={busy} isDisabled={busy} spinnerAriaLabel={_("Working …")} onClick={doIt}>{verb}</Button>
                <Button variant="link" onClick={onClose}>{busy ? _("Close") : _("Cancel")}</Button>
            </ModalFooter>
        </Modal>
    );
}
