/**
 * @typedef {object} EditorData
 * @property {string} meeting
 * @property {string} version another one when the transcript has changed
 * @property {string} address of the transcript
 * @property {string} edits the address for changes
 * @property {string | null} changes the address of what the second pass changed
 * @property {string | null} audio
 * @property {number} duration in seconds
 * @property {number | null} at where the transcript opens, in seconds
 * @property {boolean} editable
 */

/** @typedef {TranscriptColumns & { people: Person[], undo: string | null, redo: string | null }} TranscriptBody */

/**
 * A new speaker, with the first label that is free.
 * @param {Person[]} people
 * @returns {Person}
 */
function newPerson(people) {
  let number = 1;
  while (people.some(person => person.label === 'S' + number)) number += 1;
  return {
    label: 'S' + number,
    name: 'Speaker ' + number,
    given: false,
    colour: (number - 1) % 10,
    similarity: null,
  };
}

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

/** The hint beside Undo and Redo. @param {string | null} undo @param {boolean} editable */
function hintText(undo, editable) {
  if (undo) return 'Last change: ' + undo[0].toLowerCase() + undo.slice(1);
  return editable ? 'Click a word to hear it, double-click to correct it' : '';
}

/** A finished transcript: who spoke how much, the recording, the words, and the edits. */
class Editor {
  /** @type {Person[]} */
  people = [];
  /** @type {TranscriptModel | null} */
  model = null;
  /** Kept while edits make those of the model wrong. @type {MeetingStatistics | null} */
  statistics = null;
  /** @type {(SegmentChange | null)[] | null} */
  changes = null;
  /** Of the transcript that is shown; empty once it was edited here. */
  version = '';
  /** The version in the data for which the transcript was fetched. */
  fetched = '';
  /** What can be undone and redone. @type {{ undo: string | null, redo: string | null }} */
  steps = { undo: null, redo: null };
  /** How often the transcript was asked for: only the newest answer counts. */
  loads = 0;
  opened = false;
  /** Whether the transcript scrolls along with the recording. */
  following = true;
  /** The word at the position of the recording; -1 before the first. */
  word = -1;
  /** The word that was clicked last. @type {number | null} */
  chosen = null;

  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<EditorData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.outbox = Outbox.of('meeting ' + component.data.meeting);
    this.toasts = new Toasts();
    this.player = new Player((seconds, jumped) => this.follow(seconds, jumped));
    this.player.failed = () => {
      const text = 'The recording cannot be played: it is gone, or is still being worked on.';
      this.toasts.say(text, 8, null, 'bad');
    };
    this.timeline = new SpeakerTimeline(seconds => {
      this.following = true;
      this.player.go(seconds);
    });
    /** @type {VirtualRows} */
    this.rows = new VirtualRows(this);
    /** @type {FindBar} */
    this.finder = new FindBar(this);
    this.talkTime = new TalkTime((chip, label) => this.menus.speaker(chip, label));
    const noWords = 'No words were recognised in this recording.';
    this.none = make('p', { class: 'none', hidden: true }, noWords);
    const loading = { role: 'status', 'aria-label': 'The transcript is being fetched' };
    this.loading = make('div', { class: 'loading', ...loading });
    this.pill = make('button', { class: 'nowpill', type: 'button', hidden: true }, 'Back to now');
    this.pill.onclick = () => this.back();
    this.undo = iconButton('Undo', 'M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6', () =>
      this.change('undo'),
    );
    this.redo = iconButton('Redo', 'M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6', () =>
      this.change('redo'),
    );
    this.hint = make('span', { class: 'hint' });
    this.compare = make('input', { type: 'checkbox', role: 'switch' });
    this.compare.onchange = () => this.toggleChanges();
    this.switch = make(
      'label',
      { class: 'switch' },
      this.compare,
      'What the final transcript changed',
    );
    const gap = make('span', { class: 'gap' });
    const bar = [this.undo, this.redo, this.hint, gap, this.switch];
    this.bar = make('div', { class: 'editbar' }, ...bar);
    this.top = make('div', { class: 'player' }, this.buildControls(), this.timeline.node);
    const parts = [this.talkTime.node, this.top, this.bar, this.loading, this.rows.node, this.none];
    /** @type {HTMLElement} */
    this.node = make('div', { class: 'final' }, ...parts, this.pill, this.toasts.node);
    root.append(this.node);
    /** @type {Menus} */
    this.menus = new Menus(this);
    this.listen();
    const refused = (/** @type {Refusal} */ refusal) => this.toasts.refused(refusal);
    this.toasts.node.append(showOutbox(this.outbox, refused, () => this.saved()));
  }

  buildControls() {
    const shape = 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8';
    const open = () => this.menus.keys(keys);
    const keys = iconButton('Keys', shape, open, { class: 'tool keysbutton' });
    const gap = make('span', { class: 'gap' });
    const parts = [this.player.node, this.player.speed, gap, this.finder.node, keys];
    return make('div', { class: 'controls' }, ...parts);
  }

  listen() {
    this.rows.node.addEventListener('click', event => this.clicked(event));
    this.rows.node.addEventListener('dblclick', event => {
      /** @type {HTMLElement | null} */
      const word = event.target instanceof Element ? event.target.closest('.w') : null;
      if (word && this.editable) this.menus.correctWord(Number(word.dataset.w));
    });
    const toggle = () => this.player.toggle();
    const shortcuts = {
      ' ': toggle,
      k: toggle,
      ArrowLeft: () => this.player.by(-5),
      ArrowRight: () => this.player.by(5),
      j: () => this.player.by(-10),
      l: () => this.player.by(10),
      '/': () => this.finder.field.focus(),
      Enter: () => {
        if (this.chosen !== null && this.editable) this.menus.correctWord(this.chosen);
      },
      Escape: () => this.menus.close(),
    };
    listenToKeys(
      shortcuts,
      step => this.takeStep(step),
      () => this.node.isConnected,
    );
  }

  get data() {
    return this.component.data;
  }

  get editable() {
    return this.data.editable;
  }

  /** Pixels of the window that the player covers. */
  covered() {
    return this.top.offsetHeight + 8;
  }

  draw() {
    const { audio, duration, changes, version } = this.data;
    this.player.open(audio, duration);
    this.player.speed.hidden = !audio;
    this.switch.hidden = !changes;
    this.drawSteps();
    if (!this.outbox.waiting.length && version !== this.fetched) this.load();
  }

  drawSteps() {
    const { changes, duration } = this.data;
    const { undo, redo } = this.editable ? this.steps : { undo: null, redo: null };
    this.drawStep(this.undo, 'Undo', undo);
    this.drawStep(this.redo, 'Redo', redo);
    setText(this.hint, hintText(undo, this.editable));
    this.bar.hidden = !changes && !undo && !redo && (!this.editable || !duration);
  }

  /** @param {HTMLButtonElement} node @param {string} name @param {string | null} change */
  drawStep(node, name, change) {
    node.disabled = !change;
    node.hidden = !this.editable;
    node.title = change ? `${name}: ${change}` : `Nothing to ${name.toLowerCase()}`;
    node.setAttribute('aria-label', node.title);
  }

  /** All changes are answered: show what the service has made of them. */
  saved() {
    if (this.node.isConnected) this.load();
  }

  async load() {
    const load = (this.loads += 1);
    this.fetched = this.data.version;
    try {
      const response = await fetch(this.data.address);
      if (!response.ok) throw new Error(await response.text());
      const version = /\w{16}/.exec(response.headers.get('ETag') ?? '')?.[0] ?? '';
      const body = await response.json();
      if (load !== this.loads || this.outbox.waiting.length || version === this.version) return;
      this.take(body, version);
    } catch (error) {
      console.warn('transcript:', String(error));
      this.fetched = '';
      const text = 'The transcript could not be fetched. Reload the page.';
      if (load === this.loads) this.toasts.say(text, 10, null, 'bad');
    }
  }

  /** @param {TranscriptBody} body @param {string} version */
  take(body, version) {
    this.version = version;
    this.steps = { undo: body.undo, redo: body.redo };
    this.drawSteps();
    this.people = body.people;
    const model = (this.model = new TranscriptModel(body));
    this.changes = null;
    this.statistics = model.statistics;
    this.loading.hidden = true;
    this.none.hidden = model.text.length > 0;
    this.show();
    if (this.compare.checked) this.toggleChanges();
    if (this.finder.field.value) this.finder.find(false);
    if (!this.opened && this.data.at !== null) this.openAt(model, this.data.at);
    this.opened = true;
  }

  /** @param {TranscriptModel} model @param {number} seconds */
  openAt(model, seconds) {
    this.player.go(seconds);
    const word = Math.max(0, model.wordAt(seconds + 0.05));
    this.mark(word);
    requestAnimationFrame(() => this.rows.reveal(model.rowOfWord(word)));
  }

  show() {
    if (!this.model) return;
    this.word = -1;
    this.talkTime.draw(this.people, this.statistics, this.data.duration, this.editable);
    this.timeline.draw(this.model, this.people);
    this.top.hidden = !this.data.audio && !this.model.text.length;
    this.rows.show(this.model, this.compare.checked ? this.changes : null);
    this.follow(this.player.time);
  }

  /** @param {number} seconds @param {boolean} jumped whether the user went there */
  follow(seconds, jumped = false) {
    this.timeline.place(seconds);
    if (!this.model) return;
    const word = seconds > 0 || jumped ? this.model.wordAt(seconds) : -1;
    if (word === this.word) return;
    this.mark(word);
    if (word < 0 || !this.following) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (this.player.playing) this.rows.keep(word, !still);
    else if (jumped) this.rows.keep(word, false);
  }

  /** @param {number} word */
  mark(word) {
    this.word = word;
    const marked = this.rows.node.querySelectorAll('.now, .here');
    for (const node of marked) node.classList.remove('now', 'here');
    const node = word < 0 ? null : this.rows.wordNode(word);
    node?.classList.add('now');
    node?.closest('.turn')?.classList.add('here');
  }

  rendered() {
    if (this.word >= 0) this.mark(this.word);
    if (this.finder.hits.length) this.finder.paint();
  }

  scrolledAway() {
    if (!this.player.playing) return;
    this.following = false;
    this.pill.hidden = false;
  }

  back() {
    this.following = true;
    this.pill.hidden = true;
    if (this.model && this.word >= 0) this.rows.reveal(this.model.rowOfWord(this.word));
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const { target } = event;
    if (!(target instanceof Element) || !this.model) return;
    /** @param {string} selector @returns {HTMLElement | null} */
    const around = selector => target.closest(selector);
    const turn = around('.turn');
    if (!turn) return;
    const position = Number(turn.dataset.position);
    const { start, machine } = this.model.segments[position];
    const [word, who, mark] = [around('.w'), around('.who'), around('.mark')];
    if (word) this.choose(word, event.detail < 2);
    else if (around('.time')) this.player.go(start / 100, true);
    else if (who && this.editable) this.menus.passageSpeaker(who, position);
    else if (mark) this.menus.machine(mark, machine ?? '');
  }

  /** @param {HTMLElement} node @param {boolean} play */
  choose(node, play) {
    const word = (this.chosen = Number(node.dataset.w));
    this.rows.node.querySelector('.chosen')?.classList.remove('chosen');
    node.classList.add('chosen');
    this.following = true;
    this.pill.hidden = true;
    if (play && this.model) this.player.go(this.model.at[word] / 100 + 0.005, true);
    if (this.editable) this.menus.word(node, word);
  }

  async toggleChanges() {
    if (this.compare.checked && !this.changes) {
      const response = await fetch(this.data.changes ?? '').catch(() => null);
      if (!response?.ok) {
        this.compare.checked = false;
        this.toasts.say('The comparison could not be fetched. Try again.', 8, null, 'bad');
        return;
      }
      this.changes = await response.json();
    }
    if (this.model) this.rows.show(this.model, this.compare.checked ? this.changes : null);
  }

  /**
   * Sends an edit, which is shown here at once; then the service's transcript replaces it.
   * @param {string} kind
   * @param {Record<string, any>} more
   * @param {string} typed
   */
  change(kind, more = {}, typed = '') {
    this.version = '';
    this.outbox.put('POST', this.data.edits, { kind, ...more }, typed);
  }

  /** @param {'undo' | 'redo'} step */
  takeStep(step) {
    if (!this.editable) return false;
    if (!this[step].disabled) this.change(step);
    return true;
  }

  /** @param {string} label @param {string} name @param {boolean} remember the voice */
  rename(label, name, remember = false) {
    this.people = this.people.map(person =>
      person.label === label ? { ...person, name, given: true, similarity: null } : person,
    );
    this.show();
    this.change('rename', { label, name, remember }, name);
  }

  /** @param {string} label @param {string} into */
  merge(label, into) {
    this.model?.relabel(label, into);
    this.people = mergedPeople(this.people, label, into);
    this.show();
    this.change('merge', { label, into });
  }

  addPerson() {
    const person = newPerson(this.people);
    this.people = [...this.people, person];
    return person.label;
  }

  /** @param {number} position @param {string | null} label null is a new speaker */
  assign(position, label) {
    this.model?.assign(position, label ?? this.addPerson());
    this.show();
    this.change('assign', { position, label });
  }

  /** @param {number} position @param {number} word @param {string | null} label */
  split(position, word, label) {
    this.model?.split(position, word, label ?? this.addPerson());
    this.show();
    this.change('split', { position, word, label });
  }

  /** @param {number} position @param {string} text @param {string} expected */
  correct(position, text, expected) {
    if (!this.model) return;
    const { from, to } = this.model.segments[position];
    this.model.correct(position, from, to, text);
    this.show();
    this.change('correct', { position, text, expected }, text);
  }

  /** @param {number} position @param {number} word @param {string} text */
  correctWord(position, word, text) {
    if (!this.model) return;
    const place = word - this.model.segments[position].from;
    const expected = this.model.text[word].trim();
    this.model.correct(position, word, word + 1, text);
    this.show();
    this.change('correct_word', { position, word: place, text, expected }, text);
  }
}

/** @param {ElementComponent<EditorData>} component */
export default function (component) {
  viewOf(component, root => new Editor(root, component)).draw();
}
