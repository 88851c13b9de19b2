import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

import { fakeDom } from '../fake_dom.js';

const names = ['mergedPeople', 'hintText', 'byTalkTime', 'moreText', 'undoOrRedo', 'shortcutOf'];
const { mergedPeople, hintText, byTalkTime, moreText, undoOrRedo, shortcutOf } = load(
  'editor',
  names,
);

function person(label, name = '') {
  return { label, name: name || label, given: Boolean(name), colour: 0, similarity: null };
}

test('a new speaker has the label that the server will give, and its change names it', () => {
  const { TranscriptEdits } = load('editor', ['TranscriptEdits'], fakeDom());
  const sent = [];
  const outbox = { put: (_, address, body, typed, creates) => sent.push([body.label, creates]) };
  const edits = new TranscriptEdits(outbox, '/edits', () => {}, () => {}); // prettier-ignore
  edits.newPeople = [person('S4'), person('S7')];
  edits.assign(0, null);
  edits.split(1, 2, null);
  edits.assign(3, 'S4');
  edits.assign(4, null);
  assert.deepEqual(edits.people.map(each => each.label), ['S4', 'S7']); // prettier-ignore
  assert.deepEqual(sent, [[null, 'S4'], [null, 'S7'], ['S4', undefined]]); // prettier-ignore
});

test('an answer that edits have overtaken is not shown', async () => {
  const outbox = { waiting: [] };
  const bodies = ['a', 'a', 'b', 'c'].map(etag => ({ etag }));
  const fetch = async () => ({ ok: true, json: async () => bodies.shift() });
  const { TranscriptLoader } = load('editor', ['TranscriptLoader'], { fetch });
  const shown = [];
  const loader = new TranscriptLoader(outbox, body => shown.push(body.etag), assert.fail);
  await loader.load({ version: '1', address: '/' });
  await loader.load({ version: '1', address: '/' });
  assert.deepEqual(shown, ['a'], 'the same version is not shown again');
  outbox.waiting = ['a change'];
  await loader.load({ version: '1', address: '/' });
  outbox.waiting = [];
  loader.update({ version: '1', address: '/' });
  assert.equal(bodies.length, 1, 'fetched for this version already');
  await loader.load({ version: '2', address: '/' });
  assert.deepEqual(shown, ['a', 'c']);
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

test('those who speak longest come first; a person without figures yet has a chip', () => {
  const figures = [{ label: 'S1', talk: 3 }, { label: 'S2', talk: 9 }]; // prettier-ignore
  const people = [person('S1'), person('S2'), person('S3')];
  const rows = byTalkTime(people, { silence: 0, people: figures });
  assert.deepEqual(rows.map(row => row.person.label), ['S2', 'S1', 'S3']); // prettier-ignore
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
