// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { changedLines, merged } from "../../src/machine/xml/changes";
import { libvirtFault, lineRange, parserFault } from "../../src/machine/xml/check";
import { askBeforeLeaving, beginDraft, changeDraft, drafts, dropDraft, isContested } from "../../src/machine/xml/drafts";
import { indent, newLine, type Replacement } from "../../src/machine/xml/editing";
import { compareDraft, readForEdit, saveDraft } from "../../src/machine/xml/save";
import { House } from "../../src/store/house";
import { FakeAgent, Refusal } from "../fake/agent";
import { makeCockpit } from "../fake/cockpit";

test("where XML is wrong is read from what each browser says", () => {
    assert.deepEqual(parserFault("This page contains the following errors:error on line 3 at column 11: Opening and ending tag mismatch: name line 2 and domain\nBelow is a rendering of the page up to the first error."),
                     { line: 3, column: 11, message: "Opening and ending tag mismatch: name line 2 and domain" });
    assert.deepEqual(parserFault("XML Parsing Error: mismatched tag. Expected: </name>.\nLocation: https://inn:9090/\nLine Number 3, Column 3:</domain>\n--^"),
                     { line: 3, column: 3, message: "mismatched tag. Expected: </name>." });
    assert.deepEqual(parserFault("something else\nmore"), { line: 0, column: 0, message: "something else" });
});

test("and from what libvirt says, as a whole where it tells no place", () => {
    assert.deepEqual(libvirtFault("(domain_definition):12: Opening and ending tag mismatch: a line 1 and b\n</domain>\n---------^\n"),
                     { line: 12, column: 10, message: "(domain_definition):12: Opening and ending tag mismatch: a line 1 and b\n</domain>\n---------^" });
    assert.equal(libvirtFault("unknown OS type foo").line, 0);
});

test("a line is found in a text", () => {
    assert.deepEqual(lineRange("ab\ncd\nef", 2), [3, 5]);
    assert.deepEqual(lineRange("ab\ncd\nef", 3), [6, 8]);
    assert.deepEqual(lineRange("ab", 9), [0, 2]);
});

const done = (text: string, { start, end, text: made }: Replacement) => text.slice(0, start) + made + text.slice(end);

test("Tab steps in at the cursor, or all selected lines; Shift and Tab steps out", () => {
    assert.equal(done("<a/>", indent("<a/>", 0, 0, false)), "  <a/>");
    assert.equal(done("a\nb\n\nc\n", indent("a\nb\n\nc\n", 0, 5, false)), "  a\n  b\n\n  c\n".replace("  c", "c"));
    const selected = indent("a\nb\nc", 0, 4, false);
    assert.equal(done("a\nb\nc", selected), "  a\n  b\nc");
    assert.equal(done("    a\n b\n\tc", indent("    a\n b\n\tc", 0, 10, true)), "  a\nb\nc");
    assert.equal(done("  a", indent("  a", 3, 3, true)), "a");
    assert.equal(indent("  a", 3, 3, true).from, 1);
});

test("Enter keeps the indentation, and steps in after an element was opened", () => {
    const at = (text: string) => newLine(text, text.length, text.length).text;
    assert.equal(at("  <name>x</name>"), "\n  ");
    assert.equal(at("  <devices>"), "\n    ");
    assert.equal(at("  <disk type='file'>"), "\n    ");
    assert.equal(at("  <acpi/>"), "\n  ");
    assert.equal(at("  <source file='/a/b'/>"), "\n  ");
});

const LINES = Array.from({ length: 20 }, (_, n) => `line ${n}`).join("\n") + "\n";

test("a difference has numbers, signs and what is around", () => {
    const lines = changedLines(LINES, LINES.replace("line 9\n", "line nine\nand more\n"));
    assert.deepEqual(lines.map(({ sign }) => sign).join(""), "@   -++   ");
    assert.deepEqual(lines.find(({ sign }) => sign === "-"), { sign: "-", text: "line 9", before: 10, after: null });
    assert.deepEqual(lines.findLast(({ sign }) => sign === "+"), { sign: "+", text: "and more", before: null, after: 11 });
    assert.deepEqual(changedLines(LINES, LINES), []);
});

test("changes in different places are both had; in the same place a person has to look", () => {
    const mine = LINES.replace("line 3", "mine"), theirs = LINES.replace("line 15", "theirs");
    assert.equal(merged(LINES, mine, theirs), LINES.replace("line 3", "mine").replace("line 15", "theirs"));
    assert.equal(merged(LINES, mine, LINES.replace("line 3", "theirs")), null);
    assert.equal(merged(LINES, mine, LINES.replace("line 3\n", "")), null);
});

test("two large texts without anything in common do not keep the page", () => {
    const text = (word: string) => "<domain>\n<a/>\n<b/>\n<c/>\n" + Array.from({ length: 20_000 }, (_, n) => `${word} ${n}\n`).join("") + "</domain>\n";
    const before = text("before"), after = text("after");
    const begin = performance.now();
    const lines = changedLines(before, after);
    assert.equal(merged(before, after, before.replace("<a/>", "<theirs/>")), null);
    assert.ok(performance.now() - begin < 5000);
    assert.deepEqual(lines.slice(0, 5), [
        { sign: "@", text: "", before: null, after: null },
        { sign: " ", text: "<a/>", before: 2, after: 2 },
        { sign: " ", text: "<b/>", before: 3, after: 3 },
        { sign: " ", text: "<c/>", before: 4, after: 4 },
        { sign: "-", text: "before 0", before: 5, after: null },
    ]);
    assert.equal(lines.filter(({ sign }) => sign === "-").length, 20_000);
    assert.deepEqual(lines.findLast(({ sign }) => sign === "+"), { sign: "+", text: "after 19999", before: null, after: 20_004 });
    assert.deepEqual(lines.findLast(({ text }) => text === "</domain>"), { sign: " ", text: "</domain>", before: 20_005, after: 20_005 });
});

test("the browser asks before what can still be saved is lost, and not for a machine that is gone", () => {
    const there = new Set(["a", "b"]);
    const window = new EventTarget();
    askBeforeLeaving((uuid) => there.has(uuid), window as never);
    const asks = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
    assert.equal(asks(), false);
    beginDraft("a", "<a/>");
    assert.equal(asks(), false);
    changeDraft("a", { text: "<b/>" });
    assert.equal(asks(), true);
    there.delete("a");
    assert.equal(asks(), false);
    there.add("a");
    dropDraft("a");
    assert.equal(asks(), false);
});

async function open() {
    const agent = new FakeAgent();
    const path = agent.addMachine();
    Object.assign(globalThis, { cockpit: makeCockpit(agent) });
    const house = new House();
    house.open();
    while (house.link.get().state !== "ready")
        await new Promise((resolve) => setTimeout(resolve, 5));
    const machine = house.machines.get().get(path)!;
    beginDraft(machine.UUID, await readForEdit(house, machine));
    const draft = () => drafts.get().get(machine.UUID);
    const type = (from: string, to: string) => changeDraft(machine.UUID, { text: draft()!.text.replace(from, to) });
    return { agent, path, house, machine, draft, type };
}

test("a draft is saved, and then gone", async () => {
    const { agent, path, house, machine, draft, type } = await open();
    type("1048576", "2097152");
    assert.equal(await saveDraft(house, machine), true);
    assert.match(agent.xml.get(path)!, /2097152/);
    assert.equal(draft(), undefined);
});

test("what others changed meanwhile is not overwritten", async () => {
    const { agent, path, house, machine, draft, type } = await open();
    const theirs = draft()!.base.replace(">2<", ">4<");
    type("1048576", "2097152");
    agent.xml.set(path, theirs);
    assert.equal(await saveDraft(house, machine), false);
    assert.equal(agent.xml.get(path), theirs);
    assert.equal(draft()!.step, "conflict");
    assert.equal(draft()!.theirs, theirs);
    assert.match(draft()!.text, /2097152/);

    // What is saved next is held against theirs.
    changeDraft(machine.UUID, { base: theirs });
    assert.equal(await saveDraft(house, machine), true);
    assert.match(agent.xml.get(path)!, /2097152/);
});

test("a draft in which nothing was typed begins anew with what others have changed", async () => {
    const { agent, path, house, machine, draft } = await open();
    const theirs = draft()!.base.replace(">2<", ">4<");
    agent.defineXML(path, theirs);
    await compareDraft(house, machine);
    assert.equal(draft()!.base, theirs);
    assert.equal(draft()!.text, theirs);
    assert.equal(isContested(draft()!), false);
});

test("one in which something was typed tells of it, until it is as it was", async () => {
    const { agent, path, house, machine, draft, type } = await open();
    const { base } = draft()!;
    type("1048576", "2097152");
    const mine = draft()!.text;
    await compareDraft(house, machine);
    assert.equal(isContested(draft()!), false);
    for (const [theirs, contested] of [[base.replace(">2<", ">4<"), true], [base, false]] as const) {
        agent.defineXML(path, theirs);
        await compareDraft(house, machine);
        assert.equal(isContested(draft()!), contested);
        assert.deepEqual([draft()!.base, draft()!.text, draft()!.theirs], [base, mine, theirs]);
    }
    for (const step of ["theirs", "conflict"] as const) {
        changeDraft(machine.UUID, { step, theirs: base.replace(">2<", ">4<") });
        await compareDraft(house, machine);
        assert.equal(draft()!.step, "edit", "nothing of theirs is left to be seen");
    }
    agent.refusals.set("GetXML", new Refusal("org.freedesktop.DBus.Error.AccessDenied"));
    await compareDraft(house, machine);
    assert.equal(draft()!.text, mine);
});

test("what is not taken stays in the editor, with the place that libvirt tells", async () => {
    const { agent, house, machine, draft, type } = await open();
    type("<memory", "<memry");
    agent.refusals.set("SetXML", new Refusal("InvalidXML", "(domain_definition):4: mismatch\n  <memry\n--^"));
    assert.equal(await saveDraft(house, machine), false);
    assert.equal(draft()!.step, "edit");
    assert.equal(draft()!.fault?.line, 4);
    assert.match(draft()!.fault?.words ?? "", /^libvirt does not take this/);
    assert.match(draft()!.fault?.said ?? "", /mismatch/);
    assert.match(draft()!.text, /<memry/);
});

test("what the agent itself refuses is told in words alone", async () => {
    const { agent, house, machine, draft, type } = await open();
    type("1048576", "2097152");
    agent.refusals.set("SetXML", new Refusal("HypervisorUnavailable", "libvirt is away"));
    assert.equal(await saveDraft(house, machine), false);
    assert.deepEqual({ ...draft()!.fault, words: "" }, { words: "", line: 0, said: "" });
    assert.match(draft()!.fault!.words, /./);
});
