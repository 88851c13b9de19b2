/* The transcript, of which only what is near the window is on the page; heights are measured. */
class Rows {
  constructor(host) {
    this.host = host;
    this.node = make('section', { class: 'said', 'aria-label': 'Transcript', tabindex: '-1' });
    this.drawn = new Map();
    this.heights = [];
    this.sized = new WeakMap();
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.node);
  }
  attach() {
    const found = this.scrollerOf();
    if (found === this.scroller) return;
    this.scroller = found;
    const target = found === document.scrollingElement ? window : found;
    target.addEventListener('scroll', () => this.schedule(), { passive: true });
    for (const name of ['wheel', 'touchmove']) target.addEventListener(name, () => this.host.scrolledAway(), { passive: true });
    addEventListener('resize', () => this.schedule());
  }
  scrollerOf() {
    let node = this.node;
    while (node) {
      node = node.parentElement ?? node.getRootNode().host;
      if (node && /auto|scroll/.test(getComputedStyle(node).overflowY)) return node;
    }
    return document.scrollingElement;
  }
  show(model, changes = null) {
    this.model = model;
    this.changes = changes;
    for (const node of this.drawn.values()) node.remove();
    this.drawn.clear();
    this.guess();
    this.attach();
    this.render();
  }
  guess() {
    const width = this.node.clientWidth || 700;
    const letters = Math.max(20, (width - 70) / 8.2);
    this.width = width;
    this.heights = this.model.rows.map(row => {
      let length = 0;
      for (let place = row.from; place < row.to; place += 1) length += this.model.text[place].length;
      return (row.head ? 41 : 8) + Math.max(1, Math.ceil(length / letters)) * 27;
    });
    this.sum();
  }
  sum() {
    this.tops = new Float64Array(this.heights.length + 1);
    this.heights.forEach((height, place) => { this.tops[place + 1] = this.tops[place] + height; });
    this.node.style.height = this.tops[this.heights.length] + 'px';
  }
  resized() {
    if (!this.model || Math.abs(this.node.clientWidth - this.width) < 2) return;
    const first = this.firstVisible();
    this.guess();
    this.render();
    if (first > 0) this.reveal(first, 'start');
  }
  schedule() {
    if (this.waiting || !this.model) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.render(); });
  }
  view() {
    const frame = this.scroller === document.scrollingElement ? { top: 0, height: innerHeight } : this.scroller.getBoundingClientRect();
    const top = frame.top - this.node.getBoundingClientRect().top;
    return { top, bottom: top + frame.height };
  }
  firstVisible() { return this.model ? Model.last(this.heights.length, place => this.tops[place], this.view().top + this.host.covered()) : 0; }
  render(again = 2) {
    const { top, bottom } = this.view();
    const margin = 700;
    const count = this.heights.length;
    const first = Math.max(0, Model.last(count, place => this.tops[place], top - margin));
    let last = Math.min(count, Model.last(count, place => this.tops[place], bottom + margin) + 1);
    for (const [place, node] of this.drawn) if ((place < first || place >= last) && !node.contains(this.node.getRootNode().activeElement)) { node.remove(); this.drawn.delete(place); }
    const fresh = [];
    for (let place = first; place < last; place += 1) {
      if (this.drawn.has(place)) continue;
      const node = this.row(place);
      this.drawn.set(place, node);
      fresh.push([place, node]);
      const next = [...this.drawn.keys()].filter(key => key > place).sort((a, b) => a - b)[0];
      this.node.insertBefore(node, next === undefined ? null : this.drawn.get(next));
    }
    let moved = 0;
    let changed = false;
    for (const [place, node] of this.drawn) {
      const height = node.offsetHeight;
      const grown = height - this.heights[place];
      if (Math.abs(grown) < 1) continue;
      changed = true;
      if (this.tops[place] + this.heights[place] < top + this.host.covered()) moved += grown;
      this.heights[place] = height;
    }
    if (changed) this.sum();
    for (const [place, node] of this.drawn) node.style.transform = `translateY(${this.tops[place]}px)`;
    /* What was above the window and turned out longer must not push what is being read. */
    if (moved && !this.jumping) this.scroller.scrollTop += moved;
    if (changed && again) this.render(again - 1);
    if (fresh.length) this.host.rendered();
  }
  reveal(place, block = 'center', smooth = false) {
    this.attach();
    this.jumping = true;
    for (let round = 0; round < 3; round += 1) {
      const { top, bottom } = this.view();
      const covered = this.host.covered();
      const room = bottom - top - covered;
      const lead = block === 'start' ? 12 : Math.max(12, room * .3);
      const by = this.tops[place] - top - covered - lead;
      if (smooth && Math.abs(by) < 2 * room) { this.scroller.scrollBy({ top: by, behavior: 'smooth' }); break; }
      this.scroller.scrollTop += by;
      this.render();
    }
    this.jumping = false;
  }
  /* Keeps a word in the part of the window that the player does not cover. */
  keep(word, smooth) {
    const place = this.model.rowOfWord(word);
    const node = this.wordNode(word);
    if (!node) { this.reveal(place, 'center', smooth); return; }
    const box = node.getBoundingClientRect();
    const frame = this.scroller === document.scrollingElement ? { top: 0, bottom: innerHeight } : this.scroller.getBoundingClientRect();
    const high = frame.top + this.host.covered() + 30;
    if (box.top >= high && box.bottom <= frame.bottom - 90) return;
    this.scroller.scrollBy({ top: box.top - high - (frame.bottom - high) * .25, behavior: smooth ? 'smooth' : 'auto' });
  }
  wordNode(word) { return this.drawn.get(this.model.rowOfWord(word))?.querySelector(`[data-w="${word}"]`) ?? null; }
  row(place) {
    const row = this.model.rows[place];
    const segment = this.model.segments[row.position];
    const { people } = this.host;
    const text = make('p', { dir: 'auto' });
    const colour = colourOf(people, segment.speaker);
    const node = make('section', { class: 'turn ' + colour + (row.head ? '' : ' more'), 'data-position': row.position });
    const change = this.changes?.[row.position];
    if (row.head) {
      const name = nameOf(people, segment.speaker);
      const who = make('button', { class: 'who', type: 'button', dir: 'auto', title: this.host.editable ? name + ': whose words these are' : name }, name);
      const time = make('button', { class: 'time', type: 'button', 'aria-label': 'Play from ' + clock(segment.start / 100) }, clock(segment.start / 100));
      const top = make('span', { class: 'top' }, who);
      if (segment.machine != null) top.append(make('button', { class: 'mark', type: 'button', title: 'The machine wrote: ' + segment.machine, 'aria-label': 'Corrected; see what the machine wrote' }, 'corrected'));
      if (change?.was) top.append(make('span', { class: 'was' }, 'was ' + nameOf(people, change.was)));
      if (this.host.editable) top.append(button('Correct this passage', pencil, () => this.host.menus.passage(row.position), { class: 'tool fix' }));
      node.append(top, time);
    }
    node.append(text);
    if (this.changes) { if (row.head) this.compared(text, change, segment); else node.classList.add('skip'); }
    else this.words(text, row, segment);
    return node;
  }
  words(text, row, segment) {
    const { text: said } = this.model;
    for (let place = row.from; place < row.to; place += 1) {
      const raw = said[place];
      const shown = raw.trimStart();
      if (raw !== shown && place > row.from) text.append(' ');
      text.append(make('span', { class: 'w', 'data-w': place }, shown));
    }
  }
  compared(text, change, segment) {
    if (!change) { text.append(this.model.textOf(segment)); return; }
    for (const [sign, before, after] of change.parts) {
      if (sign === '=') text.append(after);
      if (before && (sign === '-' || sign === '~')) text.append(' ', make('del', {}, before.trim()));
      if (after && (sign === '+' || sign === '~')) text.append(' ', make('ins', {}, after.trim()));
    }
  }
}
