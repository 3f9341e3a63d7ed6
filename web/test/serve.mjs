// SPDX-License-Identifier: LGPL-2.1-or-later
// Usage: node test/serve.mjs [PORT]
// Builds the page with a stand-in for Cockpit and the agent, and serves it on the loopback address, to look at while one
// writes: http://127.0.0.1:PORT/hatago/index.html?machines=1000&language=ja. The page's own tests open it too.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const top = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(top, "dist-fake");
const TYPES = {
    ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
};

export function serve(port = 0) {
    const built = spawnSync(process.execPath, [join(top, "build.mjs"), join(folder, "hatago"), "--fake"], { stdio: "inherit" });
    if (built.status !== 0)
        throw new Error("the build failed");
    const policy = JSON.parse(readFileSync(join(top, "manifest.json"), "utf8"))["content-security-policy"];
    const server = createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url, "http://localhost");
        const referrer = new URL(request.headers.referer ?? "http://localhost");
        const language = (searchParams.get("language") ?? referrer.searchParams.get("language")) || "en";
        const name = pathname.endsWith("/po.js") ? pathname.replace(/po\.js$/, `po.${language}.js`) : pathname;
        if (name === "/favicon.ico")
            return void response.writeHead(204).end();
        const headers = { "Content-Type": TYPES[extname(name)] ?? "text/plain", "Content-Security-Policy": policy };
        const file = join(folder, normalize(name));
        // As Cockpit does: what is there compressed is sent so.
        readFile(`${file}.gz`).then((data) => response.writeHead(200, { ...headers, "Content-Encoding": "gzip" }).end(data))
            .catch(() => readFile(file).then((data) => response.writeHead(200, headers).end(data)))
            .catch(() => response.writeHead(name.includes("/po.") ? 200 : 404, { "Content-Type": "text/javascript" }).end());
    });
    return new Promise((resolve) => server.listen(port, "127.0.0.1", () =>
        resolve({ server, url: `http://127.0.0.1:${server.address().port}/hatago/index.html` })));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
    console.log((await serve(Number(process.argv[2] ?? 0))).url);
