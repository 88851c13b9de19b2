import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom, fakeRoot } from '../fake_dom.js';

const names = ['Outbox', 'dependsOnOrder', 'answerOf', 'showOutbox'];
const { Outbox, dependsOnOrder, showOutbox } = load('transcript', names, fakeDom());

function storage(stored = {}) {
  return {
    stored,
    getItem: key => stored[key] ?? null,
    setItem: (key, value) => (stored[key] = value),
    removeItem: key => delete stored[key],
  };
}

/** An outbox whose requests get the given answers, one after the other; null is no answer. */
function outbox(answers, kept = storage()) {
  const sent = [];
  const send = async change => {
    sent.push(change);
    return answers.length ? answers.shift() : { accepted: true };
  };
  return { box: new Outbox('m1', send, kept), sent, kept };
}

async function settled() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

const refusal = { accepted: false, trouble: 'Changed meanwhile.', rule: '' };

test('changes are sent in order, each with a key of its own', async () => {
  const { box, sent, kept } = outbox([]);
  box.put('POST', '/a', { kind: 'rename' });
  box.put('POST', '/b');
  await settled();
  assert.deepEqual(sent.map(change => change.address), ['/a', '/b']); // prettier-ignore
  assert.match(sent[0].key, /^[0-9a-f]{32}$/);
  assert.notEqual(sent[0].key, sent[1].key);
  assert.deepEqual([box.waiting, kept.stored], [[], {}]);
});

test('a change without an answer is sent again under the same key', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { box, sent, kept } = outbox([null]);
  box.put('POST', '/a');
  await settled();
  assert.equal(box.state, 'unreachable');
  assert.equal(JSON.parse(kept.stored['meetcore.unsaved.m1']).length, 1);
  t.mock.timers.tick(1000);
  await settled();
  assert.equal(sent[1].key, sent[0].key);
  assert.deepEqual([box.state, kept.stored], ['', {}]);
});

test('a connection that is back ends the pause', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { box, sent } = outbox([null]);
  box.put('POST', '/a');
  await settled();
  box.tryAgain();
  await settled();
  assert.equal(sent.length, 2);
});

test('a reload sends what was waiting', async () => {
  const change = { key: 'k', method: 'POST', address: '/a', body: {}, typed: '' };
  const { box, sent } = outbox([], storage({ 'meetcore.unsaved.m1': JSON.stringify([change]) }));
  await settled();
  assert.deepEqual(sent, [change]);
  assert.deepEqual(box.waiting, []);
});

test('a refusal returns what was typed', async () => {
  const { box } = outbox([refusal]);
  box.put('POST', '/a', { kind: 'rename' }, 'Ada');
  await settled();
  const [refused] = box.refusals;
  assert.deepEqual([refused.trouble, refused.typed], ['Changed meanwhile.', 'Ada']);
});

test('changes of places that follow a refused one are refused, other ones are sent', async () => {
  const { box, sent } = outbox([refusal]);
  box.put('POST', '/1', { kind: 'correct', position: 3 });
  box.put('POST', '/2', { kind: 'split', position: 4 });
  box.put('POST', '/3', { kind: 'rename', label: 'S1' });
  box.put('POST', '/4', { kind: 'undo' });
  await settled();
  assert.deepEqual(sent.map(change => change.address), ['/1', '/3']); // prettier-ignore
  assert.deepEqual(box.refusals.map(each => each.address), ['/1', '/2', '/4']); // prettier-ignore
});

test('undo depends on the change before it', () => {
  assert.ok(dependsOnOrder({ body: { kind: 'undo' } }));
  assert.ok(dependsOnOrder({ body: { position: 0 } }));
  assert.ok(!dependsOnOrder({ body: { kind: 'rename' } }));
});

test('an undo after any refused change is refused: it would undo an older edit', async () => {
  const { box, sent } = outbox([refusal]);
  box.put('POST', '/1', { kind: 'merge', label: 'S1', into: 'S2' });
  box.put('POST', '/2', { kind: 'undo' });
  box.put('POST', '/3', { kind: 'correct', position: 3 });
  await settled();
  assert.deepEqual(sent.map(change => change.address), ['/1', '/3']); // prettier-ignore
  assert.deepEqual(box.refusals.map(each => each.address), ['/1', '/2']); // prettier-ignore
});

test('an undo after a refusal of which the main part is saved is sent', async () => {
  const { box, sent } = outbox([{ ...refusal, saved: true }]);
  box.put('POST', '/1', { kind: 'rename', label: 'S1', name: 'Ada', remember: true });
  box.put('POST', '/2', { kind: 'undo' });
  await settled();
  assert.deepEqual(sent.map(change => change.address), ['/1', '/2']); // prettier-ignore
  assert.deepEqual(box.refusals.map(each => each.address), ['/1']); // prettier-ignore
});

test('a speaker whose creation is refused is named by no later change', async () => {
  const { box, sent } = outbox([refusal]);
  box.put('POST', '/1', { kind: 'assign', position: 3, label: null }, '', 'S4');
  box.put('POST', '/2', { kind: 'rename', label: 'S4', name: 'Ada' }, 'Ada');
  box.put('POST', '/3', { kind: 'merge', label: 'S1', into: 'S4' });
  box.put('POST', '/4', { kind: 'rename', label: 'S1', name: 'Bo' });
  await settled();
  assert.deepEqual(sent.map(change => change.address), ['/1', '/4']); // prettier-ignore
  assert.deepEqual(box.refusals.map(each => each.typed), ['', 'Ada', '']); // prettier-ignore
});

test('a refusal while its page is left is shown when the page is opened again', async () => {
  const { box } = outbox([refusal]);
  const shown = [];
  const line = showOutbox(box, refused => shown.push(refused.typed), () => {}); // prettier-ignore
  line.isConnected = false;
  box.put('POST', '/1', { kind: 'rename' }, 'Ada');
  await settled();
  assert.deepEqual(shown, []);
  fakeRoot().append(showOutbox(box, refused => shown.push(refused.typed), () => {})); // prettier-ignore
  await settled();
  assert.deepEqual(shown, ['Ada']);
  assert.deepEqual(box.refusals, []);
});

test('a full storage keeps no older list, and the browser asks before the page is left', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const kept = storage();
  const { box } = outbox([null], kept);
  box.put('POST', '/1');
  await settled();
  box.tryAgain();
  kept.setItem = () => {
    throw new Error('full');
  };
  box.put('POST', '/2');
  assert.deepEqual(kept.stored, {});
  assert.ok(box.asksBeforeLeaving());
  await settled();
  assert.ok(!box.asksBeforeLeaving());
});

test('the browser asks where leaving would lose a change', () => {
  const { box } = outbox([]);
  box.send = () => new Promise(() => {});
  assert.ok(!box.asksBeforeLeaving());
  box.put('POST', '/1');
  assert.ok(!box.asksBeforeLeaving(), 'one short request is finished by the browser');
  box.put('POST', '/2');
  assert.ok(box.asksBeforeLeaving());
  box.waiting = [{ body: { text: 'x'.repeat(15000) } }];
  assert.ok(box.asksBeforeLeaving(), 'a long request ends with the page');
  box.waiting = [];
  box.state = 'unreachable';
  assert.ok(box.asksBeforeLeaving());
});

test('a stored list that is damaged is left out', () => {
  for (const text of ['{"half', '{}', 'null'])
    assert.deepEqual(outbox([], storage({ 'meetcore.unsaved.m1': text })).box.waiting, []);
});

test('an error of the server is tried again a few times, then it is a refusal', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const error = { ...refusal, temporary: true };
  const { box, sent } = outbox(Array(9).fill(error));
  box.put('POST', '/1', {}, 'Ada');
  for (let round = 0; round < 9; round += 1) {
    await settled();
    assert.notEqual(box.state, 'unreachable');
    t.mock.timers.tick(8000);
  }
  assert.equal(sent.length, 4);
  assert.deepEqual(box.refusals.map(each => each.typed), ['Ada']); // prettier-ignore
});

/** What `answerOf` makes of a response. */
function answerTo(status, text) {
  const response = { ok: status < 300, status, json: async () => JSON.parse(text) };
  const { answerOf } = load('transcript', ['answerOf'], { fetch: async () => response });
  return answerOf({ key: 'k', method: 'POST', address: '/a', body: {}, typed: '' });
}

test('the server accepts, refuses, or fails for a while', async () => {
  assert.deepEqual(await answerTo(200, '{}'), { accepted: true });
  const told = '{"trouble": "No.", "rule": "r", "saved": true}';
  const expected = { accepted: false, trouble: 'No.', rule: 'r', saved: true, temporary: false };
  assert.deepEqual(await answerTo(409, told), expected);
  for (const status of [408, 500, 503]) assert.ok((await answerTo(status, told)).temporary);
});

test('an answer without our JSON is a refusal where repeating cannot help', async () => {
  for (const status of [404, 405, 413]) {
    const { accepted, trouble } = await answerTo(status, 'Not found');
    assert.ok(!accepted && trouble.includes(`(${status})`));
    assert.equal((await answerTo(status, '{}')).accepted, false);
  }
  for (const status of [200, 408, 425, 429, 502])
    assert.equal(await answerTo(status, '<html>'), null);
});
