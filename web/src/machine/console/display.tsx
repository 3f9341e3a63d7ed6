// SPDX-License-Identifier: LGPL-2.1-or-later
// A display, shown by noVNC. In a chunk of its own.
import RFB from "@novnc/novnc";
import { useEffect, useRef } from "react";

import type { ConsoleHandle } from "./handle";
import { press } from "./keyboard";
import type { Stream } from "./stream";

interface Props {
    stream: Stream;
    /** Scaled to the room there is; else each of its pixels is one here. */
    fit: boolean;
    label: string;
    /** null: it is gone. */
    onHandle: (handle: ConsoleHandle | null) => void;
    onLetIn: () => void;
    /** QEMU asks for a password; what is returned by answer() is it. */
    onPassword: (answer: (password: string) => void) => void;
    /** reason: QEMU's words. */
    onRefused: (reason: string) => void;
}

export default function Display({ stream, fit, label, onHandle, onLetIn, onPassword, onRefused }: Props) {
    const place = useRef<HTMLDivElement>(null);
    const rfb = useRef<RFB>(null);

    useEffect(() => {
        const client = new RFB(place.current!, stream);
        let ended = false;
        rfb.current = client;
        client.background = "transparent";
        client.showDotCursor = true;
        client.addEventListener("connect", () => {
            onLetIn();
            onHandle({
                focus: () => client.focus(),
                press: (keys) => press(client, keys),
                pressOne: (keysym, code, down) => client.sendKey(keysym, code, down),
            });
        });
        client.addEventListener("credentialsrequired", () => onPassword((password) => client.sendCredentials({ password })));
        client.addEventListener("disconnect", () => {
            ended = true;
        });
        client.addEventListener("securityfailure", ({ detail }) => onRefused(detail.reason ?? ""));
        return () => {
            onHandle(null);
            rfb.current = null;
            if (!ended)
                client.disconnect();
        };
    }, [stream, onHandle, onLetIn, onPassword, onRefused]);

    useEffect(() => {
        if (rfb.current)
            rfb.current.scaleViewport = fit;
    }, [fit, stream]);

    useEffect(() => {
        const canvas = place.current?.querySelector("canvas");
        canvas?.setAttribute("role", "application");
        canvas?.setAttribute("aria-label", label);
        // Into it by the Tab key as by a click.
        if (canvas)
            canvas.tabIndex = 0;
    }, [label, stream]);

    return <div ref={place} className="console-display" />;
}
