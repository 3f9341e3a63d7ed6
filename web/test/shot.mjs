// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node test/shot.mjs FILE.png [HASH [QUERY [WIDTH [dark]]]]
// A picture of the page over the stand-in agent, to look at: node test/shot.mjs /tmp/list.png /machines machines=1000 390 dark
import { chromium } from "playwright-core";

import { serve } from "./serve.mjs";

const [file, hash = "/", query = "", width = "1280", style = "light"] = process.argv.slice(2);
const { server, url } = await serve();
const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
});
try {
    const page = await browser.newPage({ viewport: { width: Number(width), height: 800 } });
    page.on("console", (message) => console.log(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => console.log(String(error)));
    await page.addInitScript((style) => localStorage.setItem("shell:style", style), style);
    await page.goto(`${url}?${query}#${hash}`);
    await page.waitForSelector("h1");
    await page.waitForTimeout(500);
    await page.screenshot({ path: file });
} finally {
    await browser.close();
    server.close();
}
