const parallel = 1;
const pauses = [1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000];

function sizeText(bytes) {
  return bytes >= 1e9
    ? (bytes / 1e9).toFixed(1) + ' GB'
    : bytes >= 1e6
      ? (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0) + ' MB'
      : Math.max(1, Math.round(bytes / 1e3)) + ' kB';
}

/* All files on their way in this tab; it outlives the element, so that other pages can be looked at meanwhile. */
class Uploads {
  constructor() {
    this.files = [];
    this.changed = () => {};
    addEventListener('beforeunload', event => {
      if (this.busy()) event.preventDefault();
    });
  }
  busy() {
    return this.files.some(file => ['waiting', 'sending', 'pausing'].includes(file.state));
  }
  add(files, settings) {
    for (const file of files) {
      const id = [...crypto.getRandomValues(new Uint8Array(16))]
        .map(byte => byte.toString(16).padStart(2, '0'))
        .join('');
      this.files.push({
        id,
        file,
        name: file.name,
        size: file.size,
        settings,
        state: 'waiting',
        sent: 0,
        tries: 0,
        trouble: '',
      });
    }
    this.next();
  }
  next() {
    this.changed();
    if (this.files.filter(file => ['sending', 'pausing'].includes(file.state)).length >= parallel)
      return;
    const entry = this.files.find(file => file.state === 'waiting');
    if (entry) this.send(entry);
  }
  async send(entry) {
    entry.state = 'sending';
    entry.sent = 0;
    entry.rate = 0;
    this.changed();
    const address = entry.settings.address + entry.id;
    try {
      const answer = await fetch(`${address}?bytes=${entry.size}`);
      const said = await answer.json();
      if (entry.state !== 'sending') return;
      if (said.meeting) return this.settle(entry, 'done');
      if (!answer.ok) return this.settle(entry, 'failed', said.trouble, said.rule);
      /* Reading one byte tells a folder, or a file that is gone, from a lost connection. */
      try {
        await entry.file.slice(0, 1).arrayBuffer();
      } catch {
        return this.settle(
          entry,
          'failed',
          'This is not a file that can be read: choose an audio or video file.',
        );
      }
    } catch {
      return this.lost(entry);
    }
    if (entry.state === 'sending') this.transfer(entry, address);
  }
  transfer(entry, address) {
    const request = (entry.request = new XMLHttpRequest());
    const began = performance.now();
    request.open('POST', address);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader(
      entry.settings.header,
      encodeURIComponent(JSON.stringify({ name: entry.name, options: entry.settings.options })),
    );
    request.upload.onprogress = event => {
      entry.sent = event.loaded;
      entry.rate = event.loaded / Math.max(0.2, (performance.now() - began) / 1000);
      this.changed();
    };
    request.onload = () => {
      let said = {};
      try {
        said = JSON.parse(request.responseText);
      } catch {
        /* not ours: a proxy's own page */
      }
      if (request.status === 200) return this.settle(entry, 'done');
      if ([400, 408, 502, 503, 504].includes(request.status)) return this.lost(entry, said.trouble);
      this.settle(
        entry,
        'failed',
        said.trouble || `The server did not take the file (${request.status}): try again.`,
        said.rule,
      );
    };
    request.onerror = () => this.lost(entry);
    request.send(entry.file);
  }
  lost(entry, why) {
    if (!['sending', 'pausing'].includes(entry.state)) return;
    const pause = pauses[entry.tries];
    if (pause === undefined)
      return this.settle(
        entry,
        'failed',
        why || 'The connection was lost: see that the server runs, then try again.',
      );
    entry.tries += 1;
    entry.state = 'pausing';
    entry.timer = setTimeout(() => entry.state === 'pausing' && this.send(entry), pause);
    this.changed();
  }
  settle(entry, state, trouble = '', rule = '') {
    entry.state = state;
    entry.trouble = trouble;
    entry.rule = rule;
    entry.request = null;
    if (state === 'done') setTimeout(() => this.forget(entry), 2500);
    this.next();
  }
  cancel(entry) {
    clearTimeout(entry.timer);
    entry.state = 'cancelled';
    entry.request?.abort();
    this.forget(entry);
  }
  again(entry) {
    Object.assign(entry, { state: 'waiting', tries: 0, trouble: '' });
    this.next();
  }
  forget(entry) {
    this.files = this.files.filter(file => file !== entry);
    this.next();
  }
}

/* Every file below what was dropped; folders are walked through. */
async function filesOf(transfer, endings) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  const walk = async (entry, inFolder) => {
    if (entry.isFile) {
      const file = await new Promise(resolve => entry.file(resolve, () => resolve(null)));
      if (file && (!inFolder || playable(file, endings))) found.push(file);
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise(resolve => reader.readEntries(resolve, () => resolve([])));
        if (!some.length) break;
        for (const inner of some) await walk(inner, true);
      }
    }
  };
  for (const entry of entries) await walk(entry, false);
  return found;
}

function playable(file, endings) {
  return (
    /^(audio|video)\//.test(file.type) ||
    endings.some(ending => file.name.toLowerCase().endsWith(ending))
  );
}

class DropZone {
  constructor(root) {
    this.uploads = globalThis.meetcoreUploads ??= new Uploads();
    this.uploads.changed = () => this.draw();
    this.pick = make('input', {
      type: 'file',
      multiple: true,
      class: 'sr',
      tabindex: '-1',
      'aria-label': 'Files',
    });
    this.folder = make('input', {
      type: 'file',
      multiple: true,
      webkitdirectory: true,
      class: 'sr',
      tabindex: '-1',
      'aria-label': 'Folder',
    });
    this.pick.onchange = () => {
      this.take([...this.pick.files]);
      this.pick.value = '';
    };
    this.folder.onchange = () => {
      this.take([...this.folder.files], true);
      this.folder.value = '';
    };
    this.said = make('p', { class: 'chosen', dir: 'auto' });
    this.none = make('p', { class: 'nothing', role: 'alert', hidden: true });
    this.zone = make(
      'div',
      { class: 'zone' },
      make(
        'div',
        { class: 'bars', 'aria-hidden': 'true' },
        make('i'),
        make('i'),
        make('i'),
        make('i'),
        make('i'),
      ),
      make('h3', {}, 'Drop recordings here'),
      make('p', {}, 'Audio or video, any length, as many as you like. They stay on this machine.'),
      make(
        'div',
        { class: 'ways' },
        worded('Choose files', () => this.pick.click(), 'primary'),
        worded('Choose a folder', () => this.folder.click()),
      ),
      this.said,
      this.none,
      this.pick,
      this.folder,
    );
    this.list = make('div', { class: 'coming', 'aria-live': 'polite' });
    this.clear = worded(
      '',
      () =>
        this.uploads.files.filter(f => f.state === 'waiting').forEach(f => this.uploads.cancel(f)),
      'quiet',
    );
    root.append(make('div', { class: 'upload' }, this.zone, this.list, this.clear));
    this.listen();
  }
  listen() {
    let depth = 0;
    const lit = on => this.zone.classList.toggle('over', on);
    const holdsFiles = event => [...(event.dataTransfer?.types ?? [])].includes('Files');
    this.zone.ondragenter = event => {
      if (holdsFiles(event)) {
        event.preventDefault();
        depth += 1;
        lit(true);
      }
    };
    this.zone.ondragleave = () => {
      depth = Math.max(0, depth - 1);
      if (!depth) lit(false);
    };
    this.zone.ondragover = event => {
      if (holdsFiles(event)) {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
      }
    };
    this.zone.ondrop = async event => {
      event.preventDefault();
      depth = 0;
      lit(false);
      this.take(await filesOf(event.dataTransfer, this.data.endings));
    };
    /* A file dropped beside the zone must not replace the page. */
    globalThis.meetcoreDropGuard ??= ['dragover', 'drop'].map(name =>
      addEventListener(name, event => {
        if (holdsFiles(event)) event.preventDefault();
      }),
    );
  }
  take(files, inFolder = false) {
    const chosen = inFolder ? files.filter(file => playable(file, this.data.endings)) : files;
    this.none.hidden = chosen.length > 0;
    if (!chosen.length) return put(this.none, 'No audio or video was found there.');
    const { address, header, options } = this.data;
    this.uploads.add(chosen, { address, header, options });
  }
  update(data) {
    this.data = data;
    this.uploads.changed = () => this.draw();
    put(this.said, data.summary ? 'With: ' + data.summary : '');
    this.said.hidden = !data.summary;
    this.draw();
  }
  draw() {
    const files = this.uploads.files;
    const waiting = files.filter(file => file.state === 'waiting');
    const shown = [...files.filter(file => file.state !== 'waiting'), ...waiting.slice(0, 4)];
    keep(
      this.list,
      shown,
      file => file.id,
      file => this.row(file),
      (node, file) => this.fill(node, file),
    );
    this.clear.hidden = waiting.length < 2;
    put(
      this.clear,
      waiting.length > 4
        ? `${waiting.length - 4} more files wait. Cancel all ${waiting.length} that wait`
        : `Cancel all ${waiting.length} that wait`,
    );
  }
  row(file) {
    const parts = {
      name: make('b', { dir: 'auto' }, file.name),
      bar: make('i'),
      state: make('span', { class: 'state' }),
      again: button('Try again', 'again', () => this.uploads.again(file)),
      cancel: button('Cancel ' + file.name, 'close', () => this.uploads.cancel(file)),
    };
    const node = make(
      'div',
      { class: 'file' },
      make('span', { class: 'sign' }, icon(signs.file)),
      make(
        'div',
        { class: 'middle' },
        make('div', { class: 'line' }, parts.name, parts.state),
        make('span', { class: 'bar' }, parts.bar),
      ),
      parts.again,
      parts.cancel,
    );
    node.parts = parts;
    return node;
  }
  fill(node, file) {
    const { bar, state, again } = node.parts;
    const share = file.size ? file.sent / file.size : 0;
    const left = file.rate ? (file.size - file.sent) / file.rate : 0;
    const words = {
      waiting: sizeText(file.size),
      sending:
        share >= 1
          ? 'Taking it in…'
          : `${Math.floor(100 * share)} % of ${sizeText(file.size)}` +
            (left > 5
              ? ` · ${left > 90 ? Math.round(left / 60) + ' min' : Math.round(left) + ' s'} left`
              : ''),
      pausing: 'Connection lost, trying again…',
      done: 'Uploaded',
      failed: file.trouble,
    };
    node.className = 'file ' + file.state;
    tell(state, words[file.state] ?? '', file.state === 'failed' ? file.rule : '');
    bar.style.width = (file.state === 'done' ? 100 : 100 * share) + '%';
    again.hidden = file.state !== 'failed';
  }
}

export default function (component) {
  viewOf(component, root => new DropZone(root)).update(component.data);
}
