// SPDX-License-Identifier: LGPL-2.1-or-later
// What holds for every page: axe finds nothing, nothing stands out sideways, nothing is written to the console as an error.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { go, launch, open, routes, setTheme } from "./browser.mjs";
import { judge, overflow } from "./judge.mjs";

const WIDTHS = [1280, 768, 390];

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const [name, hash] of routes)
    describe(name, () => {
        let opened;
        before(async () => { opened = await open(browser, hash); });
        after(() => opened.close());

        for (const theme of ["light", "dark"])
            for (const width of [1280, 390])
                test(`${name}: axe finds nothing (${theme}, ${width} px)`, async () => {
                    await opened.page.setViewportSize({ width, height: 800 });
                    await setTheme(opened.page, theme);
                    await go(opened.page, hash);
                    const wrong = await judge(opened.page);
                    assert.equal(wrong.length, 0, `${name}, ${theme}, ${width} px:\n${wrong.join("\n")}`);
                });

        for (const width of WIDTHS)
            test(`${name}: no scrolling sideways (${width} px)`, async () => {
                await opened.page.setViewportSize({ width, height: 800 });
                await go(opened.page, hash);
                const out = await overflow(opened.page);
                assert.equal(out.length, 0, `${name}, ${width} px:\n${out.join("\n")}`);
            });

        test(`${name}: one h1, and no level of headings left out`, async () => {
            await opened.page.setViewportSize({ width: 1280, height: 800 });
            const levels = await opened.page.evaluate(() =>
                [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((one) => Number(one.tagName[1])));
            assert.equal(levels.filter((level) => level === 1).length, 1, `${name}: ${levels.join()}`);
            assert.ok(levels.every((level, i) => i === 0 || level <= levels[i - 1] + 1), `${name}: ${levels.join()}`);
        });

        test(`${name}: nothing is written to the console as an error`, () => {
            assert.deepEqual(opened.errors, [], name);
        });
    });
