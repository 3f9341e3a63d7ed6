// SPDX-License-Identifier: LGPL-2.1-or-later
import assert from "node:assert/strict";
import { test } from "node:test";

import { Asking, Rights } from "../../src/store/rights";

/** Rights over an agent that answers when it is told to; its questions in order, as paths. */
function rights() {
    const asked: string[] = [];
    const verbs: string[][] = [];
    const open: (() => void)[] = [];
    let calls = 0, most = 0;
    const connection = {
        call: (_path: string, _iface: string, _method: string, _type: string, [path, words]: [string, string[]]) => {
            asked.push(path);
            verbs.push(words);
            most = Math.max(most, ++calls);
            return new Promise((resolve) => open.push(() => {
                calls--;
                resolve([Object.fromEntries(words.map((word) => [word, "yes"]))]);
            }));
        },
    };
    /** Answers all, and what is asked thereupon. */
    const answer = async () => {
        await settle();
        for (let next = open.shift(); next; next = open.shift()) {
            next();
            await settle();
        }
    };
    return { rights: new Rights(connection as never), asked, verbs, open, answer, most: () => most };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const states = (count: number, changed: Record<number, string> = {}) =>
    new Map(Array.from({ length: count }, (_, i) => [`/${i}`, changed[i] ?? "shutoff"]));
const WORDS = ["start", "shutdown"];

test("a place that becomes free goes to who waits, and to nobody else", async () => {
    const fake = rights();
    for (let i = 0; i < 5; i++)
        void fake.rights.ask(`/${i}`, WORDS);
    await settle();
    fake.open[0]!();
    // Whatever the moment at which somebody else asks, while the place is passed on.
    for (let step = 0; step < 10; step++) {
        void fake.rights.ask("/late", WORDS);
        await Promise.resolve();
    }
    await settle();
    assert.equal(fake.most(), 4);
    assert.equal(fake.asked[4], "/4");
});

test("only machines whose own state is another are asked about again, and together", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const fake = rights();
    const asking = new Asking(fake.rights);
    asking.want(states(100), WORDS, 64);
    await fake.answer();
    assert.equal(fake.asked.length, 64);
    assert.equal(asking.answers.get().size, 64);
    // Sixty changes, of ten machines: what is asked is about those ten, as they are in the end.
    for (let i = 0; i < 60; i++)
        asking.want(states(100, Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n, `change ${Math.min(i, 50 + n)}`]))), WORDS, 64);
    await fake.answer();
    assert.equal(fake.asked.length, 64);
    context.mock.timers.tick(300);
    await fake.answer();
    assert.deepEqual(fake.asked.slice(64), Array.from({ length: 10 }, (_, n) => `/${n}`));
    // Nothing is new, and another order is nothing new.
    asking.want(new Map([...asking.answers.get().keys()].reverse().map((path) => [path, "shutoff"])), WORDS, 64);
    asking.want(states(100, Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n, `change ${50 + n}`]))), WORDS, 64);
    context.mock.timers.tick(300);
    await fake.answer();
    assert.equal(fake.asked.length, 74);
});

test("in another order the same are asked about", async () => {
    const fake = rights();
    const asking = new Asking(fake.rights);
    asking.want(states(20), WORDS, 8);
    await fake.answer();
    asking.want(new Map([...states(20)].reverse()), WORDS, 8);
    await fake.answer();
    assert.equal(fake.asked.length, 8);
});

test("what nobody wants to know any more is not asked", async () => {
    const fake = rights();
    const asking = new Asking(fake.rights);
    asking.want(states(64), WORDS);
    asking.want(states(6), WORDS);
    await fake.answer();
    assert.deepEqual(fake.asked, ["/0", "/1", "/2", "/3", "/4", "/5"]);
    asking.want(states(64), WORDS);
    asking.close();
    await fake.answer();
    // Those that were under way already, at most.
    assert.ok(fake.asked.length <= 10, String(fake.asked.length));
    assert.equal(asking.answers.get().size, 0);
});

test("more verbs are asked for at once, fewer not at all", async () => {
    const fake = rights();
    const asking = new Asking(fake.rights);
    asking.want(states(1), ["start"]);
    await fake.answer();
    asking.want(states(1), WORDS);
    await fake.answer();
    asking.want(states(1), ["start"]);
    await fake.answer();
    assert.deepEqual(fake.verbs, [["start"], WORDS]);
    assert.deepEqual(asking.answers.get().get("/0"), { start: "yes", shutdown: "yes" });
});

test("an answer that came too late does not replace the one of now", async () => {
    const fake = rights();
    const asking = new Asking(fake.rights);
    asking.want(states(1), ["start"]);
    await settle();
    const [late] = fake.open.splice(0);
    asking.want(states(1), WORDS);
    await fake.answer();
    late!();
    await settle();
    assert.deepEqual(asking.answers.get().get("/0"), { start: "yes", shutdown: "yes" });
});
