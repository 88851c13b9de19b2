import assert from 'node:assert/strict';
import test from 'node:test';

import { load, textOf } from '../bundles.js';
import { fakeDom, fakeRoot } from '../fake_dom.js';

const names = ['clock', 'sizeText', 'colourOf', 'nameOf', 'meterShare'];
const { clock, sizeText, colourOf, nameOf, meterShare } = load('controls', names);

/* The same cases hold for Python: test_text_forms.py. */
const forms = JSON.parse(textOf('tests/pages/shared/text_forms.json'));

test('times and sizes have the form that Python gives them', () => {
  for (const [seconds, text] of forms.times) assert.equal(clock(seconds), text);
  for (const [bytes, text] of forms.sizes) assert.equal(sizeText(bytes), text);
});

test('a time before the start is shown as the start', () => {
  assert.equal(clock(-3), '0:00');
});

test('speakers have a colour and a name; a passage without a speaker has neither', () => {
  const people = [{ label: 'S1', name: 'Ada', colour: 3 }];
  assert.equal(colourOf(people, 'S1'), 's3');
  assert.equal(nameOf(people, 'S1'), 'Ada');
  assert.equal(colourOf(people, null), 'unknown-speaker');
  assert.equal(nameOf(people, 'S2'), 'Unknown speaker');
});

test('the level meter spans a quiet room to loud speech', () => {
  assert.equal(meterShare(-100), 0);
  assert.equal(meterShare(-78), 0);
  assert.equal(meterShare(-44), 0.5);
  assert.equal(meterShare(0), 1);
});

/** What is saved when a field over the name Ada gets a text, and then a key or a click elsewhere. */
function edited(value, key) {
  const { make, editInPlace } = load('controls', ['make', 'editInPlace'], fakeDom());
  const root = fakeRoot();
  const shown = make('h3', {}, 'Ada');
  root.append(shown);
  const saved = [];
  const about = { text: 'Ada', label: 'Name', longest: 60, closed: () => saved.push('closed') };
  editInPlace(shown, about, name => saved.push(name));
  const [field] = root.childNodes;
  field.value = value;
  const event = { key, stopPropagation() {}, preventDefault() {} };
  if (key) field.onkeydown(event);
  field.onblur();
  assert.deepEqual(root.childNodes, [shown]);
  return saved;
}

test('a name typed in a field is saved once, by Enter or by leaving the field', () => {
  assert.deepEqual(edited(' Bo ', 'Enter'), ['Bo', 'closed']);
  assert.deepEqual(edited('Bo', ''), ['Bo', 'closed']);
  assert.deepEqual(edited('Bo', 'Escape'), ['closed']);
  for (const same of ['', ' ', 'Ada']) assert.deepEqual(edited(same, 'Enter'), ['closed']);
});
