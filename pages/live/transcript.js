/* The element with the transcript of a running meeting. */

/** Milliseconds between two requests for the same missing words. */
const askAgainAfter = 900;
/** Pixels above the end at which the view still follows new words. */
const endMargin = 48;

/**
 * @typedef {object} TranscriptData
 * @property {string} meeting
 * @property {string} edits the address for changes
 * @property {number} first the place of `words[0]` in the transcript
 * @property {string[]} words the words from there to the end
 * @property {[count: number, speaker: string | null, start: number][]} turns all of them; seconds
 * @property {[before: number, start: number, end: number][]} gaps stretches without live text, each
 *   after so many turns; seconds
 * @property {string[]} tentative words that may still change
 * @property {string | null} tentativeSpeaker
 * @property {number} tentativeStart
 * @property {Person[]} people
 * @property {string} waiting shown while there is no word
 */

/**
 * A turn as it is drawn: words `from` to `to`, then the tentative ones.
 * @typedef {{ from: number, to: number, speaker: string | null, start: number, tentative: string[] }} TurnRow
 */

/**
 * The words known after an update; null when words before its first one are missing.
 * @param {string[]} known
 * @param {{ first: number, words: string[] }} update
 */
function withUpdate(known, { first, words }) {
  return first > known.length ? null : known.slice(0, first).concat(words);
}

/**
 * The turns to draw. Tentative words continue the last turn unless another speaker says them.
 * @param {Pick<TranscriptData, 'turns' | 'tentative' | 'tentativeSpeaker' | 'tentativeStart'>} data
 * @returns {TurnRow[]}
 */
function turnRows({ turns, tentative, tentativeSpeaker, tentativeStart }) {
  /** @type {TurnRow[]} */
  const rows = [];
  let from = 0;
  for (const [count, speaker, start] of turns) {
    rows.push({ from, to: from + count, speaker, start, tentative: [] });
    from += count;
  }
  if (!tentative.length) return rows;
  const last = rows.at(-1);
  if (last && (tentativeSpeaker === null || tentativeSpeaker === last.speaker)) {
    last.tentative = tentative;
  } else {
    rows.push({ from, to: from, speaker: tentativeSpeaker, start: tentativeStart, tentative });
  }
  return rows;
}

/** @param {{ scrollTop: number, clientHeight: number, scrollHeight: number }} box */
function isNearEnd({ scrollTop, clientHeight, scrollHeight }) {
  return scrollHeight - scrollTop - clientHeight < endMargin;
}

/** One turn on the page: speaker, time and words. Words are appended, never drawn twice. */
class Turn {
  /** @param {(speaker: string) => void} rename called when the speaker's name is clicked */
  constructor(rename) {
    /** @type {string | null} */
    this.speaker = null;
    this.from = -1;
    this.drawn = 0;
    this.who = make('button', { class: 'who', type: 'button' });
    this.who.onclick = () => this.speaker && rename(this.speaker);
    this.time = make('span', { class: 'time' });
    this.tentative = make('span', { class: 'tentative', 'aria-hidden': 'true' });
    this.text = make('p', {}, this.tentative);
    this.gap = make('div', { class: 'gap', hidden: true });
    this.node = make('section', {}, this.gap, this.who, this.time, this.text);
  }

  /**
   * @param {TurnRow} row
   * @param {string[]} words of the whole transcript
   * @param {Person[]} people
   * @param {string} gap
   */
  draw(row, words, people, gap) {
    this.gap.hidden = !gap;
    setText(this.gap, gap);
    const count = row.to - row.from;
    if (this.from !== row.from || this.drawn > count) {
      this.from = row.from;
      this.drawn = 0;
      this.text.replaceChildren(this.tentative);
    }
    if (this.drawn < count) {
      const fresh = words.slice(row.from + this.drawn, row.to).join('');
      this.tentative.before(make('span', { class: 'new' }, this.drawn ? fresh : fresh.trimStart()));
      this.drawn = count;
    }
    this.speaker = row.speaker;
    this.node.className = 'turn ' + colourOf(people, row.speaker);
    setText(this.who, nameOf(people, row.speaker));
    setText(this.time, clock(row.start));
    const tentative = row.tentative.join('');
    setText(this.tentative, count ? tentative : tentative.trimStart());
  }
}

/** The transcript of a running meeting; it scrolls along while its end is in view. */
class LiveTranscript {
  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<TranscriptData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.meeting = '';
    /** @type {string[]} */
    this.words = [];
    /** @type {Turn[]} */
    this.turns = [];
    this.askedAt = 0;
    this.atEnd = true;
    /** @type {Outbox | null} */
    this.outbox = null;
    this.unsaved = make('div');
    this.people = new SpeakerChips((label, name) => this.rename(label, name));
    const about = { 'aria-label': 'Transcript' };
    this.list = make('div', { role: 'log', 'aria-live': 'polite', ...about });
    this.lastGap = make('div', { class: 'gap', hidden: true });
    const dots = make('span', { class: 'dots' }, make('i'), make('i'), make('i'));
    this.waiting = make('span');
    this.empty = make('div', { class: 'empty' }, dots, this.waiting);
    this.scroll = make(
      'div',
      { class: 'scroll', tabindex: '0', ...about },
      this.empty,
      this.list,
      this.lastGap,
    );
    this.scroll.onscroll = () => {
      this.atEnd = isNearEnd(this.scroll);
      this.latest.hidden = this.atEnd;
    };
    this.latest = make('button', { class: 'latest', type: 'button', hidden: true }, '↓ Latest');
    this.latest.onclick = () => {
      this.atEnd = true;
      this.follow();
    };
    root.append(make('div', { class: 'live' }, this.people.node, this.scroll, this.latest));
    new ResizeObserver(() => this.follow()).observe(this.scroll);
  }

  follow() {
    if (this.atEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
    this.latest.hidden = this.atEnd;
  }

  /** @param {TranscriptData} data */
  draw(data) {
    if (data.meeting !== this.meeting) {
      this.meeting = data.meeting;
      this.connect(data.meeting);
      this.words = [];
      this.dropTurns(0);
    }
    const words = withUpdate(this.words, data);
    if (!words) return this.askForMissing();
    this.words = words;
    const people = this.people.settle(data.people);
    this.people.draw(people);
    const rows = turnRows(data);
    rows.forEach((row, index) =>
      this.turn(index).draw(row, words, people, gapText(data.gaps, index)),
    );
    const last = gapText(data.gaps, rows.length);
    this.lastGap.hidden = !last;
    setText(this.lastGap, last);
    this.dropTurns(rows.length);
    this.empty.style.display = rows.length ? 'none' : '';
    setText(this.waiting, data.waiting);
    this.follow();
  }

  /** Uses the outbox of this meeting. @param {string} meeting */
  connect(meeting) {
    this.unsaved.remove();
    this.outbox = Outbox.of('meeting ' + meeting);
    const refused = (/** @type {Refusal} */ refusal) => this.showRefusal(refusal);
    this.unsaved = showOutbox(this.outbox, refused, () => {});
    this.people.node.after(this.unsaved);
  }

  /** @param {string} label @param {string} name */
  rename(label, name) {
    const change = { kind: 'rename', label, name };
    this.outbox?.put('POST', this.component.data.edits, change, name);
  }

  /** @param {Refusal} refusal */
  showRefusal({ trouble, rule, body, typed }) {
    this.people.forget(body.label);
    const note = make('div', { class: 'unsaved bad', role: 'alert' });
    const text = make('span');
    showTrouble(text, `“${typed}” was not saved. ${trouble}`, rule);
    const again = make('button', { type: 'button', class: 'again' }, 'Try again');
    again.onclick = () => {
      note.remove();
      this.people.expect(body.label, typed);
      this.rename(body.label, typed);
    };
    const close = make('button', { type: 'button', class: 'again' }, 'Dismiss');
    close.onclick = () => note.remove();
    note.append(text, again, close);
    this.people.node.after(note);
  }

  /** @param {number} index */
  turn(index) {
    if (!this.turns[index]) {
      this.turns[index] = new Turn(speaker => this.people.edit(speaker));
      this.list.append(this.turns[index].node);
    }
    return this.turns[index];
  }

  /** @param {number} from */
  dropTurns(from) {
    this.turns.splice(from).forEach(turn => turn.node.remove());
  }

  askForMissing() {
    if (Date.now() - this.askedAt <= askAgainAfter) return;
    this.askedAt = Date.now();
    this.component.setTriggerValue('missing', this.words.length);
  }
}

/** @param {ElementComponent<TranscriptData>} component */
export default function (component) {
  viewOf(component, root => new LiveTranscript(root, component)).draw(component.data);
}
