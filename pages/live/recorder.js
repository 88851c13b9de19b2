/* `Recorder`: what was clicked on a running meeting, until the server does the same. */

/** Milliseconds after an answer in which the server's state may still be that of before. */
const staleFor = 3000;

/** @typedef {'listening' | 'paused' | 'stopping' | 'stopped' | 'ended'} RecorderState */

/** What the server does after each action. @type {Record<string, RecorderState>} */
const stateAfter = { stop: 'stopping', pause: 'paused', resume: 'listening' };

/** @param {RecorderState} state */
function isOver(state) {
  return state === 'stopping' || state === 'stopped' || state === 'ended';
}

/**
 * The buttons of one meeting in this tab. A click takes effect here at once: the microphone is off
 * before the server is asked, and stays off while the request waits for a connection.
 */
class Recorder {
  /** The recorder of this meeting. @param {string} meeting @returns {Recorder} */
  static of(meeting) {
    const all = (globalThis.meetcoreRecorders ??= new Map());
    const recorder = all.get(meeting) ?? new Recorder(Outbox.of('recorder ' + meeting));
    all.set(meeting, recorder);
    return recorder;
  }

  /** The tab whose microphone sends to this meeting from here; null while none does. @type {string | null} */
  tab = null;
  /** @type {RecorderState | null} */
  asked = null;
  answeredAt = 0;
  /** Called with each change. @type {Map<string, () => void>} */
  followers = new Map();

  /** @param {Outbox} outbox */
  constructor(outbox) {
    this.outbox = outbox;
    outbox.changed = () => this.notify();
    outbox.emptied = () => {
      this.answeredAt = Date.now();
      this.notify();
    };
    /* A reload interrupted the request: it is sent again, and holds meanwhile. */
    const last = outbox.waiting.at(-1);
    if (last) this.asked = stateAfter[last.address.split('/').at(-1) ?? ''] ?? null;
  }

  /** Calls the follower of this name with each change. @param {string} name @param {() => void} follower */
  follow(name, follower) {
    this.followers.set(name, follower);
  }

  notify() {
    for (const follower of this.followers.values()) follower();
  }

  /** @param {'stop' | 'pause' | 'resume'} action @param {string} address of the meeting's state */
  ask(action, address) {
    this.asked = stateAfter[action];
    this.answeredAt = Date.now();
    const muted = this.tab;
    /* First: the microphone must be off before anything can wait. */
    this.notify();
    this.outbox.put('POST', `${address}/${action}`, action === 'resume' ? {} : { muted });
  }

  /** What holds now, given what the server said last. @param {RecorderState} said @returns {RecorderState} */
  state(said) {
    if (this.asked && this.isAnswered(said)) this.asked = null;
    return this.asked && !isOver(said) ? this.asked : said;
  }

  /** @param {RecorderState} said */
  isAnswered(said) {
    if (this.outbox.waiting.length) return false;
    return said === this.asked || isOver(said) || Date.now() - this.answeredAt > staleFor;
  }

  /** A sentence while a click has not reached the server; "" mostly. */
  trouble() {
    if (this.outbox.state !== 'unreachable' || !this.asked) return '';
    return this.asked === 'listening'
      ? 'No connection: recording goes on as soon as it is back.'
      : 'No connection. The microphone is off; the rest follows as soon as the connection is back.';
  }

  /** Sentences of requests that the server refused, each once. The click no longer holds. */
  takeRefusals() {
    const refused = this.outbox.refusals.splice(0);
    if (refused.length) this.asked = null;
    return refused;
  }
}
