/* `SpeakerTimeline`: turns drawn on a canvas, one lane for each speaker. */

/** A click or a drag on the lanes moves the recording there. */
class SpeakerTimeline {
  /** @type {TranscriptModel | null} */
  model = null;
  /** @type {Person[]} */
  people = [];
  /** @type {SpeakerTurn[]} */
  spoken = [];
  /** Of the meeting, in seconds. */
  duration = 1;
  /** Of a lane, in pixels. */
  height = 15;
  drag = false;

  /** @param {(seconds: number) => void} seek @param {AbortSignal} ended */
  constructor(seek, ended) {
    this.canvas = make('canvas', { 'aria-hidden': 'true' });
    this.names = make('div', { class: 'lanenames', 'aria-hidden': 'true' });
    this.head = make('i', { class: 'head' });
    this.tip = make('span', { class: 'tip', hidden: true });
    this.track = make('div', { class: 'track' }, this.canvas, this.head, this.tip);
    this.node = make('div', { class: 'lanes' }, this.names, this.track);
    this.track.onpointerdown = event => {
      this.track.setPointerCapture(event.pointerId);
      this.drag = true;
      seek(this.moment(event));
    };
    this.track.onpointermove = event => {
      this.hover(event);
      if (this.drag) seek(this.moment(event));
    };
    this.track.onpointerup = this.track.onpointercancel = () => {
      this.drag = false;
    };
    this.track.onpointerleave = () => {
      this.tip.hidden = true;
    };
    const sizes = new ResizeObserver(() => this.paint());
    sizes.observe(this.track);
    ended.addEventListener('abort', () => sizes.disconnect());
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener?.('change', () => this.paint(), { signal: ended });
  }

  /** @param {PointerEvent} event */
  moment(event) {
    const box = this.track.getBoundingClientRect();
    return this.duration * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const at = this.moment(event);
    const box = this.track.getBoundingClientRect();
    const place = Math.min(
      this.people.length - 1,
      Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * this.people.length)),
    );
    const person = this.people[place];
    this.tip.hidden = false;
    setText(this.tip, clock(at) + (person ? ' · ' + person.name : ''));
    const share = at / this.duration;
    this.tip.style.left = 100 * share + '%';
    this.tip.style.transform = `translateX(${-100 * share}%)`;
  }

  /** @param {TranscriptModel} model @param {Person[]} people */
  draw(model, people) {
    this.model = model;
    this.duration = model.duration || 1;
    const spoken = model.spoken();
    const there = new Set(spoken.map(turn => turn.speaker));
    this.people = people.filter(person => there.has(person.label));
    this.spoken = spoken;
    this.height = this.people.length > 12 ? 7 : this.people.length > 6 ? 10 : 15;
    const tall = Math.max(1, this.people.length) * this.height;
    this.track.style.height = Math.max(18, tall) + 'px';
    this.names.style.gridAutoRows = this.height + 'px';
    this.names.style.fontSize = Math.min(11.5, this.height - 1) + 'px';
    this.names.style.lineHeight = this.height + 'px';
    this.names.replaceChildren(
      ...this.people.map(person =>
        make('span', { class: 's' + person.colour, dir: 'auto', title: person.name }, person.name),
      ),
    );
    this.paint();
  }

  paint() {
    if (!this.model) return;
    const { width, height } = this.track.getBoundingClientRect();
    if (!width) return;
    const scale = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    pen.scale(scale, scale);
    const style = getComputedStyle(this.node);
    const rule = style.getPropertyValue('--line');
    const inks = this.people.map(
      (person, lane) => getComputedStyle(this.names.children[lane]).color,
    );
    const lanes = this.people.map(person => person.label);
    const gap = this.height > 8 ? 2 : 1;
    pen.fillStyle = rule;
    pen.globalAlpha = 0.45;
    this.people.forEach((person, lane) =>
      pen.fillRect(0, lane * this.height + this.height / 2 - 0.5, width, 1),
    );
    pen.globalAlpha = 1;
    if (!this.people.length) {
      pen.fillStyle = style.color;
      pen.globalAlpha = 0.35;
      for (const segment of this.model.segments) this.bar(pen, segment, 3, height - 6, width);
      return;
    }
    for (const turn of this.spoken) {
      const lane = turn.speaker === null ? -1 : lanes.indexOf(turn.speaker);
      if (lane < 0) continue;
      pen.fillStyle = inks[lane];
      this.bar(pen, turn, lane * this.height + gap, this.height - 2 * gap, width);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {SpeakerTurn} turn
   * @param {number} top
   * @param {number} height
   * @param {number} width of the whole canvas
   */
  bar(pen, turn, top, height, width) {
    const left = (width * turn.start) / 100 / this.duration;
    const long = Math.max(1, (width * (turn.end - turn.start)) / 100 / this.duration);
    if (long < 4) {
      pen.fillRect(left, top, long, height);
      return;
    }
    pen.beginPath();
    pen.roundRect(left, top, long, height, 2);
    pen.fill();
  }

  /** @param {number} seconds */
  place(seconds) {
    this.head.style.left = Math.min(100, (100 * seconds) / this.duration) + '%';
  }
}
