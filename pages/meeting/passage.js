/* The node of one transcript row: speaker, time, words, and what the second pass changed. */

/**
 * What the second pass changed in a segment, as `meetcore/api/transcripts.py` sends it: parts that
 * are kept (=), replaced (~), removed (-) or added (+), and the speaker before where that differs.
 * @typedef {{ parts: [sign: string, before: string, after: string][], was: string | null }} SegmentChange
 */

/**
 * What a passage on the page depends on.
 * @typedef {object} PassageContext
 * @property {TranscriptModel} model
 * @property {Person[]} people
 * @property {boolean} editable
 * @property {(SegmentChange | null)[] | null} changes by segment, where they are to be shown
 * @property {(position: number) => void} correct called to correct a whole segment
 */

/**
 * A row of the transcript on the page; the first row of a segment has its speaker and time.
 * @param {Row} row
 * @param {PassageContext} context
 */
function passageNode(row, context) {
  const segment = context.model.segments[row.position];
  const change = context.changes?.[row.position] ?? null;
  const text = make('p', { dir: 'auto' });
  const colour = colourOf(context.people, segment.speaker);
  const node = make('section', {
    class: `turn ${colour}${row.head ? '' : ' more'}`,
    'data-position': row.position,
  });
  if (row.head) node.append(passageTop(row, segment, change, context), timeButton(segment));
  node.append(text);
  if (!context.changes) appendWords(text, row, context.model);
  else if (row.head && change) appendChanges(text, change);
  else if (row.head) text.append(context.model.textOf(segment));
  else node.classList.add('skip');
  return node;
}

/** @param {Segment} segment */
function timeButton({ start }) {
  const time = clock(start / 100);
  const about = { class: 'time', type: 'button', 'aria-label': 'Play from ' + time };
  return make('button', about, time);
}

/**
 * The speaker, and marks of what was changed.
 * @param {Row} row
 * @param {Segment} segment
 * @param {SegmentChange | null} change
 * @param {PassageContext} context
 */
function passageTop({ position }, { speaker, machine }, change, { people, editable, correct }) {
  const name = nameOf(people, speaker);
  const title = editable ? name + ': change the speaker' : name;
  const who = make('button', { class: 'who', type: 'button', dir: 'auto', title }, name);
  const top = make('span', { class: 'top' }, who);
  if (machine !== null) {
    const mark = {
      class: 'mark',
      type: 'button',
      title: 'The machine wrote: ' + machine,
      'aria-label': 'Corrected; see what the machine wrote',
    };
    top.append(make('button', mark, 'corrected'));
  }
  if (change?.was) top.append(make('span', { class: 'was' }, 'was ' + nameOf(people, change.was)));
  if (editable) {
    const fix = { class: 'tool fix' };
    top.append(iconButton('Correct this passage', pencil, () => correct(position), fix));
  }
  return top;
}

/**
 * @param {HTMLElement} node
 * @param {Row} row
 * @param {Pick<TranscriptModel, 'text' | 'languages'>} model
 */
function appendWords(node, { from, to }, { text, languages }) {
  for (let place = from; place < to; place += 1) {
    const shown = text[place].trimStart();
    const language = languages[place];
    if (language) node.append(languageMark(language));
    if (text[place] !== shown && (place > from || language)) node.append(' ');
    node.append(make('span', { class: 'w', 'data-w': place }, shown));
  }
}

/** @param {HTMLElement} node @param {SegmentChange} change */
function appendChanges(node, { parts }) {
  for (const [sign, before, after] of parts) {
    if (sign === '=') node.append(after);
    if (before && '-~'.includes(sign)) node.append(' ', make('del', {}, before.trim()));
    if (after && '+~'.includes(sign)) node.append(' ', make('ins', {}, after.trim()));
  }
}
