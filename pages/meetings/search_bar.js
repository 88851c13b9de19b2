/* `SearchBar`: the query, order and filters of the list of meetings. */

/** Milliseconds after the last key until a text is searched. */
const typingPause = 250;
const filterNames = /** @type {const} */ (['person', 'state', 'since', 'until']);

/**
 * What the list is asked for; empty texts and missing fields filter nothing. Days are in ISO form.
 * @typedef {{ text?: string, order?: string, person?: string, state?: string, since?: string, until?: string, page?: number }} LibraryQuery
 */

/** @typedef {[value: string, words: string][]} Choices */

/** The filters in use. @param {LibraryQuery} query */
function filtersIn(query) {
  return filterNames.filter(name => query[name]);
}

/** The same list without its filters, and from its first page. @returns {LibraryQuery} */
function unfiltered() {
  return { person: '', state: '', since: '', until: '' };
}

/** @param {HTMLElement} node */
function isFocused(node) {
  return node.matches(':focus');
}

/** The fields of the query. */
class SearchBar {
  /** @type {number | undefined} */
  timer = undefined;

  /** @param {(change: LibraryQuery) => void} ask called with each change of the query */
  constructor(ask) {
    this.ask = ask;
    this.field = this.buildField();
    this.clear = iconButton('Clear the search', 'close', () => {
      this.search('');
      this.field.focus();
    });
    this.order = this.select('Order', 'order');
    this.person = this.select('Person', 'person');
    this.state = this.select('State', 'state');
    this.since = this.day('From', 'since');
    this.until = this.day('To', 'until');
    this.reset = textButton('Clear filters', () => ask(unfiltered()), 'plain');
    const from = make('label', { class: 'day' }, make('span', {}, 'From'), this.since);
    const to = make('label', { class: 'day' }, make('span', {}, 'to'), this.until);
    const filters = [this.order, this.person, this.state, from, to, this.reset];
    this.fold = iconButton('Filters', 'filter', () => this.unfold(), { 'aria-expanded': 'false' });
    this.fold.classList.add('fold');
    const sign = icon(signs.search);
    const search = make('div', { class: 'search' }, sign, this.field, this.clear, this.fold);
    const head = { class: 'head', role: 'search' };
    this.node = make('div', head, search, make('div', { class: 'filters' }, ...filters));
  }

  buildField() {
    const field = make('input', {
      type: 'search',
      placeholder: 'Search everything that was said',
      'aria-label': 'Search',
      autocomplete: 'off',
      spellcheck: 'false',
      maxlength: '200',
      dir: 'auto',
    });
    field.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask({ text: field.value }), typingPause);
    };
    field.onkeydown = event => {
      if (event.key === 'Enter') this.search(field.value);
      if (event.key === 'Escape' && field.value) this.search('');
    };
    return field;
  }

  /** @param {string} text */
  search(text) {
    clearTimeout(this.timer);
    this.field.value = text;
    this.ask({ text });
  }

  unfold() {
    const open = this.node.classList.toggle('open');
    this.fold.setAttribute('aria-expanded', String(open));
  }

  /** @param {string} label @param {'order' | 'person' | 'state'} name */
  select(label, name) {
    const node = make('select', { 'aria-label': label, title: label });
    node.onchange = () => this.ask({ [name]: node.value });
    return node;
  }

  /** @param {string} label @param {'since' | 'until'} name */
  day(label, name) {
    const node = make('input', { type: 'date', 'aria-label': label + ' this day' });
    node.onchange = () => this.ask({ [name]: node.value });
    return node;
  }

  /** @param {HTMLSelectElement} node @param {Choices} choices @param {string} value */
  offer(node, choices, value) {
    const offered = JSON.stringify(choices);
    if (node.dataset.offered !== offered) {
      node.dataset.offered = offered;
      node.replaceChildren(
        ...choices.map(([code, words]) => make('option', { value: code }, words)),
      );
    }
    if (node.value !== value && !isFocused(node)) node.value = value;
  }

  /** Shows a query in the fields; what is being typed stays. @param {LibraryQuery} query */
  show(query) {
    const { text = '' } = query;
    if (!isFocused(this.field) && this.field.value !== text) this.field.value = text;
    this.clear.hidden = !(text || this.field.value);
    for (const name of /** @type {const} */ (['since', 'until']))
      if (!isFocused(this[name])) this[name].value = query[name] ?? '';
    for (const name of filterNames) this[name].classList.toggle('set', Boolean(query[name]));
    const filtered = filtersIn(query).length > 0;
    this.reset.hidden = !filtered;
    this.fold.classList.toggle('set', filtered);
  }
}
