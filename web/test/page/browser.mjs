// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the page share: Chromium, the routes there are, and a page over the stand-in agent that tells its errors.
import { beforeEach } from "node:test";

import { chromium } from "playwright-core";

/** Set by test/pages.mjs, which serves the page. */
const address = process.env.HATAGO_PAGE;

export const UUID = (n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
const RUNNING = UUID(2);

/** Every page there is, by what test and pictures call it. */
export const ROUTES = {
    overview: "/",
    machines: "/machines",
    summary: `/machines/${RUNNING}`,
    console: `/machines/${RUNNING}/console`,
    hardware: `/machines/${RUNNING}/hardware`,
    service: `/machines/${RUNNING}/service`,
    xml: `/machines/${RUNNING}/xml`,
    "no-machine": `/machines/${UUID(999999)}`,
};

const wanted = (process.env.HATAGO_ROUTES ?? "").split(",").filter(Boolean);
export const routes = Object.entries(ROUTES).filter(([name]) => wanted.length === 0 || wanted.includes(name));

/** No test takes so long: one that never ends fails, with all that its file had still to do. */
const ENDLESS_MS = 300_000;
let endless;
beforeEach((test) => {
    globalThis.clearTimeout(endless);
    endless = setTimeout(() => {
        console.error(`no end after ${ENDLESS_MS / 1000} s: ${test.name}`);
        process.exit(1);
    }, ENDLESS_MS).unref();
});

export const launch = () => chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
});

/**
 * The page, opened: what it writes to the console as an error, or throws, is gathered in errors. options: language, theme, width,
 * height, query (of the stand-in: see test/fake/page.ts), prepare: done with the page before it loads anything, unsettled: it is not
 * waited for what still comes.
 */
export async function open(browser, hash, {
    language = "en", theme = "light", width = 1280, height = 800, query = "", prepare = () => undefined, unsettled = false,
} = {}) {
    const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", timezoneId: "UTC" });
    const page = await context.newPage();
    const errors = [];
    page.setDefaultTimeout(10_000);
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.addInitScript((style) => localStorage.setItem("shell:style", style), theme);
    await prepare(page);
    await page.goto(`${address}?language=${language}&${query}#${hash}`);
    await (unsettled ? page.waitForSelector("h1, .pf-v6-c-skeleton") : settled(page));
    return { page, errors, close: () => context.close() };
}

/** Goes to another place in the same page. */
export async function go(page, hash) {
    await page.evaluate((hash) => { location.hash = hash; }, hash);
    await settled(page);
}

export async function setTheme(page, style) {
    await page.evaluate((style) => {
        localStorage.setItem("shell:style", style);
        window.dispatchEvent(new CustomEvent("cockpit-style", { detail: { style } }));
    }, style);
    await rest(page);
}

/** Until nothing moves: colours that still change into those of another theme are none of either. */
const rest = (page) => page.evaluate(() => Promise.all(document.getAnimations()
    .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime)).map((one) => one.finished.catch(() => undefined))));

/** Waits until it shows what it is about: a heading, no placeholders, and nothing that still comes in a chunk. */
export async function settled(page) {
    await page.waitForSelector("h1");
    await page.waitForFunction(() => !document.querySelector(".pf-v6-c-skeleton, .pf-v6-c-spinner:not([data-lasting])"), null,
                               { timeout: 3000 }).catch(() => undefined);
    await rest(page);
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
}
