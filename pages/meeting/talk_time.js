/* `TalkTime`: a table of talk time, turns and other figures of each speaker. */

/** Columns of the table: a short head, and what it means. */
const columns = {
  talk: ['Talk time', 'Time this person speaks'],
  turns: ['Turns', 'How often this person began to speak'],
  rate: ['Words/min', 'Words by minute of talk time'],
  longest: ['Longest', 'Longest stretch without another speaker'],
  interruptions: [
    'Cut in',
    'How often this person began while another spoke, and went on speaking',
  ],
  silence: ['Silent', 'Time this person is silent'],
};
/** People that fit without a button that shows the others. */
const fewPeople = 8;

/** Until the server has counted a new speaker. @type {Omit<SpeakerStatistics, 'label'>} */
const noFigures = {
  talk: 0,
  share: 0,
  turns: 0,
  words: 0,
  rate: 0,
  longest: 0,
  interruptions: 0,
  silence: 0,
};

/**
 * The people with their statistics, those who speak longest first.
 * @param {Person[]} people
 * @param {MeetingStatistics | null} statistics
 */
function byTalkTime(people, statistics) {
  if (!statistics) return [];
  const found = people.map(person => {
    const figures = statistics.people.find(each => each.label === person.label);
    return { person, figures: figures ?? { ...noFigures, label: person.label } };
  });
  return found.sort((a, b) => b.figures.talk - a.figures.talk);
}

/** @param {boolean} all @param {number} count */
function moreText(all, count) {
  if (all) return 'Show less';
  return count > fewPeople ? `Show all ${count} people` : 'More numbers';
}

/** One row for each person, longest talk time first. */
class TalkTime {
  /** Whether all people and figures are shown on a narrow page. */
  all = false;

  /** @param {(chip: HTMLElement, label: string) => void} choose called when a name is clicked */
  constructor(choose) {
    this.choose = choose;
    this.node = make('section', { class: 'numbers', 'aria-label': 'Talk time' });
  }

  /**
   * @param {Person[]} people
   * @param {MeetingStatistics | null} statistics
   * @param {number} duration of the meeting, in seconds
   * @param {boolean} editable
   */
  draw(people, statistics, duration, editable) {
    const rows = byTalkTime(people, statistics);
    this.node.hidden = !rows.length;
    const most = Math.max(...rows.map(row => row.figures.share), 0.01);
    const heads = Object.values(columns).map(([text, title]) => make('span', { title }, text));
    this.node.replaceChildren(
      make('div', { class: 'heads', 'aria-hidden': 'true' }, make('span'), ...heads),
      ...rows.map(({ person, figures }) => this.row(person, figures, most, editable)),
    );
    if (!rows.length || !statistics) return;
    this.node.classList.toggle('short', !this.all);
    this.node.classList.toggle('few', rows.length <= fewPeople);
    const toggle = () => {
      this.all = !this.all;
      this.draw(people, statistics, duration, editable);
    };
    const [silence, whole] = [statistics.silence, duration].map(Math.round);
    const silent = `No speech for ${clock(silence)} of ${clock(whole)}.`;
    this.node.append(textButton(moreText(this.all, rows.length), toggle, 'more'));
    this.node.append(make('div', { class: 'foot' }, silent));
  }

  /**
   * @param {Person} person
   * @param {SpeakerStatistics} figures
   * @param {number} most the greatest share, which fills the bar
   * @param {boolean} editable
   */
  row(person, figures, most, editable) {
    const fill = make('i');
    fill.style.width = (100 * figures.share) / most + '%';
    const bar = make('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
    const share = `${Math.round(100 * figures.share)} % · ${clock(figures.talk)}`;
    return make(
      'div',
      { class: 'row s' + person.colour },
      this.chip(person, editable),
      make('span', { class: 'share' }, bar, share),
      this.value('turns', String(figures.turns)),
      this.value('rate', String(figures.rate)),
      this.value('longest', clock(figures.longest)),
      this.value('interruptions', String(figures.interruptions)),
      this.value('silence', clock(figures.silence)),
    );
  }

  /** @param {Person} person @param {boolean} editable */
  chip({ label, name, similarity }, editable) {
    const chip = make('button', {
      class: 'chip',
      type: 'button',
      dir: 'auto',
      'data-speaker': label,
      title: editable ? 'Rename or merge ' + name : name,
      disabled: !editable,
    });
    chip.append(make('span', { class: 'name' }, name));
    if (similarity !== null) chip.append(make('small', {}, `recognised ${similarity} %`));
    chip.onclick = () => this.choose(chip, label);
    return chip;
  }

  /** @param {keyof typeof columns} column @param {string} shown */
  value(column, shown) {
    const [head, title] = columns[column];
    return make('span', { class: 'value', title }, make('small', {}, head), shown);
  }
}
