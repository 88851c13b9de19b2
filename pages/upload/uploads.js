/* `Uploads`: sends files one after the other, and tries again after a lost connection. */

/** Files that are sent at the same time. */
const parallel = 1;
/** Milliseconds before each new try; after the last one an upload has failed. */
const pauses = [1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000];
/** Answers after which the same request may succeed; others are final. */
const passing = [408, 429, 502, 503, 504];
/** Milliseconds for which an uploaded file stays in the list. */
const shownWhenDone = 2500;

/** @typedef {'waiting' | 'sending' | 'pausing' | 'done' | 'failed' | 'cancelled'} UploadState */

/** @typedef {{ address: string, header: string, options: object }} UploadSettings */

/**
 * What the server said; a proxy's answer has none of it.
 * @typedef {{ meeting?: string, received?: number, trouble?: string, rule?: string }} UploadAnswer
 */

/** One file that is uploaded. */
class Upload {
  id = newKey();
  /** @type {UploadState} */
  state = 'waiting';
  /** Bytes. */
  sent = 0;
  /** Bytes a second. */
  rate = 0;
  tries = 0;
  trouble = '';
  /** The diagnostics rule that explains the trouble, or "". */
  rule = '';
  /** @type {XMLHttpRequest | null} */
  request = null;
  /** @type {number | undefined} */
  timer = undefined;

  /** @param {File} file @param {UploadSettings} settings */
  constructor(file, settings) {
    this.file = file;
    this.settings = settings;
    this.name = file.name;
    this.size = file.size;
  }

  get address() {
    return this.settings.address + this.id;
  }

  get active() {
    return this.state === 'sending' || this.state === 'pausing';
  }
}

/** The uploads of this tab. They outlive the element: other pages can be opened meanwhile. */
class Uploads {
  /** @type {Upload[]} */
  files = [];
  /** Called after each change. */
  changed = () => {};

  constructor() {
    addEventListener('beforeunload', event => {
      if (this.busy()) event.preventDefault();
    });
  }

  busy() {
    return this.files.some(upload => upload.state === 'waiting' || upload.active);
  }

  /** @param {File[]} files @param {UploadSettings} settings */
  add(files, settings) {
    this.files.push(...files.map(file => new Upload(file, settings)));
    this.next();
  }

  next() {
    this.changed();
    if (this.files.filter(upload => upload.active).length >= parallel) return;
    const upload = this.files.find(each => each.state === 'waiting');
    if (upload) this.send(upload);
  }

  /** @param {Upload} upload */
  async send(upload) {
    Object.assign(upload, { state: 'sending', sent: 0, rate: 0 });
    this.changed();
    let received = 0;
    try {
      const response = await fetch(`${upload.address}?bytes=${upload.size}`);
      const answer = answerIn(await response.text());
      if (upload.state !== 'sending') return;
      if (!response.ok) return this.refused(upload, response.status, answer);
      if (answer.meeting) return this.settle(upload, 'done');
      received = answer.received ?? 0;
    } catch {
      return this.lost(upload);
    }
    /* The transfer of a folder, or of a file that is gone, fails like a lost connection. */
    if (!(await isReadable(upload.file))) {
      const trouble = 'This is not a file that can be read: choose an audio or video file.';
      return this.settle(upload, 'failed', trouble);
    }
    if (upload.state === 'sending') this.transfer(upload, received);
  }

  /** Sends a file from its byte `received` on. @param {Upload} upload @param {number} received */
  transfer(upload, received) {
    const { settings, name, file } = upload;
    /* Not fetch, which reports no progress of what it sends. */
    const request = (upload.request = new XMLHttpRequest());
    const began = performance.now();
    const said = { name, modified: file.lastModified, options: settings.options };
    const about = encodeURIComponent(JSON.stringify(said));
    request.open('POST', upload.address + (received ? `?from=${received}` : ''));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader(settings.header, about);
    request.upload.onprogress = event => {
      upload.sent = received + event.loaded;
      upload.rate = event.loaded / Math.max(0.2, (performance.now() - began) / 1000);
      this.changed();
    };
    request.onload = () => this.answered(upload, request.status, answerIn(request.responseText));
    request.onerror = () => this.lost(upload);
    request.send(received ? file.slice(received) : file);
  }

  /** @param {Upload} upload @param {number} status @param {UploadAnswer} answer */
  answered(upload, status, answer) {
    if (status === 200) return this.settle(upload, 'done');
    this.refused(upload, status, answer);
  }

  /**
   * Shows the server's sentence; tries again by itself only where that may help.
   * @param {Upload} upload @param {number} status @param {UploadAnswer} answer
   */
  refused(upload, status, { trouble, rule }) {
    if (passing.includes(status)) return this.lost(upload, trouble);
    const unknown = `The server did not take the file (${status}): try again.`;
    this.settle(upload, 'failed', trouble || unknown, rule);
  }

  /** Tries again after a pause, or gives up. @param {Upload} upload @param {string} [why] */
  lost(upload, why) {
    if (!upload.active) return;
    upload.trouble = why ?? '';
    const pause = pauses[upload.tries];
    if (pause === undefined) {
      const lost = 'The connection was lost: see that the server runs, then try again.';
      return this.settle(upload, 'failed', why || lost);
    }
    upload.tries += 1;
    upload.state = 'pausing';
    upload.timer = setTimeout(() => {
      if (upload.state === 'pausing') this.send(upload);
    }, pause);
    this.changed();
  }

  /** @param {Upload} upload @param {'done' | 'failed'} state */
  settle(upload, state, trouble = '', rule = '') {
    Object.assign(upload, { state, trouble, rule, request: null });
    if (state === 'done') setTimeout(() => this.forget(upload), shownWhenDone);
    this.next();
  }

  /** @param {Upload} upload */
  cancel(upload) {
    clearTimeout(upload.timer);
    const { state, settings, address } = upload;
    upload.state = 'cancelled';
    upload.request?.abort();
    this.forget(upload);
    if (state === 'waiting' || state === 'done') return;
    /* What has arrived would be kept for a day. */
    const headers = { [settings.header]: '1' };
    fetch(address, { method: 'DELETE', headers, keepalive: true }).catch(() => {});
  }

  /** @param {Upload} upload */
  again(upload) {
    Object.assign(upload, { state: 'waiting', tries: 0, trouble: '' });
    this.next();
  }

  /** @param {Upload} upload */
  forget(upload) {
    this.files = this.files.filter(each => each !== upload);
    this.next();
  }
}

/** @param {File} file */
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** @param {string} text @returns {UploadAnswer} empty where a proxy answered with a page of its own */
function answerIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** The state of an upload in words. @param {Upload} upload */
function uploadText({ state, size, sent, rate, trouble }) {
  switch (state) {
    case 'waiting':
      return sizeText(size);
    case 'sending':
      return sendingText(size, sent, rate);
    case 'pausing':
      return trouble || 'Connection lost, trying again…';
    case 'done':
      return 'Uploaded';
    case 'failed':
      return trouble;
    default:
      return '';
  }
}

/** @param {number} size @param {number} sent @param {number} rate in bytes a second */
function sendingText(size, sent, rate) {
  const share = size ? sent / size : 0;
  if (share >= 1) return 'Taking it in…';
  const left = rate ? (size - sent) / rate : 0;
  const time = left > 90 ? Math.round(left / 60) + ' min' : Math.round(left) + ' s';
  return `${Math.floor(100 * share)} % of ${sizeText(size)}` + (left > 5 ? ` · ${time} left` : '');
}
