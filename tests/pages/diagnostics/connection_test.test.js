import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const names = ['verdictOf', 'median', 'ConnectionRun', 'ConnectionFailure'];
const { verdictOf, median } = load('connection_test', names);

test('a working microphone and connection', () => {
  const [state, text] = verdictOf({ fault: '', silent: false }, 'directly');
  assert.equal(state, 'ok');
  assert.equal(text, 'Microphone and connection work. The sound reaches the server directly.');
});

test('a fault of the microphone comes before silence', () => {
  const [state, text] = verdictOf({ fault: 'Allow it.', silent: true }, 'directly');
  assert.equal(state, 'warn');
  assert.match(text, /The microphone does not: Allow it\.$/);
  assert.match(verdictOf({ fault: '', silent: true }, 'directly')[1], /gives silence/);
});

test('the median is one of the measured times', () => {
  assert.equal(median([30, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 3);
});

function run(globals = {}) {
  const steps = [];
  const view = {
    showStep: (name, state) => steps.push(`${name} ${state}`),
    showLevel() {},
    showCandidates() {},
  };
  const data = {
    address: '/loopback',
    tab: 't',
    faults: { 'no-webrtc': 'No WebRTC.', denied: 'Denied.', other: 'Other.' },
    iceServers: [],
  };
  const scripts = load('connection_test', names, { globalThis: {}, ...globals });
  return { run: new scripts.ConnectionRun(data, view), steps, ...scripts };
}

test('a browser without WebRTC fails with its own message', async () => {
  const { run: test, ConnectionFailure } = run();
  await assert.rejects(test.go(), new ConnectionFailure('No WebRTC.'));
});

test("the server's answer decides the message", async () => {
  const peer = { localDescription: { sdp: '', type: 'offer' } };
  const ask = response => run({ fetch: async () => response }).run.askServer(peer);
  const refusing = { status: 503, ok: false, text: async () => 'x'.repeat(999) };
  await assert.rejects(ask({ status: 404, ok: false }), /does not pass on \/loopback/);
  await assert.rejects(ask(refusing), /did not take the offer \(503\): x{200}$/);
  const offline = run({ fetch: () => Promise.reject(new TypeError('offline')) }).run;
  await assert.rejects(offline.askServer(peer), /could not be reached/);
  const answer = { type: 'answer', sdp: '' };
  assert.equal(await ask({ status: 200, ok: true, json: async () => answer }), answer);
});

test('without a microphone a tone is sent', async () => {
  const node = { connect: next => next, start() {}, gain: {}, stream: 'tone' };
  class AudioContext {
    createOscillator = () => node;
    createGain = () => node;
    createMediaStreamDestination = () => node;
    resume() {}
  }
  const denied = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  const { run: test, steps } = run({
    AudioContext,
    globalThis: { isSecureContext: true },
    navigator: { mediaDevices: { getUserMedia: denied } },
  });
  assert.equal(await test.openSource(), 'tone');
  assert.equal(test.fault, 'Denied.');
  assert.deepEqual(steps, ['microphone doing', 'microphone bad']);
});

test('sound is measured for a while, and its absence ends the test', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const { run: test } = run({ performance: { now: () => now } });
  const peer = { connectionState: 'connected' };
  const listen = async answer => {
    const begun = now;
    const channel = { readyState: 'open', send: ping => answer?.(ping, now - begun) };
    const result = test.pingForAWhile({ peer, channel });
    let ended = false;
    const end = () => (ended = true);
    result.then(end, end);
    for (let step = 0; step < 200 && !ended; step += 1) {
      now += 150;
      t.mock.timers.tick(150);
      await new Promise(resolve => setImmediate(resolve));
    }
    return [await result.catch(error => error.message), now - begun];
  };
  assert.match((await listen())[0], /no sound comes through/);
  const [report, took] = await listen((ping, at) =>
    test.take({ ping, frames: at > 1000 ? 50 : 0, rate: 48000, level: -40 }),
  );
  assert.equal(report.frames, 50);
  assert.equal(test.loudest, -40);
  assert.ok(took >= 5000 && took < 6000, `${took} ms`);
});
