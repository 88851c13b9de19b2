import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const names = ['connectionGoal', 'Microphone', 'microphoneStream', 'microphoneConstraints'];

function data(changes = {}) {
  return {
    wanted: true,
    meeting: 'm1',
    attempt: 0,
    device: null,
    cleanUp: false,
    tab: 't',
    iceServers: [],
    ...changes,
  };
}

function stream() {
  const track = { stopped: false, stop: () => (track.stopped = true) };
  return { active: true, track, getTracks: () => [track], getAudioTracks: () => [track] };
}

/** A browser in which every connection attempt ends with the given answer of the server. */
function browser(answer, globalThis = {}) {
  const peers = [];
  const streams = [];
  class RTCPeerConnection extends EventTarget {
    iceGatheringState = 'complete';
    connectionState = 'new';
    localDescription = { sdp: '', type: 'offer' };
    constructor() {
      super();
      peers.push(this);
    }
    addTransceiver() {}
    createOffer() {}
    setLocalDescription() {}
    setRemoteDescription(description) {
      this.remote = description;
    }
    close() {
      this.connectionState = 'closed';
    }
  }
  const getUserMedia = async () => {
    streams.push(stream());
    return streams.at(-1);
  };
  const scripts = load('microphone', names, {
    globalThis,
    RTCPeerConnection,
    navigator: { mediaDevices: { getUserMedia } },
    addEventListener() {},
    console: { info() {} },
    fetch: async () => answer(),
  });
  return { peers, streams, ...scripts };
}

async function settled() {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

const accepted = () => ({ ok: true, status: 200, json: async () => ({ type: 'answer' }) });

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

test('a meeting that the server does not know is not tried again', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { Microphone, peers, streams } = browser(() => ({ ok: false, status: 404 }));
  new Microphone().draw(data());
  await settled();
  t.mock.timers.tick(60_000);
  await settled();
  assert.equal(peers.length, 1);
  assert.ok(streams[0].track.stopped);
});
