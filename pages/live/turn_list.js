/* The turns of a running meeting's transcript: those that are settled, and those after them. */

/**
 * A turn: speaker, start in seconds, words, and by their place those with which the language changes.
 * @typedef {[speaker: string | null, start: number, words: string[], marks?: LanguageMarks]} TurnData
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

/** @param {TurnData} turn @returns {TurnRow} */
function rowOf([speaker, start, words, marks]) {
  return { speaker, start, words, tentative: [], marks };
}

/** One turn on the page: speaker, time and words. Words are appended, never drawn twice. */
class Turn {
  /** @param {(speaker: string) => void} rename called when the speaker's name is clicked */
  constructor(rename) {
    /** @type {string | null} */
    this.speaker = null;
    /** The words on the page. @type {string[]} */
    this.words = [];
    this.start = 0;
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
    this.start = start;
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

  /** Hides the name where the turn before is of the same speaker. @param {boolean} goesOn */
  showAsContinued(goesOn) {
    this.section.classList.toggle('continued', goesOn);
  }

  /** @param {Record<string, string>} merged labels and those that replace them */
  merge(merged) {
    if (this.speaker !== null) this.speaker = merged[this.speaker] ?? this.speaker;
  }
}

/** Turns on the page, numbered from the meeting's first; those at the front may be gone. */
class TurnList {
  /** @param {string} kind class of the list @param {(speaker: string) => void} rename */
  constructor(kind, rename) {
    this.rename = rename;
    this.node = make('div', { class: kind });
    /** @type {Turn[]} */
    this.turns = [];
    /** Number of the first turn on the page. */
    this.from = 0;
    /** Turns before this number change no more, but by a merge of speakers. */
    this.known = 0;
  }

  /**
   * Removes the turns before a number, and draws those from another number on.
   * @param {{ from: number, first: number, frozen: number, head?: TurnData }} part
   * @param {TurnRow[]} rows the turns from `first` on
   * @param {Person[]} people
   * @param {[before: number, start: number, end: number][]} gaps
   */
  draw({ from, first, frozen, head }, rows, people, gaps) {
    this.removeBefore(from);
    if (head && first > from) this.turn(from).draw(rowOf(head), people, gapText(gaps, from));
    rows.forEach((row, index) => {
      this.turn(first + index).draw(row, people, gapText(gaps, first + index));
    });
    this.drop(first + rows.length);
    this.known = frozen;
  }

  /**
   * Whether turns between those on the page and the first of an update are missing.
   * @param {{ from?: number, first: number }} part
   */
  lacks({ from = 0, first }) {
    return first > Math.max(this.known, from);
  }

  /** @param {number} number */
  turn(number) {
    const index = number - this.from;
    if (!this.turns[index]) {
      this.turns[index] = new Turn(this.rename);
      this.node.append(this.turns[index].node);
    }
    return this.turns[index];
  }

  /** @param {number} number */
  removeBefore(number) {
    const gone = this.turns.splice(0, Math.max(0, number - this.from));
    gone.forEach(turn => turn.node.remove());
    this.from = Math.max(this.from, number);
  }

  /** Removes the turns from a number on. @param {number} number */
  drop(number) {
    this.turns.splice(Math.max(0, number - this.from)).forEach(turn => turn.node.remove());
  }

  clear() {
    this.drop(this.from);
    this.from = this.known = 0;
  }
}

/**
 * Keeps what is read in its place while other turns change.
 * @param {HTMLElement} scroll
 * @param {() => Turn[]} turns those on the page, in order
 * @param {() => void} change
 */
function withoutJump(scroll, turns, change) {
  const { scrollTop } = scroll;
  const read = turns().find(({ node }) => node.offsetTop + node.offsetHeight > scrollTop);
  const below = read && read.node.offsetTop - scrollTop;
  change();
  if (!read || below === undefined) return;
  const far = (/** @type {Turn} */ turn) => Math.abs(turn.start - read.start);
  const [same] = turns().sort((one, other) => far(one) - far(other));
  if (same) scroll.scrollTop = same.node.offsetTop - below;
}
