class LiveView {
  constructor(root) {
    this.words = [];
    this.turns = [];
    this.stuck = true;
    this.people = new People((label, name) => this.outbox.put('POST', this.component.data.edits, { kind: 'rename', label, name }, name));
    this.list = make('div', { role: 'log', 'aria-live': 'polite', 'aria-label': 'Transcript' });
    this.empty = make('div', { class: 'empty' },
      make('span', { class: 'dots' }, make('i'), make('i'), make('i')), make('span'));
    this.scroll = make('div', { class: 'scroll', tabindex: '0', 'aria-label': 'Transcript' }, this.empty, this.list);
    this.latest = make('button', { class: 'latest', type: 'button', hidden: true }, '↓ Latest');
    this.latest.onclick = () => { this.stuck = true; this.follow(); };
    this.scroll.onscroll = () => {
      const { scrollTop, clientHeight, scrollHeight } = this.scroll;
      this.stuck = scrollHeight - scrollTop - clientHeight < 48;
      this.latest.hidden = this.stuck;
    };
    root.append(make('div', { class: 'live' }, this.people.node, this.scroll, this.latest));
    new ResizeObserver(() => this.follow()).observe(this.scroll);
  }
  follow() {
    if (this.stuck) this.scroll.scrollTop = this.scroll.scrollHeight;
    this.latest.hidden = this.stuck;
  }
  take(data) {
    if (data.meeting !== this.meeting) {
      this.meeting = data.meeting;
      this.connect(data.meeting);
      this.words = [];
      this.turns.splice(0).forEach(turn => turn.node.remove());
    }
    if (data.first > this.words.length) {
      if (Date.now() - (this.asked ?? 0) > 900) {
        this.asked = Date.now();
        this.component.setTriggerValue('missing', this.words.length);
      }
      return false;
    }
    this.words.splice(data.first, Infinity, ...data.words);
    return true;
  }
  connect(meeting) {
    this.outbox = Outbox.of('meeting ' + meeting);
    this.unsaved?.remove();
    this.unsaved = showOutbox(this.outbox, refusal => this.refused(refusal), () => {});
    this.people.node.after(this.unsaved);
  }
  refused({ trouble, rule, body }) {
    this.people.forget(body.label);
    const note = make('div', { class: 'unsaved bad', role: 'alert' });
    tell(note, trouble, rule);
    this.people.node.after(note);
    setTimeout(() => note.remove(), 12000);
  }
  draw(data) {
    if (!this.take(data)) return;
    const people = this.people.settle(data.people);
    this.people.draw(people);
    let first = 0;
    data.turns.forEach(([count, label, start], index) => {
      this.drawTurn(index, first, first + count, label, start, people, []);
      first += count;
    });
    let used = data.turns.length;
    if (data.tentative.length) {
      const last = data.turns[used - 1];
      const joins = last && (data.tentativeSpeaker == null || data.tentativeSpeaker === last[1]);
      if (joins) {
        this.drawTurn(used - 1, first - last[0], first, last[1], last[2], people, data.tentative);
      } else {
        this.drawTurn(used, first, first, data.tentativeSpeaker, data.tentativeStart, people, data.tentative);
        used += 1;
      }
    }
    this.turns.splice(used).forEach(turn => turn.node.remove());
    this.empty.style.display = used ? 'none' : '';
    put(this.empty.lastChild, data.waiting);
    this.follow();
  }
  drawTurn(index, from, to, label, start, people, tentative) {
    let turn = this.turns[index];
    if (!turn) {
      turn = { from: -1, shown: 0, node: make('section', {}), who: make('button', { class: 'who', type: 'button' }),
        time: make('span', { class: 'time' }), text: make('p'), tail: make('span', { class: 'tentative', 'aria-hidden': 'true' }) };
      turn.text.append(turn.tail);
      turn.node.append(turn.who, turn.time, turn.text);
      turn.who.onclick = () => turn.label && this.people.edit(turn.label);
      this.turns[index] = turn;
      this.list.append(turn.node);
    }
    if (turn.from !== from || turn.shown > to - from) {
      turn.from = from;
      turn.shown = 0;
      turn.text.replaceChildren(turn.tail);
    }
    if (turn.shown < to - from) {
      const fresh = this.words.slice(from + turn.shown, to).join('');
      turn.tail.before(make('span', { class: 'new' }, turn.shown ? fresh : fresh.trimStart()));
      turn.shown = to - from;
    }
    turn.label = label;
    turn.node.className = 'turn ' + colourOf(people, label);
    put(turn.who, nameOf(people, label));
    put(turn.time, clock(start));
    put(turn.tail, turn.shown ? tentative.join('') : tentative.join('').trimStart());
  }
}

export default function (component) {
  viewOf(component, root => new LiveView(root)).draw(component.data);
}
