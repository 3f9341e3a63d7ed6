// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node po/update.mjs [--check]
// Writes hatago-web.pot from the texts in src/ that _(), N_() or ngettext() hold, and brings each catalog up to date with it
// (msgmerge). --check: changes nothing, and fails if a catalog lacks a text, or has one that is used no more.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import gettextParser from "gettext-parser";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const top = join(here, "..");

/** msgid → { plural, places } */
function collect() {
    const found = new Map();
    const add = (msgid, plural, place) => {
        const entry = found.get(msgid) ?? { plural, places: [] };
        entry.places.push(place);
        found.set(msgid, entry);
    };
    for (const name of readdirSync(join(top, "src"), { recursive: true }).filter((name) => /\.tsx?$/.test(name)).sort()) {
        const path = join(top, "src", name);
        const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
        const text = (node) => {
            if (node && ts.isStringLiteralLike(node))
                return node.text;
            if (node && ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
                const [left, right] = [text(node.left), text(node.right)];
                return left === null || right === null ? null : left + right;
            }
            return null;
        };
        const visit = (node) => {
            if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
                const place = relative(top, path);
                const [one, many] = node.arguments.map(text);
                if (["_", "N_"].includes(node.expression.text) && typeof one === "string")
                    add(one, null, place);
                else if (node.expression.text === "ngettext" && typeof one === "string" && typeof many === "string")
                    add(one, many, place);
            }
            ts.forEachChild(node, visit);
        };
        visit(source);
    }
    return found;
}

function template(found) {
    const translations = { "": { "": { msgid: "", msgstr: ["Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n!=1;\n"] } } };
    for (const [msgid, { plural, places }] of [...found].sort(([a], [b]) => a < b ? -1 : 1))
        translations[""][msgid] = {
            msgid, ...plural ? { msgid_plural: plural, msgstr: ["", ""] } : { msgstr: [""] },
            comments: { reference: [...new Set(places)].join("\n") },
        };
    return gettextParser.po.compile({ charset: "utf-8", headers: {}, translations }).toString() + "\n";
}

const found = collect();
const catalogs = readdirSync(here).filter((name) => name.endsWith(".po"));
if (process.argv.includes("--check")) {
    for (const name of catalogs) {
        const entries = Object.values(gettextParser.po.parse(readFileSync(join(here, name))).translations[""]).filter(({ msgid }) => msgid);
        const known = new Map(entries.map((entry) => [entry.msgid, entry]));
        for (const msgid of found.keys()) {
            const entry = known.get(msgid);
            if (!entry?.msgstr[0] || entry.comments?.flag?.includes("fuzzy")) {
                console.error(`${name} lacks: ${msgid}`);
                process.exitCode = 1;
            }
        }
        for (const msgid of known.keys())
            if (!found.has(msgid)) {
                console.error(`${name} has what is not used: ${msgid}`);
                process.exitCode = 1;
            }
    }
} else {
    writeFileSync(join(here, "hatago-web.pot"), template(found));
    for (const name of catalogs)
        execFileSync("msgmerge", ["--quiet", "--update", "--backup=none", "--no-fuzzy-matching", "--no-location", "--sort-output",
                                  join(here, name), join(here, "hatago-web.pot")]);
    console.log(`${found.size} texts`);
}
