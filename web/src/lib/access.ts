// SPDX-License-Identifier: LGPL-2.1-or-later
// Administrative access: Cockpit's shell turns it on and off, and does not tell pages to begin anew.

/** Loads the page again when it changes: what was opened before goes on with the rights that it was opened with. */
export function followAccess(reload: () => void): void {
    const permission = cockpit.permission({ admin: true });
    let before = permission.allowed;
    permission.addEventListener("changed", () => {
        const { allowed } = permission;
        // The first answer is no change.
        if (before !== null && allowed !== null && allowed !== before)
            reload();
        before = allowed;
    });
}
