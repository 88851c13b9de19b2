/* The element where files are dropped or chosen, with the uploads of this tab. */

/** Waiting files that are listed one by one. */
const listedWaiting = 4;

/** @typedef {UploadSettings & { summary: string, endings: string[] }} DropZoneData */

/**
 * The uploads to list: those that wait come last, and only the first of them.
 * @param {Upload[]} uploads
 */
function listedUploads(uploads) {
  const waiting = uploads.filter(upload => upload.state === 'waiting');
  const others = uploads.filter(upload => upload.state !== 'waiting');
  return [...others, ...waiting.slice(0, listedWaiting)];
}

/** The button that cancels what waits. @param {number} waiting */
function clearText(waiting) {
  const text = `Cancel all ${waiting} that wait`;
  return waiting > listedWaiting ? `${waiting - listedWaiting} more files wait. ${text}` : text;
}

/** @param {DragEvent} event */
function holdsFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes('Files');
}

/** One file in the list. */
class UploadRow {
  /** @param {Upload} upload @param {Uploads} uploads */
  constructor(upload, uploads) {
    this.state = make('span', { class: 'state' });
    this.bar = make('i');
    this.again = iconButton('Try again', 'again', () => uploads.again(upload));
    const name = make('b', { dir: 'auto' }, upload.name);
    const line = make('div', { class: 'line' }, name, this.state);
    const middle = make('div', { class: 'middle' }, line, make('span', { class: 'bar' }, this.bar));
    const sign = make('span', { class: 'sign' }, icon(signs.file));
    const cancel = iconButton('Cancel ' + upload.name, 'close', () => uploads.cancel(upload));
    this.node = make('div', { class: 'file' }, sign, middle, this.again, cancel);
  }

  /** @param {Upload} upload */
  draw(upload) {
    const { state, size, sent, rule } = upload;
    this.node.className = 'file ' + state;
    showTrouble(this.state, uploadText(upload), state === 'failed' ? rule : '');
    const share = state === 'done' ? 1 : size ? sent / size : 0;
    this.bar.style.width = 100 * share + '%';
    this.again.hidden = state !== 'failed';
  }
}

/** Where files are dropped or chosen, and the list of those on their way. */
class DropZone {
  /** @param {HTMLElement | ShadowRoot} root @param {DropZoneData} data */
  constructor(root, data) {
    this.data = data;
    this.uploads = globalThis.meetcoreUploads ??= new Uploads();
    /** @type {WeakMap<Node, UploadRow>} */
    this.rows = new WeakMap();
    this.pick = this.picker('Files', { multiple: true }, false);
    this.folder = this.picker('Folder', { multiple: true, webkitdirectory: true }, true);
    this.summary = make('p', { class: 'chosen', dir: 'auto' });
    this.nothing = make('p', { class: 'nothing', role: 'alert', hidden: true });
    this.zone = this.buildZone();
    this.list = make('div', { class: 'coming', 'aria-live': 'polite' });
    this.clear = textButton('', () => this.cancelWaiting(), 'quiet');
    root.append(make('div', { class: 'upload' }, this.zone, this.list, this.clear));
    this.listen();
  }

  /** @param {string} label @param {Record<string, boolean>} kind @param {boolean} inFolder */
  picker(label, kind, inFolder) {
    const about = { type: 'file', class: 'sr', tabindex: '-1', 'aria-label': label };
    const input = make('input', { ...about, ...kind });
    input.onchange = () => {
      this.take([...(input.files ?? [])], inFolder);
      input.value = '';
    };
    return input;
  }

  buildZone() {
    const bars = Array.from({ length: 5 }, () => make('i'));
    const text = 'Audio or video, any length, as many as you like. They stay on this machine.';
    const files = textButton('Choose files', () => this.pick.click(), 'primary');
    const folder = textButton('Choose a folder', () => this.folder.click());
    return make(
      'div',
      { class: 'zone' },
      make('div', { class: 'bars', 'aria-hidden': 'true' }, ...bars),
      make('h3', {}, 'Drop recordings here'),
      make('p', {}, text),
      make('div', { class: 'ways' }, files, folder),
      this.summary,
      this.nothing,
      this.pick,
      this.folder,
    );
  }

  listen() {
    /* The zone's children send events of their own as the pointer crosses them. */
    let depth = 0;
    const enter = (/** @type {number} */ now) => {
      depth = Math.max(0, now);
      this.zone.classList.toggle('over', depth > 0);
    };
    this.zone.ondragenter = event => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      enter(depth + 1);
    };
    this.zone.ondragleave = () => enter(depth - 1);
    this.zone.ondragover = event => {
      if (!event.dataTransfer || !holdsFiles(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    };
    this.zone.ondrop = async event => {
      event.preventDefault();
      enter(0);
      if (event.dataTransfer) this.take(await filesOf(event.dataTransfer, this.data.endings));
    };
    if (globalThis.meetcoreDropGuard) return;
    globalThis.meetcoreDropGuard = true;
    /* A file that is dropped beside the zone must not replace the page. */
    const guard = (/** @type {DragEvent} */ event) => holdsFiles(event) && event.preventDefault();
    for (const name of /** @type {const} */ (['dragover', 'drop'])) addEventListener(name, guard);
  }

  /** @param {File[]} files */
  take(files, inFolder = false) {
    const { address, header, options, endings } = this.data;
    const chosen = inFolder ? files.filter(file => playable(file, endings)) : files;
    this.nothing.hidden = chosen.length > 0;
    if (!chosen.length) return setText(this.nothing, 'No audio or video was found there.');
    this.uploads.add(chosen, { address, header, options });
  }

  cancelWaiting() {
    for (const upload of this.uploads.files.filter(each => each.state === 'waiting'))
      this.uploads.cancel(upload);
  }

  /** @param {DropZoneData} data */
  update(data) {
    this.data = data;
    this.uploads.changed = () => this.draw();
    setText(this.summary, data.summary ? 'With: ' + data.summary : '');
    this.summary.hidden = !data.summary;
    this.draw();
  }

  draw() {
    const { files } = this.uploads;
    reconcile(
      this.list,
      listedUploads(files),
      upload => upload.id,
      upload => this.row(upload),
      (node, upload) => this.rows.get(node)?.draw(upload),
    );
    const waiting = files.filter(upload => upload.state === 'waiting').length;
    this.clear.hidden = waiting < 2;
    setText(this.clear, clearText(waiting));
  }

  /** @param {Upload} upload */
  row(upload) {
    const row = new UploadRow(upload, this.uploads);
    this.rows.set(row.node, row);
    return row.node;
  }
}

/** @param {ElementComponent<DropZoneData>} component */
export default function (component) {
  const view = viewOf(component, root => new DropZone(root, component.data));
  view.update(component.data);
}
