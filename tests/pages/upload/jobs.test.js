import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { jobActions, fileText, stageWidth } = load('jobs', ['jobActions', 'fileText', 'stageWidth']);

function shown(row) {
  const actions = jobActions({ opens: true, length: '3 min', ...row });
  return Object.keys(actions).filter(name => actions[name]);
}

test('what can be done with a job depends on its state', () => {
  assert.deepEqual(shown({ state: 'running' }), ['cancel', 'open']);
  assert.deepEqual(shown({ state: 'queued', length: '' }), ['cancel']);
  assert.deepEqual(shown({ state: 'failed', opens: false }), ['again', 'remove']);
  assert.deepEqual(shown({ state: 'cancelled' }), ['again', 'open', 'remove']);
  assert.deepEqual(shown({ state: 'done', length: '' }), ['open']);
});

test('a file that gave the title its name is not named twice', () => {
  assert.equal(fileText({ length: '3 min', file: 'a.mp3', title: 'Budget' }), '3 min · a.mp3');
  assert.equal(fileText({ length: '3 min', file: 'a', title: 'a' }), '3 min');
  assert.equal(fileText({ length: '', file: '', title: 'a' }), '');
});

test('stages before the present one are full, later ones empty', () => {
  const row = { stage: 1, progress: 0.25 };
  assert.deepEqual([0, 1, 2].map(place => stageWidth(row, place)), [100, 25, 0]); // prettier-ignore
});
