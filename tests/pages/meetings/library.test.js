import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { withHeadings, countText, filtersIn, meetingAddress, moreHitsText } = load('library', [
  'withHeadings',
  'countText',
  'filtersIn',
  'meetingAddress',
  'moreHitsText',
]);

test('each group has one heading; a list without groups has none', () => {
  const meetings = ['Today', 'Today', 'May'].map((group, id) => ({ id, group }));
  assert.deepEqual(
    withHeadings(meetings).map(line => line.heading ?? line.id),
    ['Today', 0, 1, 'May', 2],
  );
  assert.equal(withHeadings([{ id: 1, group: '' }]).length, 1);
});

test('meetings are counted where something was searched', () => {
  const data = { all: 2000, total: 1500, query: { text: 'budget' } };
  assert.equal(countText(data), '1,500 meetings');
  assert.equal(countText({ ...data, total: 1 }), '1 meeting');
  assert.equal(countText({ ...data, query: { order: 'oldest', text: '' } }), '');
  assert.equal(countText({ ...data, query: { since: '2026-01-01' } }), '1,500 meetings');
});

test('the order is no filter', () => {
  assert.deepEqual(filtersIn({ order: 'oldest', person: 'Ada', until: '' }), ['person']);
});

test('a meeting opens at a moment, the first one included', () => {
  assert.equal(meetingAddress('a b'), 'meeting?id=a%20b');
  assert.equal(meetingAddress('a', 0), 'meeting?id=a&t=0');
  assert.equal(moreHitsText(1), 'and 1 more place');
});
