/* `EditBar`: undo, redo, and the switch that shows what the second pass changed. */

/** The hint beside Undo and Redo. @param {string | null} undo @param {boolean} editable */
function hintText(undo, editable) {
  if (undo) return 'Last change: ' + undo[0].toLowerCase() + undo.slice(1);
  return editable ? 'Click a word to hear it, double-click to correct it' : '';
}

/** The bar above the transcript. */
class EditBar {
  /** What can be undone and redone. @type {{ undo: string | null, redo: string | null }} */
  steps = { undo: null, redo: null };

  /**
   * @param {(step: 'undo' | 'redo') => void} takeStep
   * @param {() => void} compare called when the comparison is switched on or off
   */
  constructor(takeStep, compare) {
    const [back, on] = [
      'M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6',
      'M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6',
    ];
    this.undo = iconButton('Undo', back, () => takeStep('undo'));
    this.redo = iconButton('Redo', on, () => takeStep('redo'));
    this.hint = make('span', { class: 'hint' });
    this.compare = make('input', { type: 'checkbox', role: 'switch' });
    this.compare.onchange = compare;
    const text = 'What the final transcript changed';
    this.switch = make('label', { class: 'switch' }, this.compare, text);
    const parts = [this.undo, this.redo, this.hint, make('span', { class: 'gap' }), this.switch];
    this.node = make('div', { class: 'editbar' }, ...parts);
  }

  /** @param {{ changes: string | null, duration: number, editable: boolean }} data */
  draw({ changes, duration, editable }) {
    const { undo, redo } = editable ? this.steps : { undo: null, redo: null };
    this.switch.hidden = !changes;
    this.drawStep(this.undo, 'Undo', undo, editable);
    this.drawStep(this.redo, 'Redo', redo, editable);
    setText(this.hint, hintText(undo, editable));
    this.node.hidden = !changes && !undo && !redo && (!editable || !duration);
  }

  /** @param {HTMLButtonElement} node @param {string} name @param {string | null} change @param {boolean} editable */
  drawStep(node, name, change, editable) {
    node.disabled = !change;
    node.hidden = !editable;
    node.title = change ? `${name}: ${change}` : `Nothing to ${name.toLowerCase()}`;
    node.setAttribute('aria-label', node.title);
  }
}
