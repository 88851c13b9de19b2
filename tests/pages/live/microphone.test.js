import assert from 'node:assert/strict';
import test from 'node:test';

import { accepted, browser, data, settled, stream } from './microphone_browser.js';

test('a connection is for one meeting and one attempt', () => {
  const { connectionGoal } = browser(accepted);
  assert.equal(connectionGoal(data({ wanted: false })), null);
  assert.notEqual(connectionGoal(data()), connectionGoal(data({ attempt: 1 })));
  assert.notEqual(connectionGoal(data()), connectionGoal(data({ meeting: 'm2' })));
});

test('the stream of the Start button is taken over when it fits', async () => {
  const globals = {};
  const { microphoneStream, microphoneConstraints, streams } = browser(accepted, globals);
  const opened = stream();
  globals.meetcoreOpened = {
    stream: opened,
    asked: JSON.stringify(microphoneConstraints(null, true)),
  };
  assert.equal(await microphoneStream(null, true), opened);
  assert.equal(globals.meetcoreOpened, null);

  globals.meetcoreOpened = { stream: opened, asked: 'another device' };
  assert.equal(await microphoneStream(null, true), streams[0]);
  assert.ok(opened.track.stopped);
});

test('drawing the same data again keeps the connection', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { Microphone, peers } = browser(accepted);
  const microphone = new Microphone();
  microphone.draw(data());
  await settled();
  microphone.draw(data());
  await settled();
  assert.equal(peers.length, 1);
  assert.deepEqual(peers[0].remote, { type: 'answer' });
});

test('a failed connection is made again after a pause that grows', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { Microphone, peers } = browser(() => ({ ok: false, status: 503 }));
  new Microphone().draw(data());
  await settled();
  t.mock.timers.tick(400);
  await settled();
  assert.equal(peers.length, 2);
  t.mock.timers.tick(400);
  await settled();
  assert.equal(peers.length, 2);
  t.mock.timers.tick(400);
  await settled();
  assert.equal(peers.length, 3);
});

test('nothing is sent any more when the meeting ends', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { Microphone, peers, streams } = browser(accepted);
  const microphone = new Microphone();
  microphone.draw(data());
  await settled();
  microphone.draw(data({ wanted: false }));
  assert.equal(peers[0].connectionState, 'closed');
  assert.ok(streams[0].track.stopped);
  t.mock.timers.tick(60_000);
  await settled();
  assert.equal(peers.length, 1);
});

test('no microphone is opened for a meeting that is over, or while the server is away', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const state of ['ended', 'stopping', null]) {
    const { Microphone, peers, streams, server } = browser(accepted);
    server.state = state;
    new Microphone().draw(data());
    for (let second = 0; second < 20; second += 1) {
      t.mock.timers.tick(1000);
      await settled();
    }
    assert.deepEqual([peers.length, streams.length], [0, 0], String(state));
  }
});

async function connected(t, permission) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const all = browser(accepted, {}, permission);
  const microphone = new all.Microphone();
  microphone.draw(data());
  await settled();
  return { ...all, microphone, recorder: all.Recorder.of('m1') };
}

test('a stop ends the track at the click, then the connection', async t => {
  const { streams, peers, recorder } = await connected(t);
  recorder.ask('stop', '/live');
  assert.ok(streams[0].track.stopped);
  assert.notEqual(peers[0].connectionState, 'closed', 'the last words are still on their way');
  t.mock.timers.tick(400);
  assert.equal(peers[0].connectionState, 'closed');
  t.mock.timers.tick(60_000);
  await settled();
  assert.equal(streams.length, 1);
});

test('a pause ends the track where the browser reopens it without a question', async t => {
  const { streams, peers, recorder } = await connected(t, 'granted');
  recorder.ask('pause', '/live');
  assert.ok(streams[0].track.stopped);
  recorder.ask('resume', '/live');
  await settled();
  assert.equal(streams.length, 2);
  assert.equal(peers.length, 1);
  assert.equal(peers[0].sent.at(-1), streams[1].track);
});

test('a pause mutes the track where the browser would ask again', async t => {
  const { streams, recorder } = await connected(t, 'prompt');
  recorder.ask('pause', '/live');
  assert.deepEqual([streams[0].track.stopped, streams[0].track.enabled], [false, false]);
  recorder.ask('resume', '/live');
  await settled();
  assert.equal(streams.length, 1);
  assert.ok(streams[0].track.enabled);
});

test('a microphone that opens after a second pause is closed again', async t => {
  const { streams, recorder } = await connected(t, 'granted');
  recorder.ask('pause', '/live');
  recorder.ask('resume', '/live');
  recorder.ask('pause', '/live');
  await settled();
  assert.ok(streams.every(each => each.track.stopped));
});

test('a stop after a pause closes the connection', async t => {
  const { peers, recorder } = await connected(t, 'granted');
  recorder.ask('pause', '/live');
  recorder.ask('stop', '/live');
  t.mock.timers.tick(400);
  assert.equal(peers[0].connectionState, 'closed');
});

test('what another tab did reaches the microphone', async t => {
  const { streams, server } = await connected(t, 'prompt');
  const seen = [];
  for (const state of ['paused', 'listening', 'stopping']) {
    server.state = state;
    for (let turn = 0; turn < 3; turn += 1) {
      t.mock.timers.tick(300);
      await settled();
    }
    seen.push(streams[0].track.enabled && !streams[0].track.stopped);
  }
  assert.deepEqual(seen, [false, true, false]);
});

test('a tab that another one took over from sends no more', async t => {
  const { streams, server } = await connected(t);
  server.source = 'another tab';
  for (let turn = 0; turn < 3; turn += 1) {
    t.mock.timers.tick(300);
    await settled();
  }
  assert.ok(streams[0].track.stopped);
});
