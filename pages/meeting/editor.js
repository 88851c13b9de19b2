/* `Editor`: the view of a finished transcript, with its recording, timeline, talk time and menus. */

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

/** Builds the parts of the page, and passes events from one to the other. */
class Editor {
  /** Kept while edits make those of the model wrong. @type {MeetingStatistics | null} */
  statistics = null;
  /** @type {(SegmentChange | null)[] | null} */
  changes = null;
  opened = false;
  /** The word that was clicked last. @type {number | null} */
  clickedWord = null;
  toasts = new Toasts();
  /** Aborted when the element has left the page, so that nothing outside of it holds it. */
  lifetime = new AbortController();
  none = make('p', { class: 'none', hidden: true }, 'No words were recognised in this recording.');
  loading = make('div', {
    class: 'loading',
    role: 'status',
    'aria-label': 'The transcript is being fetched',
  });

  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<EditorData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.outbox = Outbox.of('meeting ' + component.data.meeting);
    this.loader = new TranscriptLoader(
      this.outbox,
      body => this.take(body),
      () => this.warn('The transcript could not be fetched. Reload the page.'),
    );
    this.edits = new TranscriptEdits(
      this.outbox,
      component.data.edits,
      () => this.show(),
      () => (this.loader.etag = ''),
    );
    this.player = new Player((seconds, jumped) => this.moved(seconds, jumped));
    this.player.failed = () =>
      this.warn('The recording cannot be played: it is gone, or is still being worked on.');
    const ended = this.lifetime.signal;
    this.timeline = new SpeakerTimeline(seconds => {
      this.follower.following = true;
      this.player.go(seconds);
    }, ended);
    /** @type {VirtualRows} */
    this.rows = new VirtualRows(this, ended);
    /** @type {PlaybackFollower} */
    this.follower = new PlaybackFollower(this.rows, this.player);
    /** @type {FindBar} */
    this.finder = new FindBar(this);
    this.talkTime = new TalkTime((chip, label) => this.menus.speaker(chip, label));
    this.question = new SamePersonQuestion(
      (label, into) => this.edits.merge(label, into),
      person => this.edits.keepBoth(person),
    );
    this.bar = new EditBar(
      step => this.takeStep(step),
      () => this.toggleChanges(),
    );
    this.top = make('div', { class: 'player' }, this.buildControls(), this.timeline.node);
    const words = [this.loading, this.rows.node, this.none, this.follower.pill, this.toasts.node];
    const parts = [this.question.node, this.talkTime.node, this.top, this.bar.node, ...words];
    /** @type {HTMLElement} */
    this.node = make('div', { class: 'final' }, ...parts);
    root.append(this.node);
    /** @type {Menus} */
    this.menus = new Menus(this, ended);
    this.listen();
    const refused = (/** @type {Refusal} */ refusal) => this.toasts.refused(refusal);
    this.toasts.node.append(showOutbox(this.outbox, refused, () => this.saved(), ended));
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
        if (this.clickedWord !== null && this.editable) this.menus.correctWord(this.clickedWord);
      },
      Escape: () => this.menus.close(),
    };
    listenToKeys(shortcuts, step => this.takeStep(step), this.lifetime.signal);
  }

  /** @param {string} text */
  warn(text) {
    this.toasts.say(text, 8, null, 'bad');
  }

  get data() {
    return this.component.data;
  }

  get people() {
    return this.edits.people;
  }

  get model() {
    return this.edits.model;
  }

  get editable() {
    return this.data.editable;
  }

  /** The element has left the page. */
  end() {
    this.lifetime.abort();
    this.player.audio.pause();
  }

  /** Pixels of the window that the player covers. */
  covered() {
    return this.top.offsetHeight + 8;
  }

  draw() {
    const { audio, duration } = this.data;
    this.player.open(audio, duration);
    this.player.speed.hidden = !audio;
    this.bar.draw(this.data);
    this.loader.update(this.data);
  }

  /** All changes are answered: show what the service has made of them. */
  saved() {
    if (this.node.isConnected) this.loader.load(this.data);
  }

  /** @param {TranscriptBody} body */
  take(body) {
    this.bar.steps = { undo: body.undo, redo: body.redo };
    this.bar.draw(this.data);
    const model = this.edits.take(body);
    this.changes = null;
    this.statistics = model.statistics;
    this.loading.hidden = true;
    this.none.hidden = model.text.length > 0;
    this.show();
    if (this.bar.compare.checked) this.toggleChanges();
    if (this.finder.field.value) this.finder.find(false);
    if (!this.opened && this.data.at !== null) this.openAt(model, this.data.at);
    this.opened = true;
  }

  /** @param {TranscriptModel} model @param {number} seconds */
  openAt(model, seconds) {
    this.player.go(seconds);
    const word = Math.max(0, model.wordAt(seconds + 0.05));
    this.follower.mark(word);
    requestAnimationFrame(() => this.rows.reveal(model.rowOfWord(word)));
  }

  show() {
    if (!this.model) return;
    this.follower.playingWord = -1;
    this.question.draw(this.people, this.editable);
    this.talkTime.draw(this.people, this.statistics, this.data.duration, this.editable);
    this.timeline.draw(this.model, this.people);
    this.top.hidden = !this.data.audio && !this.model.text.length;
    this.rows.show(this.model, this.bar.compare.checked ? this.changes : null);
    this.moved(this.player.time);
  }

  /** The position of the recording changed. @param {number} seconds @param {boolean} jumped whether the user went there */
  moved(seconds, jumped = false) {
    this.timeline.place(seconds);
    this.follower.follow(seconds, jumped);
  }

  rendered() {
    this.follower.markAgain();
    if (this.finder.hits.length) this.finder.paint();
  }

  scrolledAway() {
    this.follower.pause();
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
    const word = (this.clickedWord = Number(node.dataset.w));
    this.rows.node.querySelector('.chosen')?.classList.remove('chosen');
    node.classList.add('chosen');
    this.follower.resume();
    if (play && this.model) this.player.go(this.model.at[word] / 100 + 0.005, true);
    if (this.editable) this.menus.word(node, word);
  }

  async toggleChanges() {
    if (this.bar.compare.checked && !this.changes) {
      const response = await fetch(this.data.changes ?? '').catch(() => null);
      if (!response?.ok) {
        this.bar.compare.checked = false;
        this.warn('The comparison could not be fetched. Try again.');
        return;
      }
      this.changes = await response.json();
    }
    if (this.model) this.rows.show(this.model, this.bar.compare.checked ? this.changes : null);
  }

  /** @param {'undo' | 'redo'} step */
  takeStep(step) {
    if (!this.editable) return false;
    if (!this.bar[step].disabled) this.edits.send(step);
    return true;
  }
}

/** @param {ElementComponent<EditorData>} component */
export default function (component) {
  const view = viewOf(component, root => new Editor(root, component));
  view.draw();
  /* Streamlit calls this when the element leaves the page, and perhaps before it is drawn again. */
  return () => setTimeout(() => view.node.isConnected || view.end());
}
