// SPDX-License-Identifier: LGPL-2.1-or-later
// Types a text into a display, key by key: what a guest without an agent takes in place of a paste.
import { Button } from "@pf/Button";
import { Form, FormGroup } from "@pf/Form";
import { FormSelect, FormSelectOption } from "@pf/FormSelect";
import { HelperText } from "@pf/HelperText";
import { Modal, ModalBody, ModalFooter } from "@pf/Modal";
import { Progress } from "@pf/Progress";
import { TextArea } from "@pf/TextArea";
import { useEffect, useRef, useState } from "react";

import { DialogHeader } from "../../components/dialog-header";
import { Note } from "../../components/note";
import { _, fill, language, ngettext } from "../../lib/i18n";
import type { ConsoleHandle } from "./handle";
import { type, typed, type Layout } from "./keyboard";

const KEPT = "hatago:guest-layout";

function firstLayout(): Layout {
    const kept = localStorage.getItem(KEPT);
    return kept === "us" || kept === "jp" ? kept : language().startsWith("ja") ? "jp" : "us";
}

export function TypeDialog({ handle, onClose }: { handle: ConsoleHandle; onClose: () => void }) {
    const [text, setText] = useState("");
    const [layout, setLayout] = useState(firstLayout);
    const [done, setDone] = useState<number | null>(null);
    const abort = useRef<AbortController>(null);
    useEffect(() => () => abort.current?.abort(), []);

    const { strokes, left } = typed(text, layout);
    const close = () => {
        onClose();
        handle.focus();
    };
    const begin = async () => {
        abort.current = new AbortController();
        localStorage.setItem(KEPT, layout);
        setDone(0);
        const sink = { sendKey: (keysym: number, code: string, down: boolean) => handle.pressOne?.(keysym, code, down) };
        await type(sink, strokes, abort.current.signal, setDone);
        if (!abort.current.signal.aborted)
            close();
    };
    return (
        <Modal variant="small" isOpen onClose={close} aria-labelledby="type-title">
            <DialogHeader title={_("Type a text")} id="type-title" description={_("It is typed into the display, key by key.")} />
            <ModalBody>
                <Form>
                    <FormGroup label={_("Text")} fieldId="type-text">
                        <TextArea id="type-text" value={text} rows={5} resizeOrientation="vertical" autoFocus spellCheck={false}
                                  isDisabled={done !== null} onChange={(_event, value) => setText(value)} />
                        {left > 0 && (
                            <HelperText isLiveRegion>
                                <Note variant="warning">
                                    {fill(ngettext("{count} character is on no key of this keyboard, and is left out.",
                                                   "{count} characters are on no key of this keyboard, and are left out.", left), { count: left })}
                                </Note>
                            </HelperText>
                        )}
                    </FormGroup>
                    <FormGroup label={_("Keyboard that the guest is set to")} fieldId="type-layout">
                        <FormSelect id="type-layout" value={layout} isDisabled={done !== null}
                                    onChange={(_event, value) => setLayout(value as Layout)}>
                            <FormSelectOption value="us" label={_("English (US)")} />
                            <FormSelectOption value="jp" label={_("Japanese")} />
                        </FormSelect>
                    </FormGroup>
                    {done !== null && <Progress value={strokes.length ? 100 * done / strokes.length : 100} aria-label={_("Typing …")} title={_("Typing …")} />}
                </Form>
            </ModalBody>
            <ModalFooter>
                <Button onClick={() => void begin()} isDisabled={strokes.length === 0 || done !== null}>{_("Type")}</Button>
                <Button variant="link" onClick={close}>{done === null ? _("Cancel") : _("Stop")}</Button>
            </ModalFooter>
        </Modal>
    );
}
