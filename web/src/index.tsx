// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the page begins. The bus first: Cockpit takes a while to open it, in which the rest of the page is loaded and run.
import { followAccess } from "./lib/access";
import { language } from "./lib/i18n";
import { followTheme } from "./lib/theme";
import { tellHealth } from "./shell/health";
import { House } from "./store/house";

const house = new House();
house.open();
followTheme();
followAccess(() => location.reload());
document.documentElement.lang = language();
tellHealth(house);
void import("./shell/show").then(({ show }) => show(house));
