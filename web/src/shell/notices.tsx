// SPDX-License-Identifier: LGPL-2.1-or-later
// What went wrong, or well, in a corner of the page and to screen readers.
import { Alert, AlertActionCloseButton, AlertGroup } from "@pf/Alert";

import { asBusError } from "../bus/errors";
import { Observable, useValue } from "../lib/observable";
import { errorText } from "../lib/words";

const GOOD_NEWS_MS = 8000;

interface Notice {
    id: number;
    variant: "success" | "danger" | "info" | "warning";
    title: string;
    text: string;
}

const notices = new Observable<readonly Notice[]>([]);
let last = 0;

/** Shows it; bad news stay until they are closed. */
export function notify(variant: Notice["variant"], title: string, text = ""): void {
    notices.set([...notices.get(), { id: ++last, variant, title, text }]);
}

export function notifyError(title: string, thrown: unknown): void {
    notify("danger", title, errorText(asBusError(thrown)));
}

function dismiss(id: number): void {
    notices.set(notices.get().filter((notice) => notice.id !== id));
}

export function NoticeArea() {
    return (
        <AlertGroup isToast isLiveRegion>
            {useValue(notices).map(({ id, variant, title, text }) => (
                <Alert key={id} variant={variant} title={title} timeout={variant === "success" ? GOOD_NEWS_MS : false}
                       onTimeout={() => dismiss(id)} actionClose={<AlertActionCloseButton onClose={() => dismiss(id)} />}>
                    {text}
                </Alert>
            ))}
        </AlertGroup>
    );
}
