/* The element with a button that copies a text to the clipboard. */

const sheets = 'M9 9h10v12H9zM5 15V3h10';

/** @typedef {{ label: string, text: string }} CopyButtonData */

/** A button that copies a text, and says for some seconds whether that worked. */
class CopyButton {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.text = '';
    /** @type {number | undefined} */
    this.timer = undefined;
    this.label = make('span');
    this.button = make('button', { type: 'button', class: 'copy' }, icon(sheets), this.label);
    this.button.onclick = () => this.copy();
    this.result = make('span', { class: 'said', role: 'status' });
    root.append(make('div', { class: 'copying' }, this.button, this.result));
  }

  /** @param {CopyButtonData} data */
  draw(data) {
    this.text = data.text;
    setText(this.label, data.label);
  }

  async copy() {
    const done = await this.write(this.text);
    const failure = 'Not copied: open “What the report says” and copy it there';
    setText(this.result, done ? 'Copied' : failure);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => setText(this.result, ''), done ? 3000 : 12000);
  }

  /** @param {string} text */
  async write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return this.writeBySelection(text);
    }
  }

  /** Pages over http on other hosts have no `navigator.clipboard`. @param {string} text */
  writeBySelection(text) {
    const area = make('textarea', { class: 'aside', readonly: true, 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    this.button.focus();
    return done;
  }
}

/** @param {ElementComponent<CopyButtonData>} component */
export default function (component) {
  viewOf(component, root => new CopyButton(root)).draw(component.data);
}
