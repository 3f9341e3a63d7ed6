// SPDX-License-Identifier: LGPL-2.1-or-later
// A chunk that is no longer there, as after an upgrade, takes nothing but its own part of the page with it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ROUTES, go, launch, open } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test("a part that cannot be loaded says so, and the rest of the page goes on", async () => {
    const { page, close } = await open(browser, ROUTES.hardware);
    await page.route(/\/display[^/]*\.js$/, (route) => route.fulfill({ status: 404 }));
    await go(page, ROUTES.console);
    await page.getByRole("button", { name: "Load anew" }).waitFor();
    assert.equal(await page.getByRole("tab", { name: "Summary" }).count(), 1);
    await go(page, ROUTES.hardware);
    assert.equal(await page.getByRole("button", { name: "Load anew" }).count(), 0);

    await go(page, ROUTES.console);
    await page.getByRole("button", { name: "Load anew" }).waitFor();
    await page.unroute(/\/display[^/]*\.js$/);
    await page.getByRole("button", { name: "Load anew" }).click();
    await page.getByRole("application").waitFor();
    await close();
});

test("a page of which nothing can be loaded says so, and can be loaded anew", async () => {
    const { page, close } = await open(browser, "/machines");
    await page.route(/\/show[^/]*\.js$/, (route) => route.fulfill({ status: 404 }));
    await page.reload();
    await page.getByText("cannot be shown").waitFor();
    await page.unroute(/\/show[^/]*\.js$/);
    await page.getByRole("button", { name: "Load anew" }).click();
    await page.getByRole("heading", { name: "Machines" }).waitFor();
    await close();
});
