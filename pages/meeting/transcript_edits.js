/* `TranscriptEdits`: edits are shown at once, sent, and replaced by the server's transcript. */

/**
 * The people after a speaker became another one, who takes over a typed name if there is none yet.
 * @param {Person[]} people
 * @param {string} label
 * @param {string} into
 */
function mergedPeople(people, label, into) {
  const gone = people.find(person => person.label === label);
  return people
    .filter(person => person.label !== label)
    .map(person =>
      person.label === into && !person.given && gone?.given
        ? { ...person, name: gone.name, given: true }
        : person,
    );
}

/** The transcript on the page with its people, and the edits of both. */
class TranscriptEdits {
  /** The people who have words. @type {Person[]} */
  people = [];
  /** The same with those whose last passage was given away here. @type {Person[]} */
  known = [];
  /** The speakers that the next edits create, as the server will label them. @type {Person[]} */
  newPeople = [];
  /** @type {TranscriptModel | null} */
  model = null;

  /**
   * @param {Outbox} outbox
   * @param {string} address
   * @param {() => void} changed called after an edit of the transcript or its people
   * @param {() => void} sending called before an edit is sent
   */
  constructor(outbox, address, changed, sending) {
    this.outbox = outbox;
    this.address = address;
    this.changed = changed;
    this.sending = sending;
  }

  /** Takes over what the server has. @param {TranscriptBody} body */
  take(body) {
    this.known = this.people = body.people;
    this.newPeople = body.new_people;
    this.model = new TranscriptModel(body);
    return this.model;
  }

  /** After an edit: who has words, and which numbers the others have. */
  arrange() {
    this.people = this.model ? peopleInOrder(this.model.segments, this.known) : this.known;
    this.changed();
  }

  /**
   * @param {string} kind
   * @param {Record<string, any>} more
   * @param {string} typed
   * @param {string} [creates] the label of the edit's new speaker
   */
  send(kind, more = {}, typed = '', creates) {
    this.sending();
    this.outbox.put('POST', this.address, { kind, ...more }, typed, creates);
  }

  /** @param {string} label @param {string} name empty removes it @param {boolean} remember the voice */
  rename(label, name, remember = false) {
    const given = Boolean(name);
    this.known = this.known.map(person =>
      person.label === label ? { ...person, name, given, similarity: null, same: null } : person,
    );
    this.arrange();
    this.send('rename', { label, name, remember }, name);
  }

  /** Two speakers are two people, though voice or name are alike. @param {Person} person the second */
  keepBoth({ label, name, given }) {
    this.rename(label, given ? name : '');
  }

  /** @param {string} label @param {string} into */
  merge(label, into) {
    this.model?.relabel(label, into);
    this.known = mergedPeople(this.known, label, into);
    this.arrange();
    this.send('merge', { label, into });
  }

  /** The label of an edit's speaker. @param {string | null} label null is the next new speaker */
  labelOf(label) {
    const [person, ...others] = this.newPeople;
    if (label !== null || !person) return label;
    this.known = [...this.known, person];
    this.newPeople = others;
    return person.label;
  }

  /** @param {number} position @param {string | null} label null is a new speaker */
  assign(position, label) {
    const known = this.labelOf(label);
    if (known === null) return;
    this.model?.assign(position, known);
    this.arrange();
    this.send('assign', { position, label }, '', label === null ? known : undefined);
  }

  /** @param {number} position @param {number} word @param {string | null} label null is a new speaker */
  split(position, word, label) {
    const known = this.labelOf(label);
    if (known === null) return;
    this.model?.split(position, word, known);
    this.arrange();
    this.send('split', { position, word, label }, '', label === null ? known : undefined);
  }

  /** @param {number} position @param {string} text @param {string} expected */
  correct(position, text, expected) {
    if (!this.model) return;
    const { from, to } = this.model.segments[position];
    this.model.correct(position, from, to, text);
    this.changed();
    this.send('correct', { position, text, expected }, text);
  }

  /** @param {number} position @param {number} word @param {string} text */
  correctWord(position, word, text) {
    if (!this.model) return;
    const place = word - this.model.segments[position].from;
    const expected = this.model.text[word].trim();
    this.model.correct(position, word, word + 1, text);
    this.changed();
    this.send('correct_word', { position, word: place, text, expected }, text);
  }
}
