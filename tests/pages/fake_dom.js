// As much of the DOM as make(), setText() and keyed lists need.

class FakeNode {
  constructor(tag) {
    this.tag = tag;
    this.attributes = {};
    this.dataset = {};
    this.style = {};
    this.classList = { add() {}, toggle() {}, contains: () => false };
    this.childNodes = [];
    this.parentNode = null;
    this.isConnected = true;
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  append(...children) {
    for (const child of children) {
      if (child instanceof FakeNode) child.parentNode = this;
      this.childNodes.push(child);
    }
  }
  replaceChildren(...children) {
    this.childNodes = [];
    this.append(...children);
  }
  before(node) {
    const siblings = this.parentNode.childNodes;
    node.parentNode = this.parentNode;
    siblings.splice(siblings.indexOf(this), 0, node);
  }
  after(node) {
    const siblings = this.parentNode.childNodes;
    node.parentNode = this.parentNode;
    siblings.splice(siblings.indexOf(this) + 1, 0, node);
  }
  replaceWith(node) {
    this.before(node);
    this.remove();
  }
  scrollIntoView() {}
  focus() {}
  select() {}
  remove() {
    const siblings = this.parentNode?.childNodes ?? [];
    if (siblings.includes(this)) siblings.splice(siblings.indexOf(this), 1);
    this.parentNode = null;
  }
  get textContent() {
    return this.childNodes.map(child => child.textContent ?? child).join('');
  }
  set textContent(text) {
    this.childNodes = text ? [text] : [];
  }
}

/** Stand-ins for the browser's globals, for `load` in bundles.js. */
export function fakeDom() {
  const create = tag => new FakeNode(tag);
  return {
    document: { createElement: create, createElementNS: (_, tag) => create(tag) },
    ResizeObserver: class {
      observe() {}
    },
  };
}

/** An element's root. */
export function fakeRoot() {
  return new FakeNode('root');
}
