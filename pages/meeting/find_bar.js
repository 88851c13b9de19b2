/* `FindBar`: the search within one transcript. */

/** Milliseconds after the last key until a text is searched. */
const findPause = 120;

/**
 * What the search asks of the view around it.
 * @typedef {object} FindHost
 * @property {TranscriptModel | null} model
 * @property {VirtualRows} rows
 * @property {() => void} scrolledAway called before the transcript is scrolled to a hit
 */

/** The search in the transcript: a field, the hits, and the way from one to the next. */
class FindBar {
  /** The first and the last word of each. @type {[first: number, last: number][]} */
  hits = [];
  /** The place of the present one in `hits`; -1 before the first step. */
  hit = -1;

  /** @param {FindHost} host */
  constructor(host) {
    this.host = host;
    const label = 'Find in this meeting';
    const about = { type: 'search', placeholder: label, 'aria-label': label };
    this.field = make('input', { ...about, autocomplete: 'off', dir: 'auto' });
    this.count = make('span', { class: 'count', 'aria-live': 'polite' });
    const hidden = { class: 'tool', hidden: true };
    this.before = iconButton('Previous', 'M6 15l6-6 6 6', () => this.step(-1), hidden);
    this.next = iconButton('Next', 'M6 9l6 6 6-6', () => this.step(1), hidden);
    const parts = [icon(signs.search), this.field, this.count, this.before, this.next];
    this.node = make('div', { class: 'find', role: 'search' }, ...parts);
    /** @type {number | undefined} */
    let timer;
    this.field.oninput = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.find(), findPause);
    };
    this.field.onkeydown = event => this.pressed(event);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    event.stopPropagation();
    if (event.key === 'Enter') {
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    }
    if (event.key === 'Escape') {
      this.field.value = '';
      this.find();
      this.field.blur();
    }
  }

  /** Searches what is in the field. @param {boolean} jump whether to scroll to the next hit */
  find(jump = true) {
    const { model, rows } = this.host;
    const wanted = this.field.value.trim();
    this.hits = wanted && model ? model.find(wanted) : [];
    this.hit = -1;
    this.before.hidden = this.next.hidden = !this.hits.length;
    setText(this.count, wanted ? String(this.hits.length || 'none') : '');
    this.paint();
    if (!jump || !model || !this.hits.length) return;
    const { from } = model.rows[Math.max(0, rows.firstVisible())];
    this.hit = Math.max(0, this.hits.findIndex(([word]) => word >= from)) - 1; // prettier-ignore
    this.step(1);
  }

  /** @param {number} by */
  step(by) {
    const { length } = this.hits;
    if (!length) return;
    this.hit = (this.hit + by + length) % length;
    setText(this.count, `${this.hit + 1} of ${length}`);
    this.host.scrolledAway();
    this.host.rows.keep(this.hits[this.hit][0], false);
    this.paint();
  }

  /** Marks the hits in the rows that are on the page. */
  paint() {
    const { model, rows } = this.host;
    for (const node of rows.node.querySelectorAll('.hit')) node.classList.remove('hit', 'this');
    const drawn = [...rows.drawn.keys()];
    if (!drawn.length || !model) return;
    const first = model.rows[Math.min(...drawn)].from;
    const last = model.rows[Math.max(...drawn)].to;
    this.hits.forEach(([from, to], place) => {
      if (to < first || from >= last) return;
      for (let word = from; word <= to; word += 1) {
        const node = rows.wordNode(word);
        node?.classList.add('hit');
        if (place === this.hit) node?.classList.add('this');
      }
    });
  }
}
