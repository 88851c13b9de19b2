import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { TranscriptModel } = load('editor', ['TranscriptModel']);

/** Turns as [speaker, words]; a word each half second, times in hundredths of a second. */
function model(...turns) {
  const data = {
    labels: ['S1', 'S2', 'S3'],
    duration: 60,
    statistics: { people: [] },
    ...{ text: [], at: [], start: [], end: [], count: [], speaker: [], machine: {}, languages: {} },
  };
  let at = 100;
  for (const [speaker, text] of turns) {
    const words = text.split(' ');
    data.start.push(at);
    data.count.push(words.length);
    data.speaker.push(speaker);
    for (const word of words) {
      data.text.push(' ' + word);
      data.at.push(at);
      at += 50;
    }
    data.end.push(at);
  }
  data.turns = { start: [...data.start], end: [...data.end], speaker: [...data.speaker] };
  return new TranscriptModel(data);
}

test('the time of a passage goes along with its speaker', () => {
  const made = model([0, 'one two three four'], [1, 'five six']);
  made.split(0, 2, 'S3');
  assert.deepEqual(
    made.turns.map(({ start, end, speaker }) => [start, end, speaker]),
    [
      [100, 200, 'S1'],
      [300, 400, 'S2'],
      [200, 300, 'S3'],
    ],
  );
});

function texts(made) {
  return made.segments.map(segment => `${segment.speaker} ${made.textOf(segment)}`);
}

/** What must hold after each edit: segments share all words out, rows cover the segments. */
function assertWhole(made) {
  let place = 0;
  for (const segment of made.segments) {
    assert.equal(segment.from, place);
    place = segment.to;
  }
  assert.equal(place, made.text.length);
  assert.equal(made.at.length, made.text.length);
  assert.equal(made.rows.reduce((sum, row) => sum + row.to - row.from, 0), place); // prettier-ignore
}

test('columns become segments over one list of words', () => {
  const made = model([0, 'Hello there.'], [-1, 'Hm.']);
  assert.deepEqual(texts(made), ['S1 Hello there.', 'null Hm.']);
  const [first] = made.segments;
  assert.deepEqual([first.start, first.end, first.machine], [100, 200, null]);
  assertWhole(made);
});

test('an empty transcript has no rows', () => {
  const made = model();
  assert.deepEqual([made.rows, made.spoken(), made.find('a')], [[], [], []]);
  assert.equal(made.wordAt(3), -1);
});

test('a long segment is cut into rows at the end of a sentence', () => {
  const words = Array.from({ length: 200 }, (_, place) => (place === 79 ? 'done.' : 'word'));
  const made = model([0, words.join(' ')], [1, 'Yes.']);
  assert.deepEqual(
    made.rows.map(({ position, from, to, head }) => [position, from, to, head]),
    [
      [0, 0, 80, true],
      [0, 80, 200, false],
      [1, 200, 201, true],
    ],
  );
  assert.equal(made.rowOfWord(80), 1);
});

test('a long segment without sentences is cut all the same', () => {
  const made = model([0, Array(300).fill('word').join(' ')]);
  assert.deepEqual(
    made.rows.map(row => row.to - row.from),
    [90, 90, 120],
  );
});

test('the last of equal or earlier moments is found', () => {
  const starts = [1, 2, 2, 5];
  const last = moment => TranscriptModel.last(starts.length, place => starts[place], moment);
  assert.deepEqual([0, 1, 2, 4, 9].map(last), [-1, 0, 2, 2, 3]);
});

test('the word at a moment is the last one that has begun', () => {
  const made = model([0, 'one two three']);
  assert.deepEqual([0.99, 1, 1.49, 1.5, 30].map(seconds => made.wordAt(seconds)), [-1, 0, 0, 1, 2]); // prettier-ignore
});

test('the segment of a word', () => {
  const made = model([0, 'one two'], [1, 'three']);
  assert.deepEqual([0, 1, 2].map(word => made.segmentOfWord(word)), [0, 0, 1]); // prettier-ignore
});

test('a phrase is found across words, in either case', () => {
  const made = model([0, 'The BUDGET for'], [1, 'spring, the budget']);
  assert.deepEqual(made.find('the budget'), [[0, 1], [4, 5]]); // prettier-ignore
  assert.deepEqual(made.find('for spring'), [[2, 3]]);
  assert.deepEqual(made.find('udge'), [[1, 1], [5, 5]]); // prettier-ignore
  assert.deepEqual(made.find('winter'), []);
});

test('merging speakers changes segments and turns', () => {
  const made = model([0, 'one'], [1, 'two']);
  made.relabel('S2', 'S1');
  assert.deepEqual(texts(made), ['S1 one', 'S1 two']);
  assert.ok(made.turns.every(turn => turn.speaker === 'S1'));
  assert.equal(made.statistics, null);
});

test('a segment is divided before one of its words', () => {
  const made = model([0, 'one two three'], [1, 'four']);
  made.split(0, 1, 'S3');
  assert.deepEqual(texts(made), ['S1 one', 'S3 two three', 'S2 four']);
  const [first, second] = made.segments;
  assert.deepEqual([first.end, second.start, second.end], [150, 150, 250]);
  assertWhole(made);
});

test('a corrected word keeps its time, and the machine’s text is kept', () => {
  const made = model([0, 'the budgit then'], [1, 'yes']);
  made.correct(0, 1, 2, 'budget');
  assert.deepEqual(texts(made), ['S1 the budget then', 'S2 yes']);
  assert.deepEqual(made.at, [100, 150, 200, 250]);
  assert.equal(made.segments[0].machine, 'the budgit then');
  made.correct(0, 0, 3, 'The budget.');
  assert.equal(made.segments[0].machine, 'the budgit then');
  assertWhole(made);
});

test('words that a correction adds share the time of those they replace', () => {
  const made = model([0, 'one two'], [1, 'three']);
  made.correct(0, 1, 2, 'two and more');
  assert.deepEqual(made.at, [100, 150, 167, 183, 200]);
  assert.deepEqual(texts(made), ['S1 one two and more', 'S2 three']);
  assert.deepEqual(made.find('more'), [[3, 3]]);
  assertWhole(made);
});

test('a correction that keeps the number of words is found too', () => {
  const made = model([0, 'one two']);
  assert.deepEqual(made.find('ten'), []);
  made.correct(0, 1, 2, 'ten');
  assert.deepEqual(made.find('ten'), [[1, 1]]);
});

test('the mark of a language stays before its words through edits', () => {
  const made = model([0, 'well yes ja gut'], [1, 'fine']);
  made.languages.splice(2, 3, 'German', '', 'English');
  made.correct(0, 0, 2, 'oh well yes');
  assert.deepEqual(made.languages, ['', '', '', 'German', '', 'English']);
  made.correct(0, 3, 5, 'Ja, sehr gut');
  assert.deepEqual(made.languages, ['', '', '', 'German', '', '', 'English']);
  made.split(0, 3, 'S3');
  assert.equal(made.languages[made.segments[1].from], 'German');
});
