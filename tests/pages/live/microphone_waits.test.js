/* Whatever comes while the microphone connects: none stays open that nobody wants. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { accepted, browser, data, settled, stream } from './microphone_browser.js';

const waits = ['the state', 'the microphone', 'the offer', 'the answer'];
const changes = {
  pause: ({ recorder }) => recorder.ask('pause', '/live'),
  stop: ({ recorder }) => recorder.ask('stop', '/live'),
  removal: ({ microphone }) => microphone.draw(data({ wanted: false })),
};

for (const change of Object.keys(changes)) {
  for (const permission of ['granted', 'prompt']) {
    test(`a ${change} in any wait of an attempt closes the microphone (${permission})`, async t => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      for (const wait of waits) {
        const globals = {};
        const all = browser(accepted, globals, permission);
        globals.meetcoreOpened = { stream: stream(), asked: 'another device' };
        const opened = globals.meetcoreOpened.stream;
        const microphone = new all.Microphone();
        let changed = false;
        let release = () => {};
        all.during.wait = async on => {
          if (changed || on !== wait) return;
          changed = true;
          changes[change]({ microphone, recorder: all.Recorder.of('m1') });
          await new Promise(resolve => (release = resolve));
        };
        microphone.draw(data());
        await settled();
        const silent = () => [...all.streams, opened].every(silentTrack);
        release();
        await settled();
        assert.ok(changed && silent(), `${wait}: at once`);
        t.mock.timers.tick(2000);
        await settled();
        assert.ok(silent(), `${wait}: later`);
        if (change !== 'pause') {
          assert.ok(
            all.peers.every(peer => peer.connectionState === 'closed'),
            wait,
          );
          continue;
        }
        all.Recorder.of('m1').ask('resume', '/live');
        await settled();
        const open = all.streams.filter(each => !silentTrack(each));
        const peers = all.peers.filter(peer => peer.connectionState !== 'closed');
        assert.deepEqual([open.length, peers.length], [1, 1], `${wait}: resumed`);
      }
    });
  }
}

function silentTrack({ track }) {
  return track.stopped || !track.enabled;
}

test('a stream of the Start button is closed when the meeting is paused before it is used', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const state of ['paused', 'stopping']) {
    const globals = {};
    const { Microphone, server } = browser(accepted, globals);
    const opened = stream();
    globals.meetcoreOpened = { stream: opened, asked: '' };
    server.state = state;
    new Microphone().draw(data());
    await settled();
    assert.ok(opened.track.stopped, state);
  }
});

test('an answer that comes after its attempt has failed begins no second one', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { Microphone, peers, streams, during } = browser(accepted);
  let answer = () => {};
  during.wait = async on => {
    if (on !== 'the answer' || peers.length > 1) return;
    await new Promise(resolve => (answer = resolve));
  };
  new Microphone().draw(data());
  await settled();
  t.mock.timers.tick(5800);
  await settled();
  answer();
  await settled();
  assert.equal(peers.length, 1);
  t.mock.timers.tick(400);
  await settled();
  assert.deepEqual([peers.length, streams.filter(each => !each.track.stopped).length], [2, 1]);
});

test('what another meeting does leaves this one alone', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { Microphone, peers, server, during } = browser(accepted);
  const microphone = new Microphone();
  microphone.draw(data());
  await settled();
  let answer = () => {};
  let held = false;
  during.wait = async on => {
    if (on !== 'the state' || held) return;
    held = true;
    await new Promise(resolve => (answer = resolve));
  };
  t.mock.timers.tick(300);
  await settled();
  microphone.draw(data({ meeting: 'm2' }));
  await settled();
  server.state = 'ended';
  answer();
  await settled();
  server.state = 'listening';
  t.mock.timers.tick(400);
  await settled();
  assert.deepEqual(
    peers.map(peer => peer.connectionState),
    ['closed', 'new'],
  );
});
