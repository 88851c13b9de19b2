import assert from 'node:assert/strict';
import test from 'node:test';

import { bundles, declaredIn, load, textOf } from './bundles.js';

const paths = [...new Set([...bundles.values()].flat())];

test('every element is found', () => {
  assert.ok(bundles.size >= 12);
  for (const part of bundles.values()) assert.equal(part[0], 'pages/shared/base.js');
});

for (const [element, parts] of bundles) {
  test(`the script of ${element} compiles, and declares each name once`, () => {
    load(element, []);
    const names = parts.flatMap(declaredIn);
    assert.deepEqual([...new Set(names)], names);
  });

  test(`the script of ${element} exports its function and nothing else`, () => {
    const exporting = parts.filter(part => /^export /m.test(textOf(part)));
    assert.deepEqual(exporting, [parts.at(-1)]);
  });
}

test('what a part declares is used by it or by another part', () => {
  const all = paths.map(textOf).join('\n');
  const unused = paths
    .flatMap(declaredIn)
    .filter(name => [...all.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length < 2);
  assert.deepEqual(unused, []);
});

test('each script begins with a sentence that says what it is', () => {
  const without = paths.filter(path => !/^\/\* .{20,}\. \*\/\n\n/.test(textOf(path)));
  assert.deepEqual(without, []);
});
