// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node build.mjs FOLDER [--words FILE] [--fake] [--watch]
// Writes the finished plugin into FOLDER. --words: what print-words of the command line tool wrote, so that both say the
// same. --fake: with a stand-in for Cockpit and the agent too, for tests of the page alone.
import * as esbuild from "esbuild";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { writeNotices } from "./notices.mjs";
import { writeCatalogs } from "./po/catalogs.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: { words: { type: "string" }, fake: { type: "boolean" }, watch: { type: "boolean" } },
});
if (positionals.length !== 1) {
    console.error("Usage: node build.mjs FOLDER [--words FILE] [--fake] [--watch]");
    process.exit(2);
}
const out = resolve(positionals[0]);
// Without them, as for tests of the page alone: those of a build that is there, else some for tests.
const words = options.words ? resolve(options.words)
    : [join(here, "../build/dev/cli/words.json"), join(here, "test/fake/words.json")].find((file) => existsSync(file));

const common = {
    absWorkingDir: here,
    bundle: true,
    format: "esm",
    target: ["chrome111", "firefox115", "safari16.4"],
    minify: !options.watch,
    sourcemap: options.watch ? "inline" : false,
    legalComments: "none",
    loader: { ".woff2": "file", ".svg": "file" },
    assetNames: "[name]",
    define: { "process.env.NODE_ENV": options.watch ? '"development"' : '"production"' },
    alias: { "hatago-words": words },
    logLevel: "warning",
};

async function build() {
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    for (const file of ["manifest.json", "index.html"])
        await cp(join(here, file), join(out, file));
    await writeCatalogs(out);

    // noVNC awaits at top level, which wants modules; what only some pages need comes in chunks of its own.
    const page = { ...common, entryPoints: ["src/index.tsx"], outdir: out, splitting: true };
    if (options.watch) {
        const context = await esbuild.context(page);
        await context.watch();
    } else {
        const { metafile } = await esbuild.build({ ...page, metafile: true });
        await writeNotices(here, out, metafile);
    }
    if (options.fake)
        await esbuild.build({ ...common, entryPoints: ["test/fake/page.ts"], outfile: join(out, "../base1/cockpit.js"), format: "iife" });
}

await build();
let bytes = 0;
for (const name of await readdir(out))
    bytes += (await stat(join(out, name))).size;
console.log(`${out}: ${(bytes / 1024).toFixed(0)} KiB, index.js ${((await readFile(join(out, "index.js"))).length / 1024).toFixed(0)} KiB`);
