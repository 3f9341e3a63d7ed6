// SPDX-License-Identifier: LGPL-2.1-or-later
// XML with numbers of its lines: to read, or to edit in the browser's own text area, with its undo and its search.
import { useEffect, useImperativeHandle, useMemo, useRef, type KeyboardEvent, type Ref } from "react";

import { _ } from "../../lib/i18n";
import { lineRange } from "./check";
import { indent, newLine, type Replacement } from "./editing";

export interface AreaHandle { showLine(line: number): void }

interface Props {
    text: string;
    label: string;
    /** Absent: it is there to be read. */
    onChange?: (text: string) => void;
    /** Marked as wrong; 0: none. */
    wrongLine?: number;
    describedBy?: string;
    handle?: Ref<AreaHandle>;
}

export function XMLArea({ text, label, onChange, wrongLine = 0, describedBy, handle }: Props) {
    const area = useRef<HTMLTextAreaElement>(null);
    const numbers = useRef<HTMLDivElement>(null);
    const leaving = useRef(false);
    const lines = useMemo(() => text.split("\n").length, [text]);

    useImperativeHandle(handle, () => ({
        showLine(line) {
            const element = area.current!;
            element.focus();
            element.setSelectionRange(...lineRange(element.value, line));
            element.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(element).lineHeight));
        },
    }));
    useEffect(() => {
        if (onChange)
            area.current?.focus({ preventScroll: true });
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, []);

    const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
        const element = event.currentTarget;
        const { value, selectionStart, selectionEnd } = element;
        if (event.key === "Escape") {
            // The next Tab leaves the text, for who has no mouse.
            leaving.current = true;
            return;
        }
        const left = leaving.current;
        if (event.key !== "Shift")
            leaving.current = false;
        if (event.nativeEvent.isComposing || event.ctrlKey || event.altKey || event.metaKey)
            return;
        if (event.key === "Tab" && !left) {
            event.preventDefault();
            replace(element, indent(value, selectionStart, selectionEnd, event.shiftKey));
        } else if (event.key === "Enter") {
            event.preventDefault();
            replace(element, newLine(value, selectionStart, selectionEnd));
        }
    };

    return (
        <div className="xml-area">
            <div ref={numbers} className="xml-gutter" aria-hidden>
                {Array.from({ length: lines }, (_unused, n) => (
                    <div key={n} className={n + 1 === wrongLine ? "xml-wrong" : undefined}>{n + 1 === wrongLine ? "✗ " : ""}{n + 1}</div>
                ))}
            </div>
            <textarea ref={area} className="xml-text" value={text} readOnly={!onChange} wrap="off" spellCheck={false} autoComplete="off"
                      autoCapitalize="off" aria-label={label} aria-invalid={wrongLine > 0} aria-describedby={describedBy}
                      onChange={(event) => onChange?.(event.target.value)} onKeyDown={onChange ? onKeyDown : undefined}
                      onScroll={(event) => {
                          numbers.current!.scrollTop = event.currentTarget.scrollTop;
                      }} />
            {onChange && <p className="xml-hint">{_("Tab indents. To leave the text by keyboard, press Escape and then Tab.")}</p>}
        </div>
    );
}

/** As if it were typed, so that it can be undone; a browser that does not know that command is told the text alone. */
function replace(element: HTMLTextAreaElement, { start, end, text, from, to }: Replacement): void {
    element.setSelectionRange(start, end);
    const done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
    if (!done) {
        element.setRangeText(text, start, end, "end");
        element.dispatchEvent(new Event("input", { bubbles: true }));
    }
    element.setSelectionRange(from, to);
}
