/* `SpeakerChips`: the speakers of a running meeting, renamed by a click on their names. */

/** Chips with the speakers' names; a click turns a name into a field. */
class SpeakerChips {
  /** @type {Map<string, HTMLButtonElement>} */
  chips = new Map();
  /** Names that were typed and that the server has not confirmed. @type {Map<string, string>} */
  asked = new Map();
  /** @type {Person[]} */
  known = [];

  /** @param {(label: string, name: string) => void} rename called with each name that is typed */
  constructor(rename) {
    this.rename = rename;
    this.node = make('div', { class: 'people', role: 'group', 'aria-label': 'Speakers' });
  }

  /**
   * The people with the names just typed, until the server says the same or refuses (`forget`).
   * @param {Person[]} people
   */
  settle(people) {
    for (const [label, name] of this.asked) {
      const person = people.find(p => p.label === label);
      if (person?.name === name) this.asked.delete(label);
    }
    this.known = people.map(p => ({ ...p, name: this.asked.get(p.label) ?? p.name }));
    return this.known;
  }

  /** Shows a name as not saved yet. @param {string} label @param {string} name */
  expect(label, name) {
    this.asked.set(label, name);
  }

  /** @param {string} label */
  forget(label) {
    this.asked.delete(label);
  }

  /** @param {Person[]} people */
  draw(people) {
    for (const [label, chip] of this.chips) {
      if (!people.some(p => p.label === label)) {
        chip.remove();
        this.chips.delete(label);
      }
    }
    for (const person of people) {
      let chip = this.chips.get(person.label);
      if (!chip) {
        chip = this.chip(person.label);
        this.chips.set(person.label, chip);
        this.node.append(chip);
      }
      chip.classList.add('s' + person.colour);
      chip.classList.toggle('pending', this.asked.has(person.label));
      if (chip.classList.contains('editing')) continue;
      setText(/** @type {HTMLElement} */ (chip.firstElementChild), person.name);
      chip.title = 'Rename ' + person.name;
      chip.setAttribute('aria-label', 'Rename ' + person.name);
    }
  }

  /** @param {string} label */
  chip(label) {
    const chip = make(
      'button',
      { class: 'chip', type: 'button', 'data-speaker': label },
      make('span', { class: 'name' }),
      icon(pencil),
    );
    chip.onclick = () => this.edit(label);
    return chip;
  }

  /** @param {string} label */
  edit(label) {
    const chip = this.chips.get(label);
    const person = this.known.find(p => p.label === label);
    if (!chip || !person || this.node.querySelector('.editing')) return;
    const shown = /** @type {HTMLElement} */ (chip.firstElementChild);
    editInPlace(
      chip,
      {
        text: person.name,
        value: person.given ? person.name : '',
        label: 'Name of ' + person.name,
        longest: LONGEST_NAME,
        clears: person.given,
        wrap: field => make('span', { class: 'chip editing s' + person.colour }, field),
        closed: () => chip.focus(),
      },
      name => {
        const next = name || 'Speaker ' + (person.number ?? label.replace(/^S/, ''));
        this.expect(label, next);
        setText(shown, next);
        this.rename(label, name);
      },
    );
  }
}
