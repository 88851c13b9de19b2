/* What all page scripts share: elements, texts, times and sizes, and an element's view. */

/** Characters of a person's name and of a meeting's title, as in `meetcore/text/names.py`. */
const LONGEST_NAME = 60;
const LONGEST_TITLE = 120;
const pencil = 'M4 20h4L19 9l-4-4L4 16v4zM14 6l4 4';
/** @type {WeakMap<Node, any>} */
const views = new WeakMap();

/**
 * An HTML element; attributes that begin with "on" are event handlers, null and false are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} children
 */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) /** @type {any} */ (node)[name] = value;
    else if (value !== false && value != null) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

/**
 * A line drawing of 24 by 24 units; without a label it is hidden from screen readers.
 * @param {string} path
 * @param {string} [label]
 */
function icon(path, label) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [name, value] of Object.entries({
    viewBox: '0 0 24 24',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '2',
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    'aria-hidden': label ? null : 'true',
  }))
    if (value != null) svg.setAttribute(name, value);
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

/** @param {Element} node @param {string} text Set only when it differs. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Shows an error in words, then a link to the rule that explains it. The link opens a tab of its
 * own, so that a microphone that is open here stays open.
 * @param {HTMLElement} node
 * @param {string} text
 * @param {string} [rule]
 */
function showTrouble(node, text, rule) {
  const shown = JSON.stringify([text, rule]);
  if (node.dataset.shown === shown) return;
  node.dataset.shown = shown;
  node.replaceChildren(text);
  if (rule)
    node.append(
      ' ',
      make(
        'a',
        {
          class: 'why',
          href: 'diagnostics?rule=' + encodeURIComponent(rule),
          target: '_blank',
          rel: 'noopener',
        },
        'Why, and how to fix it',
      ),
    );
}

/**
 * A length or a time on the meeting clock: `m:ss`, from one hour on `h:mm:ss`, as `position_text`
 * in `pages/shared/style.py` writes it.
 * @param {number} seconds
 */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + ':' + two(whole % 60);
}

/**
 * A number of bytes with its decimal unit, to three digits, as `meetcore/text/sizes.py` writes it.
 * @param {number} bytes
 */
function sizeText(bytes) {
  for (const [unit, name] of /** @type {const} */ ([
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ])) {
    /* From 999.5 on, three digits of the smaller unit would round up to this one. */
    if (bytes < 0.9995 * unit) continue;
    const value = bytes / unit;
    return `${value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3))} ${name}`;
  }
  return `${bytes.toFixed(0)} bytes`;
}

/**
 * The view of an element: built once per place on the page, kept while its data changes.
 * @template Data
 * @template {object} View
 * @param {ElementComponent<Data>} component
 * @param {(root: HTMLElement | ShadowRoot) => View} build
 * @returns {View}
 */
function viewOf(component, build) {
  const root = component.parentElement;
  let view = views.get(root);
  if (!view) {
    view = build(root);
    views.set(root, view);
  }
  view.component = component;
  return view;
}

/** @param {Person[]} people @param {string | null} label @returns {string} a class name */
function colourOf(people, label) {
  const person = people.find(p => p.label === label);
  return person ? 's' + person.colour : 'unknown-speaker';
}

/** @param {Person[]} people @param {string | null} label @returns {string} */
function nameOf(people, label) {
  const person = people.find(p => p.label === label);
  return person ? person.name : 'Unknown speaker';
}

/** Names of languages, by the place of the word each begins with. @typedef {Record<number, string>} LanguageMarks */

/** The mark before words in another language. @param {string} name */
function languageMark(name) {
  return make('span', { class: 'lang' }, name);
}

/**
 * @typedef {object} EditOptions
 * @property {string} text what is shown
 * @property {string} [value] what the field begins with; else the text
 * @property {string} label
 * @property {number} longest in characters
 * @property {(field: HTMLInputElement) => HTMLElement} [wrap] puts the field into a frame
 * @property {boolean} [clears] whether an empty name is saved too
 * @property {() => void} [closed] called when the field is gone
 */

/**
 * Turns a shown name into a field; Enter and leaving it save what was typed, Escape does not.
 * @param {HTMLElement} shown
 * @param {EditOptions} options
 * @param {(name: string) => void} save called when the name differs
 */
function editInPlace(shown, { text, value = text, label, longest, wrap, clears, closed }, save) {
  const about = { class: 'edit', maxlength: longest, autocomplete: 'off', dir: 'auto' };
  const field = make('input', { ...about, value, placeholder: text, 'aria-label': label });
  const node = wrap?.(field) ?? field;
  let open = true;
  const close = (/** @type {boolean} */ wanted) => {
    if (!open) return;
    open = false;
    const name = field.value.trim();
    node.replaceWith(shown);
    if (wanted && (name || clears) && name !== text) save(name);
    closed?.();
  };
  field.onkeydown = event => {
    event.stopPropagation();
    if (event.key === 'Enter') {
      event.preventDefault();
      close(true);
    }
    if (event.key === 'Escape') close(false);
  };
  field.onblur = () => close(true);
  shown.replaceWith(node);
  node.scrollIntoView({ block: 'nearest' });
  field.focus();
  field.select();
}

/**
 * How much of a level meter is filled: 0 at -78 dBFS (a quiet room), 1 at -10 dBFS (loud speech).
 * @param {number} level in dBFS
 */
function meterShare(level) {
  return Math.min(1, Math.max(0, (level + 78) / 68));
}

/** A name that no other thing has: 32 hexadecimal digits. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');
}
