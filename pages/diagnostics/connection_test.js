/* The connection test's element: a button, the steps of a run, and the addresses it tried. */

const wave = 'M3 12h3l2-6 4 12 3-9 2 3h4';
/** @type {Record<string, string>} */
const marks = { open: '·', doing: '…', ok: '✓', warn: '!', bad: '✕' };
/** @type {Record<StepName, string>} */
const steps = {
  microphone: 'Open the microphone',
  answer: 'Ask the server',
  path: 'Find a path',
  sound: 'Hear it at the server',
  trip: 'Measure the round trip',
};
const levelAttributes = {
  class: 'tube',
  role: 'meter',
  'aria-label': 'Level at the server',
  'aria-valuemin': '-100',
  'aria-valuemax': '0',
};
const stepNames = /** @type {StepName[]} */ (Object.keys(steps));

/**
 * The result of a run that reached the server.
 * @param {{ fault: string, silent: boolean }} run
 * @param {string} path
 * @returns {[state: 'ok' | 'warn', text: string]}
 */
function verdictOf({ fault, silent }, path) {
  const reached = `The sound reaches the server ${path}.`;
  if (fault) return ['warn', `The connection works: ${reached} The microphone does not: ${fault}`];
  if (silent) return ['warn', `The connection works, but the microphone gives silence. ${reached}`];
  return ['ok', `Microphone and connection work. ${reached}`];
}

/** The button, the steps, the level at the server, and the addresses that were tried. */
class ConnectionTestPanel {
  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<ConnectionTestData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    /** @type {ConnectionRun | null} */
    this.run = null;
    this.label = make('span', {}, 'Test the microphone and the connection');
    this.button = make('button', { class: 'press', type: 'button' }, icon(wave), this.label);
    this.button.onclick = () => this.start();
    const items = stepNames.map(name => [name, make('li', { 'data-step': name })]);
    /** @type {Record<StepName, HTMLLIElement>} */
    this.items = Object.fromEntries(items);
    const about = { class: 'steps', 'aria-live': 'polite', 'aria-label': 'Steps of the test' };
    this.steps = make('ol', { ...about, hidden: true }, ...Object.values(this.items));
    this.verdict = make('div', { class: 'verdict', role: 'status', hidden: true });
    this.bar = make('i');
    this.tube = make('span', levelAttributes, this.bar);
    this.figures = make('span', { class: 'figures' });
    this.level = make('div', { class: 'gauge', hidden: true }, this.tube, this.figures);
    this.rows = make('tbody');
    this.notes = make('p', { class: 'notes' });
    this.table = this.buildTable();
    const intro =
      'Opens the microphone for a few seconds and sends its sound to this server, which counts it and keeps nothing.';
    this.node = make('div', { class: 'check' }, make('p', { class: 'about' }, intro), this.button);
    this.node.append(this.steps, this.level, this.verdict, this.table);
    root.append(this.node);
    addEventListener('pagehide', () => this.run?.hangUp());
  }

  buildTable() {
    const heads = ['Whose', 'Kind', 'Over', 'Address'];
    const head = make('tr', {}, ...heads.map(text => make('th', { scope: 'col' }, text)));
    return make(
      'details',
      { class: 'addresses', open: true, hidden: true },
      make('summary', {}, 'Addresses tried (ICE candidates)'),
      make('table', {}, make('thead', {}, head), this.rows),
      this.notes,
    );
  }

  async start() {
    this.button.disabled = true;
    for (const part of [this.level, this.verdict, this.table]) part.hidden = true;
    this.steps.hidden = false;
    for (const name of stepNames) this.showStep(name, 'open', steps[name]);
    let passed = false;
    try {
      passed = await this.runOnce();
    } catch (error) {
      const expected = error instanceof ConnectionFailure;
      if (!expected) console.error('connection test:', error);
      const name = error instanceof Error ? error.name : String(error);
      const fault = `The test itself failed (${name}). Reload the page and try again.`;
      this.showFailure(expected ? error.message : fault);
    }
    this.level.hidden = true;
    this.button.disabled = false;
    setText(this.label, passed ? 'Test again' : 'Try again');
  }

  /** Whether microphone and connection both work. */
  async runOnce() {
    const run = (this.run = new ConnectionRun(this.component.data, this));
    /* The script is not informed when its element leaves the page. */
    const watch = setInterval(() => this.node.isConnected || run.hangUp(), 500);
    try {
      await run.go();
    } finally {
      clearInterval(watch);
      run.hangUp();
    }
    const [state, text] = verdictOf(run, pathText(run.pair, location.hostname));
    this.showVerdict(state, text);
    return state === 'ok';
  }

  /** @param {string} text */
  showFailure(text) {
    const running = stepNames.filter(name => this.items[name].className === 'doing');
    for (const name of running) this.showStep(name, 'open', steps[name]);
    const failed = running[0] ?? 'microphone';
    this.showStep(failed, 'bad', steps[failed], 'This is where it stopped.');
    this.showVerdict('bad', text);
  }

  /** @param {'ok' | 'warn' | 'bad'} state @param {string} text */
  showVerdict(state, text) {
    this.verdict.className = 'verdict ' + state;
    setText(this.verdict, text);
    this.verdict.hidden = false;
  }

  /** @param {StepName} name @param {string} state @param {string} text */
  showStep(name, state, text, detail = '') {
    const item = this.items[name];
    item.className = state;
    item.replaceChildren(
      make('span', { class: 'mark', 'aria-hidden': 'true' }, marks[state]),
      make('span', {}, text, ...(detail ? [make('small', {}, detail)] : [])),
    );
  }

  /** @param {ServerReport} report */
  showLevel({ level, frames }) {
    this.level.hidden = false;
    this.tube.setAttribute('aria-valuenow', String(Math.round(level)));
    this.bar.style.transform = `scaleX(${meterShare(level).toFixed(2)})`;
    setText(this.figures, `${Math.round(level)} dB, ${frames} frames`);
  }

  /** @param {Candidate[]} candidates @param {string[]} troubles */
  showCandidates(candidates, troubles) {
    this.table.hidden = !candidates.length && !troubles.length;
    const rows = sortedCandidates(candidates).map(c => {
      const whose = c.side === 'local' ? 'This browser' : 'The server';
      const cells = [whose, c.type, c.protocol, addressText(c) + (c.used ? ' ✓ in use' : '')];
      const row = cells.map(text => make('td', {}, text));
      return make('tr', { class: c.used ? 'used' : null }, ...row);
    });
    this.rows.replaceChildren(...rows);
    setText(this.notes, [...troubles, ...candidateNotes(candidates)].join(' '));
  }
}

/** @param {ElementComponent<ConnectionTestData>} component */
export default function (component) {
  viewOf(component, root => new ConnectionTestPanel(root, component));
}
