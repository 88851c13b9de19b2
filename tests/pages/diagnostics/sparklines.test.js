import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { linePoints } = load('sparklines', ['linePoints']);

test('a line spans the width, from zero at the foot to the most at the top', () => {
  assert.equal(linePoints([0, 5, 10]), '0.0,26.0 60.0,14.5 120.0,3.0');
});

test('a line of zeros lies at the foot', () => {
  assert.equal(linePoints([0, 0]), '0.0,26.0 120.0,26.0');
});

test('negative values move the foot', () => {
  assert.equal(linePoints([-10, 0]), '0.0,26.0 120.0,3.0');
});
