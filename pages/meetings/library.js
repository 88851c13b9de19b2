/* The element with the list of meetings: search, pages, renaming and deletion. */

/** Characters of a title in a message. */
const longestTitle = 60;

/**
 * @typedef {object} LibraryData
 * @property {string} asked the query of this list, as the script wrote it
 * @property {LibraryQuery} query
 * @property {MeetingSummary[]} rows
 * @property {number} total meetings that were found
 * @property {number} all meetings there are
 * @property {number} pages
 * @property {string[]} people
 * @property {Choices} orders
 * @property {[value: string, words: string, count: number][]} states
 * @property {number} undoSeconds
 */

/** @typedef {{ id: string, heading: string }} Heading */

/**
 * The meetings with a heading before each group.
 * @param {MeetingSummary[]} meetings
 * @returns {(MeetingSummary | Heading)[]}
 */
function withHeadings(meetings) {
  return meetings.flatMap((meeting, place) => {
    const { group } = meeting;
    const begins = group && group !== meetings[place - 1]?.group;
    return begins ? [{ id: 'group ' + group, heading: group }, meeting] : [meeting];
  });
}

/** How many meetings were found; empty where nothing was searched. @param {LibraryData} data */
function countText({ all, total, query }) {
  if (!all || !total || !(query.text || filtersIn(query).length)) return '';
  return total === 1 ? '1 meeting' : `${total.toLocaleString('en')} meetings`;
}

/** The list of meetings: its search, its pages, and what can be done with each meeting. */
class Library {
  /** What was asked for and is not in the list yet, as JSON; empty when the list is up to date. */
  asked = '';
  /** @type {LibraryQuery} */
  query = {};
  /** Meetings whose deletion is on its way. @type {Set<string>} */
  gone = new Set();
  /** @type {WeakMap<Node, MeetingRow>} */
  rows = new WeakMap();

  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<LibraryData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.toasts = new Toasts();
    this.outbox = Outbox.of('meetings');
    this.search = new SearchBar(change => this.ask(change));
    this.count = make('p', { class: 'count', role: 'status' });
    this.list = make('div', { class: 'rows' });
    this.nothing = make('div');
    this.newer = iconButton('Newer page', 'left', () => this.turn(-1));
    this.older = iconButton('Older page', 'right', () => this.turn(1));
    this.page = make('span');
    const pages = { class: 'pages', 'aria-label': 'Pages' };
    this.pages = make('nav', pages, this.newer, this.page, this.older);
    const parts = [this.search.node, this.count, this.list, this.nothing, this.pages];
    root.append(make('div', { class: 'library' }, ...parts, this.toasts.node));
    const refused = (/** @type {Refusal} */ refusal) => {
      this.gone.clear();
      this.toasts.refused(refusal);
    };
    this.toasts.node.append(showOutbox(this.outbox, refused, () => this.saved()));
  }

  /** @param {number} by */
  turn(by) {
    this.ask({ page: (this.query.page ?? 0) + by });
    this.search.node.scrollIntoView({ block: 'start' });
  }

  /** Asks for another list; from its first page unless a page is named. @param {LibraryQuery} change */
  ask(change) {
    this.query = { ...this.query, page: 0, ...change };
    this.asked = JSON.stringify(this.query);
    this.search.show(this.query);
    this.component.setStateValue('query', this.asked);
  }

  /** @param {LibraryData} data */
  draw(data) {
    /* Until the list is the one asked for, the fields show what was asked for. */
    if (!this.asked || this.asked === data.asked) {
      this.asked = '';
      this.query = { ...data.query };
    }
    this.drawSearch(data);
    this.drawList(data);
    const page = data.query.page ?? 0;
    this.pages.hidden = data.pages < 2;
    setText(this.page, `Page ${page + 1} of ${data.pages.toLocaleString('en')}`);
    this.newer.disabled = !page;
    this.older.disabled = page + 1 >= data.pages;
  }

  /** @param {LibraryData} data */
  drawSearch({ orders, people, states, all }) {
    const { search, query } = this;
    /** @type {Choices} */
    const persons = people.map(name => [name, name]);
    /** @type {Choices} */
    const counted = states.map(([code, words, count]) => [code, `${words} (${count})`]);
    search.offer(search.order, orders, query.order || orders[0][0]);
    search.offer(search.person, [['', 'Everybody'], ...persons], query.person || '');
    search.offer(search.state, [['', 'Any state'], ...counted], query.state || '');
    search.person.hidden = !people.length;
    search.state.hidden = states.length < 2 && !query.state;
    search.show(query);
    search.node.hidden = !all;
  }

  /** @param {LibraryData} data */
  drawList(data) {
    const meetings = data.rows.filter(meeting => !this.gone.has(meeting.id));
    reconcile(
      this.list,
      withHeadings(meetings),
      line => line.id,
      line => this.build(line),
      (node, line) => 'title' in line && this.rows.get(node)?.draw(line),
    );
    setText(this.count, countText(data));
    this.count.hidden = !this.count.textContent;
    this.drawNothing(meetings.length ? '' : data.all ? 'found' : 'yet');
  }

  /** @param {MeetingSummary | Heading} line @returns {HTMLElement} */
  build(line) {
    if (!('title' in line)) return make('h4', { class: 'group' }, line.heading);
    const row = new MeetingRow(line, this);
    this.rows.set(row.node, row);
    return row.node;
  }

  /** @param {'' | 'found' | 'yet'} kind why the list is empty */
  drawNothing(kind) {
    if (this.nothing.dataset.kind === kind) return;
    this.nothing.dataset.kind = kind;
    this.nothing.replaceChildren();
    if (kind === 'yet') {
      const text =
        'Every meeting you record, and every file you upload, is kept on this machine and listed here.';
      this.nothing.append(emptyState('wave', 'Nothing here yet', text));
    }
    if (kind === 'found') {
      const text =
        'Try fewer or shorter words, another spelling (recognizers write names as they sound), or take the filters away.';
      const all = textButton('Show all meetings', () => {
        this.search.field.value = '';
        this.ask({ text: '', ...unfiltered() });
      });
      this.nothing.append(emptyState('search', 'Nothing found', text, all));
    }
  }

  /** All changes are answered: draw the list as the service has it now, refused ones included. */
  saved() {
    for (const node of this.list.querySelectorAll('article')) delete node.dataset.shown;
    if (this.list.isConnected) this.component.setTriggerValue('changed', true);
  }

  /**
   * @param {string} method
   * @param {string} id
   * @param {string} path
   * @param {Record<string, string>} body
   * @param {string} typed
   */
  send(method, id, path = '', body = {}, typed = '') {
    this.outbox.put(method, `/api/meetings/${encodeURIComponent(id)}${path}`, body, typed);
  }

  /**
   * Opens a meeting within the page, so that a recording in this tab goes on; the browser opens new
   * tabs.
   * @param {MouseEvent} event
   * @param {Place} place
   */
  go(event, place) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.component.setTriggerValue('open', place);
  }

  /** @param {string} id */
  finish(id) {
    this.send('POST', id, '/job', { action: 'finish' });
  }

  /** @param {MeetingRow} row */
  rename({ title, meeting }) {
    if (!title.isConnected) return;
    const about = { text: meeting.title, label: 'Title', longest: LONGEST_TITLE };
    editInPlace(title, about, name => {
      setText(title, name);
      this.send('PATCH', meeting.id, '', { title: name }, name);
    });
  }

  /** @param {MeetingRow} row */
  askRemove({ node, meeting, remove }) {
    if (node.querySelector('.ask')) return;
    const text = `Delete “${meeting.title}” with its recording and transcript?`;
    const sure = () => this.remove(meeting);
    node.append(confirmBox(text, 'Delete', sure, () => remove.focus()));
  }

  /** @param {MeetingSummary} meeting */
  remove({ id, title }) {
    const { undoSeconds } = this.component.data;
    this.gone.add(id);
    this.send('DELETE', id);
    this.drawList(this.component.data);
    const short = title.length > longestTitle ? title.slice(0, longestTitle) + '…' : title;
    this.toasts.say(`“${short}” is deleted.`, undoSeconds - 1, () => {
      this.gone.delete(id);
      this.send('POST', id, '/restore');
    });
    setTimeout(() => this.gone.delete(id), 1000 * undoSeconds + 4000);
  }
}

/** @param {ElementComponent<LibraryData>} component */
export default function (component) {
  viewOf(component, root => new Library(root, component)).draw(component.data);
}
