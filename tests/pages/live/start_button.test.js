import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom, fakeRoot } from '../fake_dom.js';

const names = ['namedMicrophones', 'StartButton'];
const { namedMicrophones } = load('start_button', names);

function device(deviceId, label, kind = 'audioinput') {
  return { deviceId, label, kind };
}

test('the list holds microphones with names, without aliases', () => {
  const devices = [
    device('default', 'Default - Desk'),
    device('communications', 'Communications - Desk'),
    device('a', 'Desk'),
    device('b', ''),
    device('c', 'Camera', 'videoinput'),
  ];
  assert.deepEqual(namedMicrophones(devices), [device('a', 'Desk')]);
});

function startButton(mediaDevices) {
  const sent = [];
  const data = { faults: { denied: 'No.', other: 'Hm.' }, rules: {}, cleanUp: false };
  const component = { data, setTriggerValue: (...event) => sent.push(event) };
  const browser = { isSecureContext: true, RTCPeerConnection: class {} };
  const { StartButton } = load('start_button', names, {
    ...fakeDom(),
    globalThis: browser,
    navigator: { mediaDevices },
    localStorage: { getItem: () => null },
    console: { warn() {} },
  });
  return { view: new StartButton(fakeRoot(), component), sent, browser };
}

test('the opened microphone is kept for the recorder, then closed', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const track = { stop: () => (track.stopped = true) };
  const stream = { getTracks: () => [track] };
  const { view, sent, browser } = startButton({ getUserMedia: async () => stream });
  await view.start();
  assert.deepEqual(sent, [['start', { deviceId: null }]]);
  assert.equal(browser.meetcoreOpened.stream, stream);
  t.mock.timers.tick(15_000);
  assert.ok(track.stopped);
});

test('a second Start closes the microphone that the first one opened', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const tracks = [];
  const getUserMedia = async () => {
    const track = { stopped: false, stop: () => (track.stopped = true) };
    tracks.push(track);
    return { getTracks: () => [track] };
  };
  const { view } = startButton({ getUserMedia });
  await view.start();
  await view.start();
  assert.deepEqual(
    tracks.map(track => track.stopped),
    [true, false],
  );
});

test('a refused microphone is reported, in words that the page has', async () => {
  const refused = () => Promise.reject(new DOMException('', 'NotFoundError'));
  const { view, sent } = startButton({ getUserMedia: refused });
  await view.start();
  assert.deepEqual(sent, [['fault', { kind: 'no-device' }]]);
  assert.equal(view.trouble.textContent, 'Hm.');
});
