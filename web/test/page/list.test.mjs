// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of machines: a thousand of them, narrowed, ordered, chosen and told what to do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const shown = (page) => page.locator("tr[data-index] .machine-name > a").allInnerTexts();
const row = (page, name) => page.locator("tr[data-index]").filter({ has: page.getByRole("link", { name, exact: true }) });

test("of a thousand machines only those in sight are rows, and all are told of", async () => {
    const { page, errors, close } = await open(browser, "/machines", { query: "machines=1000" });
    await page.getByRole("table").waitFor();
    assert.equal(await page.getByRole("table").getAttribute("aria-rowcount"), "1001");
    assert.ok(await page.locator("tr[data-index]").count() < 60);
    await page.evaluate(() => {
        const main = document.querySelector(".pf-v6-c-page__main");
        main.scrollTop = main.scrollHeight;
    });
    await row(page, "vm-1000").waitFor();
    assert.equal(await row(page, "vm-1000").getAttribute("aria-rowindex"), "1001");
    assert.deepEqual(errors, []);
    await close();
});

test("what is typed narrows the list at once and stands in the address; a kept address does the same", async () => {
    const { page, close } = await open(browser, "/machines", { query: "machines=1000" });
    await page.keyboard.press("/");
    await page.keyboard.type("vm-0007 ubuntu");
    await page.getByText("1 of 1,000 machines").waitFor();
    assert.deepEqual(await shown(page), ["vm-0007"]);
    assert.match(page.url(), /q=vm-0007(\+|%20)ubuntu/);
    await page.reload();
    await row(page, "vm-0007").waitFor();
    assert.deepEqual(await shown(page), ["vm-0007"]);
    await page.getByRole("textbox", { name: "Search machines" }).fill("nothing like it");
    await page.getByRole("heading", { name: "No machine matches" }).waitFor();
    await page.getByRole("button", { name: "Clear filters" }).last().click();
    await row(page, "vm-0001").waitFor();
    await close();
});

test("a heading orders by its column, and once more the other way", async () => {
    const { page, close } = await open(browser, "/machines", { query: "machines=20" });
    const heading = page.getByRole("columnheader", { name: "Name" });
    await heading.getByRole("button").click();
    await row(page, "vm-0020").waitFor();
    assert.equal((await shown(page))[0], "vm-0020");
    assert.equal(await heading.getAttribute("aria-sort"), "descending");
    assert.match(page.url(), /sort=-name/);
    await close();
});

test("a column that is hidden stays hidden in the next visit", async () => {
    const { page, close } = await open(browser, "/machines");
    await page.getByRole("columnheader", { name: "Address" }).waitFor();
    await page.getByRole("button", { name: "Columns and order" }).click();
    await page.locator(".pf-v6-c-menu").getByText("Address").first().click();
    await page.getByRole("columnheader", { name: "Address" }).waitFor({ state: "detached" });
    await page.goto(page.url().replace(/#.*/, "#/machines"));
    await page.reload();
    await row(page, "vm-0001").waitFor();
    assert.equal(await page.getByRole("columnheader", { name: "Address" }).count(), 0);
    await close();
});

test("three are started at once: each has its result, and what failed can be tried again", async () => {
    const { page, errors, close } = await open(browser, "/machines?state=off", { query: "machines=30" });
    const names = (await shown(page)).slice(0, 3);
    for (const name of names)
        await page.getByRole("checkbox", { name: `Select ${name}` }).check();
    await page.getByText("3 selected").waitFor();
    await page.evaluate(() => window.agent.refusals.set("start", Object.assign(new Error("network 'default' is not active"), { name: "NetworkInactive" })));
    await page.getByRole("region", { name: "Selected machines" }).getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("Start: 2 of 3 done, 1 machine failed").waitFor();
    const deeds = page.locator(".run-deed");
    assert.equal(await deeds.count(), 3);
    assert.equal(await page.locator('.run-deed[data-state="done"]').count(), 2);
    assert.match(await page.locator('.run-deed[data-state="failed"]').innerText(), /not active/);
    await page.getByRole("button", { name: "Try those that failed again" }).click();
    await page.getByText("Start: 3 of 3 done").waitFor();
    // It folds up: nothing of it needs anybody.
    await deeds.first().waitFor({ state: "detached" });
    await page.getByRole("button", { name: /Show each machine/ }).click();
    assert.equal(await deeds.count(), 3);
    assert.deepEqual(errors, []);
    await close();
});

test("what a user may not do stays in the menu, with the reason, and does nothing", async () => {
    const { page, close } = await open(browser, "/machines");
    await page.evaluate(() => { window.agent.answers = { start: "no", "set-autostart": "auth" }; });
    await row(page, "vm-0001").getByRole("button", { name: "Actions: vm-0001" }).click();
    const start = page.getByRole("menuitem", { name: "Start You are not allowed to do this." });
    await start.waitFor();
    assert.equal(await start.getAttribute("aria-disabled"), "true");
    await start.click({ force: true });
    await page.getByRole("menuitem", { name: /Turn on administrative access/ }).waitFor();
    assert.ok(!(await page.evaluate(() => window.agent.log)).includes("Machine.Start"));
    await close();
});

test("what may not be done does not look like a danger, and what may does", async () => {
    const { page, close } = await open(browser, "/machines");
    const danger = async (answers) => {
        await page.evaluate((answers) => { window.agent.answers = answers; }, answers);
        await page.getByRole("button", { name: "Actions: vm-0001" }).click();
        await page.getByRole("menuitem", { name: answers.undefine ? /^Remove … Turn on/ : "Remove …" }).waitFor();
        const count = await page.locator(".pf-v6-c-menu .pf-m-danger").count();
        await page.keyboard.press("Escape");
        return count;
    };
    assert.equal(await danger({}), 1);
    assert.equal(await danger({ undefine: "auth" }), 0);
    await close();
});

test("a column that has no room says so, and comes back with the room", async () => {
    const { page, close } = await open(browser, "/machines", { width: 1280 });
    const column = (name) => page.getByRole("columnheader", { name, exact: true });
    const option = (name) => page.locator(".columns-menu .pf-v6-c-menu__list-item").filter({ hasText: name }).first();
    await column("System").waitFor();
    assert.equal(await column("vCPUs").count(), 0);
    await page.getByRole("button", { name: "Columns and order" }).click();
    await option("vCPUs").getByText("No room in this window").waitFor();
    assert.equal(await option("System").getByText("No room in this window").count(), 0);
    // As beside Cockpit's own menu on a screen of 1280 pixels.
    await page.setViewportSize({ width: 1040, height: 800 });
    await column("Unit").waitFor({ state: "detached" });
    assert.equal(await column("System").count(), 1);
    await page.setViewportSize({ width: 1450, height: 800 });
    await column("vCPUs").waitFor();
    assert.equal(await page.getByText("No room in this window").count(), 0);
    await close();
});

test("what would lose something asks first, with the name; Escape does nothing", async () => {
    const { page, close } = await open(browser, "/machines");
    const powerOff = async () => {
        await row(page, "vm-0002").getByRole("button", { name: "Actions: vm-0002" }).click();
        await page.getByRole("menuitem", { name: "Power off" }).click();
        await page.getByRole("dialog", { name: /Power off: vm-0002/ }).waitFor();
    };
    await powerOff();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.ok(!(await page.evaluate(() => window.agent.log)).includes("Machine.PowerOff"));
    await powerOff();
    await page.getByRole("dialog").getByRole("button", { name: "Power off" }).click();
    await page.waitForFunction(() => window.agent.log.includes("Machine.PowerOff"));
    await close();
});

test("arrows lead from row to row, also to those that are not there yet", async () => {
    const { page, close } = await open(browser, "/machines", { query: "machines=1000" });
    await page.getByRole("link", { name: "vm-0001", exact: true }).focus();
    for (let n = 2; n <= 45; n++) {
        await page.keyboard.press("ArrowDown");
        await page.waitForFunction((name) => document.activeElement?.textContent === name, `vm-${String(n).padStart(4, "0")}`);
    }
    await close();
});

test("a change elsewhere shows without a reload, and with it what waits for it", async () => {
    const { page, close } = await open(browser, "/machines");
    await page.evaluate(() => window.agent.change([...window.agent.machines.keys()][0], { State: "paused", StateReason: "user", Name: "renamed" }));
    await row(page, "renamed").getByText("paused").waitFor();
    await page.evaluate(() => window.agent.startJob("save", [...window.agent.machines.keys()][0], () => undefined, 60_000));
    await row(page, "renamed").getByText("saving …").waitFor();
    await close();
});

test("without machines the page says how some come", async () => {
    const { page, close } = await open(browser, "/machines", { query: "machines=0" });
    await page.getByRole("heading", { name: "There are no virtual machines yet" }).waitFor();
    await close();
});

for (const width of [1280, 1040, 768, 390])
    test(`at ${width} px nothing sticks out, and names are not broken letter by letter`, async () => {
        const { page, close } = await open(browser, "/machines", { query: "machines=100", width });
        await row(page, "vm-0001").waitFor();
        assert.ok(await page.evaluate(() => [...document.querySelectorAll("html, .pf-v6-c-page__main, .machines")]
            .every(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth + 1)));
        const lines = await page.evaluate(() => Math.max(...[...document.querySelectorAll(".machine-name > a")].map((a) => a.getClientRects().length)));
        assert.equal(lines, 1);
        await close();
    });
