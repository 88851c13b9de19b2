// @ts-nocheck
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

/* Wishes for the server, one after the other: each is repeated until it is heard, and heard once. */
class Wishes {
  constructor() { this.waiting = []; }
  send(kind, more = {}) {
    this.waiting.push({ kind, nonce: Math.random().toString(36).slice(2), tries: 6, ...more });
    if (this.waiting.length === 1) this.tell();
  }
  /* A later wish of the same kind makes an earlier one that was not sent yet needless. */
  replace(kind, more = {}) {
    this.waiting = this.waiting.filter((wish, index) => index === 0 || wish.kind !== kind);
    this.send(kind, more);
  }
  tell() {
    clearTimeout(this.timer);
    const wish = this.waiting[0];
    if (!wish) return;
    if (!wish.tries) { this.waiting.shift(); return this.tell(); }
    wish.tries -= 1;
    const { tries, ...value } = wish;
    this.component.setTriggerValue('act', value);
    this.timer = setTimeout(() => this.tell(), 1500);
  }
  heard(component, nonce) {
    this.component = component;
    if (this.waiting[0]?.nonce !== nonce) return;
    this.waiting.shift();
    this.tell();
  }
}

function button(label, sign, press, more = {}) {
  const node = make('button', { type: 'button', class: 'tool', title: label, 'aria-label': label, ...more }, icon(signs[sign] ?? sign));
  node.onclick = press;
  return node;
}

function worded(text, press, kind = '') {
  return make('button', { type: 'button', class: 'word ' + kind, onclick: press }, text);
}

/* Keyed children: nodes of things that stay are kept, so that nothing flickers and focus stays. */
function keep(parent, things, keyOf, build, draw) {
  const old = new Map([...parent.children].map(node => [node.dataset.key, node]));
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
    const place = before ? before.nextSibling : parent.firstChild;
    if (place !== node) parent.insertBefore(node, place);
    before = node;
  }
  for (const node of old.values()) node.remove();
}

/* A name becomes a field; Enter or leaving it keeps what was typed, Escape does not. */
function editInPlace(shown, text, label, keepName) {
  const field = make('input', { class: 'edit', value: text, maxlength: '120', 'aria-label': label, autocomplete: 'off', dir: 'auto' });
  let open = true;
  const close = wanted => {
    if (!open) return;
    open = false;
    const name = field.value.trim();
    field.replaceWith(shown);
    if (wanted && name && name !== text) keepName(name);
  };
  field.onkeydown = event => {
    event.stopPropagation();
    if (event.key === 'Enter') { event.preventDefault(); close(true); }
    if (event.key === 'Escape') close(false);
  };
  field.onblur = () => close(true);
  shown.replaceWith(field);
  field.focus();
  field.select();
}

/* A question in the place it is about; Escape is "no". */
function question(words, yes, sure, no) {
  const node = make('div', { class: 'ask', role: 'alertdialog', 'aria-label': words });
  const close = () => { node.remove(); no?.(); };
  const first = worded(yes, () => { node.remove(); sure(); }, 'danger');
  node.append(make('p', { dir: 'auto' }, words), make('div', { class: 'answers' }, first, worded('Keep it', close)));
  node.onkeydown = event => { if (event.key === 'Escape') { event.stopPropagation(); close(); } };
  setTimeout(() => first.focus(), 0);
  return node;
}

/* Short messages at the foot of the window; some can be taken back for a few seconds. */
class Notes {
  constructor() { this.node = make('div', { class: 'notes', role: 'status', 'aria-live': 'polite' }); }
  say(text, seconds, undo = null, kind = '', rule = '') {
    const note = make('div', { class: 'note ' + kind }, make('span', { dir: 'auto' }));
    tell(note.firstChild, text, rule);
    const close = () => { clearTimeout(timer); note.remove(); };
    if (undo) {
      const bar = make('i', { 'aria-hidden': 'true' });
      bar.style.animationDuration = seconds + 's';
      note.append(worded('Undo', () => { close(); undo(); }, 'undo'), bar);
    } else note.append(button('Close', 'close', close));
    const timer = setTimeout(close, seconds * 1000);
    this.node.append(note);
  }
}

function empty(sign, title, line, ...more) {
  return make('div', { class: 'empty' }, make('span', { class: 'disc' }, icon(signs[sign])), make('h3', {}, title), make('p', {}, line), ...more);
}
