import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { clock, colourOf, nameOf, meterShare } = load('meter', [
  'clock',
  'colourOf',
  'nameOf',
  'meterShare',
]);

test('times have hours only from one hour on', () => {
  assert.equal(clock(0), '00:00');
  assert.equal(clock(59.99), '00:59');
  assert.equal(clock(60), '01:00');
  assert.equal(clock(3599), '59:59');
  assert.equal(clock(3600), '1:00:00');
  assert.equal(clock(36061), '10:01:01');
});

test('a time before the start is shown as the start', () => {
  assert.equal(clock(-3), '00:00');
});

test('speakers have a colour and a name; a passage without a speaker has neither', () => {
  const people = [{ label: 'S1', name: 'Ada', colour: 3 }];
  assert.equal(colourOf(people, 'S1'), 's3');
  assert.equal(nameOf(people, 'S1'), 'Ada');
  assert.equal(colourOf(people, null), 'unknown-speaker');
  assert.equal(nameOf(people, 'S2'), 'Unknown speaker');
});

test('the level meter spans a quiet room to loud speech', () => {
  assert.equal(meterShare(-100), 0);
  assert.equal(meterShare(-78), 0);
  assert.equal(meterShare(-44), 0.5);
  assert.equal(meterShare(0), 1);
});
