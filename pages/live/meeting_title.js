/* `MeetingTitle`: the title of a running meeting as a field. */

/** The title; a change goes to the server by the tab's outbox, beside whatever the page does. */
class MeetingTitle {
  constructor() {
    this.field = make('input', {
      class: 'title',
      maxlength: LONGEST_TITLE,
      autocomplete: 'off',
      dir: 'auto',
      'aria-label': 'Title',
    });
    this.field.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Enter') this.field.blur();
      if (event.key === 'Escape') {
        this.field.value = this.shown;
        this.field.blur();
      }
    };
    this.field.onblur = () => this.save();
    this.refused = make('div', { class: 'unsaved bad', role: 'alert', hidden: true });
    this.node = make('div', { class: 'head' }, this.field, this.refused);
    this.shown = this.typed = '';
    /** Until when a saved title is shown although the page's data has the one before; milliseconds. */
    this.until = 0;
    /** @type {Outbox | null} */
    this.outbox = null;
    this.unsaved = make('div');
  }

  /** @param {{ meeting: string, title: string, change: string }} data */
  draw(data) {
    if (this.meeting !== data.meeting) this.begin(data.meeting);
    this.address = data.change;
    if (
      this.outbox?.waiting.length ||
      document.activeElement?.shadowRoot?.activeElement === this.field
    )
      return;
    /* A title that was just saved may not be in the page's data yet. */
    if (this.typed && data.title !== this.typed && Date.now() < this.until) return;
    this.typed = '';
    this.put(data.title);
  }

  /** @param {string} title */
  put(title) {
    if (title === this.shown && this.field.value === title) return;
    this.shown = title;
    this.field.value = title;
  }

  /** @param {string} meeting */
  begin(meeting) {
    this.meeting = meeting;
    this.typed = '';
    this.until = 0;
    this.unsaved.remove();
    this.outbox = Outbox.of('title ' + meeting);
    const refused = (/** @type {Refusal} */ refusal) => this.explain(refusal);
    this.unsaved = showOutbox(this.outbox, refused, () => (this.until = Date.now() + 3000));
    this.node.append(this.unsaved);
  }

  save() {
    const title = this.field.value.trim();
    if (!title) this.field.value = this.shown;
    if (!title || title === this.shown) return;
    this.shown = this.typed = title;
    this.until = Infinity;
    this.refused.hidden = true;
    this.outbox?.put('PATCH', this.address ?? '', { title }, title);
  }

  /** Says why a title was not saved; what was typed stays in the sentence. @param {Refusal} refusal */
  explain({ trouble, rule, typed }) {
    showTrouble(this.refused, `“${typed}” was not saved. ${trouble}`, rule);
    this.refused.hidden = false;
    this.typed = '';
    this.until = 0;
  }
}
