// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node test/pages.mjs [--junit FILE] [--pictures FOLDER] [--route NAME …] [WORD …]
// Runs test/page/*.test.mjs (those whose names hold one of the words): the whole page in Chromium, over the stand-in for Cockpit
// and the agent. --route: only that page or state, such as overview or menu-machine; see ROUTES in test/page/browser.mjs, and
// test/page/states.mjs. --pictures: also makes pictures of each, in both themes and languages, wide and narrow.
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { serve } from "./serve.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { junit: { type: "string" }, pictures: { type: "string" }, route: { type: "string", multiple: true } },
});
const files = (await readdir(join(here, "page"))).filter((name) => name.endsWith(".test.mjs")
    && (positionals.length === 0 || positionals.some((word) => name.includes(word)))
    && (values.pictures || name !== "pictures.test.mjs"));

const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
if (values.junit)
    reporters.push("--test-reporter=junit", `--test-reporter-destination=${values.junit}`);

const { server, url } = await serve();
const child = spawn(process.execPath, ["--test", "--test-concurrency=2", ...reporters, ...files.map((name) => join(here, "page", name))], {
    stdio: "inherit",
    env: {
        ...process.env, HATAGO_PAGE: url, HATAGO_ROUTES: (values.route ?? []).join(),
        ...values.pictures ? { HATAGO_PICTURES: resolve(values.pictures) } : {},
    },
});
process.exitCode = await new Promise((done) => child.on("close", (code) => done(code ?? 1)));
server.close();
