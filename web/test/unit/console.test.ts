// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { BusError } from "../../src/bus/errors";
import { readClipboard, writeClipboard } from "../../src/lib/clipboard";
import { Backlog, WAITING_MAX } from "../../src/machine/console/backlog";
import { WayOut, press, typed } from "../../src/machine/console/keyboard";
import { Login } from "../../src/machine/console/login";
import { listPorts, portWords, type ParseXML, type Port } from "../../src/machine/console/ports";
import { Session, type Opened } from "../../src/machine/console/session";
import { Stream } from "../../src/machine/console/stream";
import { FakeAgent } from "../fake/agent";
import { tools, type Wire } from "../fake/channel";
import { makeCockpit } from "../fake/cockpit";

const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
const bytes = (text: string) => new TextEncoder().encode(text);

// What the page sends arrives here; the test answers through the wire.
let wire: Wire, words: string[], received: string, closed: boolean;

beforeEach(() => {
    Object.assign(globalThis, { cockpit: makeCockpit(new FakeAgent()) });
    received = "";
    closed = false;
    tools.make = () => ({
        begin: (given, spawned) => {
            wire = given;
            words = spawned;
        },
        receive: (data) => {
            received += new TextDecoder().decode(data);
        },
        closed: () => {
            closed = true;
        },
    });
});

async function opened(): Promise<{ stream: Stream; ends: (BusError | null)[] }> {
    const stream = new Stream(["console", "--stdio"]);
    const ends: (BusError | null)[] = [];
    stream.onend = (error) => ends.push(error);
    await tick();
    return { stream, ends };
}

test("a stream is connecting until the tool says that it has the console", async () => {
    const { stream } = await opened();
    let begun = 0, heard = "";
    stream.onbegin = () => begun++;
    stream.send(bytes("too early"));
    wire.send("conn");
    await tick();
    assert.equal(stream.readyState, 0);
    wire.send("ected\nfirst");
    await tick();
    assert.equal(stream.readyState, 1);
    assert.equal(begun, 1);
    stream.read((data) => heard += new TextDecoder().decode(data));
    wire.send(" second");
    await tick();
    stream.send(bytes("typed"));
    await tick();
    assert.equal(heard, "first second");
    assert.equal(received, "typed");
    assert.deepEqual(words, ["hatago", "--no-ask-password", "console", "--stdio"]);
});

test("what is sent is a copy: noVNC uses its buffer again", async () => {
    const { stream } = await opened();
    wire.send("connected\n");
    await tick();
    const buffer = bytes("abc");
    stream.send(buffer);
    buffer.fill(0);
    await tick();
    assert.equal(received, "abc");
});

test("a console that is not given says why, by name, and in the tool's words", async () => {
    const { stream, ends } = await opened();
    wire.send("org.hatago.Host1.Error.ConsoleBusy\n");
    wire.close({ "exit-status": 1, message: "hatago: somebody is at this console already\n" });
    await tick();
    assert.equal(stream.readyState, 3);
    assert.equal(ends.length, 1);
    assert.equal(ends[0]?.name, "ConsoleBusy");
    assert.equal(ends[0]?.message, "hatago: somebody is at this console already");
});

test("a host without the tool is told by Cockpit's problem", async () => {
    const { ends } = await opened();
    wire.close({ problem: "not-found" });
    await tick();
    assert.equal(ends[0]?.name, "not-found");
});

test("an end after the begin is no error, and comes after all that was sent", async () => {
    const { stream, ends } = await opened();
    wire.send("connected\nlast words");
    wire.close({ "exit-status": 0 });
    let heard = "";
    await tick();
    assert.deepEqual(ends, [null]);
    stream.read((data) => heard += new TextDecoder().decode(data));
    await tick();
    assert.equal(heard, "last words");
});

test("a stream that is closed ends the tool", async () => {
    const { stream } = await opened();
    wire.send("connected\n");
    await tick();
    let told = false;
    stream.onclose = () => told = true;
    stream.close();
    assert.ok(closed);
    // noVNC makes an error of an end before it has ended its own side.
    assert.ok(!told);
    await tick();
    assert.ok(told);
});

test("it has all that noVNC looks for", async () => {
    const { stream } = await opened();
    const names = [...Object.keys(stream), ...Object.getOwnPropertyNames(Object.getPrototypeOf(stream))];
    for (const name of ["send", "close", "binaryType", "onerror", "onmessage", "onopen", "protocol", "readyState"])
        assert.ok(names.includes(name), name);
});

const XML = [
    ["serial", "pty", "serial0", "isa-serial", "0"], ["serial", "pty", "serial1", "isa-serial", "1"], ["serial", "file", "serial2", "isa-serial", "2"],
    ["console", "pty", "serial0", "serial", "0"], ["console", "pty", "console1", "virtio", "1"],
];

// Node has no parser of XML.
const elements: ParseXML = () => ({
    querySelectorAll: () => XML.map(([tagName, type, alias, target, port]) => ({
        tagName,
        getAttribute: () => type,
        querySelector: (name: string) => ({ getAttribute: (of: string) => name === "alias" ? alias : of === "type" ? target : port }),
    })) as never,
});

test("displays that a browser shows come first, and each serial line once", () => {
    const Displays = [{ Key: "spice0", Index: 0, Type: "spice" }, { Key: "vnc1", Index: 1, Type: "vnc" }];
    assert.deepEqual(listPorts({ Displays }, "<domain/>", elements).map(({ key, shown }) => `${key} ${shown}`),
                     ["vnc1 true", "spice0 false", "serial0 true", "serial1 true", "console1 true"]);
    assert.deepEqual(listPorts({ Displays: [] }, null).map(({ key }) => key), ["serial0"]);
});

test("a machine is named by its UUID, behind the options", () => {
    const port = (kind: Port["kind"], key: string, number = 0): Port => ({ kind, key, number, type: "", shown: true });
    assert.deepEqual(portWords(port("display", "vnc1", 1), "UUID"), ["view", "--stdio", "--announce", "--display=1", "--", "UUID"]);
    assert.deepEqual(portWords(port("display", "vnc0"), "UUID", { skipAuth: true }).slice(3), ["--display=0", "--skip-auth", "--", "UUID"]);
    assert.deepEqual(portWords(port("serial", "serial0"), "UUID"), ["console", "--stdio", "--announce", "--", "UUID"]);
    assert.deepEqual(portWords(port("serial", "console1"), "UUID", { force: true }).slice(3), ["--device=console1", "--force", "--", "UUID"]);
});

class Fake implements Opened {
    onbegin = () => undefined as void;
    onend: (error: BusError | null) => void = () => undefined;
    closed = false;
    constructor(readonly asked: { force?: boolean } | null) {}
    close() { this.closed = true; }
}

function session(on = true, reached = true) {
    const made: Fake[] = [];
    const one = new Session<Fake, { force?: boolean }>((asked) => {
        made.push(new Fake(asked));
        return made.at(-1)!;
    }, { on, reached });
    one.start();
    return { one, made, at: () => one.phase.get().at };
}

test("a console of a machine that is off connects by itself once it starts, and again at each start", () => {
    const { one, made, at } = session(false);
    assert.equal(at(), "off");
    assert.equal(made.length, 0);
    one.follow({ on: true, reached: true });
    assert.equal(at(), "connecting");
    made[0]!.onbegin();
    assert.equal(at(), "connected");
    one.follow({ on: false, reached: true });
    made[0]!.onend(null);
    assert.equal(at(), "off");
    one.follow({ on: true, reached: true });
    made[1]!.onbegin();
    assert.equal(at(), "connected");
});

test("one that ends just before the machine is known to be off says so", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { one, made, at } = session();
    made[0]!.onbegin();
    made[0]!.onend(null);
    assert.equal(at(), "closed");
    one.follow({ on: false, reached: true });
    assert.equal(at(), "off");
    t.mock.timers.tick(5000);
    assert.equal(at(), "off");
    one.end();
});

test("one that ends though the machine runs stays so until it is asked for", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { one, made, at } = session();
    made[0]!.onbegin();
    made[0]!.onend(null);
    t.mock.timers.tick(5000);
    assert.equal(at(), "closed");
    assert.equal(made.length, 1);
    one.connect(null);
    assert.equal(at(), "connecting");
});

test("a busy line is taken over only when that is asked for", () => {
    const { one, made, at } = session();
    made[0]!.onend(new BusError("org.hatago.Host1.Error.ConsoleBusy", ""));
    assert.equal(at(), "failed");
    one.follow({ on: true, reached: true });
    assert.equal(made.length, 1);
    one.connect({ force: true });
    assert.deepEqual(made[1]!.asked, { force: true });
});

test("when agent or libvirt come back, so does the console", () => {
    const { one, made, at } = session();
    made[0]!.onbegin();
    one.follow({ on: true, reached: false });
    assert.equal(at(), "connected"); // a display outlives the agent
    made[0]!.onend(null);
    assert.equal(at(), "away");
    one.follow({ on: true, reached: true });
    assert.equal(at(), "connecting");
    assert.equal(made.length, 2);
});

test("an agent that restarts brings a serial line back, whatever is heard first", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    t.mock.timers.tick(60_000);
    const { one, made, at } = session();
    const told = (reached: boolean) => one.follow({ on: true, reached });
    made[0]!.onbegin();
    made[0]!.onend(null);
    assert.equal(at(), "closed");
    told(false);
    assert.equal(at(), "away");
    t.mock.timers.tick(1000);
    told(true);
    assert.equal(at(), "connecting");
    t.mock.timers.tick(5000);
    made[1]!.onbegin();
    assert.equal(at(), "connected");

    // The end is heard last.
    told(false);
    told(true);
    made[1]!.onend(null);
    assert.equal(made.length, 3);
    made[2]!.onbegin();
    // And what ends then has another reason.
    made[2]!.onend(null);
    assert.equal(at(), "closed");

    // Long after the end it is no reason either.
    t.mock.timers.tick(5000);
    told(false);
    told(true);
    assert.equal(at(), "closed");
    assert.equal(made.length, 3);
});

test("one that the user has left stays so while the machine runs", () => {
    const { one, made, at } = session();
    made[0]!.onbegin();
    one.leave();
    assert.ok(made[0]!.closed);
    made[0]!.onend(null);
    one.follow({ on: true, reached: true });
    assert.equal(at(), "left");
});

test("the page gone, nothing is left open, and a late answer changes nothing", () => {
    const { one, made, at } = session();
    one.end();
    assert.ok(made[0]!.closed);
    made[0]!.onbegin();
    one.follow({ on: false, reached: true });
    one.follow({ on: true, reached: true });
    assert.equal(made.length, 1);
    assert.equal(at(), "connecting");
});

test("a machine that has only begun to start is tried again", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { made, at } = session();
    made[0]!.onend(new BusError("org.hatago.Host1.Error.MachineNotRunning", ""));
    assert.equal(at(), "connecting");
    t.mock.timers.tick(1000);
    assert.equal(made.length, 2);
});

test("chords are pressed in turn, and let go in reverse", () => {
    const log: string[] = [];
    press({ sendKey: (_keysym, code, down) => log.push((down ? "+" : "-") + code) }, [["ControlLeft", 1], ["AltLeft", 2], ["Delete", 3]]);
    assert.deepEqual(log, ["+ControlLeft", "+AltLeft", "+Delete", "-Delete", "-AltLeft", "-ControlLeft"]);
});

const codes = (text: string, layout: "us" | "jp") => typed(text, layout).strokes.map((keys) => keys.map(([code]) => code).join("+"));

test("a text is typed by the keys of the guest's keyboard", () => {
    assert.deepEqual(codes("aB@", "us"), ["KeyA", "ShiftLeft+KeyB", "ShiftLeft+Digit2"]);
    assert.deepEqual(codes("aB@", "jp"), ["KeyA", "ShiftLeft+KeyB", "BracketLeft"]);
    assert.deepEqual(codes("_\\|:¥", "jp"), ["ShiftLeft+IntlRo", "IntlYen", "ShiftLeft+IntlYen", "Quote", "IntlYen"]);
    assert.deepEqual(codes("a\r\nb\t", "us"), ["KeyA", "Enter", "KeyB", "Tab"]);
});

test("every printable character of ASCII is on both keyboards, and others are counted", () => {
    const ascii = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join("");
    for (const layout of ["us", "jp"] as const) {
        assert.equal(typed(ascii, layout).left, 0, layout);
        assert.equal(new Set(codes(ascii, layout)).size, 95, layout);
    }
    assert.equal(typed("旅籠 inn 🏯", "jp").left, 3);
});

test("left Ctrl and Alt lead out of a console, and no other keys do", () => {
    const way = new WayOut();
    const sees = (keys: string) => keys.split(" ").map((key) => way.sees({ type: key[0] === "+" ? "keydown" : "keyup", code: key.slice(1) })).at(-1);
    assert.equal(sees("+ControlLeft +AltLeft -ControlLeft -AltLeft"), true);
    assert.equal(sees("+AltLeft +ControlLeft +ControlLeft -AltLeft -ControlLeft"), true);
    assert.equal(sees("+ControlLeft +AltLeft +F2 -F2 +AltLeft -AltLeft -ControlLeft"), false);
    assert.equal(sees("+ControlLeft +AltRight -AltRight -ControlLeft"), false);
    assert.equal(sees("+ControlLeft -ControlLeft"), false);
    assert.equal(sees("+ControlLeft +AltLeft -ControlLeft -AltLeft"), true);
});

test("a guest that writes without end does not fill the browser, and what is missing is said", () => {
    const shown: (Uint8Array | string)[] = [];
    const pending: (() => void)[] = [];
    const backlog = new Backlog((data, written) => {
        shown.push(data);
        pending.push(written);
    }, (left) => `[${left}]`);
    for (let n = 0; n < 100; n++)
        backlog.add(new Uint8Array(WAITING_MAX / 10));
    assert.ok(shown.length <= 10);
    while (pending.length > 0)
        pending.shift()!();
    assert.equal(shown.at(-1), `[${90 * Math.floor(WAITING_MAX / 10)}]`);
    backlog.add(bytes("on"));
    assert.deepEqual(shown.at(-1), bytes("on"));
});

function login() {
    const log: string[] = [];
    const one = new Login({
        connect: (asked) => log.push(asked?.skipAuth ? "connect without" : "connect"),
        fail: (error) => log.push(`failed: ${error.message}`),
    });
    return { one, log, ask: () => one.asked((password) => log.push(password)), question: () => one.question.get() };
}

test("a wrong password is asked for again, and said to be wrong until one is right", async () => {
    const { one, log, ask, question } = login();
    ask();
    assert.deepEqual(question(), { wrong: false });
    one.give("no");
    assert.equal(question(), null);
    one.refused("Authentication failed");
    await tick();
    ask();
    assert.deepEqual(question(), { wrong: true });
    one.give("yes");
    one.letIn();
    assert.deepEqual(log, ["no", "connect", "yes"]);
    // The connection ends later, and the next one asks as the first did.
    one.withdraw();
    ask();
    assert.deepEqual(question(), { wrong: false });
    one.skip();
    assert.equal(log.at(-1), "connect without");
});

test("a display that refuses whom it asked for nothing is not tried again", async () => {
    const { one, log, ask } = login();
    one.refused("No security types");
    await tick();
    assert.deepEqual(log, ["failed: No security types"]);
    // Nor one that refuses after a good login, or before the answer.
    ask();
    one.give("yes");
    one.letIn();
    one.refused("again");
    ask();
    one.refused("too late");
    await tick();
    assert.deepEqual(log.slice(1), ["yes", "failed: again", "failed: too late"]);
});

test("what cannot be shown says why, and nothing of it is left open", () => {
    const { one, made, at } = session();
    made[0]!.onbegin();
    one.fail(new BusError("Refused", "No security types"));
    assert.equal(at(), "failed");
    assert.ok(made[0]!.closed);
    made[0]!.onend(null);
    assert.equal(at(), "failed");
});

test("a browser without a clipboard, as over http, refuses and does not throw", async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    await assert.rejects(writeClipboard("text"));
    await assert.rejects(readClipboard());
    if (before)
        Object.defineProperty(globalThis, "navigator", before);
    else
        Reflect.deleteProperty(globalThis, "navigator");
});
