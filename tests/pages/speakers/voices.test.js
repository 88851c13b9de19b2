import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { speechLength, voiceFacts } = load('voices', ['speechLength', 'voiceFacts']);

test('seconds of speech are minutes and seconds', () => {
  assert.deepEqual([0, 9.6, 60, 190.2].map(speechLength), ['0 s', '10 s', '1 min', '3 min 10 s']); // prettier-ignore
});

test('what is known of a voice', () => {
  const voice = { seconds: 75, meetings: 1, since: '2026-11-22T12:00:00+00:00' };
  assert.deepEqual(voiceFacts(voice), [
    '1 min 15 s of speech',
    '1 meeting',
    'since 22 November 2026',
  ]);
  assert.equal(voiceFacts({ ...voice, meetings: 3 })[1], '3 meetings');
});
