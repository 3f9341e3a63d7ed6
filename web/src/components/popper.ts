// SPDX-License-Identifier: LGPL-2.1-or-later

/** Where menus are put: in the main part of the page, which is a landmark, and beside nothing that cuts them off. */
const inMain = (): HTMLElement => document.querySelector("main") ?? document.body;

/** How a menu stands at what opens it; it is moved where it would stick out of the window. */
export const popper = { appendTo: inMain, preventOverflow: true } as const;

export const popperAtEnd = { ...popper, position: "right" } as const;

/**
 * Back to what opened the menu that is open, whose items are about to go: a dialog that comes gives the focus back to where it
 * was. PatternFly does that at Escape, but not for a menu of a split button.
 */
export function leaveMenu(): void {
    document.querySelector<HTMLElement>(":is(.pf-v6-c-menu-toggle, .pf-v6-c-menu-toggle__button)[aria-expanded=true]")?.focus();
}
