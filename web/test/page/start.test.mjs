// SPDX-License-Identifier: LGPL-2.1-or-later
// What the browser loads until the list is there: all of it at once, compressed, and nothing of other pages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const loaded = (page) => page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname)
    .filter((name) => name.includes("/hatago/") && /\.(js|css)$/.test(name)).map((name) => name.split("/").pop()));

/** What comes three seconds after the start waits until it is let go: a busy machine may need longer for the list. */
const hold = (page) => page.addInitScript(() => {
    const { setTimeout } = window;
    const held = [];
    window.setTimeout = (work, ms, ...rest) => ms === 3000 ? held.push(work) : setTimeout(work, ms, ...rest);
    window.letGo = () => held.splice(0).map((work) => work()).length > 0;
});

test("the list needs no script and no style that index.html does not name", async () => {
    const { page, errors, close } = await open(browser, "/machines", { query: "machines=20", prepare: hold });
    await page.locator("tr[data-index]").first().waitFor();
    const named = await page.evaluate(async () => (await (await window.fetch("index.html")).text()).match(/(?<=(?:href|src)=")[^"]+/g));
    const needed = await loaded(page);
    assert.ok(needed.length > 4, needed.join());
    assert.deepEqual(needed.filter((name) => !named.includes(name)), []);
    assert.deepEqual(named.filter((name) => !name.startsWith("../") && !needed.includes(name)), []);
    assert.deepEqual(errors, []);
    await close();
});

test("what it is made of comes compressed", async () => {
    const { page, close } = await open(browser, "/machines");
    await page.locator("tr[data-index]").first().waitFor();
    const sizes = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => /hatago.*\.(js|css)$/.test(name))
        .map(({ name, encodedBodySize, decodedBodySize }) => [name, encodedBodySize, decodedBodySize])
        .filter(([, , decoded]) => decoded > 10_000));
    assert.ok(sizes.length > 2, sizes.join());
    assert.deepEqual(sizes.filter(([, encoded, decoded]) => encoded > decoded / 2), []);
    await close();
});

test("a machine's page comes after the list, before it is asked for", async () => {
    const { page, close } = await open(browser, "/machines", { prepare: hold });
    const isIts = (name) => name.startsWith("machine-page-");
    await page.locator("tr[data-index]").first().waitFor();
    assert.ok(!(await loaded(page)).some(isIts));
    await page.waitForFunction(() => window.letGo());
    await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.includes("/machine-page-")));
    await close();
});
