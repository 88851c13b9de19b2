/* `Menus`: what can be done with a speaker, a passage and a word. */

const plus = 'M12 5v14M5 12h14';
const splitShape = 'M5 4v16M11 8l4 4-4 4M19 4v16';
const keyTexts = [
  ['Space or K', 'Play, pause'],
  ['← →', '5 seconds back, on'],
  ['J  L', '10 seconds back, on'],
  ['Enter', 'Correct the chosen word'],
  ['/', 'Find'],
  ['Ctrl Z', 'Undo a correction'],
  ['Ctrl Shift Z', 'Do it again'],
  ['Esc', 'Leave a field'],
];

/**
 * The view around the menus.
 * @typedef {object} MenusHost
 * @property {HTMLElement} node
 * @property {TranscriptEdits} edits
 * @property {VirtualRows} rows
 * @property {Player} player
 */

/** Each menu opens beside the thing it is about. */
class Menus extends Popup {
  /** @param {MenusHost} host @param {AbortSignal} [ended] */
  constructor(host, ended) {
    super(host.node, ended);
    this.host = host;
  }

  /** Menus are opened from words on the page, which there are with a model only. */
  get model() {
    return /** @type {TranscriptModel} */ (this.host.edits.model);
  }

  /** @param {string | null} label */
  others(label) {
    return this.host.edits.people.filter(person => person.label !== label);
  }

  /** Rename, merge or recognise a speaker. @param {HTMLElement} anchor @param {string} label */
  speaker(anchor, label) {
    const person = this.host.edits.people.find(each => each.label === label);
    if (!person) return;
    const { name, similarity } = person;
    const rename = () => this.name(anchor, person);
    /** @type {HTMLElement[]} */
    const content = [this.item('Rename…', rename, icon(pencil))];
    if (similarity !== null) {
      const text = `Recognised by voice, ${similarity} % alike.`;
      const confirm = () => this.host.edits.rename(label, name, false);
      const yes = this.item('Yes, this is ' + name, confirm, icon(signs.done));
      content.unshift(make('small', { style: 'padding: .3rem .6rem' }, text), yes);
    } else if (person.given) {
      const recognise = () => this.name(anchor, person, true);
      content.push(this.item('Recognise this voice next time…', recognise, icon(signs.wave)));
    }
    const others = this.others(label);
    if (others.length) content.push(make('h4', {}, 'The same person as'));
    for (const other of others)
      content.push(this.person(other, () => this.host.edits.merge(label, other.label)));
    this.choose(anchor, content);
  }

  /** @param {HTMLElement} anchor @param {Person} person @param {boolean} ticked recognise the voice */
  name(anchor, person, ticked = false) {
    const save = (/** @type {string} */ name, /** @type {boolean} */ recognise) => {
      this.close();
      const twin = name && namesake(this.host.edits.people, person.label, name);
      if (twin) this.sameName(anchor, person, twin, name, recognise);
      else if (name ? name !== person.name || recognise : person.given)
        this.host.edits.rename(person.label, name, Boolean(name) && recognise);
    };
    const { field, form } = nameForm(person, ticked, () => this.close(true), save);
    this.show(anchor, [form]);
    field.focus();
    field.select();
  }

  /**
   * Asks whether the person of a name that is in use already is the same one.
   * @param {HTMLElement} anchor
   * @param {Person} person
   * @param {Person} twin the one who has the name
   * @param {string} name
   * @param {boolean} recognise
   */
  sameName(anchor, person, twin, name, recognise) {
    const { edits } = this.host;
    const merge = () => {
      edits.merge(person.label, twin.label);
      if (recognise) edits.rename(twin.label, twin.name, true);
    };
    const keep = () => edits.rename(person.label, name, recognise);
    const text = `${twin.name} is in this meeting already. Is it the same person?`;
    this.choose(anchor, [
      make('p', { class: 'asked', dir: 'auto' }, text),
      this.item('Yes, make them one', merge, icon(signs.merge)),
      this.item('No, two people of this name', keep, icon(plus)),
    ]);
  }

  /** Change who said a passage. @param {HTMLElement} anchor @param {number} position */
  passageSpeaker(anchor, position) {
    const { speaker } = this.model.segments[position];
    const person = this.host.edits.people.find(each => each.label === speaker);
    /** @type {HTMLElement[]} */
    const content = [];
    if (person) {
      const rename = () => this.name(anchor, person);
      const merge = () => this.speaker(anchor, person.label);
      content.push(
        this.item(`Rename ${person.name}…`, rename, icon(pencil)),
        this.item(`${person.name} is the same person as…`, merge, icon(signs.merge)),
      );
    }
    const assign = (/** @type {string | null} */ label) => this.host.edits.assign(position, label);
    content.push(make('h4', {}, 'Only this passage is by'), ...this.speakers(speaker, assign));
    content.push(...this.newSpeaker(assign));
    this.choose(anchor, content);
  }

  /** An item for each other speaker. @param {string | null} label @param {(label: string) => void} act */
  speakers(label, act) {
    return this.others(label).map(other => this.person(other, () => act(other.label)));
  }

  /** An item for a new speaker, where a label is left. @param {(label: null) => void} act */
  newSpeaker(act) {
    if (!this.host.edits.newPeople.length) return [];
    return [this.item('A new speaker', () => act(null), icon(plus))];
  }

  /** What can be done with a word. @param {HTMLElement} anchor @param {number} word */
  word(anchor, word) {
    const { model } = this;
    const position = model.segmentOfWord(word);
    const content = [this.item('Correct', () => this.correctWord(word), icon(pencil))];
    if (word > model.segments[position].from) {
      const split = () => this.splitFrom(anchor, position, word);
      content.push(this.item('New speaker from here', split, icon(splitShape)));
    }
    this.show(anchor, content, 'bar2');
  }

  /** @param {HTMLElement} anchor @param {number} position @param {number} word */
  splitFrom(anchor, position, word) {
    const { model } = this;
    const { speaker, from } = model.segments[position];
    const split = (/** @type {string | null} */ label) =>
      this.host.edits.split(position, word - from, label);
    this.choose(anchor, [
      make('h4', {}, `From “${model.text[word].trim()}” on`),
      ...this.newSpeaker(split),
      ...this.speakers(speaker, split),
    ]);
  }

  /** @param {number} word */
  correctWord(word) {
    const { model } = this;
    const { rows } = this.host;
    const node = rows.wordNode(word);
    if (!node) return;
    const old = model.text[word].trim();
    const position = model.segmentOfWord(word);
    const field = make('input', {
      class: 'edit',
      value: old,
      'aria-label': 'Correct the word ' + old,
      dir: 'auto',
      autocomplete: 'off',
      spellcheck: true,
    });
    this.correctIn(field, node, old, text => this.host.edits.correctWord(position, word, text));
    field.select();
  }

  /** Correct a whole passage. @param {number} position */
  passage(position) {
    const { model } = this;
    const { rows } = this.host;
    /** @type {HTMLElement | null} */
    const node = rows.node.querySelector(`[data-position="${position}"] p`);
    if (!node) return;
    const old = model.textOf(model.segments[position]);
    const about = { class: 'edit', 'aria-label': 'Correct this passage', dir: 'auto', rows: '5' };
    const correct = (/** @type {string} */ text) => this.host.edits.correct(position, text, old);
    this.correctIn(make('textarea', about, old), node, old, correct, 'wide');
  }

  /**
   * Shows a field with a text, and pauses the recording meanwhile.
   * @param {HTMLInputElement | HTMLTextAreaElement} field
   * @param {HTMLElement} anchor
   * @param {string} old
   * @param {(text: string) => void} correct called with a text that differs from the old one
   * @param {string} kind a class
   */
  correctIn(field, anchor, old, correct, kind = '') {
    const save = () => {
      this.close();
      const text = field.value.trim().replace(/\s+/g, ' ');
      if (text && text !== old) correct(text);
    };
    this.host.player.audio.pause();
    this.show(anchor, [textForm(field, () => this.close(), save)], kind);
    field.focus();
  }

  /** What the recognizer wrote. @param {HTMLElement} anchor @param {string} text */
  machine(anchor, text) {
    const machine = make('p', { class: 'machine', dir: 'auto' }, text);
    this.show(anchor, [make('h4', {}, 'The machine wrote'), machine]);
  }

  /** @param {HTMLElement} anchor */
  keys(anchor) {
    const cells = keyTexts.flatMap(([key, text]) => [make('kbd', {}, key), make('span', {}, text)]);
    this.show(anchor, [make('div', { class: 'keys', style: 'padding: .5rem' }, ...cells)]);
  }
}
