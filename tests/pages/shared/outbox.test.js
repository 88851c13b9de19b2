import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { Outbox, isPlaced } = load('transcript', ['Outbox', 'isPlaced']);

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
  assert.ok(isPlaced({ body: { kind: 'undo' } }));
  assert.ok(isPlaced({ body: { position: 0 } }));
  assert.ok(!isPlaced({ body: { kind: 'rename' } }));
});
