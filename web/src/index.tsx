// SPDX-License-Identifier: LGPL-2.1-or-later
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { followAccess } from "./lib/access";
import { language } from "./lib/i18n";
import { followTheme } from "./lib/theme";
import { askBeforeLeaving } from "./machine/xml/drafts";
import { App } from "./shell/app";
import { tellHealth } from "./shell/health";
import { HouseContext } from "./store/context";
import { House } from "./store/house";

import "@patternfly/react-core/dist/styles/base.css";
import "./page.css";

const house = new House();

followTheme();
followAccess(() => location.reload());
document.documentElement.lang = language();
createRoot(document.getElementById("app")!).render(
    <StrictMode>
        <HouseContext value={house}>
            <App />
        </HouseContext>
    </StrictMode>,
);
tellHealth(house);
askBeforeLeaving((uuid) => [...house.machines.get().values()].some(({ UUID }) => UUID === uuid), window);
house.open();
