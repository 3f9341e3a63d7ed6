// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { followAccess } from "../../src/lib/access";

test("a page begins anew when its access has changed, and not when it is first told", () => {
    const permission = { allowed: null as boolean | null, addEventListener: (_event: string, told: () => void) => { changed = told; } };
    let changed: () => void = () => undefined;
    let reloads = 0;
    Object.assign(globalThis, { cockpit: { permission: () => permission } });
    followAccess(() => reloads++);
    const tell = (allowed: boolean | null) => {
        permission.allowed = allowed;
        changed();
        return reloads;
    };
    assert.equal(tell(false), 0);
    assert.equal(tell(false), 0);
    assert.equal(tell(true), 1);
    assert.equal(tell(false), 2);
});
