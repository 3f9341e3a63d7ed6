// SPDX-License-Identifier: LGPL-2.1-or-later
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { askBeforeLeaving } from "../machine/xml/drafts";
import { HouseContext } from "../store/context";
import type { House } from "../store/house";
import { App } from "./app";

import "@patternfly/react-core/dist/styles/base.css";
import "../page.css";

/** Shows the house, from now on. */
export function show(house: House): void {
    createRoot(document.getElementById("app")!).render(
        <StrictMode>
            <HouseContext value={house}>
                <App />
            </HouseContext>
        </StrictMode>,
    );
    askBeforeLeaving((uuid) => [...house.machines.get().values()].some(({ UUID }) => UUID === uuid), window);
}
