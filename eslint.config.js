// The page scripts are concatenated without a bundler (pages/shared/element.py): each part may use
// what the other parts of its elements declare, and only that.

import js from '@eslint/js';
import globals from 'globals';

import { bundles, declaredIn } from './tests/pages/bundles.js';

const parsesHtml =
  /^(innerHTML|outerHTML|srcdoc|insertAdjacentHTML|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|parseFromString)$/;

const unused = { caughtErrors: 'all', ignoreRestSiblings: true };

const safety = {
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-script-url': 'error',
  'no-restricted-syntax': [
    'error',
    {
      selector: `MemberExpression[property.name=${parsesHtml}]`,
      message: 'What users typed or said is a text node, never HTML: use make() and setText().',
    },
    {
      selector: 'MemberExpression[object.name="document"][property.name=/^write/]',
      message: 'This would parse HTML and replace the page.',
    },
  ],
};

/** Names that every element which uses this part gets from its other parts. */
function namesFor(path) {
  const users = [...bundles.values()].filter(parts => parts.includes(path));
  const names = users.map(
    parts => new Set(parts.filter(part => part !== path).flatMap(part => declaredIn(part))),
  );
  return [...(names[0] ?? [])].filter(name => names.every(each => each.has(name)));
}

function configFor(path) {
  const isElement = [...bundles.values()].some(parts => parts.at(-1) === path);
  return {
    files: [path],
    languageOptions: {
      sourceType: isElement ? 'module' : 'script',
      globals: Object.fromEntries(namesFor(path).map(name => [name, 'readonly'])),
    },
    /* Whether the names that a part declares for others are used is tested in bundles.test.js. */
    rules: { 'no-unused-vars': ['error', { ...unused, vars: isElement ? 'all' : 'local' }] },
  };
}

export default [
  { ignores: ['.venv/', '.setup/', 'docs/', 'site/'] },
  js.configs.recommended,
  {
    files: ['pages/**/*.js'],
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      ...safety,
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  ...[...new Set([...bundles.values()].flat())].map(configFor),
  {
    files: ['tests/**/*.js', 'eslint.config.js'],
    languageOptions: { globals: { ...globals.node } },
  },
];
