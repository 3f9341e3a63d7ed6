// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Machine } from "../../src/bus/contract";
import { formerUnits } from "../../src/machine/service/former-units";
import { Lines, UnitJournal, entryOf } from "../../src/store/journal";

const line = (n: number, fields = {}) => JSON.stringify({
    __CURSOR: `c${n}`, __REALTIME_TIMESTAMP: "1795000000000000", PRIORITY: "6", SYSLOG_IDENTIFIER: "hatago-vm", MESSAGE: `line ${n}`, ...fields,
}) + "\n";

test("a line of the journal is an entry", () => {
    assert.deepEqual(entryOf(line(1)),
                     { id: "c1", when: 1795000000000000, priority: 6, from: "hatago-vm", message: "line 1" });
});

test("bytes that are no text, fields that are there twice, and what is too long", () => {
    assert.equal(entryOf(line(1, { MESSAGE: [227, 129, 130] }))?.message, "あ");
    assert.equal(entryOf(line(1, { MESSAGE: ["one", "two"] }))?.message, "one");
    assert.equal(entryOf(line(1, { MESSAGE: null }))?.message, "…");
    assert.equal(entryOf(line(1, { SYSLOG_IDENTIFIER: undefined, _COMM: "systemd" }))?.from, "systemd");
});

test("what is no entry is passed over", () => {
    assert.equal(entryOf("-- No entries --"), null);
    assert.equal(entryOf("{}"), null);
    assert.equal(entryOf("null"), null);
});

test("lines come in pieces", () => {
    const lines = new Lines();
    assert.deepEqual(lines.push("a\nb"), ["a"]);
    assert.deepEqual(lines.push(""), []);
    assert.deepEqual(lines.push("c\n\nd\n"), ["bc", "d"]);
});

test("a line without an end is not kept", () => {
    const lines = new Lines();
    lines.push("x".repeat((1 << 20) + 1));
    assert.deepEqual(lines.push("a\n"), ["a"]);
});

interface Spawned { argv: string[]; send: (piece: string) => void; end: (failure?: object) => void; closed: boolean }

function spawning(): Spawned[] {
    const all: Spawned[] = [];
    Object.assign(globalThis, {
        cockpit: {
            spawn(argv: string[]) {
                let stream: (piece: string) => void = () => undefined;
                let settle: { resolve: (text: string) => void; reject: (failure: object) => void };
                const promise = new Promise<string>((resolve, reject) => { settle = { resolve, reject }; });
                const spawned: Spawned = {
                    argv, closed: false, send: (piece) => stream(piece),
                    end: (failure) => failure ? settle.reject(failure) : settle.resolve(""),
                };
                all.push(spawned);
                return Object.assign(promise, {
                    stream(callback: typeof stream) { stream = callback; return this; },
                    close() { spawned.closed = true; },
                });
            },
        },
    });
    return all;
}

test("the unit is an argument of its own, and never an option", () => {
    const [spawned] = [spawning()];
    new UnitJournal().open(["hatago-vm@-h.service"]);
    assert.equal(spawned[0]?.argv.at(-1), "--unit=hatago-vm@-h.service");
});

test("only the latest lines are kept, and none comes after it was closed", () => {
    const spawned = spawning();
    const journal = new UnitJournal();
    journal.open(["u"]);
    spawned[0]!.send(Array.from({ length: 600 }, (_, n) => line(n)).join(""));
    assert.equal(journal.journal.get().entries.length, 500);
    assert.equal(journal.journal.get().entries.at(-1)?.message, "line 599");
    journal.close();
    assert.equal(spawned[0]!.closed, true);
    spawned[0]!.send(line(1000));
    assert.equal(journal.journal.get().entries.at(-1)?.message, "line 599");
});

test("its end is told, with the reason, and it can be opened again", async () => {
    const spawned = spawning();
    const journal = new UnitJournal();
    journal.open(["u"]);
    spawned[0]!.end({ problem: "access-denied", message: "" });
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(journal.journal.get(), { entries: [], state: "ended", error: "access-denied" });
    journal.open(["u"]);
    assert.equal(journal.journal.get().state, "following");
});

test("a unit that is called otherwise by now is read with its old name, and nothing goes away meanwhile", () => {
    const spawned = spawning();
    const journal = new UnitJournal();
    journal.open(["old"]);
    spawned[0]!.send(line(1));
    journal.open(["new", "old"]);
    assert.equal(spawned[0]!.closed, true);
    assert.deepEqual(spawned[1]!.argv.slice(-2), ["--unit=new", "--unit=old"]);
    assert.deepEqual(journal.journal.get().entries.map(({ message }) => message), ["line 1"]);
    spawned[1]!.send(line(1) + line(2));
    assert.deepEqual(journal.journal.get().entries.map(({ message }) => message), ["line 1", "line 2"]);
});

test("former units are those of names that the machine had, unless another has one now", () => {
    const machine = { path: "/m/1", Unit: "hatago-vm@now.service" } as Machine;
    const other = { path: "/m/2", Unit: "hatago-vm@lent.service" } as Machine;
    const renamed = (Path: string, Detail: string) => ({ When: 1, Path, Name: "", Event: "renamed", Detail });
    const events = [
        renamed("/m/1", "first"), renamed("/m/2", "of-another"), renamed("/m/1", "lent"), renamed("/m/1", ".ä/b c-d"),
        { ...renamed("/m/1", "no"), Event: "started" }, renamed("/m/1", "now"), renamed("/m/1", "first"),
    ];
    // As "systemd-escape" writes it.
    assert.deepEqual(formerUnits(machine, [machine, other], events), [
        { name: "first", unit: "hatago-vm@first.service" },
        { name: ".ä/b c-d", unit: "hatago-vm@\\x2e\\xc3\\xa4-b\\x20c\\x2dd.service" },
    ]);
});

test("a name that is too long for a unit had one that is called after the UUID", () => {
    const machine = { path: "/m/1", Unit: "hatago-vm@now.service", UUID: "0a1b-2c" } as Machine;
    const named = (Detail: string) => formerUnits(machine, [machine], [{ When: 1, Path: "/m/1", Name: "", Event: "renamed", Detail }]);
    assert.deepEqual(named("宿".repeat(30)), [{ name: "宿".repeat(30), unit: "hatago-vm@0a1b\\x2d2c.service" }]);
    assert.deepEqual(named("a".repeat(231)).map(({ unit }) => unit.length), [249]);
    assert.deepEqual(named("a".repeat(232)), [{ name: "a".repeat(232), unit: "hatago-vm@0a1b\\x2d2c.service" }]);
});
