// SPDX-License-Identifier: LGPL-2.1-or-later
// Menus and dialogs by keyboard alone: what opens them is where one is again when they are closed, and meanwhile Tab and arrows
// stay within.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./browser.mjs";
import { Hand, STATES } from "./states.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const LAYER = "[role=dialog], .pf-v6-c-menu";

/** What has the focus, by what it is called; empty: nothing has. */
const focused = (page) => page.evaluate(() => {
    const { activeElement: element } = document;
    return element === document.body ? "" : element.ariaLabel || element.textContent || element.id || element.tagName;
});
const isWithin = (page, layer) => page.evaluate((layer) => Boolean(document.activeElement.closest(layer)), layer);
const gone = (page) => page.locator(LAYER).first().waitFor({ state: "detached" });

/** The state, made by mouse, has a layer that is opened from somewhere. Here that is done by keyboard. */
async function opened(hash, query, find) {
    const { page, errors, close } = await open(browser, hash, { query });
    const opener = await find(new Hand(page));
    await opener.focus();
    const name = await focused(page);
    await page.keyboard.press("Enter");
    await page.locator(LAYER).first().waitFor();
    await page.waitForFunction((layer) => document.activeElement.closest(layer), LAYER);
    return { page, errors, close, name };
}

const MENUS = {
    "a machine's menu": [STATES["menu-machine"], (hand) => hand.see("button", "Actions: {name}", { values: { name: "vm-0002" } })],
    "the menu of a machine's page": [STATES["menu-head"], (hand) => hand.see("button", "Actions: {name}", { values: { name: "vm-0002" } })],
    "other ways to stop": [STATES["menu-stop"], (hand) => hand.see("button", "Other ways to stop it")],
    "columns": [STATES["menu-columns"], (hand) => hand.see("button", "Columns and order")],
    "actions of several": [STATES["bulk-bar"], async (hand) => {
        await hand.choose("vm-0001", "vm-0002");
        return hand.see("button", "More actions");
    }],
    "keys for a display": [STATES["console-keys"], async (hand) => {
        await hand.page.getByRole("application").waitFor();
        return hand.see("button", "Send keys");
    }],
    "more for a console": [STATES["console-more"], (hand) => hand.see("button", "More for this console")],
};

for (const [what, [{ hash, query }, find]] of Object.entries(MENUS))
    test(`${what}: opened by Enter, walked by arrows, and left to where one was`, async () => {
        const { page, errors, close, name } = await opened(hash, query, find);
        const first = await focused(page);
        await page.keyboard.press("ArrowDown");
        assert.ok(await isWithin(page, ".pf-v6-c-menu"), "arrows stay within");
        if (await page.locator(".pf-v6-c-menu button, .pf-v6-c-menu input").count() > 1)
            assert.notEqual(await focused(page), first, "arrows lead on");
        await page.keyboard.press("Escape");
        await gone(page);
        assert.equal(await focused(page), name);
        assert.deepEqual(errors, []);
        await close();
    });

const DIALOGS = {
    "rename": ["dialog-rename", "vm-0001", "Rename …"],
    "power off": ["dialog-confirm", "vm-0002", "Power off"],
    "remove": ["dialog-remove", "vm-0001", "Remove"],
};

for (const [what, [state, machine, label]] of Object.entries(DIALOGS))
    test(`${what}: the dialog of a menu's item keeps the focus, and gives it back to the menu's button`, async () => {
        const { hash, query } = STATES[state];
        const { page, errors, close, name } = await opened(hash, query, (hand) =>
            hand.see("button", "Actions: {name}", { values: { name: machine } }));
        for (let presses = 0; !(await focused(page)).startsWith(label); presses++) {
            assert.ok(presses < 50, `arrows do not lead to ${label}`);
            await page.keyboard.press("ArrowDown");
        }
        await page.keyboard.press("Enter");
        await page.getByRole("dialog").waitFor();
        await keeps(page);
        await page.keyboard.press("Escape");
        await gone(page);
        await page.waitForFunction(() => document.activeElement !== document.body);
        assert.equal(await focused(page), name);
        assert.deepEqual(errors, []);
        await close();
    });

/** Tab goes around in the dialog. */
async function keeps(page) {
    const stops = new Set();
    for (let i = 0; i < 12; i++) {
        await page.keyboard.press("Tab");
        assert.ok(await isWithin(page, "[role=dialog]"), "Tab stays within");
        stops.add(await focused(page));
    }
    assert.ok(stops.size > 1, "Tab leads on");
}

const BUTTONS = {
    "a remedy": ["dialog-fix", (hand) => hand.page.locator('[data-check="vhost-net"] button').first()],
    "jobs": ["jobs-open", (hand) => hand.page.locator(".jobs-button")],
    "reset of the settings": ["dialog-reset", (hand) => hand.see("button", "Reset to defaults")],
};

for (const [what, [state, find]] of Object.entries(BUTTONS))
    test(`${what}: a button's dialog keeps the focus, and gives it back`, async () => {
        const { hash, query } = STATES[state];
        const { page, errors, close, name } = await opened(hash, query, find);
        await keeps(page);
        await page.keyboard.press("Escape");
        await gone(page);
        assert.equal(await focused(page), name);
        assert.deepEqual(errors, []);
        await close();
    });

test("a text to be typed into a display: its dialog keeps the focus, and gives it back", async () => {
    const { page, close, name } = await opened(STATES["console-more"].hash, "", async (hand) => {
        await hand.page.getByRole("application").waitFor();
        return hand.see("button", "More for this console");
    });
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await keeps(page);
    await page.keyboard.press("Escape");
    await gone(page);
    assert.equal(await focused(page), name);
    await close();
});
