// SPDX-License-Identifier: LGPL-2.1-or-later
// A serial line, shown by xterm. In a chunk of its own.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal as XTerm } from "@xterm/xterm";
import { useEffect, useRef } from "react";

import { fill, _ } from "../../lib/i18n";
import { bytes } from "../../lib/format";
import { Backlog } from "./backlog";
import type { ConsoleHandle } from "./handle";
import type { Stream } from "./stream";

import "@xterm/xterm/css/xterm.css";

interface Props {
    /** null: it has ended; what was shown stays. */
    stream: Stream | null;
    fontSize: number;
    /** Tells screen readers what comes, which costs time. */
    readAloud: boolean;
    label: string;
    onHandle: (handle: ConsoleHandle | null) => void;
    /** It has shown something. */
    onOutput: () => void;
}

const SCROLLBACK_LINES = 10_000;

export default function Terminal({ stream, fontSize, readAloud, label, onHandle, onOutput }: Props) {
    const place = useRef<HTMLDivElement>(null);
    const terminal = useRef<XTerm>(null);
    const fitting = useRef<FitAddon>(null);
    const current = useRef<Stream>(null);

    useEffect(() => {
        const xterm = new XTerm({
            scrollback: SCROLLBACK_LINES, cursorBlink: true, fontSize, screenReaderMode: readAloud,
            fontFamily: '"Red Hat Mono", "Noto Sans Mono", monospace',
            // A guest is not to know or change what of the browser is none of its business, nor have it open what it names:
            // without a handler of ours xterm asks, and opens it.
            windowOptions: {}, allowProposedApi: false, linkHandler: { activate: () => undefined },
        });
        const fit = new FitAddon();
        xterm.loadAddon(fit);
        xterm.open(place.current!);
        terminal.current = xterm;
        fitting.current = fit;
        fit.fit();
        const send = (text: string) => current.current?.send(new TextEncoder().encode(text));
        xterm.onData(send);
        xterm.onBinary((data) => current.current?.send(Uint8Array.from(data, (c) => c.charCodeAt(0))));
        const observer = new ResizeObserver(() => fit.fit());
        observer.observe(place.current!);
        onHandle({
            focus: () => xterm.focus(),
            paste: (text) => xterm.paste(text),
            copy: () => xterm.getSelection() || all(xterm),
            clear: () => xterm.clear(),
        });
        return () => {
            onHandle(null);
            observer.disconnect();
            xterm.dispose();
            terminal.current = null;
        };
        // Made once; what changes is set below.
        // eslint-disable-next-line react-hooks/exhaustive-deps
    }, [onHandle]);

    useEffect(() => {
        if (!terminal.current)
            return;
        terminal.current.options.fontSize = fontSize;
        terminal.current.options.screenReaderMode = readAloud;
        fitting.current?.fit();
    }, [fontSize, readAloud]);

    useEffect(() => {
        terminal.current?.textarea?.setAttribute("aria-label", label);
    }, [label]);

    useEffect(() => {
        current.current = stream;
        const xterm = terminal.current;
        if (!stream || !xterm)
            return;
        const backlog = new Backlog((data, written) => xterm.write(data, written),
                                    (left) => "\r\n" + fill(_("[{size} left out: more than can be shown]"), { size: bytes(left) }) + "\r\n");
        return stream.read((data) => {
            onOutput();
            backlog.add(data);
        });
    }, [stream, onOutput]);

    return <div ref={place} className="console-terminal" />;
}

function all(xterm: XTerm): string {
    const buffer = xterm.buffer.active;
    let text = "";
    for (let row = 0; row < buffer.length; row++) {
        const line = buffer.getLine(row);
        text += (row > 0 && !line?.isWrapped ? "\n" : "") + (line?.translateToString(true) ?? "");
    }
    return text.trimEnd() + "\n";
}
