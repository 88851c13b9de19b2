/* The people of a transcript: numbered in order of appearance, perhaps the same person. */

/**
 * The people who have words, in order of appearance; those without a name are numbered so, as the
 * server numbers them (`speakers_of` in `meetcore/transcript/reattribution.py`).
 * @param {Pick<Segment, 'speaker'>[]} segments
 * @param {Person[]} known
 * @returns {Person[]}
 */
function peopleInOrder(segments, known) {
  const labels = [...new Set(segments.map(segment => segment.speaker))].filter(label => label);
  return labels.flatMap((label, place) => {
    const person = known.find(each => each.label === label);
    if (!person) return [];
    const number = place + 1;
    return [{ ...person, number, name: person.given ? person.name : 'Speaker ' + number }];
  });
}

/**
 * Another person of this name, in any case of its letters.
 * @param {Person[]} people
 * @param {string} label of the person who is to have the name
 * @param {string} name
 */
function namesake(people, label, name) {
  const wanted = name.toLocaleLowerCase();
  const others = people.filter(person => person.label !== label && person.given);
  return others.find(person => person.name.toLocaleLowerCase() === wanted) ?? null;
}

/** The first two people of whom the page asks whether they are one. @param {Person[]} people */
function askedPair(people) {
  for (const person of people) {
    const other = person.same && people.find(each => each.label === person.same);
    if (other) return { person, other };
  }
  return null;
}

/** @param {{ person: Person, other: Person }} pair */
function samePersonText({ person, other }) {
  if (!person.given) return `${person.name} sounds like ${other.name}. Are they the same person?`;
  return `Two people here are called ${other.name}. Are they the same person?`;
}

/** The question whether two speakers are one person, above the transcript. */
class SamePersonQuestion {
  /**
   * @param {(label: string, into: string) => void} merge
   * @param {(person: Person) => void} keepBoth
   */
  constructor(merge, keepBoth) {
    this.merge = merge;
    this.keepBoth = keepBoth;
    this.node = make('div', { class: 'samequestion', role: 'group', hidden: true });
  }

  /** @param {Person[]} people @param {boolean} editable */
  draw(people, editable) {
    const pair = editable ? askedPair(people) : null;
    this.node.hidden = !pair;
    this.node.replaceChildren();
    if (!pair) return;
    const { person, other } = pair;
    const text = samePersonText(pair);
    this.node.setAttribute('aria-label', text);
    const merge = () => this.merge(person.label, other.label);
    const yes = textButton('Yes, make them one', merge, 'primary');
    const no = textButton('No, two people', () => this.keepBoth(person));
    const answers = make('div', { class: 'answers' }, yes, no);
    this.node.append(make('p', { dir: 'auto' }, text), answers);
  }
}
