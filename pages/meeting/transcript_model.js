/* `TranscriptModel`: a transcript in memory as columns, with its edits and its search. */

/** Words in a drawn row. */
const LONGEST_ROW = 90;

/**
 * A passage of one speaker: the words `from` to `to`. Times are in hundredths of a second.
 * @typedef {object} Segment
 * @property {number} start
 * @property {number} end
 * @property {string | null} speaker
 * @property {number} from
 * @property {number} to
 * @property {string | null} machine what the recognizer wrote, where a person corrected it
 */

/** When a speaker speaks, in hundredths of a second. @typedef {Pick<Segment, 'start' | 'end' | 'speaker'>} SpeakerTurn */

/** A part of a segment as it is drawn. @typedef {{ position: number, from: number, to: number, head: boolean }} Row */

/**
 * Seconds; `share` between 0 and 1, `rate` in words a minute.
 * @typedef {object} SpeakerStatistics
 * @property {string} label
 * @property {number} talk
 * @property {number} share
 * @property {number} turns
 * @property {number} words
 * @property {number} rate
 * @property {number} longest
 * @property {number} interruptions
 * @property {number} silence
 */

/** @typedef {{ silence: number, people: SpeakerStatistics[] }} MeetingStatistics */

/**
 * A transcript in columns, as `meetcore/api/transcripts.py` sends it. Speakers are places in
 * `labels`, -1 for none; times are in hundredths of a second.
 * @typedef {object} TranscriptColumns
 * @property {string[]} labels
 * @property {number} duration in seconds
 * @property {string[]} text
 * @property {number[]} at
 * @property {number[]} start
 * @property {number[]} end
 * @property {number[]} count words in each segment
 * @property {number[]} speaker
 * @property {Record<number, string>} machine
 * @property {LanguageMarks} languages
 * @property {{ start: number[], end: number[], speaker: number[] }} turns
 * @property {MeetingStatistics} statistics
 */

/** A transcript in memory: words as columns, segments over them, and the rows that are drawn. */
class TranscriptModel {
  /** @type {Row[]} */
  rows = [];
  /** The text for `find`, in lower case; null after an edit. @type {string | null} */
  plain = null;
  /** Where each word begins in `plain`. */
  offsets = new Uint32Array(0);

  /** @param {TranscriptColumns} data */
  constructor(data) {
    this.labels = data.labels;
    this.duration = data.duration;
    this.text = data.text;
    this.at = data.at;
    /** The language that begins with each word; '' where none does. */
    this.languages = data.text.map((_, place) => data.languages[place] ?? '');
    /** Null once an edit made them wrong. @type {MeetingStatistics | null} */
    this.statistics = data.statistics;
    let from = 0;
    /** @type {Segment[]} */
    this.segments = data.start.map((start, place) => {
      const to = from + data.count[place];
      const segment = {
        start,
        end: data.end[place],
        speaker: this.label(data.speaker[place]),
        from,
        to,
        machine: data.machine[place] ?? null,
      };
      from = to;
      return segment;
    });
    const turns = data.turns;
    /** @type {SpeakerTurn[]} */
    this.turns = turns.start.map((start, place) => ({
      start,
      end: turns.end[place],
      speaker: this.label(turns.speaker[place]),
    }));
    this.index();
  }

  /** @param {number} number */
  label(number) {
    return number < 0 ? null : this.labels[number];
  }

  /** Divides long segments into several rows, at the end of a sentence where there is one. */
  index() {
    this.rows = [];
    this.segments.forEach((segment, position) => {
      let from = segment.from;
      while (from < segment.to || from === segment.from) {
        const to = this.cut(from, segment.to);
        this.rows.push({ position, from, to, head: from === segment.from });
        if (to >= segment.to) break;
        from = to;
      }
    });
  }

  /** Where a row that begins at a word ends. @param {number} from @param {number} to */
  cut(from, to) {
    if (to - from <= LONGEST_ROW * 1.4) return to;
    for (let place = from + LONGEST_ROW; place > from + LONGEST_ROW / 2; place -= 1)
      if (/[.?!…。؟]["”»]?$/.test(this.text[place - 1])) return place;
    return from + LONGEST_ROW;
  }

  /**
   * The last of sorted things that begins at or before a moment; -1 if none does.
   * @param {number} count
   * @param {(place: number) => number} startOf
   * @param {number} moment
   */
  static last(count, startOf, moment) {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (startOf(middle) <= moment) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The last word that begins by then; -1 before the first. @param {number} seconds */
  wordAt(seconds) {
    return TranscriptModel.last(this.at.length, place => this.at[place], Math.round(seconds * 100));
  }

  /** @param {number} word */
  rowOfWord(word) {
    const { rows } = this;
    return Math.max(
      0,
      TranscriptModel.last(rows.length, place => rows[place].from, word),
    );
  }

  /** @param {number} word */
  segmentOfWord(word) {
    const { segments } = this;
    return Math.max(
      0,
      TranscriptModel.last(segments.length, place => segments[place].from, word),
    );
  }

  /** @param {Segment} segment */
  textOf(segment) {
    return this.text.slice(segment.from, segment.to).join('').trim();
  }

  /** When each speaker speaks: the diarizer's turns, or the segments where there are none. */
  spoken() {
    return this.turns.length ? this.turns : this.segments.filter(segment => segment.speaker);
  }

  /** Makes one speaker another; this edit and those below do what the server will do. @param {string} label @param {string} into */
  relabel(label, into) {
    for (const thing of [...this.segments, ...this.turns])
      if (thing.speaker === label) thing.speaker = into;
    this.statistics = null;
  }

  /** @param {number} position @param {string} label */
  assign(position, label) {
    this.giveTurns(this.segments[position], label);
    this.segments[position].speaker = label;
  }

  /**
   * Gives the time of a passage to another speaker, until the server's turns are there.
   * @param {SpeakerTurn} passage
   * @param {string} label
   */
  giveTurns({ start, end, speaker }, label) {
    if (!this.turns.length || speaker === label) return;
    const kept = this.turns.flatMap(turn => {
      if (turn.speaker !== speaker || turn.end <= start || turn.start >= end) return [turn];
      const parts = [
        { ...turn, end: start },
        { ...turn, start: end },
      ];
      return parts.filter(part => part.end > part.start);
    });
    this.turns = [...kept, { start, end, speaker: label }];
  }

  /** @param {number} position @param {number} word counted in the segment @param {string} label */
  split(position, word, label) {
    const old = this.segments[position];
    const place = old.from + word;
    const next = { ...old, start: this.at[place], from: place, speaker: label, machine: null };
    this.giveTurns({ ...next, speaker: old.speaker }, label);
    this.segments.splice(position + 1, 0, next);
    old.end = next.start;
    old.to = place;
    this.index();
  }

  /** Replaces the words `from` to `to`. @param {number} position @param {number} from @param {number} to @param {string} said */
  correct(position, from, to, said) {
    const segment = this.segments[position];
    segment.machine ??= this.textOf(segment);
    const words = said.split(/\s+/).filter(Boolean);
    const begin = this.at[from] ?? segment.start;
    const end = to < segment.to ? this.at[to] : segment.end;
    const times = words.map((_, place) =>
      Math.round(begin + ((end - begin) * place) / words.length),
    );
    this.plain = null;
    this.text.splice(from, to - from, ...words.map(word => ' ' + word));
    this.at.splice(from, to - from, ...times);
    const begun = this.languages.slice(from, to).filter(Boolean).at(-1) ?? '';
    const marks = words.map((_, place) => (place ? '' : begun));
    this.languages.splice(from, to - from, ...marks);
    const grown = words.length - (to - from);
    segment.to += grown;
    for (const later of this.segments.slice(position + 1)) {
      later.from += grown;
      later.to += grown;
    }
    this.index();
  }

  /**
   * The first and the last word of each place where a text occurs; phrases are found too.
   * @param {string} wanted
   * @returns {[first: number, last: number][]}
   */
  find(wanted) {
    const plain = this.plain ?? this.joined();
    const needle = wanted.toLocaleLowerCase();
    /** @param {number} at */
    const wordAt = at =>
      TranscriptModel.last(this.offsets.length, index => this.offsets[index], at);
    const blanks = needle.length - needle.trimStart().length;
    const length = needle.trimEnd().length;
    /** @type {[number, number][]} */
    const hits = [];
    for (let at = plain.indexOf(needle); at >= 0; at = plain.indexOf(needle, at + needle.length)) {
      const first = wordAt(at + blanks);
      /* The place of a space belongs to the word after it. */
      hits.push([first, Math.max(first, wordAt(at + length - 1))]);
    }
    return hits;
  }

  joined() {
    this.offsets = new Uint32Array(this.text.length);
    let length = 0;
    this.text.forEach((word, place) => {
      this.offsets[place] = length;
      length += word.length;
    });
    return (this.plain = this.text.join('').toLocaleLowerCase());
  }
}
