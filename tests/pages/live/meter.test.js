import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom } from '../fake_dom.js';

const { nextHeights, Meter } = load('controls', ['nextHeights', 'Meter'], fakeDom());

test('the newest level is the last bar', () => {
  assert.deepEqual(nextHeights([0.1, 0.2, 0.3], 0), [0.2, 0.3, 1]);
});

test('a pause empties the level at once, and later levels do not move it', () => {
  const meter = new Meter();
  meter.draw({ state: 'listening', elapsed: 3, level: -20 });
  assert.ok(meter.heights.at(-1) > 0.5);
  meter.show('paused', 'Paused');
  assert.ok(meter.heights.every(height => height === 0));
  meter.draw({ state: 'paused', elapsed: 3, level: -20 });
  assert.ok(meter.heights.every(height => height === 0));
});
