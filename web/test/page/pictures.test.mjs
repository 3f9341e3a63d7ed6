// SPDX-License-Identifier: LGPL-2.1-or-later
// Pictures of every page, light and dark, of all sizes, in both languages: to look at. They lie in $HATAGO_PICTURES.
import assert from "node:assert/strict";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { go, launch, open, routes, setTheme } from "./browser.mjs";

const folder = process.env.HATAGO_PICTURES;
const LANGUAGES = ["en", "ja"];
const SIZES = [[1280, 800], [768, 1024], [390, 844]];

let browser;
before(async () => {
    browser = await launch();
    await mkdir(folder ?? ".", { recursive: true });
});
after(() => browser.close());

for (const language of LANGUAGES)
    test(`pictures of all pages (${language})`, { skip: !folder }, async () => {
        const { page, errors, close } = await open(browser, "/", { language });
        for (const [name, hash] of routes) {
            await go(page, hash);
            for (const [width, height] of SIZES) {
                await page.setViewportSize({ width, height });
                for (const theme of ["light", "dark"]) {
                    await setTheme(page, theme);
                    await page.mouse.move(0, 0);
                    const file = join(folder, `${name}-${width}-${theme}-${language}.png`);
                    await page.screenshot({ path: file, animations: "disabled" });
                    assert.ok((await stat(file)).size > 2000, `${file} is empty`);
                }
            }
        }
        assert.deepEqual(errors, []);
        await close();
    });
