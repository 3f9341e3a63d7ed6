// SPDX-License-Identifier: LGPL-2.1-or-later
// Drives one Chromium by Playwright for driver.py: a JSON request a line on standard input, an answer a line on standard
// output, and in between a line for each event of a page. Ends, and the browser with it, when its input ends.
//
// A request {id, on, steps, keep} begins with the object of number "on" (0 is the browser) and goes through the steps:
// [name] is a property of what there is so far, or a call without arguments, [name, …arguments] a call. What comes out
// is answered as {id, value}, or with "keep" gets a number and is answered as {id, kept}. What went wrong is {id, error}.
// Arguments of the program: the folder of node_modules, and the browser's program.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, program] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");

// Without these it looks for things on a network that is not there.
const FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
];

const objects = new Map();

function say(message) {
    process.stdout.write(`${JSON.stringify(message)}\n`);
}

// argument(VALUE, ROOT): what JSON cannot say: {$regexp: [source, flags]}; {$function: source}; {$steps: […]}, a
// locator of the request's object
function argument(value, root) {
    if (Array.isArray(value))
        return value.map(item => argument(item, root));
    if (value === null || typeof value !== "object")
        return value;
    if (value.$regexp)
        return new RegExp(...value.$regexp);
    if (value.$function)
        return (0, eval)(`(${value.$function})`);
    if (value.$steps)
        return value.$steps.reduce((object, step) => take(object, step, root), root);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, argument(item, root)]));
}

function take(object, [name, ...rest], root) {
    const member = object[name];
    return typeof member === "function" ? member.apply(object, argument(rest, root)) : member;
}

// watch(PAGE, NUMBER): tells what happens in a page
function watch(page, number) {
    const tell = (event, more) => say({ event, page: number, ...more });
    page.on("console", message => tell("console", {
        kind: message.type(), text: message.text(), url: message.location().url,
    }));
    page.on("pageerror", error => tell("pageerror", { text: error.stack || String(error) }));
    page.on("crash", () => tell("pageerror", { text: "the page has crashed" }));
    page.on("websocket", socket => {
        socket.on("framesent", ({ payload }) => tell("sent", { text: String(payload) }));
    });
}

function keep(object) {
    const number = objects.size;
    objects.set(number, object);
    if (object.keyboard)
        watch(object, number);
    return number;
}

async function answer({ id, on, steps, keep: kept }) {
    try {
        const root = objects.get(on);
        let object = root;
        for (const step of steps)
            object = await take(object, step, root);
        if (kept)
            say({ id, kept: keep(object) });
        else
            say({ id, value: object === undefined || Buffer.isBuffer(object) ? null : object });
    } catch (error) {
        say({ id, error: error.message || String(error) });
    }
}

const browser = await chromium.launch({ executablePath: program, chromiumSandbox: false, args: FLAGS });
browser.on("disconnected", () => process.exit(0));
keep(browser);
say({ event: "ready" });
for await (const line of createInterface({ input: process.stdin }))
    void answer(JSON.parse(line));
await browser.close();
