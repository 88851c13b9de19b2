import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';
import { fakeDom } from '../fake_dom.js';

const { appendWords, make } = load('editor', ['appendWords', 'make'], fakeDom());

test('a row shows the name of the language before the first word in it', () => {
  const text = [' Yes.', ' Guten', ' Tag.', ' Well'];
  const languages = ['', 'German', '', 'English'];
  const whole = make('p');
  appendWords(whole, { from: 0, to: 4 }, { text, languages });
  assert.equal(whole.textContent, 'Yes.German Guten Tag.English Well');
  const later = make('p');
  appendWords(later, { from: 1, to: 3 }, { text, languages });
  assert.equal(later.textContent, 'German Guten Tag.');
  const marks = later.childNodes.filter(node => node.attributes?.class === 'lang');
  assert.deepEqual([marks.length, later.childNodes[0]], [1, marks[0]]);
});
