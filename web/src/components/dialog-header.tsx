// SPDX-License-Identifier: LGPL-2.1-or-later
import { ModalHeader } from "@pf/Modal";
import { useLayoutEffect, useRef } from "react";

import { _ } from "../lib/i18n";

interface Props {
    id: string;
    title: string;
    description?: string;
    /** Something is lost by it. */
    warns?: boolean;
}

/** The head of a dialog. PatternFly names the button that closes it, which stands beside, in English, and has no other way. */
export function DialogHeader({ id, title, description, warns = false }: Props) {
    const here = useRef<HTMLSpanElement>(null);
    useLayoutEffect(() => {
        const close = here.current?.closest("[role=dialog]")?.querySelector(".pf-v6-c-modal-box__close > button");
        close?.setAttribute("aria-label", _("Close"));
    });
    return (
        <>
            <span ref={here} hidden />
            <ModalHeader title={title} labelId={id} description={description}
                         {...warns ? { titleIconVariant: "warning", titleScreenReaderText: _("Warning:") } : {}} />
        </>
    );
}
