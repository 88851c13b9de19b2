import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom } from '../fake_dom.js';

const names = ['peopleInOrder', 'namesake', 'askedPair', 'samePersonText'];
const { peopleInOrder, namesake, askedPair, samePersonText } = load('editor', names);

function person(label, name = '', more = {}) {
  return { label, name, given: Boolean(name), colour: 0, similarity: null, ...more };
}

function said(...speakers) {
  return speakers.map(speaker => ({ speaker }));
}

test('people are those with words, numbered in order of appearance without gaps', () => {
  const known = [person('S1'), person('S2', 'Ada'), person('S4'), person('S7')];
  const found = peopleInOrder(said('S4', null, 'S2', 'S4', 'S7'), known);
  assert.deepEqual(
    found.map(({ label, name, number }) => [label, name, number]),
    [
      ['S4', 'Speaker 1', 1],
      ['S2', 'Ada', 2],
      ['S7', 'Speaker 3', 3],
    ],
  );
});

test('a name in use is found in any case, and never its own', () => {
  const people = [person('S1', 'Diane'), person('S2')];
  assert.equal(namesake(people, 'S2', 'diane').label, 'S1');
  assert.equal(namesake(people, 'S1', 'Diane'), null);
  assert.equal(namesake([person('S1'), person('S2')], 'S2', ''), null);
});

test('the page asks about one pair at a time', () => {
  const diane = person('S1', 'Diane', { similarity: 90 });
  const alike = { ...person('S3', '', { same: 'S1' }), name: 'Speaker 2' };
  assert.equal(askedPair([diane, person('S2')]), null);
  assert.equal(askedPair([person('S2'), { ...alike, same: 'S9' }]), null);
  const pair = askedPair([diane, alike]);
  assert.deepEqual([pair.person, pair.other], [alike, diane]);
  assert.equal(samePersonText(pair), 'Speaker 2 sounds like Diane. Are they the same person?');
  const twice = { person: person('S2', 'Diane'), other: diane };
  assert.equal(
    samePersonText(twice),
    'Two people here are called Diane. Are they the same person?',
  );
});

function editsOf(people, ...speakers) {
  const { TranscriptEdits, TranscriptModel } = load(
    'editor',
    ['TranscriptEdits', 'TranscriptModel'],
    fakeDom(),
  );
  const sent = [];
  const outbox = { put: (_, address, body) => sent.push(body) };
  const edits = new TranscriptEdits(outbox, '/edits', () => {}, () => {}); // prettier-ignore
  const places = speakers.map((_, place) => place);
  const labels = [...new Set(speakers)];
  const times = { start: places.map(p => 100 * p), end: places.map(p => 100 * p + 100) };
  const speaker = speakers.map(each => labels.indexOf(each));
  const words = { text: places.map(p => ' w' + p), at: times.start, count: places.map(() => 1) };
  const turns = { ...times, speaker };
  edits.model = new TranscriptModel({ labels, duration: 9, speaker, machine: {}, languages: {}, ...times, ...words, turns, statistics: { people: [] } }); // prettier-ignore
  edits.known = edits.people = people;
  return { edits, sent };
}

test('a cleared name goes back to the number', () => {
  const { edits, sent } = editsOf([person('S5', 'Ada')], 'S5');
  edits.rename('S5', '');
  assert.deepEqual([edits.people[0].name, edits.people[0].given], ['Speaker 1', false]);
  assert.deepEqual(sent, [{ kind: 'rename', label: 'S5', name: '', remember: false }]);
});

test('who has no passage left is gone, and comes back with one', () => {
  const { edits } = editsOf([person('S1'), person('S2', 'Bo')], 'S1', 'S2');
  edits.assign(1, 'S1');
  assert.deepEqual(edits.people.map(each => each.label), ['S1']); // prettier-ignore
  assert.deepEqual(edits.model.spoken().map(turn => turn.speaker), ['S1', 'S1']); // prettier-ignore
  edits.assign(0, 'S2');
  assert.deepEqual(edits.people.map(each => each.name), ['Bo', 'Speaker 2']); // prettier-ignore
});

test('two people are kept apart by confirming the name, or by removing the likeness', () => {
  const people = [person('S1', 'Diane'), person('S2', 'Diane', { same: 'S1' }), person('S3', '', { same: 'S1' })]; // prettier-ignore
  const { edits, sent } = editsOf(people, 'S1', 'S2', 'S3');
  edits.keepBoth(people[1]);
  edits.keepBoth(people[2]);
  assert.deepEqual(sent.map(each => [each.label, each.name]), [['S2', 'Diane'], ['S3', '']]); // prettier-ignore
  assert.equal(askedPair(edits.people), null);
});

test('an outbox lets go of an element that has left the page', () => {
  const { showOutbox } = load('editor', ['showOutbox'], fakeDom());
  const outbox = { state: '', refusals: [], changed: null, emptied: null };
  const [first, second] = [new AbortController(), new AbortController()];
  showOutbox(outbox, () => {}, () => {}, first.signal); // prettier-ignore
  const emptied = () => {};
  showOutbox(outbox, () => {}, emptied, second.signal); // prettier-ignore
  first.abort();
  assert.equal(outbox.emptied, emptied, 'the element that is on the page stays');
  second.abort();
  assert.notEqual(outbox.emptied, emptied);
});
