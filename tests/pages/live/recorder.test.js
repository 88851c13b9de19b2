import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

/** A recorder whose requests wait until `answer` is called; the clock is the test's. */
function recorder(stored = null) {
  const clock = { now: 1000 };
  const kept = { getItem: () => stored, setItem() {}, removeItem() {} };
  const { Recorder, Outbox } = load('controls', ['Recorder', 'Outbox'], {
    sessionStorage: kept,
    Date: { now: () => clock.now },
  });
  const sent = [];
  const answers = [];
  const send = change => {
    sent.push(change);
    return new Promise(resolve => answers.push(resolve));
  };
  const made = new Recorder(new Outbox('recorder m1', send, kept));
  return { made, sent, clock, answer: what => answers.shift()(what) };
}

async function settled() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

const accepted = { accepted: true };

test('a click holds before the server is asked', () => {
  const { made, sent } = recorder();
  const seen = [];
  made.follow('microphone', () => seen.push([made.state('listening'), sent.length]));
  made.ask('stop', '/live');
  assert.deepEqual(seen[0], ['stopping', 0]);
  assert.equal(sent[0].address, '/live/stop');
});

test('the tab whose microphone went off is named, any other is not', () => {
  const { made, sent } = recorder();
  made.ask('pause', '/live');
  assert.deepEqual(sent[0].body, { muted: null });
  const own = recorder();
  own.made.tab = 't1';
  own.made.ask('pause', '/live');
  assert.deepEqual(own.sent[0].body, { muted: 't1' });
});

test('a click holds until the answer, and against data from before it', async () => {
  const { made, answer, clock } = recorder();
  made.ask('pause', '/live');
  assert.equal(made.state('listening'), 'paused');
  answer(accepted);
  await settled();
  assert.equal(made.state('listening'), 'paused');
  assert.equal(made.state('paused'), 'paused');
  assert.equal(made.state('listening'), 'listening', 'another tab resumed');
  made.ask('pause', '/live');
  answer(accepted);
  await settled();
  clock.now += 3001;
  assert.equal(made.state('listening'), 'listening', 'the server never did it');
});

test('pause and resume in quick succession end as they were clicked last', async () => {
  const { made, sent, answer } = recorder();
  made.ask('pause', '/live');
  made.ask('resume', '/live');
  assert.equal(made.state('listening'), 'listening');
  answer(accepted);
  await settled();
  assert.equal(made.state('paused'), 'listening', 'the resume is on its way');
  answer(accepted);
  await settled();
  assert.equal(made.state('paused'), 'listening');
  assert.deepEqual(
    sent.map(change => change.address),
    ['/live/pause', '/live/resume'],
  );
});

test('a meeting that is over stays over, whatever was clicked', () => {
  const { made } = recorder();
  made.ask('resume', '/live');
  assert.equal(made.state('stopping'), 'stopping');
  assert.equal(made.state('ended'), 'ended');
});

test('a refused click no longer holds, and its sentence is given once', async () => {
  const { made, answer } = recorder();
  made.ask('pause', '/live');
  answer({ accepted: false, trouble: 'This meeting has ended.', rule: '' });
  await settled();
  assert.equal(made.takeRefusals()[0].trouble, 'This meeting has ended.');
  assert.equal(made.state('listening'), 'listening');
  assert.deepEqual(made.takeRefusals(), []);
});

test('a stop that a reload interrupted still holds', () => {
  const change = { key: 'k', method: 'POST', address: '/live/stop', body: {}, typed: '' };
  const { made, sent } = recorder(JSON.stringify([change]));
  assert.equal(made.state('listening'), 'stopping');
  assert.equal(sent.length, 1);
});

test('without a connection the page says that the microphone is off', async () => {
  const { made, answer } = recorder();
  made.ask('stop', '/live');
  answer(null);
  await settled();
  assert.match(made.trouble(), /microphone is off/);
});
