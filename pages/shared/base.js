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
 * Time on the meeting clock: `mm:ss`, from one hour on `h:mm:ss`.
 * @param {number} seconds
 */
function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map(n => String(n).padStart(2, '0'));
  const hours = Math.floor(whole / 3600);
  return (hours ? hours + ':' : '') + parts.join(':');
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

/** Chips with the speakers' names; a click turns a name into a field. */
class People {
  /** @type {Map<string, HTMLButtonElement>} */
  chips = new Map();
  /** Names that were typed and that the server has not confirmed. @type {Map<string, string>} */
  asked = new Map();
  /** @type {Person[]} */
  known = [];

  /** @param {(label: string, name: string) => void} rename called with each name that is typed */
  constructor(rename) {
    this.rename = rename;
    this.node = make('div', { class: 'people', role: 'group', 'aria-label': 'Speakers' });
  }

  /**
   * The people with the names just typed, until the server says the same or refuses (`forget`).
   * @param {Person[]} people
   */
  settle(people) {
    for (const [label, name] of this.asked) {
      const person = people.find(p => p.label === label);
      if (!person || person.name === name) this.asked.delete(label);
    }
    this.known = people.map(p => ({ ...p, name: this.asked.get(p.label) ?? p.name }));
    return this.known;
  }

  /** @param {string} label */
  forget(label) {
    this.asked.delete(label);
  }

  /** @param {Person[]} people */
  draw(people) {
    for (const [label, chip] of this.chips) {
      if (!people.some(p => p.label === label)) {
        chip.remove();
        this.chips.delete(label);
      }
    }
    for (const person of people) {
      let chip = this.chips.get(person.label);
      if (!chip) {
        chip = this.chip(person.label);
        this.chips.set(person.label, chip);
        this.node.append(chip);
      }
      chip.classList.add('s' + person.colour);
      if (chip.classList.contains('editing')) continue;
      setText(/** @type {HTMLElement} */ (chip.firstElementChild), person.name);
      chip.title = 'Rename ' + person.name;
      chip.setAttribute('aria-label', 'Rename ' + person.name);
    }
  }

  /** @param {string} label */
  chip(label) {
    const chip = make(
      'button',
      { class: 'chip', type: 'button', 'data-speaker': label },
      make('span', { class: 'name' }),
      icon(pencil),
    );
    chip.onclick = () => this.edit(label);
    return chip;
  }

  /** @param {string} label */
  edit(label) {
    const chip = this.chips.get(label);
    const person = this.known.find(p => p.label === label);
    if (!chip || !person || this.node.querySelector('.editing')) return;
    const field = make('input', {
      value: person.given ? person.name : '',
      placeholder: person.name,
      maxlength: '60',
      'aria-label': 'Name of ' + person.name,
      autocomplete: 'off',
    });
    const form = make('span', { class: 'chip editing s' + person.colour }, field);
    let open = true;
    const close = (/** @type {boolean} */ keep) => {
      if (!open) return;
      open = false;
      const name = field.value.trim();
      form.replaceWith(chip);
      if (keep && name && name !== person.name) {
        this.asked.set(label, name);
        setText(/** @type {HTMLElement} */ (chip.firstElementChild), name);
        this.rename(label, name);
      }
      chip.focus();
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
    chip.replaceWith(form);
    form.scrollIntoView({ block: 'nearest' });
    field.focus();
    field.select();
  }
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
