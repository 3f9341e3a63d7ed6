// SPDX-License-Identifier: LGPL-2.1-or-later
// Where the page begins. The bus first: Cockpit takes a while to open it, in which the rest of the page is loaded and run.
import { followAccess } from "./lib/access";
import { _, language } from "./lib/i18n";
import { followTheme } from "./lib/theme";
import { tellHealth } from "./shell/health";
import { House } from "./store/house";

const house = new House();
house.open();
followTheme();
followAccess(() => location.reload());
document.documentElement.lang = language();
tellHealth(house);
import("./shell/show").then(({ show }) => show(house)).catch((thrown: unknown) => {
    reportError(thrown);
    const line = document.createElement("p"), again = document.createElement("button");
    line.textContent = _("This part of the page cannot be shown");
    again.textContent = _("Load anew");
    again.onclick = () => location.reload();
    document.getElementById("app")!.replaceChildren(line, again);
});
