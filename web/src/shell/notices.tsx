// SPDX-License-Identifier: LGPL-2.1-or-later
// What went wrong, or well, in a corner of the page and to screen readers.
import { AlertActionLink, AlertGroup } from "@pf/Alert";

import { asBusError } from "../bus/errors";
import { Alert } from "../components/alert";
import { Observable, useValue } from "../lib/observable";
import { errorText } from "../lib/words";

import "./notices.css";

const GOOD_NEWS_MS = 8000;

/** What can be done about it; the notice goes then. */
interface NoticeAction { label: string; onClick: () => void }

interface Notice {
    id: number;
    variant: "success" | "danger" | "info" | "warning";
    title: string;
    text: string;
    actions: readonly NoticeAction[];
}

const notices = new Observable<readonly Notice[]>([]);
let last = 0;

/** Shows it; bad news stay until they are closed. */
export function notify(variant: Notice["variant"], title: string, text = "", actions: readonly NoticeAction[] = []): void {
    notices.set([...notices.get(), { id: ++last, variant, title, text, actions }]);
}

export function notifyError(title: string, thrown: unknown, actions: readonly NoticeAction[] = []): void {
    notify("danger", title, errorText(asBusError(thrown)), actions);
}

function dismiss(id: number): void {
    notices.set(notices.get().filter((notice) => notice.id !== id));
}

export function NoticeArea() {
    return (
        <AlertGroup isToast isLiveRegion className="notices">
            {useValue(notices).map(({ id, variant, title, text, actions }) => (
                <Alert key={id} variant={variant} title={title} timeout={variant === "success" ? GOOD_NEWS_MS : false}
                       onTimeout={() => dismiss(id)} onClose={() => dismiss(id)}
                       actionLinks={actions.map(({ label, onClick }) => (
                           <AlertActionLink key={label}
                                            onClick={() => {
                                                dismiss(id);
                                                onClick();
                                            }}>
                               {label}
                           </AlertActionLink>
                       ))}>
                    {text}
                </Alert>
            ))}
        </AlertGroup>
    );
}
