// SPDX-License-Identifier: LGPL-2.1-or-later
// Health of the host in Cockpit's own menu, where it is seen without this page being open.
import type { Agent, Check } from "../bus/contract";
import { _, fill, ngettext } from "../lib/i18n";
import type { House, Link } from "../store/house";

/** As Cockpit 287 and 337 take it: null clears it. */
export interface PageStatus { type: "warning" | "error"; title: string }

/** What the menu should say; null: all is well, or nothing is known yet. */
export function pageStatus(link: Link, agent: Agent | null, checks: ReadonlyMap<string, Check>): PageStatus | null {
    if (link.state === "lost")
        return { type: "error", title: _("The service hatagod does not answer.") };
    if (link.state !== "ready")
        return null;
    if (agent?.Ready && !agent.Connected)
        return { type: "error", title: _("libvirt does not answer.") };
    const count = (result: Check["Result"]) => [...checks.values()].filter(({ Result }) => Result === result).length;
    const failed = count("fail"), warned = count("warn");
    if (failed > 0)
        return { type: "error", title: fill(ngettext("{count} check of the host failed", "{count} checks of the host failed", failed), { count: failed }) };
    if (warned > 0)
        return { type: "warning", title: fill(ngettext("{count} warning about the host", "{count} warnings about the host", warned), { count: warned }) };
    return null;
}

/** A short absence of the agent, as at an update, is no news for the menu. */
const PATIENCE_MS = 5000;

/** Keeps it told, as long as the page is loaded. */
export function tellHealth(house: House): void {
    let told: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
        const status = pageStatus(house.link.get(), house.agent.get(), house.checks.get());
        const text = JSON.stringify(status);
        if (text === told)
            return;
        told = text;
        cockpit.transport.control("notify", { page_status: status });
    };
    const changed = () => {
        if (house.link.get().state === "lost") {
            // Each attempt that fails says so anew; it is one absence.
            timer ??= setTimeout(tell, PATIENCE_MS);
            return;
        }
        clearTimeout(timer);
        timer = undefined;
        tell();
    };
    for (const observable of [house.link, house.agent, house.checks])
        observable.follow(changed);
    changed();
}
