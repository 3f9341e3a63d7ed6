// SPDX-License-Identifier: LGPL-2.1-or-later
// Where XML is wrong: as the browser's parser says it, and as libvirt does.

export interface Fault {
    /** From 1; 0: not known. */
    line: number;
    column: number;
    message: string;
}

/** null: it is well-formed. What libvirt makes of it is another question. */
export function wellFormed(text: string): Fault | null {
    const error = new DOMParser().parseFromString(text, "application/xml").querySelector("parsererror");
    return error ? parserFault(error.textContent ?? "") : null;
}

/**
 * Chromium and WebKit: "This page contains the following errors:error on line 3 at column 5: Opening and …\nBelow is a …".
 * Firefox: "XML Parsing Error: mismatched tag. Expected: </name>.\nLocation: …\nLine Number 3, Column 5:…".
 */
export function parserFault(text: string): Fault {
    const webkit = /error on line (\d+) at column (\d+): ([^\n]*)/.exec(text);
    if (webkit)
        return { line: Number(webkit[1]), column: Number(webkit[2]), message: webkit[3]!.replace(/Below is a rendering.*$/, "").trim() };
    const firefox = /XML Parsing Error: ([^\n]*)\n[^]*?Line Number (\d+), Column (\d+)/.exec(text);
    if (firefox)
        return { line: Number(firefox[2]), column: Number(firefox[3]), message: firefox[1]!.trim() };
    return { line: 0, column: 0, message: text.trim().split("\n")[0] ?? "" };
}

/** libvirt's parser: "(domain_definition):12: Opening and ending tag mismatch: …\n</domain>\n---^"; else no line is told. */
export function libvirtFault(message: string): Fault {
    const place = /\([\w-]+\):(\d+): /.exec(message);
    const pointer = /^(-*)\^/m.exec(message);
    return { line: place ? Number(place[1]) : 0, column: pointer ? pointer[1]!.length + 1 : 0, message: message.trim() };
}

/** Where a line (from 1) begins and ends in a text. */
export function lineRange(text: string, line: number): [start: number, end: number] {
    let start = 0;
    for (let n = 1; n < line; n++) {
        const end = text.indexOf("\n", start);
        if (end < 0)
            break;
        start = end + 1;
    }
    const end = text.indexOf("\n", start);
    return [start, end < 0 ? text.length : end];
}
