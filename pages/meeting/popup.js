/* `Popup`: a small panel beside the thing it is about, base of the menus. */

/** One panel at a time, closed by Escape or a click elsewhere. */
class Popup {
  /** @type {HTMLElement | null} */
  open = null;
  /** What the open panel is beside. @type {HTMLElement | null} */
  anchor = null;

  /** @param {HTMLElement} frame the panel is placed in it @param {AbortSignal} [ended] */
  constructor(frame, ended) {
    this.frame = frame;
    const closeOutside = (/** @type {Event} */ event) => {
      if (this.open && !event.composedPath().includes(this.open)) this.close();
    };
    document.addEventListener('pointerdown', closeOutside, { capture: true, signal: ended });
  }

  close(focus = false) {
    this.open?.remove();
    if (focus) this.anchor?.focus();
    this.open = null;
  }

  /** @param {HTMLElement} anchor @param {Element[]} content @param {string} kind a class */
  show(anchor, content, kind = '') {
    this.close();
    this.anchor = anchor;
    const panel = make('div', { class: 'pop ' + kind, role: 'dialog' }, ...content);
    panel.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        event.preventDefault();
        this.close(true);
      }
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.walk(panel, event);
    };
    this.frame.append(panel);
    this.place(panel, anchor.getBoundingClientRect());
    this.open = panel;
  }

  /** Below the anchor if there is room, else above it. @param {HTMLElement} panel @param {DOMRect} box */
  place(panel, box) {
    const frame = this.frame.getBoundingClientRect();
    const needed = panel.offsetHeight + 8;
    const below = box.bottom + needed < innerHeight || box.top < needed;
    const top = below ? box.bottom + 6 : box.top - panel.offsetHeight - 6;
    const right = frame.width - panel.offsetWidth - 2;
    panel.style.top = top - frame.top + 'px';
    panel.style.left = Math.max(0, Math.min(box.left - frame.left, right)) + 'px';
  }

  /** Arrow keys move through the items. @param {HTMLElement} panel @param {KeyboardEvent} event */
  walk(panel, event) {
    /** @type {NodeListOf<HTMLElement>} */
    const items = panel.querySelectorAll('.item');
    const { target } = event;
    const typing = target instanceof Element && target.matches('textarea, input');
    if (!items.length || typing) return;
    event.preventDefault();
    const place = [...items].findIndex(item => item.matches(':focus'));
    const step = event.key === 'ArrowDown' ? 1 : items.length - 1;
    items[(place + step) % items.length].focus();
  }

  /** Shows items, the first of them in focus. @param {HTMLElement} anchor @param {HTMLElement[]} content */
  choose(anchor, content) {
    this.show(anchor, content);
    content.find(node => node.matches('.item'))?.focus();
  }

  /** @param {string} label @param {() => void} act @param {Element} mark */
  item(label, act, mark) {
    const onclick = () => {
      this.close();
      act();
    };
    const text = make('span', { dir: 'auto' }, label);
    return make('button', { class: 'item', type: 'button', onclick }, mark, text);
  }

  /** @param {Person} person @param {() => void} act */
  person({ name, colour }, act) {
    return this.item(name, act, make('i', { class: 'dot s' + colour }));
  }
}
