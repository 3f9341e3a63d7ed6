// SPDX-License-Identifier: LGPL-2.1-or-later
// What holds for every page holds with its menus and dialogs open, and when things go wrong. With $HATAGO_PICTURES, pictures of
// them lie there.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { launch, open, setTheme } from "./browser.mjs";
import { judge, misshapen, overflow, unnamed } from "./judge.mjs";
import { Hand, STATES } from "./states.mjs";

const folder = process.env.HATAGO_PICTURES;
const wanted = (process.env.HATAGO_ROUTES ?? "").split(",").filter(Boolean);
const THEMES = ["light", "dark"];
const SIZES = { 1280: 800, 390: 844 };

let browser;
before(async () => {
    browser = await launch();
    if (folder)
        await mkdir(folder, { recursive: true });
});
after(() => browser.close());

async function make(name, language, width) {
    const state = STATES[name];
    const opened = await open(browser, state.hash, { language, width, height: SIZES[width], query: state.query, unsettled: state.unsettled });
    await state.does?.(new Hand(opened.page));
    return opened;
}

/** In both themes; judges: what is wrong in the first, in the second. */
async function see({ page }, name, language, width, judges) {
    await page.setViewportSize({ width, height: SIZES[width] });
    for (const [i, theme] of THEMES.entries()) {
        await setTheme(page, theme);
        if (folder)
            await page.screenshot({ path: join(folder, `${name}-${width}-${theme}-${language}.png`), animations: "disabled" });
        for (const found of judges[i] ?? []) {
            const wrong = await found(page);
            assert.equal(wrong.length, 0, `${name}, ${width} px, ${theme}, ${language}:\n${wrong.join("\n")}`);
        }
    }
}

describe("states", { concurrency: 2 }, () => {
    for (const name of Object.keys(STATES).filter((name) => wanted.length === 0 || wanted.includes(name))) {
        for (const [width, judges] of [[1280, [[judge, overflow, misshapen], [judge]]], [390, [[judge, overflow, misshapen]]]])
            test(`${name}: nothing is wrong (${width} px)`, async () => {
                const opened = await make(name, "en", width);
                try {
                    await see(opened, name, "en", width, judges);
                    assert.deepEqual(STATES[name].breaks ? [] : opened.errors, []);
                } finally {
                    await opened.close();
                }
            });
        test(`${name}: in Japanese`, async () => {
            const opened = await make(name, "ja", 390);
            try {
                await see(opened, name, "ja", 390, [[overflow, misshapen, unnamed]]);
                if (folder)
                    await see(opened, name, "ja", 1280, []);
            } finally {
                await opened.close();
            }
        });
    }
});
