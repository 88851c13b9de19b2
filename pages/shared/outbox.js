/* `Outbox`: a tab's changes on their way to the server, sent in order until they are answered. */

/** Requests that wait are stored in the tab under this prefix; a reload sends them again. */
const STORED = 'meetcore.unsaved.';
const PAUSES_MS = [1000, 2000, 4000, 8000];
/** Attempts at a change to which the server answers with an error of its own. */
const MOST_ERRORS = 4;
const SLOW_MS = 3000;

/** @typedef {Change & { trouble: string, rule: string }} Refusal */

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
        if ([...all.values()].some(each => each.asksBeforeLeaving())) event.preventDefault();
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
  /** Whether the storage did not take the changes that wait. */
  unkept = false;
  /** Refusals that no element has shown yet. @type {Refusal[]} */
  refusals = [];
  /** The state of the first request. @type {'' | 'slow' | 'unreachable'} */
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
    this.waiting = storedChanges(storage.getItem(STORED + name));
    if (this.waiting.length) this.flush();
  }

  /**
   * Sends a change; what was typed comes back with its refusal.
   * @param {string} method
   * @param {string} address
   * @param {Record<string, any>} body
   * @param {string} typed
   * @param {string} [creates] the label that the change's new speaker will have
   */
  put(method, address, body = {}, typed = '', creates) {
    this.waiting.push({ key: newKey(), method, address, body, typed, creates });
    this.keep();
    this.flush();
  }

  /** Stores the waiting changes. Where that fails, no older list stays: it would be sent again. */
  keep() {
    const key = STORED + this.name;
    this.unkept = false;
    try {
      if (this.waiting.length) this.storage.setItem(key, JSON.stringify(this.waiting));
      else this.storage.removeItem(key);
    } catch {
      this.unkept = true;
      this.storage.removeItem(key);
    }
  }

  /** Whether closing the tab could lose a change: the browser finishes one short request only. */
  asksBeforeLeaving() {
    const [first, ...others] = this.waiting;
    if (this.state === 'unreachable' || others.length) return true;
    return Boolean(first) && (this.unkept || !isKeptAlive(JSON.stringify(first.body)));
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    let tries = 0;
    let errors = 0;
    while (this.waiting.length) {
      const slow = setTimeout(() => this.become(this.state || 'slow'), SLOW_MS);
      const answer = await this.send(this.waiting[0]);
      clearTimeout(slow);
      if (isTemporary(answer)) errors += 1;
      if (answer && (!isTemporary(answer) || errors >= MOST_ERRORS)) {
        this.settle(answer);
        this.become('');
        tries = errors = 0;
        continue;
      }
      this.become(answer ? 'slow' : 'unreachable');
      await this.pause(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
      tries += 1;
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
      if (!answer.saved) this.refuseDependents(sent);
    }
    this.keep();
  }

  /** Refuses the later changes that were made as if this one had been saved. @param {Change} refused */
  refuseDependents(refused) {
    const trouble = 'This change followed one that could not be saved. Make it again.';
    for (const sent of this.waiting.filter(change => dependsOn(change, refused)))
      this.refusals.push({ ...sent, trouble, rule: '' });
    this.waiting = this.waiting.filter(change => !dependsOn(change, refused));
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

/** The changes in a stored list; none where it is damaged. @param {string | null} text @returns {Change[]} */
function storedChanges(text) {
  try {
    const found = JSON.parse(text ?? '[]');
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** @param {OutboxAnswer | null} answer */
function isTemporary(answer) {
  return answer?.accepted === false && answer.temporary === true;
}

/** @param {Change} change */
function isStep({ body }) {
  return body.kind === 'undo' || body.kind === 'redo';
}

/** Whether a change names a place by its number, or is an undo or redo. @param {Change} change */
function dependsOnOrder(change) {
  return 'position' in change.body || isStep(change);
}

/**
 * Whether a change is wrong once an earlier one is refused: an undo would take back an older edit,
 * places are counted as they would be after the earlier one, or its new speaker is named.
 * @param {Change} change
 * @param {Change} refused
 */
function dependsOn(change, refused) {
  if (isStep(change) || (dependsOnOrder(refused) && dependsOnOrder(change))) return true;
  const { label, into } = change.body;
  return refused.creates !== undefined && [label, into].includes(refused.creates);
}

/**
 * A line that shows whether changes are saved. Once its element has left the page, refusals wait
 * for the next element.
 * @param {Outbox} outbox
 * @param {(refusal: Refusal) => void} refused
 * @param {() => void} emptied called when all changes are answered
 * @param {AbortSignal} [ended] when the element is gone; the outbox stays and must not hold it
 */
function showOutbox(outbox, refused, emptied, ended) {
  const line = make('div', { class: 'unsaved', role: 'status', hidden: true });
  const draw = () => {
    if (!line.isConnected) return;
    line.hidden = !outbox.state;
    const slow = outbox.state === 'slow';
    const lost = 'Not saved yet: no connection. It is saved as soon as the connection is back.';
    if (outbox.state) setText(line, slow ? 'Saving…' : lost);
    outbox.refusals.splice(0).forEach(refused);
  };
  outbox.changed = draw;
  outbox.emptied = emptied;
  ended?.addEventListener('abort', () => {
    if (outbox.changed !== draw) return;
    outbox.changed = outbox.emptied = () => {};
  });
  /* The caller appends the line first. */
  queueMicrotask(draw);
  return line;
}
