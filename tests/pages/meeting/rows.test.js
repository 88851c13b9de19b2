import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { guessedHeight, topsOf, rowsNear } = load('editor', ['guessedHeight', 'topsOf', 'rowsNear']);

test('a row is guessed by its letters and by what is above its text', () => {
  const text = Array(40).fill(' words');
  const short = { from: 0, to: 1, head: true };
  assert.equal(guessedHeight(short, text, 890), 41 + 27);
  assert.equal(guessedHeight({ ...short, head: false }, text, 890), 8 + 27);
  assert.equal(guessedHeight({ ...short, to: 40 }, text, 890), 41 + 3 * 27);
  assert.equal(guessedHeight({ ...short, to: 0 }, text, 0), 41 + 27);
});

test('each row begins where the one before ends', () => {
  assert.deepEqual([...topsOf([10, 30, 5])], [0, 10, 40, 45]);
  assert.deepEqual([...topsOf([])], [0]);
});

test('rows near the window are on the page, and no others', () => {
  const tops = topsOf(Array(1000).fill(100));
  assert.deepEqual(rowsNear(tops, { top: 0, bottom: 800 }), { first: 0, last: 16 });
  assert.deepEqual(rowsNear(tops, { top: 50_000, bottom: 50_800 }), { first: 493, last: 516 });
  assert.deepEqual(rowsNear(tops, { top: 99_500, bottom: 100_300 }), { first: 988, last: 1000 });
  assert.deepEqual(rowsNear(topsOf([]), { top: 0, bottom: 800 }), { first: 0, last: 0 });
});
