// The scripts of the page elements as browsers get them: concatenated by pages/shared/element.py.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const shared = join(root, 'pages', 'shared');
const registration = /element\.register\(\s*__file__,\s*([^)]*?)\s*\)/g;

/** The files of each element's script, in their order, by the element's name. */
export const bundles = findBundles();

function findBundles() {
  const found = new Map();
  for (const name of readdirSync(join(root, 'pages'), { recursive: true }).map(String)) {
    if (!name.endsWith('.py')) continue;
    const module = join(root, 'pages', name);
    for (const [, list] of readFileSync(module, 'utf8').matchAll(registration)) {
      const [element, ...parts] = [...list.matchAll(/"(\w+)"/g)].map(match => match[1]);
      const folder = dirname(module);
      found.set(
        element,
        ['base', ...parts, element].map(part => partPath(folder, part)),
      );
    }
  }
  return found;
}

function partPath(folder, part) {
  const own = join(folder, `${part}.js`);
  return relative(root, existsSync(own) ? own : join(shared, `${part}.js`));
}

/** The text of a script, by its path from the root of the repository. */
export function textOf(path) {
  return readFileSync(join(root, path), 'utf8');
}

/** What a script declares at its top level: the names that the other parts of a bundle can use. */
export function declaredIn(path) {
  const text = textOf(path);
  return [...text.matchAll(/^(?:async )?(?:function\*?|class|const|let|var) (\w+)/gm)].map(
    match => match[1],
  );
}

/**
 * Names from an element's script, evaluated in this process; `globals` stand in for the browser's.
 *
 * Node cannot import the scripts: the shared parts export nothing, since browsers get them joined
 * to one module. So the joined text is the body of a function here, which returns the names.
 */
export function load(element, names, globals = {}) {
  const paths = bundles.get(element);
  const text = paths
    .map(textOf)
    .join('')
    .replace('export default function', 'function drawElement');
  const body = `${text}\nreturn { ${names.join(', ')} };`;
  const filename = join(root, paths.at(-1));
  return compileFunction(body, Object.keys(globals), { filename })(...Object.values(globals));
}
