/* `MeetingRow`: one meeting in the list, with its search hits. */

/**
 * A place in a transcript where the searched text occurs.
 * @typedef {object} Hit
 * @property {number} at in seconds
 * @property {string} time
 * @property {string} speaker
 * @property {number | null} colour
 * @property {[text: string, match: boolean][]} snippet
 */

/**
 * A meeting in the list, as `pages/meetings/library.py` describes it.
 * @typedef {object} MeetingSummary
 * @property {string} id
 * @property {string} title
 * @property {string} group the heading it is listed under
 * @property {string} when
 * @property {string} length
 * @property {string} state
 * @property {string} badge
 * @property {string} ink a colour
 * @property {string} work what its job does
 * @property {number} overall the progress of its job, between 0 and 1
 * @property {string} trouble
 * @property {string} rule
 * @property {string} finish the words on the button that continues the meeting's work, or ""
 * @property {Pick<Person, 'name' | 'colour' | 'given'>[]} people
 * @property {number} morePeople
 * @property {Hit[]} hits
 * @property {number} moreHits
 */

/** @typedef {{ meeting: string, at?: number }} Place */

/**
 * What a row asks of the list.
 * @typedef {object} MeetingActions
 * @property {(event: MouseEvent, place: Place) => void} go
 * @property {(id: string) => void} finish
 * @property {(row: MeetingRow) => void} rename
 * @property {(row: MeetingRow) => void} askRemove
 */

/** @param {string} id @param {number} [at] in seconds */
function meetingAddress(id, at) {
  return `meeting?id=${encodeURIComponent(id)}` + (at === undefined ? '' : `&t=${at}`);
}

/** @param {number} count */
function moreHitsText(count) {
  return count === 1 ? 'and 1 more place' : `and ${count} more places`;
}

/** @param {Pick<Person, 'name' | 'colour' | 'given'>} person */
function personTag({ name, colour, given }) {
  const about = { class: `person s${colour}${given ? '' : ' unnamed'}`, title: name };
  return make('span', about, make('span', { dir: 'auto' }, name));
}

/** One meeting on the page. */
class MeetingRow {
  /** @param {MeetingSummary} meeting @param {MeetingActions} library */
  constructor(meeting, library) {
    this.meeting = meeting;
    this.library = library;
    this.title = make('a', { class: 'name', dir: 'auto' });
    this.title.onclick = event => library.go(event, { meeting: meeting.id });
    this.badge = make('span', { class: 'badge' });
    this.facts = make('span', { class: 'when' });
    this.people = make('span', { class: 'who' });
    this.work = make('span', { class: 'doing' });
    this.fill = make('i');
    this.bar = make('span', { class: 'bar' }, this.fill);
    this.trouble = make('p', { class: 'trouble', dir: 'auto' });
    this.hits = make('div', { class: 'hits' });
    this.finish = textButton('', () => library.finish(meeting.id), 'primary');
    this.rename = iconButton('Rename', pencil, () => library.rename(this));
    this.remove = iconButton('Delete', 'trash', () => library.askRemove(this));
    this.remove.classList.add('danger');
    const top = make('div', { class: 'top' }, this.title, this.badge);
    const facts = make('div', { class: 'facts' }, this.facts, this.people, this.work);
    const main = make('div', { class: 'main' }, top, facts, this.bar, this.trouble);
    const does = make('div', { class: 'does' }, this.finish, this.rename, this.remove);
    this.node = make('article', { class: 'row' }, make('div', { class: 'line' }, main, does));
    this.node.append(this.hits);
  }

  /** @param {MeetingSummary} meeting */
  draw(meeting) {
    const shown = JSON.stringify(meeting);
    if (this.node.dataset.shown === shown) return;
    this.node.dataset.shown = shown;
    this.meeting = meeting;
    const live = meeting.state === 'live';
    this.node.classList.toggle('live', live);
    this.title.href = meetingAddress(meeting.id);
    setText(this.title, meeting.title);
    this.badge.style.setProperty('--ink', meeting.ink);
    const facts = [meeting.when, meeting.length].filter(Boolean);
    this.facts.replaceChildren(...facts.map(text => make('span', {}, text)));
    this.drawOptional(this.badge, meeting.badge);
    this.drawOptional(this.work, meeting.work);
    this.drawOptional(this.finish, meeting.finish);
    this.bar.hidden = meeting.state !== 'finalizing';
    this.fill.style.width = 100 * meeting.overall + '%';
    showTrouble(this.trouble, meeting.trouble, meeting.rule);
    this.trouble.hidden = !meeting.trouble;
    this.remove.hidden = this.rename.hidden = live;
    this.drawPeople(meeting);
    this.drawHits(meeting);
  }

  /** @param {HTMLElement} node @param {string} text */
  drawOptional(node, text) {
    setText(node, text);
    node.hidden = !text;
  }

  /** @param {MeetingSummary} meeting */
  drawPeople({ people, morePeople }) {
    this.people.replaceChildren(...people.map(personTag));
    if (morePeople) this.people.append(make('span', { class: 'extra' }, `and ${morePeople} more`));
    this.people.hidden = !people.length;
  }

  /** @param {MeetingSummary} meeting */
  drawHits({ hits, moreHits }) {
    this.hits.replaceChildren(...hits.map(hit => this.hitNode(hit)));
    if (moreHits) this.hits.append(make('span', { class: 'others' }, moreHitsText(moreHits)));
    this.hits.hidden = !hits.length;
  }

  /** @param {Hit} hit */
  hitNode({ at, time, speaker, colour, snippet }) {
    const { id } = this.meeting;
    const parts = snippet.map(([text, match]) => (match ? make('mark', {}, text) : text));
    const said = make('span', { class: 'snippet', dir: 'auto' }, ...parts);
    const text = make('span', { class: 'text' }, make('b', { dir: 'auto' }, speaker), ' ', said);
    const kind = 'hit ' + (colour === null ? 'unknown-speaker' : 's' + colour);
    const about = { class: kind, href: meetingAddress(id, at), title: 'Open here' };
    const node = make('a', about, make('span', { class: 'at' }, time), text);
    node.onclick = event => this.library.go(event, { meeting: id, at });
    return node;
  }
}
