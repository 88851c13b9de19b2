/* Parts of lists and forms: buttons, keyed lists, confirmations, toasts, empty states. */

/** Shapes of 24 by 24 units. @type {Record<string, string>} */
const signs = {
  trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5',
  close: 'M6 6l12 12M18 6L6 18',
  again: 'M4 12a8 8 0 1 1 2.5 5.8M4 19v-5h5',
  open: 'M5 12h14M13 6l6 6-6 6',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5',
  play: 'M8 5.5v13l11-6.5z',
  pause: 'M7 5h4v14H7zM13 5h4v14h-4z',
  merge: 'M5 5c0 7 6 7 7 7h7M5 19c0-7 6-7 7-7M15 8l4 4-4 4',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  done: 'M5 12.5l4.5 4.5L19 7.5',
  wave: 'M4 10v4M8 6v12M12 3v18M16 7v10M20 10v4',
  filter: 'M4 6h16M7 12h10M10 18h4',
  left: 'M15 5l-7 7 7 7',
  right: 'M9 5l7 7-7 7',
};

/**
 * A button that shows only a sign.
 * @param {string} label
 * @param {string} sign a name in `signs`, or a shape
 * @param {() => void} press
 * @param {Record<string, any>} more attributes
 */
function iconButton(label, sign, press, more = {}) {
  const node = make(
    'button',
    { type: 'button', class: 'tool', title: label, 'aria-label': label, ...more },
    icon(signs[sign] ?? sign),
  );
  node.onclick = press;
  return node;
}

/** @param {string} text @param {() => void} press @param {string} kind a class */
function textButton(text, press, kind = '') {
  return make('button', { type: 'button', class: 'word ' + kind, onclick: press }, text);
}

/**
 * Draws things as children by key: the nodes of things that stay are kept, so that nothing flickers
 * and the focus stays.
 * @template Thing
 * @template {HTMLElement} Node
 * @param {HTMLElement} parent
 * @param {Thing[]} things
 * @param {(thing: Thing) => string} keyOf
 * @param {(thing: Thing) => Node} build called for a thing that is new
 * @param {(node: Node, thing: Thing) => void} draw called for each thing
 */
function reconcile(parent, things, keyOf, build, draw) {
  const nodes = /** @type {Node[]} */ ([...parent.children]);
  const old = new Map(nodes.map(node => [node.dataset.key, node]));
  /** @type {Node | null} */
  let before = null;
  for (const thing of things) {
    const key = keyOf(thing);
    let node = old.get(key);
    if (node) old.delete(key);
    else {
      node = build(thing);
      node.dataset.key = key;
    }
    draw(node, thing);
    /** @type {ChildNode | null} */
    const place = before ? before.nextSibling : parent.firstChild;
    if (place !== node) parent.insertBefore(node, place);
    before = node;
  }
  for (const node of old.values()) node.remove();
}

/**
 * A question beside the thing it is about; Escape answers no.
 * @param {string} words
 * @param {string} yes
 * @param {() => void} sure
 * @param {() => void} [no]
 */
function confirmBox(words, yes, sure, no) {
  const node = make('div', { class: 'ask', role: 'alertdialog', 'aria-label': words });
  const close = () => {
    node.remove();
    no?.();
  };
  const first = textButton(
    yes,
    () => {
      node.remove();
      sure();
    },
    'danger',
  );
  node.append(
    make('p', { dir: 'auto' }, words),
    make('div', { class: 'answers' }, first, textButton('Keep it', close)),
  );
  node.onkeydown = event => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  };
  setTimeout(() => first.focus(), 0);
  return node;
}

/** Short messages at the foot of the window; some can be undone for a few seconds. */
class Toasts {
  constructor() {
    this.node = make('div', { class: 'notes', role: 'status', 'aria-live': 'polite' });
  }

  /**
   * @param {string} text
   * @param {number} seconds with 0 it stays until it is closed
   * @param {(() => void) | null} undo
   * @param {string} kind a class
   * @param {string} rule the diagnostics rule that explains it, or ""
   */
  say(text, seconds, undo = null, kind = '', rule = '') {
    const words = make('span', { dir: 'auto' });
    const note = make('div', { class: 'note ' + kind }, words);
    showTrouble(words, text, rule);
    const close = () => {
      clearTimeout(timer);
      note.remove();
    };
    const timer = seconds ? setTimeout(close, seconds * 1000) : 0;
    if (undo) {
      const bar = make('i', { 'aria-hidden': 'true' });
      bar.style.animationDuration = seconds + 's';
      note.append(
        textButton(
          'Undo',
          () => {
            close();
            undo();
          },
          'undo',
        ),
        bar,
      );
    } else note.append(iconButton('Close', 'close', close));
    this.node.append(note);
    return note;
  }

  /** Why a change was not saved; what was typed stays in reach. @param {Refusal} refusal */
  refused({ trouble, rule, typed }) {
    const note = this.say(trouble, typed ? 0 : 12, null, 'bad', rule);
    if (!typed) return;
    const copy = textButton(
      'Copy',
      () =>
        navigator.clipboard?.writeText(typed).then(
          () => setText(copy, 'Copied'),
          () => {},
        ),
      'undo',
    );
    note.classList.add('typed');
    note.append(make('p', {}, 'You typed: ', make('q', { dir: 'auto' }, typed)), copy);
  }
}

/**
 * What a page shows in place of an empty list.
 * @param {string} sign
 * @param {string} title
 * @param {string} line
 * @param {...Node} more
 */
function emptyState(sign, title, line, ...more) {
  return make(
    'div',
    { class: 'empty' },
    make('span', { class: 'disc' }, icon(signs[sign])),
    make('h3', {}, title),
    make('p', {}, line),
    ...more,
  );
}
