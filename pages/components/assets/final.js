const shapes = { play: 'M8 5.5v13l11-6.5z', pause: 'M7 5h4v14H7zM13 5h4v14h-4z' };
const speeds = [1, 1.25, 1.5, 2];

class FinalView {
  constructor(root) {
    this.people = new People((label, name) => this.component.setTriggerValue('rename', { label, name }));
    this.audio = make('audio', { preload: 'metadata' });
    this.player = this.makePlayer();
    this.rows = make('div', { class: 'people' });
    this.share = make('section', { class: 'share', 'aria-label': 'Talk time' }, make('h3', {}, 'Talk time'), this.rows);
    this.said = make('section', { class: 'said', 'aria-label': 'Transcript' });
    this.none = make('p', { class: 'none' }, 'No words were recognised in this recording.');
    root.append(make('div', { class: 'final' }, this.player, this.share, this.said, this.none));
    this.words = [];
  }
  makePlayer() {
    this.button = make('button', { class: 'play', type: 'button', 'aria-label': 'Play' }, icon(shapes.play));
    this.seek = make('input', { type: 'range', min: '0', max: '1', step: '0.1', value: '0', 'aria-label': 'Position' });
    this.head = make('span', { class: 'head' });
    this.lane = make('div', { class: 'lane' }, this.head, this.seek);
    this.time = make('span', { class: 'position' });
    this.speed = make('button', { type: 'button', 'aria-label': 'Speed' }, '1×');
    this.button.onclick = () => (this.audio.paused ? this.audio.play() : this.audio.pause());
    this.seek.oninput = () => { this.audio.currentTime = Number(this.seek.value); this.follow(false); };
    this.speed.onclick = () => {
      this.audio.playbackRate = speeds[(speeds.indexOf(this.audio.playbackRate) + 1) % speeds.length];
      put(this.speed, this.audio.playbackRate + '×');
    };
    for (const name of ['play', 'pause', 'ended']) this.audio.addEventListener(name, () => this.playing());
    for (const name of ['timeupdate', 'seeked', 'loadedmetadata']) this.audio.addEventListener(name, () => this.follow(true));
    return make('div', { class: 'player' }, this.button, this.lane, make('div', { class: 'times' }, this.time, this.speed), this.audio);
  }
  playing() {
    this.button.setAttribute('aria-label', this.audio.paused ? 'Play' : 'Pause');
    this.button.querySelector('path').setAttribute('d', this.audio.paused ? shapes.play : shapes.pause);
    if (!this.audio.paused) this.tick();
  }
  tick() {
    this.follow(true);
    if (!this.audio.paused) requestAnimationFrame(() => this.tick());
  }
  jump(seconds) {
    this.audio.currentTime = seconds;
    this.audio.play();
  }
  follow(scroll) {
    const now = this.audio.currentTime;
    const total = this.duration || 1;
    this.head.style.left = Math.min(100, (100 * now) / total) + '%';
    if (this.seek.value !== String(now)) this.seek.value = now;
    this.seek.setAttribute('aria-valuetext', clock(now));
    put(this.time, clock(now) + ' / ' + clock(total));
    let low = 0;
    let high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle].start <= now) low = middle + 1;
      else high = middle;
    }
    const word = now > 0 ? this.words[low - 1] : null;
    if (word === this.word) return;
    this.word?.node.classList.remove('now');
    this.word?.turn.classList.remove('here');
    word?.node.classList.add('now');
    word?.turn.classList.add('here');
    this.word = word;
    if (scroll && word && !this.audio.paused) word.node.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }
  draw(data) {
    this.duration = data.duration;
    this.player.style.display = data.audio ? '' : 'none';
    if (data.audio && this.source !== data.audio) {
      this.source = data.audio;
      this.audio.src = data.audio;
    }
    this.seek.max = data.duration;
    const people = this.people.settle(data.people);
    this.people.draw(people);
    this.drawShare(people, data.shares);
    const signature = JSON.stringify([data.turns, people]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.drawTurns(data.turns, people);
      this.drawLane(data.turns, people);
    }
    this.none.style.display = data.turns.length ? 'none' : '';
    this.follow(false);
  }
  drawShare(people, shares) {
    this.share.style.display = people.length ? '' : 'none';
    this.rows.replaceChildren(...people.map(person => {
      const share = shares.find(s => s.label === person.label) ?? { seconds: 0, share: 0 };
      const fill = make('i');
      fill.style.width = 100 * share.share + '%';
      return make('div', { class: 'row s' + person.colour }, this.people.chips.get(person.label),
        make('span', { class: 'bar', 'aria-hidden': 'true' }, fill),
        make('span', { class: 'amount' }, `${Math.round(100 * share.share)} % · ${clock(share.seconds)}`));
    }));
  }
  drawLane(turns, people) {
    this.lane.querySelectorAll('b').forEach(block => block.remove());
    for (const turn of turns) {
      const block = make('b', { class: colourOf(people, turn.speaker) });
      block.style.left = (100 * turn.start) / this.duration + '%';
      block.style.width = (100 * (turn.end - turn.start)) / this.duration + '%';
      this.lane.prepend(block);
    }
  }
  drawTurns(turns, people) {
    this.words = [];
    this.word = null;
    this.said.replaceChildren(...turns.map(turn => {
      const text = make('p');
      const who = make('button', { class: 'who', type: 'button' }, nameOf(people, turn.speaker));
      who.onclick = () => turn.speaker && this.people.edit(turn.speaker);
      const time = make('button', { class: 'time', type: 'button', 'aria-label': 'Play from ' + clock(turn.start) }, clock(turn.start));
      time.onclick = () => this.jump(turn.start);
      const node = make('section', { class: 'turn ' + colourOf(people, turn.speaker) }, who, time, text);
      turn.words.forEach(([said, start], index) => {
        const shown = index ? said : said.trimStart();
        const word = make('span', { class: 'w' }, shown.trimStart());
        text.append(shown.startsWith(' ') ? ' ' : '', word);
        word.onclick = () => this.jump(start);
        this.words.push({ start, node: word, turn: node });
      });
      return node;
    }));
  }
}

export default function (component) {
  viewOf(component, root => new FinalView(root)).draw(component.data);
}
