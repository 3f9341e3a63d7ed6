// SPDX-License-Identifier: LGPL-2.1-or-later
// The overview, and what stands above every page: what somebody does there, over the stand-in agent.
import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, test } from "node:test";

import { launch, open } from "./browser.mjs";

let browser, opened, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => {
    opened = await open(browser, "/", { query: "job=1" });
    page = opened.page;
});
afterEach(async () => {
    assert.deepEqual(opened.errors, []);
    await opened.close();
});

const check = (id) => page.locator(`[data-check="${id}"]`);

test("what failed stands first, and its remedy is told before it is applied, and can be taken back", async () => {
    assert.deepEqual(await page.locator(".health-wrong h3").allTextContents(), ["Default network", "Fast network (vhost-net)", "IOMMU in the kernel"]
        .sort((a, b) => (b === "Default network") - (a === "Default network")));
    await check("vhost-net").getByRole("button", { name: /^Fix:/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Loads the module vhost_net now").waitFor();
    await dialog.getByRole("button", { name: "Fix" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("Fast network (vhost-net): done").waitFor();
    assert.equal(await page.locator(".health-wrong").count(), 2);
    await page.getByRole("button", { name: "5 checks passed" }).click();
    await check("vhost-net").getByRole("button", { name: /^Undo:/ }).click();
    await dialog.getByText("Removes /etc/modules-load.d/hatago-vhost-net.conf").waitFor();
    await dialog.getByRole("button", { name: "Undo" }).click();
    await page.locator('.health-wrong[data-check="vhost-net"]').waitFor();
});

test("a remedy that fails says why where it was asked for", async () => {
    await page.evaluate(() => {
        const real = window.agent.call.bind(window.agent);
        window.agent.call = (path, iface, method, args) => {
            if (method === "Fix")
                throw Object.assign(new Error("modprobe: not found"), { name: "org.hatago.Host1.Error.FixFailed" });
            return real(path, iface, method, args);
        };
    });
    await check("vhost-net").getByRole("button", { name: /^Fix:/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Fix" }).click();
    await page.getByRole("dialog").getByText("modprobe: not found").waitFor();
});

test("who may not mend the host sees why", async () => {
    await opened.close();
    opened = await open(browser, "/machines");
    page = opened.page;
    await page.evaluate(() => { window.agent.answers = { fix: "auth" }; location.hash = "/"; });
    const button = check("vhost-net").getByRole("button", { name: /^Fix:/ });
    await page.waitForFunction(() => document.querySelector('[data-check="vhost-net"] button[aria-disabled="true"]'));
    await button.focus();
    await page.getByRole("tooltip").getByText("Turn on administrative access").waitFor();
});

test("the host is looked at again", async () => {
    const asked = () => page.evaluate(() => window.agent.log.filter((call) => call === "Validation.Run").length);
    await page.getByRole("button", { name: "Check again" }).click();
    await page.getByRole("button", { name: "Check again" }).waitFor();
    assert.equal(await asked(), 1);
});

test("jobs are told on every page, and can be canceled", async () => {
    await page.evaluate(() => { location.hash = "/machines"; });
    await page.getByRole("button", { name: "1 job" }).click();
    const list = page.getByRole("dialog", { name: "Jobs" });
    await list.getByText("42 %, 429 MiB of 1 GiB").waitFor();
    await list.getByRole("button", { name: /^Cancel: / }).click();
    await list.getByText("canceled").or(list.getByText("Canceled")).waitFor();
    await page.getByRole("button", { name: "Jobs", exact: true }).waitFor();
});

test("what happens shows at once, with a link to the machine", async () => {
    await page.evaluate(() => {
        const [path] = [...window.agent.machines.keys()];
        window.agent.record(path, "crashed", "panicked");
    });
    const first = page.locator(".events li").first();
    await first.getByText("Crashed: its system has panicked").waitFor();
    await first.getByRole("link", { name: "vm-0001" }).click();
    assert.match(page.url(), /#\/machines\/0{8}-/);
});

test("a lost agent is said above what was known, and its return needs nobody", async () => {
    await page.evaluate(() => window.agent.die());
    const banner = page.locator("[data-about=agent]");
    await banner.getByText("The service hatagod does not run.").waitFor();
    await banner.getByRole("button", { name: "Start it" }).waitFor();
    assert.equal(await page.locator(".health-wrong").count(), 3, "what was known stays");
    await page.evaluate(() => window.agent.live());
    await banner.waitFor({ state: "detached" });
});

test("a lost libvirt is said in its own words, without a button that does nothing", async () => {
    await page.evaluate(() => window.agent.changeRoot({ Connected: false, ConnectionError: "Failed to connect socket" }));
    const banner = page.locator("[data-about=libvirt]");
    await banner.getByText("Failed to connect socket").waitFor();
    assert.equal(await banner.getByRole("button").count(), 0);
    await page.evaluate(() => window.agent.changeRoot({ Connected: true, ConnectionError: "" }));
    await banner.waitFor({ state: "detached" });
});

test("a host without machines says how there come some", async () => {
    await opened.close();
    opened = await open(browser, "/", { query: "machines=0" });
    page = opened.page;
    await page.getByText("No machines yet").waitFor();
});

test("nothing jumps while it loads", async () => {
    await opened.close();
    opened = await open(browser, "/", { query: "delay=400" });
    page = opened.page;
    const tops = () => page.evaluate(() => [...document.querySelectorAll(".overview-numbers, .overview-main, .overview-side")].map(
        (one) => Math.round(one.getBoundingClientRect().top)));
    await page.reload();
    await page.waitForSelector(".overview-main");
    const first = await tops();
    await page.locator(".health-wrong").first().waitFor();
    await page.waitForTimeout(500);
    const last = await tops();
    last.forEach((top, i) => assert.ok(Math.abs(top - first[i]) <= 4, `${first.join()} became ${last.join()}`));
});

test("the line beside the processors says that it is of machines", async () => {
    await page.locator(".resource-line").getByText("Machines, 5 min").waitFor();
});

for (const available of [20, 1])
    test(`parts of a bar have the colour of what tells of them below (${available} GiB left)`, async () => {
        await opened.close();
        opened = await open(browser, "/machines");
        page = opened.page;
        await page.evaluate((available) => {
            const { agent } = window, real = agent.call.bind(agent);
            const usage = { MemoryAvailable: { t: "t", v: available * 2 ** 30 } };
            agent.call = (...call) => call[2] === "GetUsage" ? [usage] : real(...call);
            location.hash = "/";
        }, available);
        const card = page.locator(".share").nth(1);
        await card.getByText(/GiB/).first().waitFor();
        const colours = (where) => card.locator(where).evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor));
        assert.deepEqual(await colours(".share-key"), await colours(".share-bar > span"));
        assert.equal(await card.getAttribute("data-full"), available === 1 ? "true" : null);
    });

test("events that are not read yet are not said to be none", async () => {
    await opened.close();
    opened = await open(browser, "/", { query: "delay=100" });
    page = opened.page;
    await page.addInitScript(() => {
        window.said = false;
        new MutationObserver(() => { window.said ||= document.body?.textContent.includes("Nothing has happened") ?? false; })
            .observe(document, { childList: true, subtree: true, characterData: true });
    });
    await page.reload();
    await page.locator(".events li").first().waitFor();
    assert.equal(await page.evaluate(() => window.said), false);
});
