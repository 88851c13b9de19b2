import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { newPerson, mergedPeople, hintText, byTalkTime, moreText, undoOrRedo, shortcutOf } = load(
  'editor',
  ['newPerson', 'mergedPeople', 'hintText', 'byTalkTime', 'moreText', 'undoOrRedo', 'shortcutOf'],
);

function person(label, name = '') {
  return { label, name: name || label, given: Boolean(name), colour: 0, similarity: null };
}

test('a new speaker has the first free label', () => {
  assert.equal(newPerson([]).label, 'S1');
  assert.equal(newPerson([person('S1'), person('S3')]).name, 'Speaker 2');
  const twelve = Array.from({ length: 11 }, (_, place) => person('S' + (place + 1)));
  assert.equal(newPerson(twelve).colour, 1);
});

test('a merged speaker takes over a typed name, and keeps its own', () => {
  const people = [person('S1', 'Ada'), person('S2'), person('S3', 'Bo')];
  const names = into => mergedPeople(people, 'S1', into).map(each => each.name);
  assert.deepEqual(names('S2'), ['Ada', 'Bo']);
  assert.deepEqual(names('S3'), ['S2', 'Bo']);
  assert.equal(people.length, 3);
});

test('the hint names the last change, or what a click does', () => {
  assert.equal(hintText('Correct “a”', true), 'Last change: correct “a”');
  assert.match(hintText(null, true), /double-click/);
  assert.equal(hintText(null, false), '');
});

test('those who speak longest come first; people without figures are left out', () => {
  const figures = [{ label: 'S1', talk: 3 }, { label: 'S2', talk: 9 }]; // prettier-ignore
  const people = [person('S1'), person('S2'), person('S3')];
  const rows = byTalkTime(people, { silence: 0, people: figures });
  assert.deepEqual(rows.map(row => row.person.label), ['S2', 'S1']); // prettier-ignore
  assert.deepEqual(byTalkTime(people, null), []);
  assert.equal(moreText(false, 9), 'Show all 9 people');
  assert.equal(moreText(false, 8), 'More numbers');
});

test('keys ask for steps and shortcuts', () => {
  assert.equal(undoOrRedo({ key: 'z', shiftKey: false }), 'undo');
  assert.equal(undoOrRedo({ key: 'Z', shiftKey: true }), 'redo');
  assert.equal(undoOrRedo({ key: 'c', shiftKey: false }), null);
  assert.deepEqual([{ key: 'K' }, { key: 'ArrowLeft' }].map(shortcutOf), ['k', 'ArrowLeft']); // prettier-ignore
});
