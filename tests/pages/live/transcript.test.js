import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom, fakeRoot } from '../fake_dom.js';

const { withUpdate, turnRows, isNearEnd, Turn, LiveTranscript, gapText } = load(
  'transcript',
  ['withUpdate', 'turnRows', 'isNearEnd', 'Turn', 'LiveTranscript', 'gapText'],
  {
    ...fakeDom(),
    addEventListener() {},
    sessionStorage: { getItem: () => null, setItem() {}, removeItem() {} },
    fetch: async () => ({ ok: false, json: async () => ({ trouble: 'Too long.' }) }),
  },
);

const people = [{ label: 'S1', name: 'Ada', given: true, colour: 0, similarity: null }];

function data(changes = {}) {
  return {
    meeting: 'm1',
    first: 0,
    words: [],
    turns: [],
    gaps: [],
    tentative: [],
    tentativeSpeaker: null,
    tentativeStart: 0,
    people,
    waiting: 'Listening.',
    ...changes,
  };
}

test('an update replaces the words from its first one on', () => {
  assert.deepEqual(withUpdate([], { first: 0, words: [' a', ' b'] }), [' a', ' b']);
  assert.deepEqual(withUpdate(['a', 'b', 'c'], { first: 1, words: ['x'] }), ['a', 'x']);
  assert.deepEqual(withUpdate(['a'], { first: 1, words: [] }), ['a']);
});

test('an update that begins after the last known word cannot be used', () => {
  assert.equal(withUpdate(['a'], { first: 2, words: ['c'] }), null);
});

test('a page that is opened late takes a very long transcript at once', () => {
  const words = Array(300_000).fill(' word');
  assert.equal(withUpdate([], { first: 0, words }).length, 300_000);
});

test('turns know which words are theirs', () => {
  const rows = turnRows(
    data({
      turns: [
        [2, 'S1', 0],
        [3, 'S2', 4.5],
      ],
    }),
  );
  assert.deepEqual(
    rows.map(({ from, to, speaker, start }) => [from, to, speaker, start]),
    [
      [0, 2, 'S1', 0],
      [2, 5, 'S2', 4.5],
    ],
  );
});

test('tentative words continue the turn of the same or of an unknown speaker', () => {
  for (const tentativeSpeaker of [null, 'S1']) {
    const rows = turnRows(data({ turns: [[2, 'S1', 0]], tentative: [' uh'], tentativeSpeaker }));
    assert.equal(rows.length, 1);
    assert.deepEqual(rows[0].tentative, [' uh']);
  }
});

test('tentative words of another speaker, or the first ones, have a row of their own', () => {
  const other = { tentative: [' no'], tentativeSpeaker: 'S2', tentativeStart: 9 };
  const rows = turnRows(data({ turns: [[2, 'S1', 0]], ...other }));
  assert.deepEqual(rows[1], { from: 2, to: 2, speaker: 'S2', start: 9, tentative: [' no'] });
  assert.equal(turnRows(data({ tentative: [' oh'] }))[0].speaker, null);
});

test('the view follows while its end is less than a line away', () => {
  assert.ok(isNearEnd({ scrollTop: 953, clientHeight: 400, scrollHeight: 1400 }));
  assert.ok(!isNearEnd({ scrollTop: 952, clientHeight: 400, scrollHeight: 1400 }));
});

test('a turn appends new words and leaves the drawn ones alone', () => {
  const turn = new Turn(() => {});
  const row = { from: 1, to: 3, speaker: 'S1', start: 61, tentative: [] };
  turn.draw(row, [' x', ' so', ' we'], people);
  const [first] = turn.text.childNodes;
  turn.draw({ ...row, to: 4, tentative: [' uh'] }, [' x', ' so', ' we', ' did'], people);
  assert.equal(turn.text.textContent, 'so we did uh');
  assert.equal(turn.text.childNodes[0], first);
  assert.equal(turn.node.className, 'turn s0');
  assert.equal(turn.who.textContent + turn.time.textContent, 'Ada1:01');
});

test('a turn that lost words is drawn anew', () => {
  const turn = new Turn(() => {});
  const row = { from: 0, to: 3, speaker: 'S1', start: 0, tentative: [] };
  turn.draw(row, [' a', ' b', ' c'], people);
  turn.draw({ ...row, to: 1, tentative: [' z'] }, [' q'], people);
  assert.equal(turn.text.textContent, 'q z');
});

test('only a speaker that is known can be renamed', () => {
  const renamed = [];
  const turn = new Turn(speaker => renamed.push(speaker));
  turn.draw({ from: 0, to: 0, speaker: null, start: 0, tentative: [' a'] }, [], people);
  turn.who.onclick();
  turn.draw({ from: 0, to: 0, speaker: 'S1', start: 0, tentative: [' a'] }, [], people);
  turn.who.onclick();
  assert.deepEqual(renamed, ['S1']);
});

function transcript() {
  const sent = [];
  const component = { data: data(), setTriggerValue: (...value) => sent.push(value) };
  const view = new LiveTranscript(fakeRoot(), component);
  view.people.draw = () => {};
  return { view, sent };
}

test('missing words are asked for, once in a while', t => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const { view, sent } = transcript();
  view.draw(data({ first: 0, words: [' a'], turns: [[1, 'S1', 0]] }));
  const gap = data({ first: 7, words: [' h'], turns: [[8, 'S1', 0]] });
  view.draw(gap);
  view.draw(gap);
  assert.deepEqual(sent, [['missing', 1]]);
  t.mock.timers.tick(1000);
  view.draw(gap);
  assert.equal(sent.length, 2);
  assert.equal(view.turns[0].text.textContent, 'a');
});

test('another meeting begins with an empty page', () => {
  const { view } = transcript();
  view.draw(data({ words: [' a', ' b'], turns: [[1, 'S1', 0], [1, 'S2', 3]] })); // prettier-ignore
  assert.equal(view.list.childNodes.length, 2);
  view.draw(data({ meeting: 'm2', words: [' c'], turns: [[1, 'S1', 0]] }));
  assert.equal(view.list.textContent, 'Ada0:00c');
  view.draw(data({ meeting: 'm3' }));
  assert.equal(view.empty.style.display, '');
  assert.equal(view.waiting.textContent, 'Listening.');
});

test('the view stays where the user has scrolled to', () => {
  const { view } = transcript();
  view.scroll.scrollHeight = 1000;
  view.draw(data());
  assert.equal(view.scroll.scrollTop, 1000);
  Object.assign(view.scroll, { scrollTop: 300, clientHeight: 400 });
  view.scroll.onscroll();
  view.draw(data({ words: [' a'], turns: [[1, 'S1', 0]] }));
  assert.equal(view.scroll.scrollTop, 300);
  assert.equal(view.latest.hidden, false);
  view.latest.onclick();
  assert.equal(view.scroll.scrollTop, 1000);
});

test('a refused name is taken back', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { view } = transcript();
  view.draw(data({ words: [' a'], turns: [[1, 'S1', 0]] }));
  view.people.asked.set('S1', 'A very long name');
  view.rename('S1', 'A very long name');
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  assert.equal(view.people.settle(people)[0].name, 'Ada');
});

test('a gap stands before the turn that follows it, or at the end', () => {
  const gaps = [
    [1, 17.7, 30.1],
    [1, 31, 45],
    [2, 60, 75],
  ];
  assert.equal(gapText(gaps, 0), '');
  assert.equal(gapText(gaps, 1), '0:17–0:30, 0:31–0:45 comes in the final transcript');
  const { view } = transcript();
  view.draw(
    data({
      gaps,
      words: [' a', ' b'],
      turns: [
        [1, 'S1', 0.5],
        [1, 'S1', 50],
      ],
    }),
  );
  assert.deepEqual(
    view.turns.map(turn => turn.gap.hidden),
    [true, false],
  );
  assert.equal(view.lastGap.textContent, '1:00–1:15 comes in the final transcript');
});
