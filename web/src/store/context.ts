// SPDX-License-Identifier: LGPL-2.1-or-later
// How components reach the store.
import { createContext, useContext, useEffect, useMemo } from "react";

import type { Machine } from "../bus/contract";
import { useValue } from "../lib/observable";
import { MachineHistory, type Range } from "./history";
import type { House } from "./house";
import { Asking, type Answers } from "./rights";
import type { Timeline } from "./series";
import type { Load } from "./statistics";

export const HouseContext = createContext<House | null>(null);

export function useHouse(): House {
    const house = useContext(HouseContext);
    if (!house)
        throw new Error("no house around this component");
    return house;
}

/** A machine with its details, by UUID; undefined: there is none. Details come a moment later than the rest. */
export function useMachine(uuid: string): Machine | undefined {
    const house = useHouse();
    const machines = useValue(house.machines);
    const machine = [...machines.values()].find((one) => one.UUID === uuid);
    const path = machine?.path;
    useEffect(() => path ? house.details.keep(path) : undefined, [house, path]);
    return machine;
}

/** What machines take, kept up to date while the component is there. */
export function useLoad({ host = false } = {}): Load {
    const { statistics } = useHouse();
    useEffect(() => statistics.watch({ host }), [statistics, host]);
    return useValue(statistics.load);
}

/** Of how many machines rights are asked for at most: those of more are as those of these, nearly always. */
const RIGHTS_OF = 64;

/**
 * What the user may do with these machines, by their paths; those not answered yet are missing. It is asked when the component
 * comes, and about a machine again when it is in another state, or the agent or libvirt come or go.
 */
export function useAnswers(machines: readonly Machine[], verbs: readonly string[], most = RIGHTS_OF): ReadonlyMap<string, Answers> {
    const { rights, agent, link } = useHouse();
    const connected = `${useValue(link).state} ${useValue(agent)?.Connected}`;
    const asking = useMemo(() => new Asking(rights), [rights]);
    useEffect(() => () => asking.close(), [asking]);
    useEffect(() => asking.want(new Map(machines.map(({ path, State, ManagedSave, Persistent }) =>
        [path, `${connected} ${State} ${ManagedSave} ${Persistent}`])), verbs, most), [asking, machines, connected, verbs, most]);
    return useValue(asking.answers);
}

/** How a machine went over time, kept up to date while the component is there; null: not read yet. */
export function useHistory(path: string, range: Range): Timeline | null {
    const { connection, statistics } = useHouse();
    const history = useMemo(() => new MachineHistory(connection, statistics, path, range), [connection, statistics, path, range]);
    useEffect(() => history.open(), [history]);
    return useValue(history.timeline);
}
