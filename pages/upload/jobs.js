/* The element with the transcription jobs, newest first. */

/** The stages of a job with their share of the bar, about as long as each takes. */
const stages = [
  { name: 'Reading', weight: 1 },
  { name: 'Recognizing', weight: 7 },
  { name: 'Speakers', weight: 4 },
  { name: 'Together', weight: 1 },
];
/** Milliseconds for which a job that is being cancelled has no Cancel button. */
const cancelTakes = 5000;
/** Characters of a title in a message. */
const longestTitle = 60;

/**
 * A job in words, as `pages/upload/jobs.py` describes it.
 * @typedef {object} JobRow
 * @property {string} id of the meeting
 * @property {string} title
 * @property {string} file
 * @property {string} length
 * @property {'queued' | 'running' | 'failed' | 'cancelled' | 'done'} state
 * @property {string} words
 * @property {string} remaining
 * @property {string} trouble
 * @property {string} rule
 * @property {string} note
 * @property {boolean} opens whether there is something to see on the meeting's page
 * @property {number} stage a place in `stages`
 * @property {number} progress of the stage, between 0 and 1
 */

/** @typedef {{ rows: JobRow[], rest: number, shown: number, step: number, undoSeconds: number }} JobsData */

/** What a user can do with a job. @param {JobRow} row */
function jobActions({ state, opens, length }) {
  const active = state === 'running' || state === 'queued';
  return {
    cancel: active,
    again: state === 'failed' || state === 'cancelled',
    open: opens && !(active && !length),
    remove: state === 'failed' || state === 'cancelled',
  };
}

/** Length and name of the file, which the title can repeat. @param {JobRow} row */
function fileText({ length, file, title }) {
  return [length, file === title ? '' : file].filter(Boolean).join(' · ');
}

/** How full the bar of a stage is, in percent. @param {JobRow} row @param {number} place */
function stageWidth({ stage, progress }, place) {
  if (place < stage) return 100;
  return place === stage ? 100 * progress : 0;
}

/** The bar of a running job, in one part for each stage. */
class StageBar {
  constructor() {
    this.parts = stages.map(({ name, weight }) => {
      const fill = make('i');
      const node = make('span', { class: 'bar', title: name }, fill);
      node.style.flexGrow = String(weight);
      return { node, fill };
    });
    const about = { role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' };
    this.node = make('span', { class: 'steps', ...about }, ...this.parts.map(part => part.node));
  }

  /** @param {JobRow} row */
  draw(row) {
    this.node.hidden = row.state !== 'running';
    if (this.node.hidden) return;
    this.parts.forEach(({ node, fill }, place) => {
      fill.style.width = stageWidth(row, place) + '%';
      node.classList.toggle('now', place === row.stage);
    });
    this.node.setAttribute('aria-valuenow', String(Math.round(100 * row.progress)));
    this.node.setAttribute('aria-valuetext', row.words);
  }
}

/** One job on the page. */
class JobCard {
  cancelling = false;

  /** @param {JobRow} row @param {Jobs} jobs */
  constructor(row, jobs) {
    this.row = row;
    const href = 'meeting?id=' + encodeURIComponent(row.id);
    this.title = make('a', { class: 'name', dir: 'auto', href });
    this.title.onclick = event => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (this.row.opens) jobs.open(row.id);
    };
    this.state = make('span', { class: 'words' });
    this.left = make('span', { class: 'left' });
    this.file = make('span', { class: 'source', dir: 'auto' });
    this.stages = new StageBar();
    this.trouble = make('p', { class: 'trouble', dir: 'auto' });
    this.note = make('p', { class: 'aside', dir: 'auto' });
    this.again = textButton('Try again', () => jobs.send(row.id, 'retry'), 'primary');
    this.open = textButton('Open', () => jobs.open(row.id));
    this.cancel = iconButton('Cancel', 'close', () => this.cancelJob(jobs));
    this.remove = textButton('Remove', () => jobs.askRemove(this));
    const facts = make('div', { class: 'facts' }, this.state, this.left, this.file);
    const what = make('div', { class: 'what' }, this.title, facts, this.stages.node);
    what.append(this.trouble, this.note);
    const does = make('div', { class: 'does' }, this.again, this.open, this.remove, this.cancel);
    this.node = make('article', { class: 'job' }, what, does);
  }

  /** @param {Jobs} jobs */
  cancelJob(jobs) {
    this.cancelling = true;
    this.cancel.hidden = true;
    setTimeout(() => (this.cancelling = false), cancelTakes);
    jobs.send(this.row.id, 'cancel');
  }

  /** @param {JobRow} row */
  draw(row) {
    this.row = row;
    this.node.className = `job ${row.state}${row.opens ? ' opens' : ''}`;
    setText(this.title, row.title);
    setText(this.state, row.words);
    this.stages.draw(row);
    this.drawOptional(this.left, row.remaining);
    this.drawOptional(this.file, fileText(row));
    this.drawOptional(this.note, row.note);
    showTrouble(this.trouble, row.trouble, row.rule);
    this.trouble.hidden = !row.trouble;
    const actions = jobActions(row);
    this.cancel.hidden = !actions.cancel || this.cancelling;
    this.again.hidden = !actions.again;
    this.open.hidden = !actions.open;
    this.remove.hidden = !actions.remove;
    if (!actions.cancel) this.cancelling = false;
  }

  /** @param {HTMLElement} node @param {string} text */
  drawOptional(node, text) {
    setText(node, text);
    node.hidden = !text;
  }
}

/** The jobs, newest first, and what can be done with each. */
class Jobs {
  /** @type {WeakMap<Node, JobCard>} */
  cards = new WeakMap();
  /** Meetings whose deletion is on its way. @type {Set<string>} */
  gone = new Set();

  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<JobsData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.toasts = new Toasts();
    this.outbox = Outbox.of('jobs');
    this.head = make('h3', { class: 'title' }, 'Transcriptions');
    this.list = make('div', { class: 'jobs' });
    this.more = textButton('', () => this.showMore(), 'more');
    const text =
      'Each recording you drop above appears here and is worked on in turn. You may close the page meanwhile: the work goes on.';
    this.none = emptyState('wave', 'Nothing to do yet', text);
    const parts = [this.head, this.list, this.more, this.none, this.toasts.node];
    root.append(make('div', { class: 'work' }, ...parts));
    const refused = (/** @type {Refusal} */ refusal) => {
      this.gone.clear();
      this.toasts.refused(refusal);
    };
    this.toasts.node.append(showOutbox(this.outbox, refused, () => {}));
  }

  showMore() {
    const { shown, step } = this.component.data;
    this.component.setStateValue('shown', shown + step);
  }

  /** @param {JobsData} data */
  draw({ rows: all, rest }) {
    const rows = all.filter(row => !this.gone.has(row.id));
    this.none.hidden = rows.length > 0;
    this.head.hidden = !rows.length;
    reconcile(
      this.list,
      rows,
      row => row.id,
      row => this.build(row),
      (node, row) => this.cards.get(node)?.draw(row),
    );
    this.more.hidden = !rest;
    setText(this.more, `Show ${rest} more`);
  }

  /** @param {JobRow} row */
  build(row) {
    const card = new JobCard(row, this);
    this.cards.set(card.node, card);
    return card.node;
  }

  /** @param {string} meeting */
  open(meeting) {
    this.component.setTriggerValue('open', { meeting });
  }

  /** @param {JobCard} card */
  askRemove({ node, row, remove }) {
    if (node.querySelector('.ask')) return;
    const what = row.opens ? 'with its recording and transcript' : 'from this list';
    const sure = () => this.remove(row);
    const question = `Remove “${row.title}” ${what}?`;
    node.append(confirmBox(question, 'Remove', sure, () => remove.focus()));
  }

  /** @param {JobRow} row */
  remove({ id, title }) {
    const { undoSeconds } = this.component.data;
    this.gone.add(id);
    this.outbox.put('DELETE', `/api/meetings/${encodeURIComponent(id)}`, {});
    this.draw(this.component.data);
    const short = title.length > longestTitle ? title.slice(0, longestTitle) + '…' : title;
    this.toasts.say(`“${short}” is removed.`, undoSeconds - 1, () => {
      this.gone.delete(id);
      this.outbox.put('POST', `/api/meetings/${encodeURIComponent(id)}/restore`, {});
    });
    setTimeout(() => this.gone.delete(id), 1000 * undoSeconds + 4000);
  }

  /** @param {string} meeting @param {'retry' | 'cancel'} action */
  send(meeting, action) {
    this.outbox.put('POST', `/api/meetings/${encodeURIComponent(meeting)}/job`, { action });
  }
}

/** @param {ElementComponent<JobsData>} component */
export default function (component) {
  viewOf(component, root => new Jobs(root, component)).draw(component.data);
}
