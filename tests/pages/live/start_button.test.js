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

function startButton(heard = null) {
  const sent = [];
  const data = { faults: { denied: 'No.', other: 'Hm.' }, rules: {}, heard, cleanUp: false };
  const component = { data, setTriggerValue: (name, value) => sent.push([name, value.id]) };
  const { StartButton } = load('start_button', names, {
    ...fakeDom(),
    globalThis: { isSecureContext: true, RTCPeerConnection: class {} },
    navigator: { mediaDevices: { getUserMedia() {} } },
    localStorage: { getItem: () => null },
  });
  const view = new StartButton(fakeRoot(), component);
  return { view, sent, data };
}

test('a value is sent again until Python has handled it', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { view, sent, data } = startButton();
  view.sendUntilHandled('start', { id: '1' });
  t.mock.timers.tick(1200);
  assert.deepEqual(sent, [['start', '1'], ['start', '1']]); // prettier-ignore
  data.heard = '1';
  t.mock.timers.tick(12_000);
  assert.equal(sent.length, 2);
});

test('a value is sent four times at most', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { view, sent } = startButton();
  view.sendUntilHandled('start', { id: '1' });
  for (let step = 0; step < 9; step += 1) t.mock.timers.tick(1200);
  assert.equal(sent.length, 4);
});
