// SPDX-License-Identifier: LGPL-2.1-or-later
// The licences of what is bundled ask that their words go along: writeNotices() gathers them.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const OWN_FOLDER = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

async function notice(folder) {
    const { name, version, license, homepage } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter(file => /^(licen[cs]e|copyright|notice|authors)/i.test(file)).sort();
    const texts = await Promise.all(files.map(file => readFile(join(folder, file), "utf8")));
    const title = `${name} ${version}, ${license}${homepage ? `, ${homepage}` : ""}`;
    return [`${"=".repeat(78)}\n${title}`, ...texts.map(text => text.trim())].join("\n\n");
}

// writeNotices(HERE, OUT, METAFILE): third-party.txt in the folder OUT, of all packages below HERE that esbuild says it bundled
export async function writeNotices(here, out, metafile) {
    const folders = new Set(Object.keys(metafile.inputs).map(path => OWN_FOLDER.exec(path)?.[1]).filter(Boolean));
    const notices = await Promise.all([...folders].sort().map(folder => notice(join(here, folder))));
    await writeFile(join(out, "third-party.txt"), `${notices.join("\n\n")}\n`);
}
