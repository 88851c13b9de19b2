/* Small panels beside what they are about; one at a time, gone with Escape or a click elsewhere. */
class Menus {
  constructor(host) {
    this.host = host;
    document.addEventListener('pointerdown', event => { if (this.open && !event.composedPath().includes(this.open)) this.close(); }, true);
  }
  close(focus = false) {
    this.open?.remove();
    if (focus) this.from?.focus?.();
    this.open = null;
  }
  show(anchor, content, kind = '') {
    this.close();
    this.from = anchor;
    const pop = make('div', { class: 'pop ' + kind, role: 'dialog' }, ...content);
    pop.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Escape') { event.preventDefault(); this.close(true); }
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.walk(pop, event);
    };
    const frame = this.host.node.getBoundingClientRect();
    const box = anchor.getBoundingClientRect();
    this.host.node.append(pop);
    const below = box.bottom + pop.offsetHeight + 8 < innerHeight || box.top < pop.offsetHeight + 8;
    pop.style.top = (below ? box.bottom - frame.top + 6 : box.top - frame.top - pop.offsetHeight - 6) + 'px';
    pop.style.left = Math.max(0, Math.min(box.left - frame.left, frame.width - pop.offsetWidth - 2)) + 'px';
    this.open = pop;
    return pop;
  }
  walk(pop, event) {
    const items = [...pop.querySelectorAll('.item')];
    const place = items.indexOf(this.host.node.getRootNode().activeElement);
    if (!items.length || event.target.matches('textarea, input')) return;
    event.preventDefault();
    items[(place + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length].focus();
  }
  item(label, act, sign, colour) {
    const mark = colour ? make('i', { class: 'dot ' + colour }) : sign ? icon(signs[sign] ?? sign) : '';
    return make('button', { class: 'item', type: 'button', onclick: () => { this.close(); act(); } }, mark, make('span', { dir: 'auto' }, label));
  }
  person(person, label = person.name, act) { return this.item(label, act, null, 's' + person.colour); }
  others(label) { return this.host.people.filter(person => person.label !== label); }
  /* A speaker as a whole: name, merge, recognise. */
  speaker(anchor, label) {
    const person = this.host.people.find(each => each.label === label);
    if (!person) return;
    const content = [this.item('Rename…', () => this.name(anchor, person), pencil)];
    if (person.similarity != null) content.unshift(make('small', { style: 'padding: .3rem .6rem' }, `Recognised by voice, ${person.similarity} % alike.`), this.item('Yes, this is ' + person.name, () => this.host.rename(label, person.name, false), 'done'));
    else if (person.given) content.push(this.item('Recognise this voice next time…', () => this.name(anchor, person, true), 'wave'));
    const others = this.others(label);
    if (others.length) content.push(make('h4', {}, 'The same person as'), ...others.map(other => this.person(other, other.name, () => this.host.merge(label, other.label))));
    this.show(anchor, content).querySelector('.item').focus();
  }
  name(anchor, person, ticked = false) {
    const field = make('input', { class: 'edit', value: person.given ? person.name : '', placeholder: person.name, maxlength: '60', 'aria-label': 'Name of ' + person.name, autocomplete: 'off', dir: 'auto' });
    const tick = make('input', { type: 'checkbox' });
    tick.checked = ticked;
    const form = make('form', {}, field, make('label', { class: 'tick' }, tick, make('span', {}, 'Recognise this voice next time'), make('small', {}, 'Stores a voice print on this machine, until you delete it on the Speakers page.')),
      make('div', { class: 'answers' }, make('button', { class: 'word primary', type: 'submit' }, 'Save'), worded('Cancel', () => this.close(true))));
    form.onsubmit = event => {
      event.preventDefault();
      const name = field.value.trim();
      this.close();
      if (name && (name !== person.name || tick.checked)) this.host.rename(person.label, name, tick.checked);
    };
    form.querySelector('.answers .word:last-child').type = 'button';
    this.show(anchor, [form]);
    field.focus();
    field.select();
  }
  /* Whose words one passage is. */
  passageSpeaker(anchor, position) {
    const segment = this.host.model.segments[position];
    const person = this.host.people.find(each => each.label === segment.speaker);
    const content = [];
    if (person) content.push(this.item(`Rename ${person.name}…`, () => this.name(anchor, person), pencil), this.item(`${person.name} is the same person as…`, () => this.speaker(anchor, person.label), 'merge'));
    content.push(make('h4', {}, 'Only this passage is by'), ...this.others(segment.speaker).map(other => this.person(other, other.name, () => this.host.assign(position, other.label))), this.item('A new speaker', () => this.host.assign(position, null), 'M12 5v14M5 12h14'));
    this.show(anchor, content).querySelector('.item').focus();
  }
  /* A word that was clicked. */
  word(anchor, word) {
    const position = this.host.model.segmentOfWord(word);
    const inside = word > this.host.model.segments[position].from;
    const content = [this.item('Correct', () => this.correctWord(word), pencil)];
    if (inside) content.push(this.item('New speaker from here', () => this.splitFrom(anchor, position, word), 'M5 4v16M11 8l4 4-4 4M19 4v16'));
    this.show(anchor, content, 'bar2');
  }
  splitFrom(anchor, position, word) {
    const { model } = this.host;
    const segment = model.segments[position];
    const place = word - segment.from;
    const content = [make('h4', {}, `From “${model.text[word].trim()}” on`), this.item('A new speaker', () => this.host.split(position, place, null), 'M12 5v14M5 12h14'),
      ...this.others(segment.speaker).map(other => this.person(other, other.name, () => this.host.split(position, place, other.label)))];
    this.show(anchor, content).querySelector('.item').focus();
  }
  correctWord(word) {
    const { model } = this.host;
    const node = this.host.rows.wordNode(word);
    if (!node) return;
    const old = model.text[word].trim();
    const position = model.segmentOfWord(word);
    this.field(node, make('input', { class: 'edit', value: old, 'aria-label': 'Correct the word ' + old, dir: 'auto', autocomplete: 'off', spellcheck: true }), old, text => this.host.correctWord(position, word, text));
  }
  passage(position) {
    const { host } = this;
    const anchor = host.rows.node.querySelector(`[data-position="${position}"] p`);
    const old = host.model.textOf(host.model.segments[position]);
    if (!anchor) return;
    this.field(anchor, make('textarea', { class: 'edit', 'aria-label': 'Correct this passage', dir: 'auto', rows: '5' }, old), old, text => host.correct(position, text, old), 'wide');
  }
  field(anchor, field, old, keep, kind = '') {
    const form = make('form', {}, field, make('div', { class: 'answers' }, make('button', { class: 'word primary', type: 'submit' }, 'Save'), make('button', { class: 'word', type: 'button', onclick: () => this.close() }, 'Cancel')));
    form.onsubmit = event => {
      event.preventDefault();
      const text = field.value.trim().replace(/\s+/g, ' ');
      this.close();
      if (text && text !== old) keep(text);
    };
    field.addEventListener('keydown', event => { if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); } });
    this.host.player.audio.pause();
    this.show(anchor, [form], kind);
    field.focus();
    if (!kind) field.select();
  }
  machine(anchor, text) { this.show(anchor, [make('h4', {}, 'The machine wrote'), make('p', { class: 'machine', dir: 'auto' }, text)]); }
  keys(anchor) { this.show(anchor, [make('div', { class: 'keys', style: 'padding: .5rem' }, ...KEYS.flatMap(([key, words]) => [make('kbd', {}, key), make('span', {}, words)]))]); }
}
