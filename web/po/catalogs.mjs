// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns the translations of the page, and those of the command line tool whose words it shows, into what Cockpit loads:
// po.LANGUAGE.js, called by the page as po.js.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import gettextParser from "gettext-parser";

const here = dirname(fileURLToPath(import.meta.url));
// The page's own words win.
const FOLDERS = [join(here, "../../cli/po"), here];

async function readCatalog(file) {
    const text = await readFile(file).catch((error) => {
        if (error.code === "ENOENT")
            return null;
        throw error;
    });
    return text && gettextParser.po.parse(text);
}

export async function writeCatalogs(out) {
    const languages = (await readdir(here)).filter((name) => name.endsWith(".po")).map((name) => name.slice(0, -3));
    for (const language of languages) {
        const messages = {};
        let plural = "n !== 1";
        for (const folder of FOLDERS) {
            const catalog = await readCatalog(join(folder, `${language}.po`));
            if (!catalog)
                continue;
            plural = /plural=([^;]+);/.exec(catalog.headers["Plural-Forms"] ?? "")?.[1] ?? plural;
            for (const [context, entries] of Object.entries(catalog.translations))
                for (const entry of Object.values(entries))
                    if (entry.msgid && entry.msgstr[0] && !entry.comments?.flag?.includes("fuzzy"))
                        messages[context ? `${context}\u0004${entry.msgid}` : entry.msgid] = [null, ...entry.msgstr];
        }
        const header = `"":{"plural-forms":(n)=>Number(${plural}),"language":${JSON.stringify(language)},"language-direction":"ltr"}`;
        const body = JSON.stringify(messages).slice(1);
        await writeFile(join(out, `po.${language}.js`), `cockpit.locale({${header},${body});\n`);
    }
}
