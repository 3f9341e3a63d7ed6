// SPDX-License-Identifier: LGPL-2.1-or-later
// Where in the page somebody is: it stands in the URL, so that links, reloads and the back button work.
//   #/                        overview
//   #/machines?q=…            list, with what it is narrowed to
//   #/machines/UUID/TAB       one machine
//   #/machines/UUID/console?port=serial0&alone=1    one of its consoles, and nothing else on the page
import { useSyncExternalStore } from "react";

export type Options = Record<string, string>;

export interface Place {
    path: string[];
    options: Options;
}

let place = read();

function read(): Place {
    const options: Options = {};
    for (const [name, value] of Object.entries(cockpit.location.options))
        options[name] = Array.isArray(value) ? value[value.length - 1] ?? "" : value;
    return { path: [...cockpit.location.path], options };
}

function follow(follower: () => void): () => void {
    const moved = () => {
        place = read();
        follower();
    };
    cockpit.addEventListener("locationchanged", moved);
    return () => cockpit.removeEventListener("locationchanged", moved);
}

export const usePlace = (): Place => useSyncExternalStore(follow, () => place);

/** Goes there; replace: the back button leads past where one was. */
export function go(path: string[], options: Options = {}, { replace = false } = {}): void {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== ""));
    if (replace)
        cockpit.location.replace(path, given);
    else
        cockpit.location.go(path, given);
}

/** For href of a link, so that it can be opened elsewhere too. */
export const href = (path: string[], options: Options = {}): string => "#" + cockpit.location.encode(path, options);

export const machinePath = (uuid: string, tab?: string): string[] => ["machines", uuid, ...tab ? [tab] : []];
