// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node build.mjs FOLDER [--words FILE] [--fake] [--watch]
// Writes the finished plugin into FOLDER. --words: what print-words of the command line tool wrote, so that both say the
// same. --fake: with a stand-in for Cockpit and the agent too, for tests of the page alone.
import * as esbuild from "esbuild";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

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

/** What overview and list are made of: the connection to the bus is to be there first. */
const FIRST = ["src/index.tsx", "src/shell/show.tsx"];

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

/** index.html has the browser load all of FIRST at once, else it finds one chunk after another. */
async function writeIndex({ outputs }) {
    const chunks = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
    const wanted = new Set();
    const want = (name) => {
        if (wanted.has(name))
            return;
        wanted.add(name);
        for (const { path, kind } of chunks.get(name).imports)
            if (kind === "import-statement")
                want(basename(path));
    };
    for (const first of FIRST)
        for (const [name, { entryPoint }] of chunks)
            if (entryPoint === first && name.endsWith(".js"))
                want(name);
    const links = [...wanted].filter((name) => name !== "index.js").map((name) => `        <link rel="modulepreload" href="${name}">\n`);
    const html = await readFile(join(here, "index.html"), "utf8");
    await writeFile(join(out, "index.html"), html.replace("    </head>", `${links.join("")}    </head>`));
    // All styles are in index.css; those of the chunks, which nothing loads, are the same again.
    for (const name of chunks.keys())
        if (name.endsWith(".css") && name !== "index.css")
            await rm(join(out, name));
}

/** Cockpit unpacks them itself for a browser that cannot. */
async function compress() {
    for (const name of (await readdir(out)).filter((name) => /\.(js|css)$/.test(name))) {
        await writeFile(join(out, `${name}.gz`), gzipSync(await readFile(join(out, name)), { level: 9 }));
        await rm(join(out, name));
    }
}

async function build() {
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    await cp(join(here, "manifest.json"), join(out, "manifest.json"));
    await writeCatalogs(out);

    // noVNC awaits at top level, which wants modules; what only some pages need comes in chunks of its own.
    const page = { ...common, entryPoints: ["src/index.tsx"], outdir: out, splitting: true };
    if (options.watch) {
        await cp(join(here, "index.html"), join(out, "index.html"));
        const context = await esbuild.context(page);
        await context.watch();
    } else {
        const { metafile } = await esbuild.build({ ...page, metafile: true });
        await writeNotices(here, out, metafile);
        await writeIndex(metafile);
        await compress();
    }
    if (options.fake)
        await esbuild.build({ ...common, entryPoints: ["test/fake/page.ts"], outfile: join(out, "../base1/cockpit.js"), format: "iife" });
}

await build();
let bytes = 0;
for (const name of await readdir(out))
    bytes += (await stat(join(out, name))).size;
console.log(`${out}: ${(bytes / 1024).toFixed(0)} KiB`);
