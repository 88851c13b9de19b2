const LONGEST_ROW = 90;

/* A transcript in memory: words as columns, segments as records over them, rows as what is drawn. */
class Model {
  constructor(data) {
    this.labels = data.labels;
    this.duration = data.duration;
    this.text = data.text;
    this.at = data.at;
    this.statistics = data.statistics;
    let from = 0;
    this.segments = data.start.map((start, place) => {
      const to = from + data.count[place];
      const segment = { start, end: data.end[place], speaker: this.label(data.speaker[place]), from, to, machine: data.machine[place] ?? null };
      from = to;
      return segment;
    });
    const turns = data.turns;
    this.turns = turns.start.map((start, place) => ({ start, end: turns.end[place], speaker: this.label(turns.speaker[place]) }));
    this.index();
  }
  label(number) { return number < 0 ? null : this.labels[number]; }
  /* Long stretches are drawn as several rows, cut at the end of a sentence where there is one. */
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
  cut(from, to) {
    if (to - from <= LONGEST_ROW * 1.4) return to;
    for (let place = from + LONGEST_ROW; place > from + LONGEST_ROW / 2; place -= 1) if (/[.?!…。؟]["”»]?$/.test(this.text[place - 1])) return place;
    return from + LONGEST_ROW;
  }
  /* The last thing in a sorted list that begins at or before a moment. */
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
  wordAt(seconds) { return Model.last(this.at.length, place => this.at[place], Math.round(seconds * 100)); }
  rowOfWord(word) { return Math.max(0, Model.last(this.rows.length, place => this.rows[place].from, word)); }
  segmentOfWord(word) { return Math.max(0, Model.last(this.segments.length, place => this.segments[place].from, word)); }
  textOf(segment) { return this.text.slice(segment.from, segment.to).join('').trim(); }
  spoken() { return this.turns.length ? this.turns : this.segments.filter(segment => segment.speaker); }
  /* The edits below show at once what the server is about to say. */
  relabel(label, into) {
    for (const thing of [...this.segments, ...this.turns]) if (thing.speaker === label) thing.speaker = into;
    this.statistics = null;
  }
  assign(position, label) { this.segments[position].speaker = label; }
  split(position, word, label) {
    const old = this.segments[position];
    const place = old.from + word;
    const next = { ...old, start: this.at[place], from: place, speaker: label, machine: null };
    this.segments.splice(position + 1, 0, next);
    old.end = next.start;
    old.to = place;
    this.index();
  }
  correct(position, from, to, said) {
    const segment = this.segments[position];
    segment.machine ??= this.textOf(segment);
    const words = said.split(/\s+/).filter(Boolean);
    const begin = this.at[from] ?? segment.start;
    const end = to < segment.to ? this.at[to] : segment.end;
    const times = words.map((_, place) => Math.round(begin + ((end - begin) * place) / words.length));
    this.plain = null;
    this.text.splice(from, to - from, ...words.map(word => ' ' + word));
    this.at.splice(from, to - from, ...times);
    const grown = words.length - (to - from);
    segment.to += grown;
    for (const later of this.segments.slice(position + 1)) { later.from += grown; later.to += grown; }
    this.index();
  }
  /* Where a text stands: character by character over the whole, so that phrases are found too. */
  find(wanted) {
    if (!this.plain || this.plainOf !== this.text.length) {
      this.offsets = new Uint32Array(this.text.length);
      let length = 0;
      this.text.forEach((word, place) => { this.offsets[place] = length; length += word.length; });
      this.plain = this.text.join('').toLocaleLowerCase();
      this.plainOf = this.text.length;
    }
    const needle = wanted.toLocaleLowerCase();
    const hits = [];
    for (let place = this.plain.indexOf(needle); place >= 0; place = this.plain.indexOf(needle, place + needle.length)) {
      const word = Model.last(this.offsets.length, index => this.offsets[index], place + (needle.length - needle.trimStart().length));
      const last = Model.last(this.offsets.length, index => this.offsets[index], place + needle.trimEnd().length - 1);
      /* The place of a space belongs to the word after it. */
      hits.push([word, Math.max(word, last)]);
    }
    return hits;
  }
}
