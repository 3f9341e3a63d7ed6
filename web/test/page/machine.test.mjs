// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of one machine: its head, its parts, its console.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ROUTES, go, launch, open } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const PATH = () => [...window.agent.machines.keys()][1];
const head = (page) => page.locator(".machine-head");

test("the head stays as it is while a configuration is saved, and tells what changes the state", async () => {
    const { page, errors, close } = await open(browser, ROUTES.xml);
    const look = async () => [await head(page).innerText(), await head(page).evaluate((element) => element.parentElement.clientHeight)];
    const before = await look();
    await page.evaluate(`window.agent.newJob("set-xml", (${PATH})())`);
    await page.getByRole("button", { name: "1 job" }).waitFor();
    assert.deepEqual(await look(), before);
    await page.evaluate(`window.agent.newJob("save", (${PATH})())`);
    await head(page).getByText("saving …").waitFor();
    assert.deepEqual(errors, []);
    await close();
});

test("a serial line that says nothing has a hint, until it does", async () => {
    const { page, errors, close } = await open(browser, `${ROUTES.console}?port=serial0`, { query: "silent=1" });
    const hint = page.getByText("Connected. Press Enter if nothing appears.");
    await hint.waitFor();
    await page.locator(".xterm-helper-textarea").press("Enter");
    await hint.waitFor({ state: "detached" });
    assert.deepEqual(errors, []);
    await close();
});

test("what libvirt refuses is told in our words first, with its own below", async () => {
    const { page, close } = await open(browser, ROUTES.xml);
    await page.evaluate(() => window.agent.refusals.set("SetXML", Object.assign(
        new Error("unsupported configuration: no such thing"), { name: "org.hatago.Host1.Error.InvalidXML" })));
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const area = page.locator(".xml-text");
    await area.fill((await area.inputValue()).replace("1048576", "2097152"));
    await page.getByRole("button", { name: "Review what changes" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("libvirt does not take this as the configuration of a machine.").waitFor();
    assert.equal(await page.locator(".xml-message").innerText(), "unsupported configuration: no such thing");
    await close();
});

test("who edits is told of what others have changed while the agent was away", async () => {
    const { page, close } = await open(browser, ROUTES.xml);
    const area = page.locator("textarea.xml-text");
    await area.and(page.locator("[readonly]")).waitFor();
    await page.evaluate(() => window.agent.die());
    await page.locator("[data-about=agent]").waitFor();
    await page.evaluate(`{
        const { agent } = window, path = (${PATH})();
        agent.xml.set(path, agent.call(path, "", "GetXML", [])[0].replace("1048576", "3145728"));
        agent.live();
    }`);
    await page.waitForFunction(() => document.querySelector("textarea.xml-text").value.includes("3145728"));

    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await area.fill((await area.inputValue()).replace("3145728", "2097152"));
    // The count of its configurations begins anew with the agent: it is 1 before and after.
    await page.evaluate(() => window.agent.die());
    await page.locator("[data-about=agent]").waitFor();
    await page.evaluate(`{
        const { agent } = window, path = (${PATH})();
        agent.xml.set(path, agent.call(path, "", "GetXML", [])[0].replace(">2</vcpu>", ">4</vcpu>"));
        agent.live();
    }`);
    await page.getByRole("heading", { name: "Others have changed it meanwhile" }).waitFor();
    await close();
});

test("who looks at what others have changed goes back to the text, and gets theirs as it is by then", async () => {
    const { page, errors, close } = await open(browser, ROUTES.xml);
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const area = page.locator("textarea.xml-text");
    await area.fill((await area.inputValue()).replace("type='none'", "type='socket'"));
    const others = (before, after) => page.evaluate(`{
        const { agent } = window, path = (${PATH})();
        agent.defineXML(path, agent.call(path, "", "GetXML", [])[0].replace("${before}", "${after}"));
    }`);
    await others(">2</vcpu>", ">4</vcpu>");
    const link = page.getByRole("button", { name: "What others have changed" });
    await link.click();
    await page.getByRole("heading", { name: "What others have changed", level: 2 }).waitFor();
    assert.equal(await page.getByText("Nothing was saved.").count(), 0);
    await page.getByRole("button", { name: "Go on editing" }).click();
    assert.match(await area.inputValue(), /type='socket'/);

    await link.click();
    await others(">4</vcpu>", ">8</vcpu>");
    await page.locator(".xml-changes").getByText(">8</vcpu>").waitFor();
    await page.getByRole("button", { name: "Add my changes to theirs" }).click();
    await page.getByRole("button", { name: "Go on editing" }).click();
    assert.match(await area.inputValue(), />8<\/vcpu>[^]*type='socket'/);

    // Theirs is taken back: there is nothing to look at any more.
    await others(">8</vcpu>", ">6</vcpu>");
    await link.click();
    await others(">6</vcpu>", ">8</vcpu>");
    await page.getByRole("heading", { name: "Edit the stored configuration" }).waitFor();
    assert.equal(await link.count(), 0);
    assert.deepEqual(errors, []);
    await close();
});

test("the journal goes on under a new name, with what was written under the old one", async () => {
    const { page, close } = await open(browser, ROUTES.service);
    await page.getByText("Started hatago-vm@web.service").waitFor();
    await page.evaluate(`{
        const path = (${PATH})(), { agent } = window;
        agent.change(path, { Name: "mail", Unit: "hatago-vm@mail.service" });
        agent.emit("/org/hatago/Host1", "org.hatago.Host1.Machines", "EventRecorded", [Date.now() * 1000, path, "mail", "renamed", "vm-0002"]);
    }`);
    await page.getByText("It was called vm-0002 before").waitFor();
    await page.getByText("Started hatago-vm@web.service").waitFor();
    await close();
});

test("spans of time that are not set show what counts then, in the unit beside it", async () => {
    const { page, close } = await open(browser, ROUTES.service);
    const span = (name) => page.getByRole("textbox", { name }).getAttribute("placeholder");
    const unit = page.getByLabel("Stop timeout: unit of time");
    assert.deepEqual([await span("Delay"), await span("Stop timeout"), await unit.inputValue()], ["0", "3", "min"]);
    await unit.selectOption("s");
    assert.equal(await span("Stop timeout"), "180");
    assert.equal(await page.getByRole("button", { name: "Apply" }).isDisabled(), true, "nothing has changed");
    await close();
});

test("what a machine does not have is not plotted", async () => {
    const { page, close } = await open(browser, "/machines");
    await page.evaluate(`{
        const { agent } = window, real = agent.call.bind(agent), path = (${PATH})();
        Object.assign(agent.machines.get(path), { Disks: [] });
        agent.call = (...call) => {
            const answer = real(...call);
            if (call[2] === "GetHistory")
                for (const name of ["DiskReadRate", "DiskWriteRate"])
                    answer[2][name].fill(0);
            return answer;
        };
    }`);
    await go(page, ROUTES.summary);
    await page.getByRole("heading", { name: "Network", exact: true }).waitFor();
    assert.equal(await page.getByRole("heading", { name: "Disks", exact: true }).count(), 0);
    await close();
});

test("a UUID stands in one line, and notices cover no button of the head", async () => {
    const { page, close } = await open(browser, ROUTES.summary);
    const uuid = page.getByText(ROUTES.summary.split("/").at(-1), { exact: true });
    assert.equal(await uuid.evaluate((element) => element.getClientRects().length), 1);
    await page.evaluate(() => window.agent.refusals.set("shutdown", Object.assign(new Error("no"), { name: "Busy" })));
    await page.getByRole("button", { name: "Shut down" }).click();
    const notice = await page.locator(".notices .pf-v6-c-alert").boundingBox();
    const { y, height } = await head(page).boundingBox();
    assert.ok(notice.y > y + height, `${notice.y} is not below ${y + height}`);
    await close();
});
