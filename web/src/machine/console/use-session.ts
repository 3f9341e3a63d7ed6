// SPDX-License-Identifier: LGPL-2.1-or-later
// Ties consoles to the store.
import { useEffect, useMemo, useState } from "react";

import type { Machine, MachineState } from "../../bus/contract";
import { useValue } from "../../lib/observable";
import { useHouse } from "../../store/context";
import { readXML } from "../../store/xml";
import { listPorts, portWords, type Asked, type Port } from "./ports";
import { Session } from "./session";
import { Stream } from "./stream";

const OFF: MachineState[] = ["shutoff", "crashed", "unknown"];

const isOn = ({ State }: Machine) => !OFF.includes(State);

export type ConsoleSession = Session<Stream, Asked>;

/** A session for the port, while the component is there. */
export function useSession(machine: Machine, port: Port): ConsoleSession {
    const house = useHouse();
    const link = useValue(house.link);
    const agent = useValue(house.agent);
    const on = isOn(machine);
    const reached = link.state === "ready" && agent?.Connected !== false;
    const session = useMemo(() => new Session((asked: Asked | null) => new Stream(portWords(port, machine.UUID, asked ?? {})), { on, reached }),
        // What it begins with is told again below.
        // eslint-disable-next-line react-hooks/exhaustive-deps
        [machine.UUID, port.key, port.number]);

    useEffect(() => {
        session.start();
        return () => session.end();
    }, [session]);
    useEffect(() => session.follow({ on, reached }), [session, on, reached]);
    return session;
}

/** What there is to look at; null: not read yet. */
export function usePorts(machine: Machine): Port[] | null {
    const house = useHouse();
    const [xml, setXML] = useState<{ text: string | null } | null>(null);
    const { path, StartedAt } = machine;
    const on = isOn(machine);

    useEffect(() => {
        let wanted = true;
        const set = (text: string | null) => {
            if (wanted)
                setXML({ text });
        };
        // Off, it has no lines to connect to; and who may not read it may still try the first.
        (on ? readXML(house, { path }, {}) : Promise.resolve(null)).then(set, () => set(null));
        return () => {
            wanted = false;
        };
    }, [house, path, on, StartedAt]);

    // What was read of the run before is better than nothing for the moment until the next answer.
    const { Displays } = machine;
    return useMemo(() => Displays && xml ? listPorts({ Displays }, xml.text) : null, [Displays, xml]);
}
