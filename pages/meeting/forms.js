/* Forms of the menus: a speaker's name, and a corrected text. */

/** @param {() => void} cancel */
function formButtons(cancel) {
  const save = make('button', { class: 'word primary', type: 'submit' }, 'Save');
  return make('div', { class: 'answers' }, save, textButton('Cancel', cancel));
}

/**
 * A speaker's name, and whether the voice is to be recognised in other meetings.
 * @param {Person} person
 * @param {boolean} ticked
 * @param {() => void} cancel
 * @param {(name: string, recognise: boolean) => void} save
 */
function nameForm({ name, given, number }, ticked, cancel, save) {
  const field = make('input', {
    class: 'edit',
    value: given ? name : '',
    placeholder: number ? 'Speaker ' + number : name,
    maxlength: LONGEST_NAME,
    'aria-label': 'Name of ' + name,
    autocomplete: 'off',
    dir: 'auto',
  });
  const tick = make('input', { type: 'checkbox' });
  tick.checked = ticked;
  const note = 'Stores a voice print on this machine, until you delete it on the Speakers page.';
  const label = make('span', {}, 'Recognise this voice next time');
  const recognise = make('label', { class: 'tick' }, tick, label, make('small', {}, note));
  const form = make('form', {}, field, recognise, formButtons(cancel));
  form.onsubmit = event => {
    event.preventDefault();
    save(field.value.trim(), tick.checked);
  };
  return { field, form };
}

/**
 * A field that Enter saves; Shift and Enter begin a new line.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {() => void} cancel
 * @param {() => void} save
 */
function textForm(field, cancel, save) {
  const form = make('form', {}, field, formButtons(cancel));
  form.onsubmit = event => {
    event.preventDefault();
    save();
  };
  field.onkeydown = event => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit();
  };
  return form;
}
