/* The element with the transcript of a running meeting. */

/** Milliseconds between two requests for the same missing words. */
const askAgainAfter = 900;
/** Pixels above the end at which the view still follows new words. */
const endMargin = 48;

/**
 * @typedef {object} TranscriptData
 * @property {string} meeting
 * @property {string} edits the address for changes
 * @property {{ first: number, frozen: number, turns: TurnData[] }} settled turns of the second pass
 *   from number `first` on; those before `frozen` change no more, but by `merged`
 * @property {{ from: number, first: number, frozen: number, turns: TurnData[], head?: TurnData }}
 *   committed the turns after them, with numbers of their own: those before `from` are replaced,
 *   the one at `from` may have lost words, those before `frozen` change no more until then
 * @property {Record<string, string>} merged labels that proved to be another speaker's
 * @property {[before: number, start: number, end: number][]} gaps stretches without live text, each
 *   before the committed turn of this number; seconds
 * @property {string[]} tentative words that may still change
 * @property {string | null} tentativeSpeaker
 * @property {number} tentativeStart
 * @property {Person[]} people
 * @property {string} waiting shown while there is no word
 */

/**
 * The committed turns to draw of an update. Tentative words continue the last turn unless another
 * speaker says them or a gap lies between.
 * @param {Pick<TranscriptData,
 *   'committed' | 'gaps' | 'tentative' | 'tentativeSpeaker' | 'tentativeStart'>} data
 * @returns {TurnRow[]}
 */
function turnRows({ committed, gaps, tentative, tentativeSpeaker, tentativeStart }) {
  const { first, turns } = committed;
  const rows = turns.map(rowOf);
  if (!tentative.length) return rows;
  const last = gaps.some(([before]) => before === first + turns.length) ? undefined : rows.at(-1);
  if (last && (tentativeSpeaker === null || tentativeSpeaker === last.speaker)) {
    last.tentative = tentative;
  } else {
    rows.push({ speaker: tentativeSpeaker, start: tentativeStart, words: [], tentative });
  }
  return rows;
}

/** @param {{ scrollTop: number, clientHeight: number, scrollHeight: number }} box */
function isNearEnd({ scrollTop, clientHeight, scrollHeight }) {
  return scrollHeight - scrollTop - clientHeight < endMargin;
}

/** The transcript of a running meeting; it scrolls along while its end is in view. */
class LiveTranscript {
  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<TranscriptData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.meeting = '';
    const rename = (/** @type {string} */ speaker) => this.people.edit(speaker);
    this.settled = new TurnList('settled', rename);
    this.committed = new TurnList('committed', rename);
    this.shownPeople = '';
    this.askedAt = 0;
    this.atEnd = true;
    /** @type {Outbox | null} */
    this.outbox = null;
    this.unsaved = make('div');
    this.people = new SpeakerChips((label, name) => this.rename(label, name));
    const about = { 'aria-label': 'Transcript' };
    this.list = make('div', { role: 'log', 'aria-live': 'polite', ...about });
    this.list.append(this.settled.node, this.committed.node);
    this.lastGap = make('div', { class: 'gap', hidden: true });
    const dots = make('span', { class: 'dots' }, make('i'), make('i'), make('i'));
    this.waiting = make('span');
    this.empty = make('div', { class: 'empty' }, dots, this.waiting);
    this.scroll = make('div', { class: 'scroll', tabindex: '0', ...about });
    this.scroll.append(this.empty, this.list, this.lastGap);
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
      this.settled.clear();
      this.committed.clear();
    }
    if (this.settled.lacks(data.settled) || this.committed.lacks(data.committed)) {
      return this.askForMissing();
    }
    const people = this.people.settle(data.people);
    this.people.draw(people);
    if (this.atEnd) this.drawTurns(data, people);
    else
      withoutJump(
        this.scroll,
        () => this.turns,
        () => this.drawTurns(data, people),
      );
    this.empty.style.display = this.turns.length ? 'none' : '';
    setText(this.waiting, data.waiting);
    this.follow();
  }

  /** All turns on the page, in order. */
  get turns() {
    return [...this.settled.turns, ...this.committed.turns];
  }

  /** @param {TranscriptData} data @param {Person[]} people */
  drawTurns(data, people) {
    const { settled, committed, gaps } = data;
    const rows = turnRows(data);
    this.settled.draw({ from: 0, ...settled }, settled.turns.map(rowOf), people, []);
    this.committed.draw(committed, rows, people, gaps);
    showGap(this.lastGap, gapText(gaps, committed.first + rows.length));
    this.updateSpeakers(people, data);
    const [next] = this.committed.turns;
    const before = this.settled.turns.at(-1);
    const goesOn = !!before && !gapText(gaps, this.committed.from);
    next?.showAsContinued(goesOn && (next.speaker ?? before.speaker) === before.speaker);
  }

  /**
   * Renames and merges reach the turns that an update does not bring, too; most bring none.
   * @param {Person[]} people
   * @param {Pick<TranscriptData, 'merged'>} data
   */
  updateSpeakers(people, { merged }) {
    const shown = JSON.stringify([people, merged]);
    if (shown === this.shownPeople) return;
    this.shownPeople = shown;
    for (const turn of this.turns) {
      turn.merge(merged);
      turn.showSpeaker(people);
    }
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

  askForMissing() {
    if (Date.now() - this.askedAt <= askAgainAfter) return;
    this.askedAt = Date.now();
    this.component.setTriggerValue('missing', [this.settled.known, this.committed.known]);
  }
}

/** @param {ElementComponent<TranscriptData>} component */
export default function (component) {
  viewOf(component, root => new LiveTranscript(root, component)).draw(component.data);
}
