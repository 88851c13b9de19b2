import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const names = [
  'microphoneObstacle',
  'microphoneFault',
  'microphoneConstraints',
  'candidatesGathered',
  'sendOffer',
];
const { microphoneFault, microphoneConstraints, candidatesGathered } = load('microphone', names);

function obstacle(globalThis, navigator) {
  return load('microphone', names, { globalThis, navigator }).microphoneObstacle();
}

class FakePeer extends EventTarget {
  iceGatheringState = 'gathering';
  localDescription = { sdp: 'v=0', type: 'offer', toJSON: undefined };
}

test('a page needs a secure context and a browser with microphones', () => {
  const mediaDevices = { getUserMedia() {} };
  assert.equal(obstacle({ isSecureContext: false }, { mediaDevices }), 'insecure');
  assert.equal(obstacle({ isSecureContext: true }, {}), 'no-microphone-access');
  assert.equal(obstacle({ isSecureContext: true }, { mediaDevices }), null);
});

test("the browser's errors have a message each", () => {
  assert.equal(microphoneFault(new DOMException('', 'NotAllowedError')), 'denied');
  assert.equal(microphoneFault(new DOMException('', 'NotFoundError')), 'no-device');
  assert.equal(microphoneFault(new DOMException('', 'NotReadableError')), 'busy');
  assert.equal(microphoneFault({ name: 'OverconstrainedError' }), 'gone');
  assert.equal(microphoneFault(new TypeError('x')), 'other');
  assert.equal(microphoneFault(null), 'other');
});

test('a chosen device is asked for exactly', () => {
  const { audio, video } = microphoneConstraints('abc', false);
  assert.equal(video, false);
  assert.deepEqual(audio.deviceId, { exact: 'abc' });
  assert.equal(audio.noiseSuppression, false);
  assert.ok(!('deviceId' in microphoneConstraints(null, true).audio));
  assert.equal(microphoneConstraints(null, true).audio.echoCancellation, true);
});

test('an offer waits for the addresses, and no longer than it may', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const complete = Object.assign(new FakePeer(), { iceGatheringState: 'complete' });
  await candidatesGathered(complete, 1000);

  const later = new FakePeer();
  const waiting = candidatesGathered(later, 1000);
  later.iceGatheringState = 'complete';
  later.dispatchEvent(new Event('icegatheringstatechange'));
  await waiting;

  const never = candidatesGathered(new FakePeer(), 1000);
  t.mock.timers.tick(1000);
  await never;
});

test('an offer is sent with the tab it belongs to', async () => {
  const sent = [];
  const fetch = (address, options) => sent.push([address, JSON.parse(options.body)]);
  const { sendOffer } = load('microphone', names, { fetch });
  await sendOffer(new FakePeer(), '/microphone/m1', 'tab 1');
  assert.deepEqual(sent, [['/microphone/m1', { sdp: 'v=0', type: 'offer', tab: 'tab 1' }]]);
});
