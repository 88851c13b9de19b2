import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { nextHeights } = load('meter', ['nextHeights']);

test('the newest level is the last bar', () => {
  assert.deepEqual(nextHeights([0.1, 0.2, 0.3], { state: 'listening', level: 0 }), [0.2, 0.3, 1]);
});

test('nothing moves while the recording is paused', () => {
  assert.deepEqual(nextHeights([0.1, 0.2], { state: 'paused', level: 0 }), [0.2, 0]);
});
