// SPDX-License-Identifier: LGPL-2.1-or-later
// With the keyboard alone: whatever can be clicked is reached by Tab, and shows that it is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open, routes } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** More than any page has; who gets there walks in a circle. */
const STEPS = 150;

for (const [name, hash] of routes)
    test(`${name}: Tab reaches every control, and shows where one is`, async () => {
        const { page, close } = await open(browser, hash);
        // Of things that move as one (tabs, menus, grids, terminals) one is enough: arrows do the rest.
        const expected = await page.evaluate(() => {
            const own = (element) => element.closest("[role=tablist], [role=menu], [role=grid], [role=radiogroup], .xterm, canvas");
            const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter((element) =>
                !element.disabled && element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }) && !own(element));
            controls.forEach((element, i) => { element.dataset.control = String(i); });
            return controls.map((element) => `${element.tagName.toLowerCase()} ${(element.ariaLabel || element.textContent || element.id).slice(0, 40)}`);
        });
        const reached = new Set();
        const dim = new Set();
        for (let step = 0; step < STEPS && reached.size < expected.length; step++) {
            await page.keyboard.press("Tab");
            const at = await page.evaluate(() => {
                const element = document.activeElement;
                const told = (of) => { const { outlineStyle, boxShadow, borderColor } = getComputedStyle(of); return `${outlineStyle} ${boxShadow} ${borderColor}`; };
                const focused = [element, ...element.children].map(told).join() + getComputedStyle(element, "::after").cssText;
                element.blur();
                const blurred = [element, ...element.children].map(told).join() + getComputedStyle(element, "::after").cssText;
                element.focus();
                return { control: element.dataset.control, shows: focused !== blurred || getComputedStyle(element).outlineStyle !== "none" };
            });
            if (at.control === undefined)
                continue;
            reached.add(Number(at.control));
            if (!at.shows)
                dim.add(expected[Number(at.control)]);
        }
        const missed = expected.filter((_, i) => !reached.has(i));
        assert.deepEqual(missed, [], `${name}: not reached by Tab`);
        assert.deepEqual([...dim], [], `${name}: does not show that it has the focus`);
        await close();
    });
