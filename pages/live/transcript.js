/* The element with the transcript of a running meeting. */

/** Milliseconds between two requests for the same missing words. */
const askAgainAfter = 900;
/** Pixels above the end at which the view still follows new words. */
const endMargin = 48;

/**
 * @typedef {object} TranscriptData
 * @property {string} meeting
 * @property {string} edits the address for changes
 * @property {number} first the place of `turns[0]` in the transcript
 * @property {[speaker: string | null, start: number, words: string[], marks?: LanguageMarks][]} turns
 *   from there to the end; seconds
 * @property {number} settled this many turns of the transcript change no more, but by `merged`
 * @property {Record<string, string>} merged labels that proved to be another speaker's
 * @property {[before: number, start: number, end: number][]} gaps stretches without live text, each
 *   before the turn of this number; seconds
 * @property {string[]} tentative words that may still change
 * @property {string | null} tentativeSpeaker
 * @property {number} tentativeStart
 * @property {Person[]} people
 * @property {string} waiting shown while there is no word
 */

/**
 * A turn as it is drawn: its words, then the tentative ones.
 * @typedef {object} TurnRow
 * @property {string | null} speaker
 * @property {number} start
 * @property {string[]} words
 * @property {string[]} tentative
 * @property {LanguageMarks} [marks]
 */

/**
 * The turns to draw of an update. Tentative words continue the last turn unless another speaker
 * says them or a gap lies between.
 * @param {Pick<TranscriptData,
 *   'first' | 'turns' | 'gaps' | 'tentative' | 'tentativeSpeaker' | 'tentativeStart'>} data
 * @returns {TurnRow[]}
 */
function turnRows({ first, turns, gaps, tentative, tentativeSpeaker, tentativeStart }) {
  /** @type {TurnRow[]} */
  const rows = turns.map(([speaker, start, words, marks]) => {
    return { speaker, start, words, tentative: [], marks };
  });
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

/** One turn on the page: speaker, time and words. Words are appended, never drawn twice. */
class Turn {
  /** @param {(speaker: string) => void} rename called when the speaker's name is clicked */
  constructor(rename) {
    /** @type {string | null} */
    this.speaker = null;
    /** The words on the page. @type {string[]} */
    this.words = [];
    this.who = make('button', { class: 'who', type: 'button' });
    this.who.onclick = () => this.speaker && rename(this.speaker);
    this.time = make('span', { class: 'time' });
    this.tentative = make('span', { class: 'tentative', 'aria-hidden': 'true' });
    this.text = make('p', {}, this.tentative);
    this.gap = make('div', { class: 'gap', hidden: true });
    this.section = make('section', {}, this.who, this.time, this.text);
    this.node = make('div', {}, this.gap, this.section);
  }

  /** @param {TurnRow} row @param {Person[]} people @param {string} gap */
  draw({ speaker, start, words, tentative, marks }, people, gap) {
    showGap(this.gap, gap);
    if (!this.words.every((word, index) => word === words[index])) {
      this.words = [];
      this.text.replaceChildren(this.tentative);
    }
    this.append(words, marks ?? {});
    this.speaker = speaker;
    this.showSpeaker(people);
    setText(this.time, clock(start));
    const after = tentative.join('');
    setText(this.tentative, words.length ? after : after.trimStart());
  }

  /** Draws the words that are not on the page. @param {string[]} words @param {LanguageMarks} marks */
  append(words, marks) {
    let from = this.words.length;
    while (from < words.length) {
      let to = from + 1;
      while (to < words.length && !marks[to]) to += 1;
      const fresh = words.slice(from, to).join('');
      if (marks[from]) this.tentative.before(languageMark(marks[from]));
      const shown = from || marks[from] ? fresh : fresh.trimStart();
      this.tentative.before(make('span', { class: 'new' }, shown));
      from = to;
    }
    this.words = words;
  }

  /** @param {Person[]} people */
  showSpeaker(people) {
    this.section.className = 'turn ' + colourOf(people, this.speaker);
    setText(this.who, nameOf(people, this.speaker));
  }

  /** @param {Record<string, string>} merged labels and those that replace them */
  merge(merged) {
    if (this.speaker !== null) this.speaker = merged[this.speaker] ?? this.speaker;
  }
}

/** The transcript of a running meeting; it scrolls along while its end is in view. */
class LiveTranscript {
  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<TranscriptData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.meeting = '';
    /** @type {Turn[]} */
    this.turns = [];
    /** This many of the turns on the page change no more, but by a merge of speakers. */
    this.settled = 0;
    this.shownPeople = '';
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
      this.settled = 0;
      this.dropTurns(0);
    }
    if (data.first > this.settled) return this.askForMissing();
    const people = this.people.settle(data.people);
    this.people.draw(people);
    const rows = turnRows(data);
    rows.forEach((row, index) => {
      const place = data.first + index;
      this.turn(place).draw(row, people, gapText(data.gaps, place));
    });
    showGap(this.lastGap, gapText(data.gaps, data.first + rows.length));
    this.dropTurns(data.first + rows.length);
    this.settled = data.settled;
    this.updateSpeakers(people, data);
    this.empty.style.display = this.turns.length ? 'none' : '';
    setText(this.waiting, data.waiting);
    this.follow();
  }

  /**
   * Renames and merges reach the settled turns, too; most updates bring none.
   * @param {Person[]} people
   * @param {Pick<TranscriptData, 'merged' | 'first'>} data
   */
  updateSpeakers(people, { merged, first }) {
    const shown = JSON.stringify([people, merged]);
    if (shown === this.shownPeople) return;
    this.shownPeople = shown;
    for (const turn of this.turns.slice(0, first)) {
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
    this.component.setTriggerValue('missing', this.settled);
  }
}

/** @param {ElementComponent<TranscriptData>} component */
export default function (component) {
  viewOf(component, root => new LiveTranscript(root, component)).draw(component.data);
}
