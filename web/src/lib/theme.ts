// SPDX-License-Identifier: LGPL-2.1-or-later
// Light or dark, as chosen in Cockpit's menu ("auto": as the system has it). The shell keeps it in the browser's storage
// and tells pages by an event.

const CLASS = "pf-v6-theme-dark";

function isDark(style: string | null): boolean {
    return style === "dark" || (style !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
}

/** Follows it from now on. */
export function followTheme(): void {
    const apply = (style: string | null) => document.documentElement.classList.toggle(CLASS, isDark(style));
    const read = () => apply(localStorage.getItem("shell:style"));
    window.addEventListener("storage", (event) => {
        if (event.key === "shell:style")
            apply(event.newValue);
    });
    window.addEventListener("cockpit-style", (event) => apply((event as CustomEvent<{ style: string }>).detail.style));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", read);
    read();
}
