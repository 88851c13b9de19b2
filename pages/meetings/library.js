class Library {
  constructor(root) {
    this.notes = new Notes();
    this.outbox = Outbox.of('meetings');
    this.query = {};
    this.gone = new Set();
    this.list = make('div', { class: 'rows' });
    this.place = make('div');
    root.append(make('div', { class: 'library' }, this.bar(), this.count = make('p', { class: 'count', role: 'status' }), this.list, this.place, this.pager(), this.notes.node));
    this.notes.node.append(showOutbox(this.outbox, refusal => { this.gone.clear(); this.notes.refused(refusal); }, () => this.saved()));
  }
  bar() {
    this.field = make('input', { type: 'search', placeholder: 'Search everything that was said', 'aria-label': 'Search', autocomplete: 'off', spellcheck: 'false', maxlength: '200', dir: 'auto' });
    this.field.oninput = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.ask({ text: this.field.value }), 250);
    };
    this.field.onkeydown = event => {
      if (event.key === 'Enter') { clearTimeout(this.typing); this.ask({ text: this.field.value }); }
      if (event.key === 'Escape' && this.field.value) { this.field.value = ''; this.ask({ text: '' }); }
    };
    this.clear = button('Clear the search', 'close', () => { this.field.value = ''; this.ask({ text: '' }); this.field.focus(); });
    this.order = this.select('Order', 'order');
    this.person = this.select('Person', 'person');
    this.state = this.select('State', 'state');
    this.since = this.day('From', 'since');
    this.until = this.day('To', 'until');
    this.reset = worded('Clear filters', () => this.ask({ person: '', state: '', since: '', until: '' }), 'plain');
    this.filters = make('div', { class: 'filters' }, this.order, this.person, this.state, make('label', { class: 'day' }, make('span', {}, 'From'), this.since), make('label', { class: 'day' }, make('span', {}, 'to'), this.until), this.reset);
    this.fold = button('Filters', 'filter', () => {
      const open = this.head.classList.toggle('open');
      this.fold.setAttribute('aria-expanded', open);
    }, { 'aria-expanded': 'false' });
    this.fold.classList.add('fold');
    this.head = make('div', { class: 'head', role: 'search' }, make('div', { class: 'search' }, icon(signs.search), this.field, this.clear, this.fold), this.filters);
    return this.head;
  }
  select(label, name) {
    const node = make('select', { 'aria-label': label, title: label });
    node.onchange = () => this.ask({ [name]: node.value });
    return node;
  }
  day(label, name) {
    const node = make('input', { type: 'date', 'aria-label': label + ' this day' });
    node.onchange = () => this.ask({ [name]: node.value });
    return node;
  }
  pager() {
    this.back = button('Newer page', 'left', () => this.turn(-1));
    this.on = button('Older page', 'right', () => this.turn(1));
    this.at = make('span');
    return (this.pages = make('nav', { class: 'pages', 'aria-label': 'Pages' }, this.back, this.at, this.on));
  }
  turn(by) {
    this.ask({ page: (this.query.page ?? 0) + by }, true);
    this.head.scrollIntoView({ block: 'start' });
  }
  ask(change, keepPage = false) {
    this.query = { ...this.query, ...(keepPage ? {} : { page: 0 }), ...change };
    this.asked = JSON.stringify(this.query);
    this.shape();
    this.component.setStateValue('query', this.asked);
  }
  options(node, entries, value) {
    const wanted = JSON.stringify(entries);
    if (node.dataset.entries !== wanted) {
      node.dataset.entries = wanted;
      node.replaceChildren(...entries.map(([code, words]) => make('option', { value: code }, words)));
    }
    if (node.value !== value && node.getRootNode().activeElement !== node) node.value = value;
  }
  /* Shows the query in the fields, before the list is there too. */
  shape() {
    const query = this.query;
    const focused = this.field.getRootNode().activeElement === this.field;
    if (!focused && this.field.value !== (query.text ?? '')) this.field.value = query.text ?? '';
    this.clear.hidden = !(query.text || this.field.value);
    for (const [node, name] of [[this.since, 'since'], [this.until, 'until']]) {
      if (node.getRootNode().activeElement !== node) node.value = query[name] ?? '';
      node.classList.toggle('set', Boolean(query[name]));
    }
    const narrowed = ['person', 'state', 'since', 'until'].filter(name => query[name]);
    this.reset.hidden = !narrowed.length;
    this.fold.classList.toggle('set', narrowed.length > 0);
    for (const [node, name] of [[this.person, 'person'], [this.state, 'state']]) node.classList.toggle('set', Boolean(query[name]));
  }
  draw(component, data) {
    this.component = component;
    /* Until the list is the one asked for, the fields show what was asked for. */
    if (!this.asked || this.asked === data.asked) {
      this.asked = '';
      this.query = { ...data.query };
    }
    this.data = data;
    this.options(this.order, data.orders, this.query.order || data.orders[0][0]);
    this.options(this.person, [['', 'Everybody'], ...data.people.map(name => [name, name])], this.query.person || '');
    this.options(this.state, [['', 'Any state'], ...data.states.map(([code, words, number]) => [code, `${words} (${number})`])], this.query.state || '');
    this.person.hidden = !data.people.length;
    this.state.hidden = data.states.length < 2 && !this.query.state;
    this.shape();
    this.head.hidden = !data.all;
    this.rows();
  }
  /* All changes are answered: draw the list as the service has it now, refused ones included. */
  saved() {
    for (const node of this.list.children) delete node.dataset.same;
    if (this.list.isConnected) this.component?.setTriggerValue('changed', true);
  }
  rows() {
    const data = this.data;
    const rows = data.rows.filter(row => !this.gone.has(row.id));
    const lines = [];
    let group = '';
    for (const row of rows) {
      if (row.group !== group && row.group) lines.push({ id: 'group ' + row.group, heading: row.group });
      group = row.group;
      lines.push(row);
    }
    keep(this.list, lines, line => line.id,
      line => (line.heading ? make('h4', { class: 'group' }, line.heading) : this.build(line)),
      (node, line) => { if (!line.heading) this.fill(node, line); });
    const narrowed = ['text', 'person', 'state', 'since', 'until'].some(name => data.query[name]);
    put(this.count, data.all && narrowed && data.total ? (data.total === 1 ? '1 meeting' : `${data.total.toLocaleString('en')} meetings`) : '');
    this.count.hidden = !this.count.textContent;
    this.nothing(rows.length ? '' : data.all ? 'found' : 'yet');
    this.pages.hidden = data.pages < 2;
    put(this.at, `Page ${(data.query.page ?? 0) + 1} of ${data.pages.toLocaleString('en')}`);
    this.back.disabled = !data.query.page;
    this.on.disabled = (data.query.page ?? 0) + 1 >= data.pages;
  }
  nothing(kind) {
    if (this.place.dataset.kind === kind) return;
    this.place.dataset.kind = kind;
    const all = () => { this.field.value = ''; this.ask({ text: '', person: '', state: '', since: '', until: '' }); };
    this.place.replaceChildren(...(kind === 'yet'
      ? [empty('wave', 'Nothing here yet', 'Every meeting you record, and every file you upload, is kept on this machine and listed here.')]
      : kind === 'found'
        ? [empty('search', 'Nothing found', 'Try fewer or shorter words, another spelling (recognizers write names as they sound), or take the filters away.', worded('Show all meetings', all))]
        : []));
  }
  build(row) {
    const parts = {
      title: make('a', { class: 'name', dir: 'auto' }), badge: make('span', { class: 'badge' }), facts: make('span', { class: 'when' }), work: make('span', { class: 'doing' }),
      people: make('span', { class: 'who' }), hits: make('div', { class: 'hits' }), trouble: make('p', { class: 'trouble', dir: 'auto' }), bar: make('span', { class: 'bar' }, make('i')),
      finish: worded('', () => this.send('POST', row.id, '/job', { action: 'finish' }), 'primary'),
      rename: button('Rename', pencil, () => this.rename(node)),
      remove: button('Delete', 'trash', () => this.remove(node)),
    };
    parts.remove.classList.add('danger');
    parts.title.onclick = event => this.go(event, { meeting: row.id });
    const node = make('article', { class: 'row' },
      make('div', { class: 'line' }, make('div', { class: 'main' }, make('div', { class: 'top' }, parts.title, parts.badge),
        make('div', { class: 'facts' }, parts.facts, parts.people, parts.work), parts.bar, parts.trouble),
      make('div', { class: 'does' }, parts.finish, parts.rename, parts.remove)), parts.hits);
    node.parts = parts;
    return node;
  }
  fill(node, row) {
    const parts = node.parts;
    const same = JSON.stringify(row);
    if (node.dataset.same === same) return;
    node.dataset.same = same;
    node.row = row;
    node.classList.toggle('live', row.state === 'live');
    parts.title.href = 'meeting?id=' + encodeURIComponent(row.id);
    put(parts.title, row.title);
    put(parts.badge, row.badge);
    parts.badge.hidden = !row.badge;
    parts.badge.style.setProperty('--ink', row.ink);
    parts.facts.replaceChildren(...[row.when, row.length].filter(Boolean).map(text => make('span', {}, text)));
    parts.people.replaceChildren(...row.people.map(person => make('span', { class: 'person s' + person.colour + (person.given ? '' : ' unnamed'), title: person.name }, make('span', { dir: 'auto' }, person.name))),
      ...(row.morePeople ? [make('span', { class: 'extra' }, `and ${row.morePeople} more`)] : []));
    parts.people.hidden = !row.people.length;
    put(parts.work, row.work);
    parts.work.hidden = !row.work;
    parts.bar.hidden = row.state !== 'finalizing';
    parts.bar.firstChild.style.width = 100 * row.overall + '%';
    tell(parts.trouble, row.trouble, row.rule);
    parts.trouble.hidden = !row.trouble;
    put(parts.finish, row.finish);
    parts.finish.hidden = !row.finish;
    parts.remove.hidden = row.state === 'live';
    parts.rename.hidden = row.state === 'live';
    parts.hits.replaceChildren(...row.hits.map(hit => this.hit(row, hit)),
      ...(row.moreHits ? [make('span', { class: 'others' }, row.moreHits === 1 ? 'and 1 more place' : `and ${row.moreHits} more places`)] : []));
    parts.hits.hidden = !row.hits.length;
  }
  hit(row, hit) {
    const said = make('span', { class: 'snippet', dir: 'auto' }, ...hit.snippet.map(([text, match]) => (match ? make('mark', {}, text) : text)));
    const node = make('a', { class: 'hit ' + (hit.colour == null ? 'nobody' : 's' + hit.colour), href: `meeting?id=${encodeURIComponent(row.id)}&t=${hit.at}`, title: 'Open here' },
      make('span', { class: 'at' }, hit.time), make('span', { class: 'text' }, make('b', { dir: 'auto' }, hit.speaker), ' ', said));
    node.onclick = event => this.go(event, { meeting: row.id, at: hit.at });
    return node;
  }
  send(method, id, path, body = {}, typed = '') { this.outbox.put(method, `/api/meetings/${encodeURIComponent(id)}${path}`, body, typed); }
  /* Opens within the page, so that a recording in this tab goes on; the browser opens new tabs. */
  go(event, where) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.component.setTriggerValue('open', where);
  }
  rename(node) {
    const { row, parts } = node;
    if (!parts.title.isConnected) return;
    editInPlace(parts.title, row.title, 'Title', 120, title => {
      put(parts.title, title);
      this.send('PATCH', row.id, '', { title }, title);
    });
  }
  remove(node) {
    if (node.querySelector('.ask')) return;
    const { id, title } = node.row;
    node.append(question(`Delete “${title}” with its recording and transcript?`, 'Delete', () => {
      this.gone.add(id);
      this.send('DELETE', id, '');
      this.rows();
      const short = title.length > 60 ? title.slice(0, 60) + '…' : title;
      this.notes.say(`“${short}” is deleted.`, this.data.undoSeconds - 1, () => {
        this.gone.delete(id);
        this.send('POST', id, '/restore');
      });
      setTimeout(() => this.gone.delete(id), 1000 * this.data.undoSeconds + 4000);
    }, () => node.parts.remove.focus()));
  }
}

export default function (component) {
  viewOf(component, root => new Library(root)).draw(component, component.data);
}
