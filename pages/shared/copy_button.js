const sheets = 'M9 9h10v12H9zM5 15V3h10';

class Copying {
  constructor(root) {
    this.label = make('span');
    this.button = make('button', { type: 'button', class: 'copy' }, icon(sheets), this.label);
    this.button.onclick = () => this.copy();
    this.said = make('span', { class: 'said', role: 'status' });
    root.append(make('div', { class: 'copying' }, this.button, this.said));
  }
  draw(data) {
    this.text = data.text;
    put(this.label, data.label);
  }
  async copy() {
    const done = await this.write(this.text);
    put(this.said, done ? 'Copied' : 'Not copied: open “What the report says” and copy it there');
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => put(this.said, ''), done ? 3000 : 12000);
  }
  async write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return this.writeAsBefore(text);
    }
  }
  /* Pages over http have no clipboard of the new kind. */
  writeAsBefore(text) {
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

export default function (component) {
  viewOf(component, root => new Copying(root)).draw(component.data);
}
