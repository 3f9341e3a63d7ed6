// SPDX-License-Identifier: LGPL-2.1-or-later
// How components reach the store.
import { createContext, useContext, useEffect } from "react";

import type { Machine } from "../bus/contract";
import { useValue } from "../lib/observable";
import type { House } from "./house";
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
