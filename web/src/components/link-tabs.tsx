// SPDX-License-Identifier: LGPL-2.1-or-later
// Tabs that are places: links, with the looks of PatternFly's tabs. Its own component sets buttons that scroll beside them,
// on narrow screens and for a while after the window was one, and names them in English.
import { useEffect, useRef } from "react";

import "@patternfly/react-styles/css/components/Tabs/tabs.css";
import "./link-tabs.css";

interface LinkTab { word: string; label: string; href: string }

interface LinkTabsProps {
    label: string;
    tabs: readonly LinkTab[];
    /** The word of the one where one is. */
    active: string;
    /** The id of what they are parts of; without it, they lead to pages. */
    panel?: string;
}

export function LinkTabs({ label, tabs, active, panel }: LinkTabsProps) {
    const list = useRef<HTMLUListElement>(null);
    useEffect(() => {
        list.current?.querySelector(".pf-m-current")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }, [active]);
    const links = tabs.map(({ word, label, href }) => {
        const isCurrent = word === active;
        const said = panel
            ? { "role": "tab", "aria-selected": isCurrent, "aria-controls": panel }
            : isCurrent ? { "aria-current": "page" as const } : {};
        return (
            <li key={word} className={`pf-v6-c-tabs__item${isCurrent ? " pf-m-current" : ""}`} role={panel && "presentation"}>
                <a className="pf-v6-c-tabs__link" href={href} {...said}>
                    <span className="pf-v6-c-tabs__item-text">{label}</span>
                </a>
            </li>
        );
    });
    if (panel)
        return (
            <div className="pf-v6-c-tabs link-tabs">
                <ul ref={list} className="pf-v6-c-tabs__list" role="tablist" aria-label={label}>{links}</ul>
            </div>
        );
    return (
        <nav className="pf-v6-c-tabs link-tabs" aria-label={label}>
            <ul ref={list} className="pf-v6-c-tabs__list">{links}</ul>
        </nav>
    );
}
