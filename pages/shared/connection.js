/* A line while the page has no connection, in place of Streamlit's dialog. */

const noConnection =
  'No connection to Meetcore. The page goes on by itself as soon as the server answers.';
/** A connection that is back sooner is not mentioned. */
const mentionAfterMs = 1500;
const dialogTitle = 'Connection error';

/** The dialog's button that closes it; null where a dialog says something else.
 * @param {Element} dialog @returns {HTMLElement | null} */
function closeOfConnectionError(dialog) {
  const title = dialog.querySelector('h2');
  if (title?.textContent?.trim() !== dialogTitle) return null;
  return dialog.querySelector('button[aria-label="Close"]');
}

/** Watches Streamlit's own state of the connection, and its dialog, which makes the page inert:
 * a microphone that is on could not be turned off. */
class ConnectionLine {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.line = make('div', { class: 'offline', role: 'status' });
    root.append(this.line);
    /** @type {number | undefined} */
    this.timer = undefined;
    const app = document.querySelector('[data-testid="stApp"]');
    this.watcher = new MutationObserver(() => this.look(app));
    this.watcher.observe(document.body, { childList: true });
    if (app) this.watcher.observe(app, { attributeFilter: ['data-test-connection-state'] });
  }

  /** @param {Element | null} app */
  look(app) {
    for (const dialog of document.querySelectorAll('.stDialog'))
      closeOfConnectionError(dialog)?.click();
    const lost = app?.getAttribute('data-test-connection-state') !== 'CONNECTED';
    if (!lost) {
      clearTimeout(this.timer);
      this.timer = undefined;
      setText(this.line, '');
    } else if (this.timer === undefined)
      this.timer = setTimeout(() => setText(this.line, noConnection), mentionAfterMs);
  }

  /** The element is gone from the page. */
  end() {
    clearTimeout(this.timer);
    this.watcher.disconnect();
  }
}

/** @param {ElementComponent<{}>} component */
export default function (component) {
  const view = viewOf(component, root => new ConnectionLine(root));
  return () => setTimeout(() => view.line.isConnected || view.end());
}
