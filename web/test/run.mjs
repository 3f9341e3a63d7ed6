// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node test/run.mjs [--junit FILE] [NAME …]
// Bundles test/unit/*.test.ts (those whose names hold one of the words) as the page is, and runs them with node's test runner.
import * as esbuild from "esbuild";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { junit: { type: "string" } } });
// What the page does after a minute, no test waits for: such timers do not keep the process.
const UNREF = `{
    const set = globalThis.setTimeout;
    globalThis.setTimeout = Object.assign((work, ms, ...rest) => {
        const timer = set(work, ms, ...rest);
        return ms >= 10_000 ? timer.unref() : timer;
    }, set);
}`;
const out = await mkdtemp(join(here, "../.unit-"));
try {
    const names = (await readdir(join(here, "unit"))).filter((name) => /\.test\.tsx?$/.test(name)
        && (positionals.length === 0 || positionals.some((word) => name.includes(word))));
    await esbuild.build({
        absWorkingDir: join(here, ".."),
        entryPoints: names.map((name) => `test/unit/${name}`),
        outdir: out,
        outExtension: { ".js": ".mjs" },
        bundle: true,
        packages: "external",
        format: "esm",
        platform: "node",
        alias: { "hatago-words": join(here, "fake/words.json") },
        sourcemap: "inline",
        banner: { js: UNREF },
        logLevel: "warning",
    });
    const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
    if (values.junit)
        reporters.push("--test-reporter=junit", `--test-reporter-destination=${values.junit}`);
    const files = (await readdir(out)).filter((name) => name.endsWith(".mjs")).map((name) => join(out, name));
    const child = spawn(process.execPath, ["--test", "--enable-source-maps", ...reporters, ...files], { stdio: "inherit" });
    process.exitCode = await new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
} finally {
    await rm(out, { recursive: true });
}
