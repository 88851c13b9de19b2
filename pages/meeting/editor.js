// @ts-nocheck
class FinalView {
  constructor(root) {
    this.notes = new Notes();
    this.people = [];
    this.player = new Player((now, jumped) => this.follow(now, jumped));
    this.player.failed = () => this.notes.say('The recording cannot be played: it is gone, or is still being worked on.', 8, null, 'bad');
    this.lanes = new Lanes(seconds => { this.following = true; this.player.go(seconds); });
    this.rows = new Rows(this);
    this.numbers = make('section', { class: 'numbers', 'aria-label': 'Talk time' });
    this.none = make('p', { class: 'none', hidden: true }, 'No words were recognised in this recording.');
    this.loading = make('div', { class: 'loading', role: 'status', 'aria-label': 'The transcript is being fetched' });
    this.pill = make('button', { class: 'nowpill', type: 'button', hidden: true, onclick: () => this.back() }, 'Back to now');
    this.bar = this.makeBar();
    this.top = make('div', { class: 'player' }, this.makeControls(), this.lanes.node);
    this.node = make('div', { class: 'final' }, this.numbers, this.top, this.bar, this.loading, this.rows.node, this.none, this.pill, this.notes.node);
    root.append(this.node);
    this.menus = new Menus(this);
    this.following = true;
    this.hits = [];
    this.rows.node.addEventListener('click', event => this.clicked(event));
    this.rows.node.addEventListener('dblclick', event => {
      const word = event.target.closest('.w');
      if (word && this.editable) this.menus.correctWord(Number(word.dataset.w));
    });
    document.addEventListener('keydown', event => this.pressed(event));
  }
  makeControls() {
    this.field = make('input', { type: 'search', placeholder: 'Find in this meeting', 'aria-label': 'Find in this meeting', autocomplete: 'off', dir: 'auto' });
    this.count = make('span', { class: 'count', 'aria-live': 'polite' });
    this.before = button('Previous', 'M6 15l6-6 6 6', () => this.toHit(-1), { class: 'tool', hidden: true });
    this.next = button('Next', 'M6 9l6 6 6-6', () => this.toHit(1), { class: 'tool', hidden: true });
    let timer;
    this.field.oninput = () => { clearTimeout(timer); timer = setTimeout(() => this.find(), 120); };
    this.field.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Enter') { event.preventDefault(); this.toHit(event.shiftKey ? -1 : 1); }
      if (event.key === 'Escape') { this.field.value = ''; this.find(); this.field.blur(); }
    };
    const find = make('div', { class: 'find', role: 'search' }, icon(signs.search), this.field, this.count, this.before, this.next);
    const keys = button('Keys', 'M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8', () => this.menus.keys(keys), { class: 'tool keysbutton' });
    return make('div', { class: 'controls' }, this.player.node, this.player.speed, make('span', { class: 'gap' }), find, keys);
  }
  makeBar() {
    this.undo = button('Undo', 'M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6', () => this.change('undo'));
    this.redo = button('Redo', 'M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6', () => this.change('redo'));
    this.hint = make('span', { class: 'hint' });
    this.compare = make('input', { type: 'checkbox', role: 'switch' });
    this.compare.onchange = () => this.toggleChanges();
    this.switch = make('label', { class: 'switch' }, this.compare, 'What the final transcript changed');
    return make('div', { class: 'editbar' }, this.undo, this.redo, this.hint, make('span', { class: 'gap' }), this.switch);
  }
  covered() { return this.top.offsetHeight + 8; }
  draw(component) {
    const { data } = component;
    this.component = component;
    this.data = data;
    if (!this.outbox) {
      this.outbox = Outbox.of('meeting ' + data.meeting);
      this.notes.node.append(showOutbox(this.outbox, refusal => this.notes.refused(refusal), () => this.saved()));
    }
    this.editable = data.editable;
    this.player.open(data.audio, data.duration);
    this.player.speed.hidden = !data.audio;
    this.switch.hidden = !data.changes;
    this.drawSteps();
    if (!this.outbox.waiting.length && data.version !== this.fetched) this.load();
  }
  /* What can be undone and done again. */
  drawSteps() {
    const { undo = null, redo = null } = (this.editable && this.steps) || {};
    for (const [node, what, key] of [[this.undo, undo, 'Undo'], [this.redo, redo, 'Redo']]) {
      node.disabled = !what;
      node.hidden = !this.editable;
      node.title = what ? `${key}: ${what}` : `Nothing to ${key.toLowerCase()}`;
      node.setAttribute('aria-label', node.title);
    }
    put(this.hint, undo ? 'Last change: ' + undo[0].toLowerCase() + undo.slice(1) : this.editable ? 'Click a word to hear it, double-click to correct it' : '');
    this.bar.hidden = !this.data.changes && !undo && !redo && (!this.editable || !this.data.duration);
  }
  /* All changes are answered: show what the service has made of them. */
  saved() {
    if (this.node.isConnected) this.load();
  }
  settle(people) { this.named = JSON.stringify(people) !== JSON.stringify(this.people); this.people = people; }
  async load() {
    const load = (this.loads = (this.loads ?? 0) + 1);
    this.fetched = this.data.version;
    try {
      const answer = await fetch(this.data.address);
      if (!answer.ok) throw new Error(await answer.text());
      const version = /\w{16}/.exec(answer.headers.get('ETag') ?? '')?.[0] ?? '';
      const found = await answer.json();
      if (load !== this.loads || this.outbox.waiting.length || version === this.version) return;
      this.take(found, version);
    } catch (error) {
      console.warn('transcript:', error.message);
      this.fetched = null;
      if (load === this.loads) this.notes.say('The transcript could not be fetched. Reload the page.', 10, null, 'bad');
    }
  }
  take(found, version) {
    this.version = version;
    this.steps = { undo: found.undo, redo: found.redo };
    this.drawSteps();
    this.settle(found.people);
    this.model = new Model(found);
    this.changes = null;
    this.figures = this.model.statistics;
    this.loading.hidden = true;
    this.none.hidden = this.model.text.length > 0;
    this.show();
    if (this.compare.checked) this.toggleChanges();
    if (this.field.value) this.find(false);
    if (!this.opened) { this.opened = true; this.openAt(this.data.at); }
  }
  openAt(seconds) {
    if (seconds == null) return;
    this.player.go(seconds);
    const word = Math.max(0, this.model.wordAt(seconds + .05));
    this.mark(word);
    requestAnimationFrame(() => this.rows.reveal(this.model.rowOfWord(word)));
  }
  refresh() { if (this.model && this.named) this.show(); }
  show() {
    this.named = false;
    this.word = null;
    this.drawNumbers();
    this.lanes.draw(this.model, this.people);
    this.top.hidden = !this.data.audio && !this.model.text.length;
    this.rows.show(this.model, this.compare.checked ? this.changes : null);
    this.follow(this.player.time);
  }
  drawNumbers() {
    const rows = this.people.map(person => ({ person, found: this.figures?.people.find(each => each.label === person.label) })).filter(row => row.found);
    rows.sort((a, b) => b.found.talk - a.found.talk);
    this.numbers.hidden = !rows.length;
    const most = Math.max(...rows.map(row => row.found.share), .01);
    const heads = ['', 'Talk time', 'Turns', 'Words/min', 'Longest', 'Cut in', 'Silent'];
    const about = ['', 'Time this person speaks', 'How often this person began to speak', 'Words by minute of talk time', 'Longest stretch without another speaker', 'How often this person began while another spoke, and went on speaking', 'Time this person is silent'];
    this.numbers.replaceChildren(make('div', { class: 'heads', 'aria-hidden': 'true' }, ...heads.map((head, place) => make('span', { title: about[place] }, head))), ...rows.map(({ person, found }) => {
      const chip = make('button', { class: 'chip', type: 'button', dir: 'auto', 'data-speaker': person.label, title: this.editable ? 'Rename or merge ' + person.name : person.name, disabled: !this.editable }, make('span', { class: 'name' }, person.name));
      if (person.similarity != null) chip.append(make('small', {}, `recognised ${person.similarity} %`));
      chip.onclick = () => this.menus.speaker(chip, person.label);
      const fill = make('i');
      fill.style.width = (100 * found.share) / most + '%';
      const value = (shown, place) => make('span', { class: 'value', title: about[place] }, make('small', {}, heads[place]), shown);
      return make('div', { class: 'row s' + person.colour }, chip, make('span', { class: 'share' }, make('span', { class: 'bar', 'aria-hidden': 'true' }, fill), `${Math.round(100 * found.share)} % · ${clock(found.talk)}`),
        value(String(found.turns), 2), value(String(found.rate), 3), value(clock(found.longest), 4), value(String(found.interruptions), 5), value(clock(found.silence), 6));
    }));
    if (rows.length) this.numbers.append(this.moreButton(rows.length));
    if (this.figures && rows.length) this.numbers.append(make('div', { class: 'foot' }, `Nobody speaks for ${clock(this.figures.silence)} of ${clock(this.data.duration)}.`));
  }
  /* Few people on a wide window need no such button. */
  moreButton(count) {
    this.numbers.classList.toggle('short', !this.all);
    this.numbers.classList.toggle('few', count <= 8);
    return worded(this.all ? 'Show less' : count > 8 ? `Show all ${count} people` : 'More numbers', () => { this.all = !this.all; this.drawNumbers(); }, 'more');
  }
  follow(now, jumped = false) {
    this.lanes.place(now);
    if (!this.model) return;
    const found = now > 0 || jumped ? this.model.wordAt(now) : -1;
    if (found === this.word) return;
    this.mark(found);
    if (found < 0) return;
    if (this.player.playing && this.following) this.rows.keep(found, !matchMedia('(prefers-reduced-motion: reduce)').matches);
    else if (jumped && this.following) this.rows.keep(found, false);
  }
  mark(word) {
    this.word = word;
    for (const node of this.rows.node.querySelectorAll('.now, .here')) node.classList.remove('now', 'here');
    const node = word < 0 ? null : this.rows.wordNode(word);
    node?.classList.add('now');
    node?.closest('.turn').classList.add('here');
  }
  rendered() {
    if (this.word >= 0) this.mark(this.word);
    if (this.hits.length) this.paintHits();
  }
  scrolledAway() {
    if (!this.player.playing) return;
    this.following = false;
    this.pill.hidden = false;
  }
  back() {
    this.following = true;
    this.pill.hidden = true;
    if (this.word >= 0) this.rows.reveal(this.model.rowOfWord(this.word));
  }
  clicked(event) {
    const word = event.target.closest('.w');
    const turn = event.target.closest('.turn');
    if (!turn) return;
    const position = Number(turn.dataset.position);
    const segment = this.model.segments[position];
    if (word) this.choose(word, event.detail < 2);
    else if (event.target.closest('.time')) this.player.go(segment.start / 100, true);
    else if (event.target.closest('.who') && this.editable) this.menus.passageSpeaker(event.target.closest('.who'), position);
    else if (event.target.closest('.mark')) this.menus.machine(event.target.closest('.mark'), segment.machine);
  }
  choose(node, play) {
    const word = Number(node.dataset.w);
    this.rows.node.querySelector('.chosen')?.classList.remove('chosen');
    node.classList.add('chosen');
    this.chosen = word;
    this.following = true;
    this.pill.hidden = true;
    if (play) this.player.go(this.model.at[word] / 100 + .005, true);
    if (this.editable) this.menus.word(node, word);
  }
  find(jump = true) {
    const wanted = this.field.value.trim();
    this.hits = wanted && this.model ? this.model.find(wanted) : [];
    this.hit = -1;
    this.before.hidden = this.next.hidden = !this.hits.length;
    put(this.count, wanted ? (this.hits.length ? `${this.hits.length}` : 'none') : '');
    this.paintHits();
    if (jump && this.hits.length) {
      const from = Math.max(0, this.rows.firstVisible());
      const first = this.hits.findIndex(([word]) => word >= this.model.rows[from].from);
      this.hit = Math.max(0, first) - 1;
      this.toHit(1);
    }
  }
  toHit(step) {
    if (!this.hits.length) return;
    this.hit = (this.hit + step + this.hits.length) % this.hits.length;
    put(this.count, `${this.hit + 1} of ${this.hits.length}`);
    this.scrolledAway();
    this.rows.keep(this.hits[this.hit][0], false);
    this.paintHits();
  }
  paintHits() {
    for (const node of this.rows.node.querySelectorAll('.hit')) node.classList.remove('hit', 'this');
    const rows = [...this.rows.drawn.keys()];
    if (!rows.length || !this.model) return;
    const first = this.model.rows[Math.min(...rows)].from;
    const last = this.model.rows[Math.max(...rows)].to;
    this.hits.forEach(([from, to], place) => {
      if (to < first || from >= last) return;
      for (let word = from; word <= to; word += 1) {
        const node = this.rows.wordNode(word);
        node?.classList.add('hit');
        if (place === this.hit) node?.classList.add('this');
      }
    });
  }
  async toggleChanges() {
    if (this.compare.checked && !this.changes) {
      const answer = await fetch(this.data.changes).catch(() => null);
      if (!answer?.ok) { this.compare.checked = false; this.notes.say('The comparison could not be fetched. Try again.', 8, null, 'bad'); return; }
      this.changes = await answer.json();
    }
    if (this.model) this.rows.show(this.model, this.compare.checked ? this.changes : null);
  }
  /* Every edit is shown at once, sent, and replaced by what the service makes of it. */
  change(kind, more = {}, typed = '') {
    this.version = null;
    this.outbox.put('POST', this.data.edits, { kind, ...more }, typed);
  }
  rename(label, name, remember = false) {
    this.settle(this.people.map(person => (person.label === label ? { ...person, name, given: true, similarity: null } : person)));
    this.refresh();
    this.change('rename', { label, name, remember }, name);
  }
  merge(label, into) {
    const gone = this.people.find(person => person.label === label);
    this.model.relabel(label, into);
    this.settle(this.people.filter(person => person.label !== label).map(person => (person.label === into && !person.given && gone.given ? { ...person, name: gone.name, given: true } : person)));
    this.show();
    this.change('merge', { label, into });
  }
  newcomer() {
    let number = 1;
    while (this.people.some(person => person.label === 'S' + number)) number += 1;
    const person = { label: 'S' + number, name: 'Speaker ' + number, given: false, colour: (number - 1) % 10, similarity: null };
    this.people = [...this.people, person];
    return person.label;
  }
  assign(position, label) {
    this.model.assign(position, label ?? this.newcomer());
    this.show();
    this.change('assign', { position, label });
  }
  split(position, word, label) {
    this.model.split(position, word, label ?? this.newcomer());
    this.show();
    this.change('split', { position, word, label });
  }
  correct(position, text, expected) {
    const segment = this.model.segments[position];
    this.model.correct(position, segment.from, segment.to, text);
    this.show();
    this.change('correct', { position, text, expected }, text);
  }
  correctWord(position, word, text) {
    const place = word - this.model.segments[position].from;
    const expected = this.model.text[word].trim();
    this.model.correct(position, word, word + 1, text);
    this.show();
    this.change('correct_word', { position, word: place, text, expected }, text);
  }
  pressed(event) {
    const typing = event.composedPath().some(node => node.matches?.('input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true], [role=dialog]'));
    if (!this.node.isConnected || typing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'z' || !this.editable) return;
      event.preventDefault();
      const node = event.shiftKey ? this.redo : this.undo;
      if (!node.disabled) this.change(event.shiftKey ? 'redo' : 'undo');
      return;
    }
    const onButton = event.composedPath()[0].matches?.('button, a, summary, input');
    const acts = { ' ': () => this.player.toggle(), k: () => this.player.toggle(), ArrowLeft: () => this.player.by(-5), ArrowRight: () => this.player.by(5), j: () => this.player.by(-10), l: () => this.player.by(10),
      '/': () => this.field.focus(), Enter: () => { if (this.chosen != null && this.editable) this.menus.correctWord(this.chosen); }, Escape: () => this.menus.close() };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (onButton && (event.key === ' ' || event.key === 'Enter'))) return;
    event.preventDefault();
    act();
  }
}

export default function (component) {
  viewOf(component, root => new FinalView(root)).draw(component);
}
