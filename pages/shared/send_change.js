/* Sends one change of a page to the server, and reads what the server answers. */

const ANSWER_WITHIN_MS = 30000;
/** Characters: browsers finish requests of up to 64 kB when the page is left. */
const LONGEST_KEPT_ALIVE = 15000;

/**
 * A request that is sent until it is answered.
 * @typedef {object} Change
 * @property {string} key
 * @property {string} method
 * @property {string} address
 * @property {Record<string, any>} body
 * @property {string} typed what a person wrote in it
 * @property {string} [creates] the label that its new speaker will have
 */

/**
 * Why a change was not made. `saved`: its main part was; `temporary`: repeating it may help.
 * @typedef {{ accepted: false, trouble: string, rule: string, saved?: boolean, temporary?: boolean }} NotAccepted
 */

/** @typedef {{ accepted: true } | NotAccepted} OutboxAnswer */

/** Whether the browser finishes a request with this body when its page is left. @param {string} body */
function isKeptAlive(body) {
  return body.length < LONGEST_KEPT_ALIVE;
}

/**
 * What the server answered; null when it could not be reached, or a proxy answered in its place.
 * @param {Change} change
 * @returns {Promise<OutboxAnswer | null>}
 */
async function answerOf({ key, method, address, body }) {
  const text = JSON.stringify(body);
  try {
    const response = await fetch(address, {
      method,
      body: text,
      keepalive: isKeptAlive(text),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    });
    return outboxAnswer(response, await response.json().catch(() => null));
  } catch {
    return null;
  }
}

/** @param {Response} response @param {any} said its JSON; null without one @returns {OutboxAnswer | null} */
function outboxAnswer({ ok, status }, said) {
  if (ok) return said ? { accepted: true } : null;
  const temporary = status >= 500 || [408, 425, 429].includes(status);
  if (typeof said?.trouble === 'string') {
    const { trouble, rule = '', saved = false } = said;
    return { accepted: false, trouble, rule, saved, temporary };
  }
  const trouble = `The server did not take this (${status}): reload the page.`;
  return temporary || status < 400 ? null : { accepted: false, trouble, rule: '' };
}
