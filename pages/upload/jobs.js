const weights = [1, 7, 4, 1];
const stages = ['Reading', 'Recognizing', 'Speakers', 'Together'];

class Jobs {
  constructor(root) {
    this.notes = new Notes();
    this.outbox = Outbox.of('jobs');
    this.head = make('h3', { class: 'title' }, 'Work');
    this.list = make('div', { class: 'jobs' });
    this.more = worded('', () => this.component.setStateValue('shown', this.data.shown + this.data.step), 'more');
    this.none = empty('wave', 'Nothing to do yet', 'Each recording you drop above appears here and is worked on in turn. You may close the page meanwhile: the work goes on.');
    root.append(make('div', { class: 'work' }, this.head, this.list, this.more, this.none, this.notes.node));
    this.notes.node.append(showOutbox(this.outbox, refusal => this.notes.refused(refusal), () => {}));
  }
  draw(component, data) {
    this.component = component;
    this.data = data;
    this.none.hidden = data.rows.length > 0;
    this.head.hidden = !data.rows.length;
    keep(this.list, data.rows, row => row.id, row => this.build(row), (node, row) => this.fill(node, row));
    this.more.hidden = !data.rest;
    put(this.more, `Show more (${data.rest} older)`);
  }
  build(row) {
    const parts = {
      title: make('a', { class: 'name', dir: 'auto', href: 'meeting?id=' + encodeURIComponent(row.id) }),
      file: make('span', { class: 'source', dir: 'auto' }), state: make('span', { class: 'words' }), left: make('span', { class: 'left' }),
      steps: make('span', { class: 'steps', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' },
        ...stages.map((name, index) => { const step = make('span', { class: 'bar', title: name }, make('i')); step.style.flexGrow = weights[index]; return step; })),
      trouble: make('p', { class: 'trouble', dir: 'auto' }), note: make('p', { class: 'aside', dir: 'auto' }),
      open: worded('Open', () => this.component.setTriggerValue('open', { meeting: row.id })),
      again: worded('Try again', () => this.send(row.id, 'retry'), 'primary'),
      cancel: button('Cancel', 'close', () => this.cancel(row.id)),
    };
    parts.title.onclick = event => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (node.row.opens) this.component.setTriggerValue('open', { meeting: row.id });
    };
    const node = make('article', { class: 'job' },
      make('div', { class: 'what' }, parts.title, make('div', { class: 'facts' }, parts.state, parts.left, parts.file), parts.steps, parts.trouble, parts.note),
      make('div', { class: 'does' }, parts.again, parts.open, parts.cancel));
    node.parts = parts;
    return node;
  }
  fill(node, row) {
    const parts = node.parts;
    node.row = row;
    node.className = 'job ' + row.state + (row.opens ? ' opens' : '');
    put(parts.title, row.title);
    const file = [row.length, row.file && row.file !== row.title ? row.file : ''].filter(Boolean).join(' · ');
    put(parts.file, file);
    put(parts.state, row.words);
    put(parts.left, row.remaining);
    tell(parts.trouble, row.trouble, row.rule);
    put(parts.note, row.note);
    const running = row.state === 'running';
    parts.steps.hidden = !running;
    if (running) {
      [...parts.steps.children].forEach((step, index) => {
        step.firstChild.style.width = (index < row.stage ? 100 : index === row.stage ? 100 * row.progress : 0) + '%';
        step.classList.toggle('now', index === row.stage);
      });
      parts.steps.setAttribute('aria-valuenow', Math.round(100 * row.progress));
      parts.steps.setAttribute('aria-valuetext', row.words);
    }
    const active = running || row.state === 'queued';
    parts.cancel.hidden = !active || node.cancelling;
    parts.again.hidden = !['failed', 'cancelled'].includes(row.state);
    parts.open.hidden = !row.opens || (active && !row.length);
    parts.trouble.hidden = !row.trouble;
    parts.note.hidden = !row.note;
    parts.left.hidden = !row.remaining;
    parts.file.hidden = !file;
    if (!active) node.cancelling = false;
  }
  cancel(id) {
    const node = [...this.list.children].find(child => child.dataset.key === id);
    node.cancelling = true;
    node.parts.cancel.hidden = true;
    setTimeout(() => { node.cancelling = false; }, 5000);
    this.send(id, 'cancel');
  }
  send(id, action) { this.outbox.put('POST', `/api/meetings/${encodeURIComponent(id)}/job`, { action }); }
}

export default function (component) {
  viewOf(component, root => new Jobs(root)).draw(component, component.data);
}
