// SPDX-License-Identifier: LGPL-2.1-or-later
// One console: the frame it is shown in, with its tools, and what is said where there is nothing to show.
import { Bullseye } from "@pf-layout/Bullseye";
import { Suspense, lazy, useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Machine } from "../../bus/contract";
import { Busy } from "../../components/busy";
import { readClipboard, writeClipboard } from "../../lib/clipboard";
import { _, fill } from "../../lib/i18n";
import { useValue } from "../../lib/observable";
import { href, machinePath } from "../../lib/route";
import { notify } from "../../shell/notices";
import type { ConsoleHandle } from "./handle";
import { WayOut } from "./keyboard";
import { Login } from "./login";
import { PasswordForm } from "./password-form";
import { PortChoice } from "./port-choice";
import type { Port } from "./ports";
import { PhaseLabel, StateLine, StateView } from "./state-view";
import type { Stream } from "./stream";
import { ConsoleToolbar } from "./toolbar";
import { TypeDialog } from "./type-dialog";
import { useSession } from "./use-session";

const Display = lazy(() => import("./display"));
const Terminal = lazy(() => import("./terminal"));

const FONT_SIZES = [10, 12, 14, 16, 18, 20, 24];

interface Props {
    machine: Machine;
    port: Port;
    ports: readonly Port[];
    alone: boolean;
    onChoose: (key: string) => void;
}

export function ConsoleView({ machine, port, ports, alone, onChoose }: Props) {
    const session = useSession(machine, port);
    const phase = useValue(session.phase);
    const stream = useValue(session.stream);
    const login = useMemo(() => new Login(session), [session]);
    const question = useValue(login.question);
    const frame = useRef<HTMLDivElement>(null);
    const [menusIn, setMenusIn] = useState<HTMLElement | null>(null);
    const [handle, setHandle] = useState<ConsoleHandle | null>(null);
    const [fit, setFit] = useState(true);
    const [fontSize, setFontSize] = useState(14);
    const [readAloud, setReadAloud] = useState(false);
    const [typing, setTyping] = useState(false);
    const [began, setBegan] = useState(false);
    /** The connection that has shown something. */
    const [heard, setHeard] = useState<Stream | null>(null);
    const onOutput = useCallback(() => setHeard(stream), [stream]);
    const fullScreen = useFullScreen(menusIn);
    const connected = phase.at === "connected";
    const serial = port.kind === "serial";
    const label = fill(serial ? _("Serial console of {name}") : _("Screen of {name}"), { name: machine.Name });

    // A terminal keeps what it has shown after its end.
    if (connected && !began)
        setBegan(true);
    const shown = serial ? began : connected && stream !== null;
    useEffect(() => {
        if (!connected)
            login.withdraw();
    }, [login, connected]);
    useWayOut(frame);

    const paste = () => void readClipboard().then(
        (text) => handle?.paste?.(text), () => notify("warning", _("The browser does not let this page read the clipboard."), _("Paste with Ctrl+Shift+V, or the browser's menu.")));
    const copy = () => void writeClipboard(handle?.copy?.() ?? "").then(
        () => notify("success", _("Copied")), () => notify("warning", _("The browser does not let this page write to the clipboard.")));
    const size = (by: number) => setFontSize(FONT_SIZES[Math.min(Math.max(FONT_SIZES.indexOf(fontSize) + by, 0), FONT_SIZES.length - 1)]!);
    const leave = () => {
        login.forget();
        session.leave();
    };
    const link = connected || phase.at === "connecting"
        ? { word: "leave", label: _("Disconnect"), take: leave }
        : { word: "connect", label: _("Connect"), take: () => session.connect(null), isDisabled: phase.at === "off" };
    const more = serial
        ? [
            { word: "copy", label: _("Copy what is selected, or all"), take: copy, isDisabled: !handle },
            { word: "paste", label: _("Paste"), take: paste, isDisabled: !connected },
            { word: "larger", label: _("Larger text"), take: () => size(1) },
            { word: "smaller", label: _("Smaller text"), take: () => size(-1) },
            { word: "clear", label: _("Clear"), take: () => handle?.clear?.(), isDisabled: !handle },
            { word: "aloud", label: _("For screen readers"), take: () => setReadAloud(!readAloud), isOn: readAloud },
            link,
        ]
        : [
            { word: "type", label: _("Type a text …"), take: () => setTyping(true), isDisabled: !connected },
            { word: "fit", label: _("Scale to fit"), take: () => setFit(!fit), isOn: fit },
            link,
        ];
    const openAlone = () => window.open(`${window.location.pathname}${href(machinePath(machine.UUID, "console"), { alone: "1", port: port.key })}`, "_blank", "noopener");

    return (
        <div className={alone ? "console console-alone" : "console"} ref={(element) => {
            frame.current = element;
            setMenusIn(element);
        }}>
            <div className="console-bar">
                {alone && <h1 className="console-name">{machine.Name}</h1>}
                <PortChoice ports={ports} port={port} onChoose={onChoose} />
                <PhaseLabel phase={phase} port={port} asks={question !== null} />
                <ConsoleToolbar handle={handle} connected={connected} fullScreen={fullScreen.on} onFullScreen={fullScreen.toggle}
                                onAlone={alone ? null : openAlone} more={more} menusIn={menusIn} />
            </div>
            {serial && began && !connected && <StateLine machine={machine} port={port} phase={phase} session={session} />}
            <div className={`console-frame console-${port.kind}${fit ? " console-fit" : ""}`}>
                <Suspense fallback={<Bullseye><Busy label={_("Loading …")} /></Bullseye>}>
                    {serial && shown && (
                        <Terminal stream={connected ? stream : null} fontSize={fontSize} readAloud={readAloud} label={label}
                                  onHandle={setHandle} onOutput={onOutput} />
                    )}
                    {!serial && shown && (
                        <Display stream={stream!} fit={fit} label={label} onHandle={setHandle} onLetIn={login.letIn} onPassword={login.asked}
                                 onRefused={login.refused} />
                    )}
                </Suspense>
                {/* A line at which nobody was writes nothing by itself. */}
                {serial && connected && heard !== stream && (
                    <p className="console-silent" role="status">{_("Connected. Press Enter if nothing appears.")}</p>
                )}
                {question && (
                    <div className="console-cover"><PasswordForm wrong={question.wrong} onSkip={login.skip} onPassword={login.give} /></div>
                )}
                {!shown && <div className="console-cover"><StateView machine={machine} port={port} phase={phase} session={session} /></div>}
            </div>
            <p className="console-hint">
                {_("To leave the console by keyboard, press and release the left Ctrl and Alt together.")}
                {serial && " " + _("A serial line tells the guest no window size: type “stty rows R cols C” there where it matters.")}
            </p>
            {typing && handle && <TypeDialog handle={handle} onClose={() => setTyping(false)} />}
        </div>
    );
}

function useFullScreen(element: HTMLElement | null): { on: boolean; toggle: () => void } {
    const [on, setOn] = useState(false);
    useEffect(() => {
        const changed = () => setOn(document.fullscreenElement !== null);
        document.addEventListener("fullscreenchange", changed);
        return () => document.removeEventListener("fullscreenchange", changed);
    }, []);
    const toggle = () => void (document.fullscreenElement ? document.exitFullscreen() : element?.requestFullscreen())
        ?.catch(() => notify("warning", _("The browser does not allow full screen here.")));
    return { on, toggle };
}

/** Lets the keyboard out of the console, onto its tools. */
function useWayOut(frame: React.RefObject<HTMLDivElement | null>): void {
    const way = useMemo(() => new WayOut(), []);
    useEffect(() => {
        const element = frame.current;
        const saw = (event: KeyboardEvent) => {
            if ((event.target as Element).closest(".console-frame") && way.sees(event))
                element?.querySelector<HTMLElement>(".console-tools button:not([disabled])")?.focus();
        };
        const lost = () => way.reset();
        // Before noVNC and xterm, who keep what they take to themselves.
        element?.addEventListener("keydown", saw, true);
        element?.addEventListener("keyup", saw, true);
        window.addEventListener("blur", lost);
        return () => {
            element?.removeEventListener("keydown", saw, true);
            element?.removeEventListener("keyup", saw, true);
            window.removeEventListener("blur", lost);
        };
    }, [frame, way]);
}
