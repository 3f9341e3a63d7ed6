// SPDX-License-Identifier: LGPL-2.1-or-later
// What is wrong with a page, as far as a machine can tell.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** One line for each thing that is wrong, with where it stands. */
export async function judge(page) {
    if (!await page.evaluate(() => "axe" in window))
        await page.evaluate(axe);
    const violations = await page.evaluate(async () => (await window.axe.run(document, {
        resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    })).violations);
    // What an open menu lies on cannot be hit, however large it is.
    const left = violations.map(({ id, help, nodes }) => ({
        id, help, nodes: nodes.filter(({ failureSummary }) => id !== "target-size" || !failureSummary.includes("obscured")),
    })).filter(({ nodes }) => nodes.length > 0);
    return left.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 4).map(
        ({ target, failureSummary }) => `    ${target.join(" ")}\n      ${failureSummary.split("\n").slice(1).join("\n      ")}`).join("\n")}`);
}

/** What stands out to the right of the page, which would make it scroll sideways. */
export const overflow = (page) => page.evaluate(() => {
    const scrolls = (element) => element && element.scrollWidth > element.clientWidth + 1;
    const main = document.querySelector("main, .pf-v6-c-page__main") ?? document.body;
    if (!scrolls(document.documentElement) && !scrolls(main))
        return [];
    const clipped = (element) => {
        for (let parent = element.parentElement; parent && parent !== main; parent = parent.parentElement)
            if (getComputedStyle(parent).overflowX !== "visible")
                return true;
        return false;
    };
    return [...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1 && !clipped(element))
        .slice(0, 6).map((element) => `<${element.tagName.toLowerCase()} class="${element.className}"> `
            + `${Math.round(element.getBoundingClientRect().right)} px: ${(element.textContent ?? "").slice(0, 40)}`);
});

/** What is open beside the screen, words that are broken letter by letter, and words that are cut off. */
export const misshapen = (page) => page.evaluate(() => {
    const wrong = [];
    const told = (element) => `<${element.tagName.toLowerCase()} class="${element.className}"> ${(element.textContent ?? "").slice(0, 40)}`;
    for (const element of document.querySelectorAll(".pf-v6-c-menu, .pf-v6-c-modal-box, .pf-v6-c-popover, .pf-v6-c-alert-group")) {
        const { left, right } = element.getBoundingClientRect();
        if (left < 0 || right > window.innerWidth + 0.5)
            wrong.push(`beside the screen, ${Math.round(left)} to ${Math.round(right)} px: ${told(element)}`);
    }
    const walker = document.createTreeWalker(document.body, window.NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        // Made for screen readers alone, or cut on purpose.
        if (walker.currentNode.data.trim().length < 4 || element.closest(".pf-v6-screen-reader, .machine-title, .xterm, style, script, textarea"))
            continue;
        const { fontSize, overflowX } = getComputedStyle(element);
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const lines = [...range.getClientRects()];
        if (lines.length > 3 && lines.every(({ width }) => width < 1.6 * parseFloat(fontSize)))
            wrong.push(`letter by letter: ${told(element)}`);
        if (overflowX !== "visible" && overflowX !== "auto" && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
            wrong.push(`cut off: ${told(element)}`);
    }
    return wrong;
});

/** Names for screen readers that PatternFly gives in English where none is given to it. */
export const unnamed = (page) => page.evaluate(() =>
    [...[...document.querySelectorAll("[aria-label], [aria-valuetext]")].flatMap((one) => [one.ariaLabel ?? "", one.ariaValueText ?? ""]),
     ...[...document.querySelectorAll(".pf-v6-screen-reader")].map((one) => one.textContent ?? "")]
        .filter((text) => /alert:| status$|^(Close|Reset|Loading|Breadcrumb|Contents|Scroll|Toggle|Copy)\b/.test(text)));
