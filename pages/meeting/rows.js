/* `VirtualRows`: the transcript's rows, of which only those near the window are on the page. */

/**
 * What the rows ask of the view around them.
 * @typedef {object} RowsHost
 * @property {Person[]} people
 * @property {boolean} editable
 * @property {{ passage: (position: number) => void }} menus
 * @property {() => number} covered pixels of the window that the player covers at its top
 * @property {() => void} rendered called when rows came onto the page
 * @property {() => void} scrolledAway called when the user scrolls
 */

/**
 * The transcript. Only rows near the window are on the page: 40,000 words open in a fifth of a
 * second so, and in half a second with `content-visibility: auto`, which keeps all of them there.
 */
class VirtualRows {
  /** @type {TranscriptModel | null} */
  model = null;
  /** @type {(SegmentChange | null)[] | null} */
  changes = null;
  /** The rows on the page, by their place. @type {Map<number, HTMLElement>} */
  drawn = new Map();
  /** Guessed, then measured. @type {number[]} */
  heights = [];
  tops = new Float64Array(1);
  width = 0;
  /** The frame that is asked for; 0 if none is. */
  frame = 0;
  jumping = false;

  /** @param {RowsHost} host @param {AbortSignal} ended */
  constructor(host, ended) {
    this.host = host;
    this.ended = ended;
    this.node = make('section', { class: 'said', 'aria-label': 'Transcript', tabindex: '-1' });
    /** @type {Element | null} */
    this.scroller = null;
    const sizes = new ResizeObserver(() => this.resized());
    sizes.observe(this.node);
    ended.addEventListener('abort', () => sizes.disconnect());
  }

  /** Finds what scrolls the transcript; known only once that is on the page. */
  attach() {
    const found = this.findScroller();
    if (found === this.scroller) return;
    this.scroller = found;
    const target = found === document.scrollingElement ? window : found;
    const options = { passive: true, signal: this.ended };
    target.addEventListener('scroll', () => this.schedule(), options);
    for (const name of ['wheel', 'touchmove'])
      target.addEventListener(name, () => this.host.scrolledAway(), options);
    addEventListener('resize', () => this.schedule(), options);
  }

  findScroller() {
    /** @type {Element | null} */
    let node = this.node;
    while (node) {
      const root = node.getRootNode();
      node = node.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
      if (node && /auto|scroll/.test(getComputedStyle(node).overflowY)) return node;
    }
    return /** @type {Element} */ (document.scrollingElement);
  }

  /** @param {TranscriptModel} model @param {(SegmentChange | null)[] | null} changes shown if given */
  show(model, changes = null) {
    this.model = model;
    this.changes = changes;
    for (const node of this.drawn.values()) node.remove();
    this.drawn.clear();
    this.guess(model);
    this.attach();
    this.render();
  }

  /** @param {TranscriptModel} model */
  guess({ rows, text }) {
    this.width = this.node.clientWidth || 700;
    this.heights = rows.map(row => guessedHeight(row, text, this.width));
    this.place();
  }

  place() {
    this.tops = topsOf(this.heights);
    this.node.style.height = this.tops[this.heights.length] + 'px';
  }

  resized() {
    if (!this.model || Math.abs(this.node.clientWidth - this.width) < 2) return;
    const first = this.firstVisible();
    this.guess(this.model);
    this.render();
    if (first > 0) this.reveal(first, 'start');
  }

  schedule() {
    if (this.frame || !this.model) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.render();
    });
  }

  /** The frame that scrolls the transcript, in the coordinates of the browser's window. */
  scrollFrame() {
    if (!this.scroller || this.scroller === document.scrollingElement)
      return { top: 0, bottom: innerHeight };
    return this.scroller.getBoundingClientRect();
  }

  /** The same frame in the coordinates of the transcript. */
  view() {
    const { top, bottom } = this.scrollFrame();
    const offset = this.node.getBoundingClientRect().top;
    return { top: top - offset, bottom: bottom - offset };
  }

  firstVisible() {
    const top = this.view().top + this.host.covered();
    return this.model
      ? TranscriptModel.last(this.heights.length, place => this.tops[place], top)
      : 0;
  }

  /** Puts the rows near the window onto the page; their real heights can ask for another round. */
  render(rounds = 3) {
    const view = this.view();
    const near = rowsNear(this.tops, view);
    this.drop(near);
    const added = this.add(near);
    const { changed, shift } = this.measure(view.top + this.host.covered());
    if (changed) this.place();
    for (const [place, node] of this.drawn)
      node.style.transform = `translateY(${this.tops[place]}px)`;
    /* Keeps what is being read in place when a row above the window is higher than guessed. */
    if (shift && this.scroller && !this.jumping) this.scroller.scrollTop += shift;
    if (changed && rounds > 1) this.render(rounds - 1);
    if (added) this.host.rendered();
  }

  /** @param {{ first: number, last: number }} near Rows elsewhere leave, but for one in use. */
  drop({ first, last }) {
    const root = /** @type {ShadowRoot | Document} */ (this.node.getRootNode());
    for (const [place, node] of this.drawn) {
      if (place >= first && place < last) continue;
      if (node.contains(root.activeElement)) continue;
      node.remove();
      this.drawn.delete(place);
    }
  }

  /** @param {{ first: number, last: number }} near @returns {boolean} whether a row was missing */
  add({ first, last }) {
    if (!this.model) return false;
    const { people, editable, menus } = this.host;
    const correct = menus.passage.bind(menus);
    const context = { model: this.model, people, editable, changes: this.changes, correct };
    let added = false;
    for (let place = first; place < last; place += 1) {
      if (this.drawn.has(place)) continue;
      added = true;
      const node = passageNode(this.model.rows[place], context);
      const following = [...this.drawn.keys()].filter(key => key > place);
      const next = following.length ? this.drawn.get(Math.min(...following)) : null;
      this.drawn.set(place, node);
      this.node.insertBefore(node, next ?? null);
    }
    return added;
  }

  /**
   * Reads the heights on the page; `shift` is what the rows above `top` have grown by.
   * @param {number} top
   */
  measure(top) {
    let changed = false;
    let shift = 0;
    for (const [place, node] of this.drawn) {
      const height = node.offsetHeight;
      const grown = height - this.heights[place];
      if (Math.abs(grown) < 1) continue;
      changed = true;
      if (this.tops[place] + this.heights[place] < top) shift += grown;
      this.heights[place] = height;
    }
    return { changed, shift };
  }

  /** Scrolls to a row. @param {number} place @param {'center' | 'start'} block */
  reveal(place, block = 'center', smooth = false) {
    this.attach();
    if (!this.scroller) return;
    this.jumping = true;
    /* The rows on the way are guessed: come closer in rounds. */
    for (let round = 0; round < 3; round += 1) {
      const { top, bottom } = this.view();
      const covered = this.host.covered();
      const room = bottom - top - covered;
      const lead = block === 'start' ? 12 : Math.max(12, room * 0.3);
      const by = this.tops[place] - top - covered - lead;
      if (smooth && Math.abs(by) < 2 * room) {
        this.scroller.scrollBy({ top: by, behavior: 'smooth' });
        break;
      }
      this.scroller.scrollTop += by;
      this.render();
    }
    this.jumping = false;
  }

  /**
   * Scrolls only if the word is not in the part of the window that the player leaves free.
   * @param {number} word
   * @param {boolean} smooth
   */
  keep(word, smooth) {
    if (!this.model) return;
    const node = this.wordNode(word);
    if (!node) return this.reveal(this.model.rowOfWord(word), 'center', smooth);
    const box = node.getBoundingClientRect();
    const frame = this.scrollFrame();
    const high = frame.top + this.host.covered() + 30;
    if (box.top >= high && box.bottom <= frame.bottom - 90) return;
    const top = box.top - high - (frame.bottom - high) * 0.25;
    this.scroller?.scrollBy({ top, behavior: smooth ? 'smooth' : 'auto' });
  }

  /** @param {number} word @returns {HTMLElement | null} null if its row is not on the page */
  wordNode(word) {
    const row = this.model && this.drawn.get(this.model.rowOfWord(word));
    return row?.querySelector(`[data-w="${word}"]`) ?? null;
  }
}
