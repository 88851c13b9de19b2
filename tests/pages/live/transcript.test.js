import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom, fakeRoot } from '../fake_dom.js';

const { turnRows, isNearEnd, Turn, LiveTranscript, gapText, withoutJump } = load(
  'transcript',
  ['turnRows', 'isNearEnd', 'Turn', 'LiveTranscript', 'gapText', 'withoutJump'],
  {
    ...fakeDom(),
    addEventListener() {},
    sessionStorage: { getItem: () => null, setItem() {}, removeItem() {} },
    fetch: async () => ({ ok: false, json: async () => ({ trouble: 'Too long.' }) }),
  },
);

const people = [{ label: 'S1', name: 'Ada', given: true, colour: 0, similarity: null }];

/** An update without settled turns; `settled` of the committed ones are frozen. */
function data({ first = 0, turns = [], settled = 0, ...changes } = {}) {
  return {
    meeting: 'm1',
    settled: { first: 0, frozen: 0, turns: [] },
    committed: { from: 0, first, frozen: settled, turns },
    gaps: [],
    merged: {},
    tentative: [],
    tentativeSpeaker: null,
    tentativeStart: 0,
    people,
    waiting: 'Listening.',
    ...changes,
  };
}

test('tentative words continue the turn of the same or of an unknown speaker', () => {
  for (const tentativeSpeaker of [null, 'S1']) {
    const rows = turnRows(
      data({ turns: [['S1', 0, [' a']]], tentative: [' uh'], tentativeSpeaker }),
    );
    assert.equal(rows.length, 1);
    assert.deepEqual(rows[0].tentative, [' uh']);
  }
});

test('tentative words of another speaker, or the first ones, have a row of their own', () => {
  const other = { tentative: [' no'], tentativeSpeaker: 'S2', tentativeStart: 9 };
  const rows = turnRows(data({ turns: [['S1', 0, [' a']]], ...other }));
  assert.deepEqual(rows[1], { speaker: 'S2', start: 9, words: [], tentative: [' no'] });
  assert.equal(turnRows(data({ tentative: [' oh'] }))[0].speaker, null);
});

test('tentative words after a gap have a row of their own, after it', () => {
  const gaps = [[3, 20, 30]];
  for (const tentativeSpeaker of [null, 'S1']) {
    const after = { tentative: [' later'], tentativeSpeaker, tentativeStart: 30, gaps };
    const rows = turnRows(data({ first: 2, turns: [['S1', 0, [' a'], {}]], ...after }));
    assert.deepEqual(rows, [
      { speaker: 'S1', start: 0, words: [' a'], tentative: [], marks: {} },
      { speaker: tentativeSpeaker, start: 30, words: [], tentative: [' later'] },
    ]);
  }
  const before = { tentative: [' on'], gaps: [[2, 0, 1]] };
  assert.equal(turnRows(data({ first: 2, turns: [['S1', 0, [' a']]], ...before })).length, 1);
});

test('the view follows while its end is less than a line away', () => {
  assert.ok(isNearEnd({ scrollTop: 953, clientHeight: 400, scrollHeight: 1400 }));
  assert.ok(!isNearEnd({ scrollTop: 952, clientHeight: 400, scrollHeight: 1400 }));
});

test('a turn appends new words and leaves the drawn ones alone', () => {
  const turn = new Turn(() => {});
  const row = { speaker: 'S1', start: 61, words: [' so', ' we'], tentative: [] };
  turn.draw(row, people);
  const [first] = turn.text.childNodes;
  turn.draw({ ...row, words: [' so', ' we', ' did'], tentative: [' uh'] }, people);
  assert.equal(turn.text.textContent, 'so we did uh');
  assert.equal(turn.text.childNodes[0], first);
  assert.equal(turn.section.className, 'turn s0');
  assert.equal(turn.who.textContent + turn.time.textContent, 'Ada1:01');
});

test('a word in another language has the name of the language before it', () => {
  const turn = new Turn(() => {});
  const row = { speaker: 'S1', start: 0, words: [' yes', ' ja'], tentative: [' uh'] };
  const all = { ...row, words: [' yes', ' ja', ' gut', ' fine'] };
  const shown = () => turn.text.childNodes.map(node => [node.attributes.class, node.textContent]);
  turn.draw({ ...row, marks: { 1: 'German' } }, people);
  turn.draw({ ...all, marks: { 1: 'German', 3: 'English' } }, people);
  assert.deepEqual(shown(), [
    ['new', 'yes'],
    ['lang', 'German'],
    ['new', ' ja'],
    ['new', ' gut'],
    ['lang', 'English'],
    ['new', ' fine'],
    ['tentative', ' uh'],
  ]);
});

test('a turn can begin with another language, and keeps its mark when it grows', () => {
  const [row] = turnRows(data({ turns: [['S1', 0, [' Guten'], { 0: 'German' }]] }));
  const turn = new Turn(() => {});
  turn.draw(row, people);
  turn.draw({ ...row, words: [' Guten', ' Tag'] }, people);
  assert.equal(turn.text.textContent, 'German Guten Tag');
});

test('a turn that lost words is drawn anew', () => {
  const turn = new Turn(() => {});
  const row = { speaker: 'S1', start: 0, words: [' a', ' b', ' c'], tentative: [] };
  turn.draw(row, people);
  turn.draw({ ...row, words: [' a', ' b'], tentative: [' z'] }, people);
  assert.equal(turn.text.textContent, 'a b z');
  turn.draw({ ...row, words: [' q', ' b', ' c'] }, people);
  assert.equal(turn.text.textContent, 'q b c');
});

test('only a speaker that is known can be renamed', () => {
  const renamed = [];
  const turn = new Turn(speaker => renamed.push(speaker));
  turn.draw({ speaker: null, start: 0, words: [], tentative: [' a'] }, people);
  turn.who.onclick();
  turn.draw({ speaker: 'S1', start: 0, words: [], tentative: [' a'] }, people);
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

test('missing turns are asked for, once in a while', t => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const { view, sent } = transcript();
  view.draw(
    data({
      turns: [
        ['S1', 0, [' a']],
        ['S2', 2, [' b']],
      ],
      settled: 1,
    }),
  );
  const gap = data({ first: 2, turns: [['S1', 9, [' h']]], settled: 2 });
  view.draw(gap);
  view.draw(gap);
  assert.deepEqual(sent, [['missing', [0, 1]]]);
  t.mock.timers.tick(1000);
  view.draw(gap);
  assert.equal(sent.length, 2);
  assert.equal(view.list.textContent, 'Ada0:00aUnknown speaker0:02b');
  view.draw(
    data({
      first: 1,
      turns: [
        ['S2', 2, [' c']],
        ['S1', 9, [' h']],
      ],
      settled: 2,
    }),
  );
  assert.equal(view.list.textContent, 'Ada0:00aUnknown speaker0:02cAda0:09h');
});

test('an update draws the turns it brings and leaves the settled ones alone', () => {
  const { view } = transcript();
  const turns = Array.from({ length: 50 }, (_, at) => ['S1', at, [' a']]);
  view.draw(data({ turns, settled: 49 }));
  const drawn = [];
  for (const [at, turn] of view.turns.entries()) turn.showSpeaker = () => drawn.push(at);
  view.draw(
    data({
      first: 48,
      turns: [
        ['S1', 48, [' a']],
        ['S1', 49, [' a', ' b']],
      ],
      settled: 49,
    }),
  );
  assert.deepEqual(drawn, [48, 49]);
  assert.equal(view.turns.length, 50);
});

test('a name or a merge reaches the settled turns', () => {
  const { view } = transcript();
  view.draw(
    data({
      turns: [
        ['S2', 0, [' a']],
        ['S1', 1, [' b']],
      ],
      settled: 1,
    }),
  );
  assert.equal(view.list.textContent, 'Unknown speaker0:00aAda0:01b');
  const grace = [{ ...people[0], name: 'Grace' }];
  view.draw(data({ first: 1, turns: [['S1', 1, [' b']]], settled: 1, people: grace }));
  assert.equal(view.list.textContent, 'Unknown speaker0:00aGrace0:01b');
  const merged = { S2: 'S1' };
  view.draw(data({ first: 1, turns: [['S1', 1, [' b']]], settled: 1, people: grace, merged }));
  assert.equal(view.list.textContent, 'Grace0:00aGrace0:01b');
});

test('settled turns replace the first committed ones, and the others stay as they are', () => {
  const { view } = transcript();
  const turns = ['a', 'b', 'c', 'd'].map((word, at) => ['S1', at, [` ${word}`]]);
  view.draw(data({ turns, settled: 3 }));
  const [, , third] = view.turns;
  const settled = { first: 0, frozen: 0, turns: [['S2', 0.2, [' new', ' b']]] };
  const committed = { from: 1, first: 3, frozen: 3, turns: [turns[3]], head: ['S1', 1.5, [' c']] };
  view.draw({ ...data(), settled, committed });
  assert.equal(view.settled.node.textContent, 'Unknown speaker0:00new b');
  assert.equal(view.committed.node.textContent, 'Ada0:01cAda0:02cAda0:03d');
  assert.equal(view.turns[2], third);
  view.draw({ ...data(), settled, committed: { from: 4, first: 4, frozen: 4, turns: [] } });
  assert.equal(view.list.textContent, 'Unknown speaker0:00new b');
});

test('a name that goes on over the border of what is settled is shown once', () => {
  const { view } = transcript();
  const settled = { first: 0, frozen: 0, turns: [['S1', 0, [' so']]] };
  const goesOn = (speaker, gaps = []) => {
    let shown;
    view.draw({ ...data(), settled });
    view.draw({ ...data({ turns: [[speaker, 5, [' on']]], gaps }), settled });
    view.committed.turns[0].section.classList.toggle = (name, on) => (shown = on);
    view.draw({ ...data({ turns: [[speaker, 5, [' on']]], gaps }), settled });
    return shown;
  };
  assert.deepEqual([goesOn('S1'), goesOn(null), goesOn('S2')], [true, true, false]);
  assert.equal(goesOn('S1', [[0, 1, 5]]), false);
});

test('turns that are missing of either list are asked for', () => {
  const { view, sent } = transcript();
  view.draw({ ...data(), settled: { first: 2, frozen: 3, turns: [['S1', 0, [' a']]] } });
  assert.deepEqual(sent, [['missing', [0, 0]]]);
  assert.equal(view.turns.length, 0);
});

test('what is read stays where it is while turns before it are replaced', () => {
  const turn = (start, top) => ({ start, node: { offsetTop: top, offsetHeight: 100 } });
  const scroll = { scrollTop: 250 };
  let turns = [turn(0, 0), turn(10, 100), turn(20, 200), turn(30, 300)];
  withoutJump(scroll, () => turns, () => { turns = [turn(0, 0), turn(21, 350), turn(30, 450)]; }); // prettier-ignore
  assert.equal(scroll.scrollTop, 400, 'the nearest turn, where the one read is gone');
  scroll.scrollTop = 400;
  withoutJump(scroll, () => turns, () => { turns = [turn(0, 0), turn(21, 500), turn(30, 600)]; }); // prettier-ignore
  assert.equal(scroll.scrollTop, 550);
});

test('another meeting begins with an empty page', () => {
  const { view } = transcript();
  view.draw(data({ turns: [['S1', 0, [' a']], ['S2', 3, [' b']]] })); // prettier-ignore
  assert.equal(view.turns.length, 2);
  view.draw(data({ meeting: 'm2', turns: [['S1', 0, [' c']]] }));
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
  view.draw(data({ turns: [['S1', 0, [' a']]] }));
  assert.equal(view.scroll.scrollTop, 300);
  assert.equal(view.latest.hidden, false);
  view.latest.onclick();
  assert.equal(view.scroll.scrollTop, 1000);
});

test('a refused name is taken back', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { view } = transcript();
  view.draw(data({ turns: [['S1', 0, [' a']]] }));
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
      turns: [
        ['S1', 0.5, [' a']],
        ['S1', 50, [' b']],
      ],
    }),
  );
  assert.deepEqual(
    view.turns.map(turn => turn.gap.hidden),
    [true, false],
  );
  assert.equal(view.lastGap.textContent, '1:00–1:15 comes in the final transcript');
});
