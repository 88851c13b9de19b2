/** Requests that wait are stored in the tab under this prefix; a reload sends them again. */
const STORED = 'meetcore.unsaved.';
const PAUSES_MS = [1000, 2000, 4000, 8000];
const ANSWER_WITHIN_MS = 30000;
const SLOW_MS = 3000;
/** Characters: browsers finish requests of up to 64 kB when the page is left. */
const LONGEST_KEPT_ALIVE = 15000;

/**
 * A request that is sent until it is answered. `typed` is what a person wrote in it.
 * @typedef {{ key: string, method: string, address: string, body: Record<string, any>, typed: string }} Change
 */

/** @typedef {Change & { trouble: string, rule: string }} Refusal */

/** @typedef {{ accepted: true } | { accepted: false, trouble: string, rule: string }} OutboxAnswer */

/**
 * Changes on their way to the service, in order. Each is sent until it is answered, and has a key
 * by which the service carries it out once. An outbox belongs to the tab and outlives the elements
 * of the page, so that other pages can be looked at meanwhile.
 */
class Outbox {
  /**
   * The outbox of this name. The first call also sends what a reload of the tab interrupted.
   * @param {string} name
   * @returns {Outbox}
   */
  static of(name) {
    const all = (globalThis.meetcoreOutboxes ??= new Map());
    if (!all.size) {
      addEventListener('online', () => {
        for (const each of all.values()) each.tryAgain();
      });
      addEventListener('beforeunload', event => {
        if ([...all.values()].some(each => each.state === 'unreachable')) event.preventDefault();
      });
      const interrupted = Object.keys(sessionStorage).filter(key => key.startsWith(STORED));
      for (const key of interrupted)
        all.set(key.slice(STORED.length), new Outbox(key.slice(STORED.length)));
    }
    const outbox = all.get(name) ?? new Outbox(name);
    all.set(name, outbox);
    return outbox;
  }

  sending = false;
  /** Refusals that no element has shown yet. @type {Refusal[]} */
  refusals = [];
  /** How the first request fares. @type {'' | 'slow' | 'unreachable'} */
  state = '';
  changed = () => {};
  emptied = () => {};
  /** Ends a pause between two attempts. */
  tryAgain = () => {};

  /**
   * @param {string} name
   * @param {(change: Change) => Promise<OutboxAnswer | null>} send null is no answer
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storage
   */
  constructor(name, send = answerOf, storage = sessionStorage) {
    this.name = name;
    this.send = send;
    this.storage = storage;
    /** @type {Change[]} */
    this.waiting = JSON.parse(storage.getItem(STORED + name) ?? '[]');
    if (this.waiting.length) this.flush();
  }

  /**
   * Sends a change; what was typed comes back with its refusal.
   * @param {string} method
   * @param {string} address
   * @param {Record<string, any>} body
   * @param {string} typed
   */
  put(method, address, body = {}, typed = '') {
    this.waiting.push({ key: newKey(), method, address, body, typed });
    this.keep();
    this.flush();
  }

  keep() {
    try {
      if (this.waiting.length)
        this.storage.setItem(STORED + this.name, JSON.stringify(this.waiting));
      else this.storage.removeItem(STORED + this.name);
    } catch {
      /* The storage is full or forbidden; the browser asks before a reload would lose it. */
    }
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    let tries = 0;
    while (this.waiting.length) {
      const slow = setTimeout(() => this.become(this.state || 'slow'), SLOW_MS);
      const answer = await this.send(this.waiting[0]);
      clearTimeout(slow);
      if (answer) this.settle(answer);
      this.become(answer ? '' : 'unreachable');
      if (!answer) await this.pause(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
      tries = answer ? 0 : tries + 1;
    }
    this.sending = false;
    this.changed();
    this.emptied();
  }

  /** @param {OutboxAnswer} answer to the first request */
  settle(answer) {
    const [sent, ...others] = this.waiting;
    this.waiting = others;
    if (!answer.accepted) {
      this.refusals.push({ ...sent, trouble: answer.trouble, rule: answer.rule });
      if (isPlaced(sent)) this.refuseFollowing();
    }
    this.keep();
  }

  /** Later changes count places as they would be after the refused one: they are wrong now. */
  refuseFollowing() {
    const trouble = 'This change followed one that could not be saved. Make it again.';
    for (const sent of this.waiting.filter(isPlaced))
      this.refusals.push({ ...sent, trouble, rule: '' });
    this.waiting = this.waiting.filter(sent => !isPlaced(sent));
  }

  /** @param {Outbox['state']} state */
  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.changed();
  }

  /** @param {number} milliseconds @returns {Promise<void>} */
  pause(milliseconds) {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds);
      this.tryAgain = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Whether a change names a place by its number, or depends on the one before. @param {Change} change */
function isPlaced({ body }) {
  return 'position' in body || body.kind === 'undo' || body.kind === 'redo';
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');
}

/**
 * What the service answered; null when it could not be reached, or a proxy answered in its place.
 * @param {Change} change
 * @returns {Promise<OutboxAnswer | null>}
 */
async function answerOf({ key, method, address, body }) {
  const text = JSON.stringify(body);
  try {
    const answer = await fetch(address, {
      method,
      body: text,
      keepalive: text.length < LONGEST_KEPT_ALIVE,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    });
    const said = await answer.json();
    if (answer.ok) return { accepted: true };
    return typeof said.trouble === 'string'
      ? { accepted: false, trouble: said.trouble, rule: said.rule ?? '' }
      : null;
  } catch {
    return null;
  }
}

/**
 * A line of an element that shows how its changes fare.
 * @param {Outbox} outbox
 * @param {(refusal: Refusal) => void} refused
 * @param {() => void} emptied called when all changes are answered
 */
function showOutbox(outbox, refused, emptied) {
  const line = make('div', { class: 'unsaved', role: 'status', hidden: true });
  outbox.changed = () => {
    line.hidden = !outbox.state;
    if (outbox.state)
      put(
        line,
        outbox.state === 'slow'
          ? 'Saving…'
          : 'Not saved yet: no connection. It is saved as soon as the connection is back.',
      );
    outbox.refusals.splice(0).forEach(refused);
  };
  outbox.emptied = emptied;
  outbox.changed();
  return line;
}
