const bars = 22;

class Meter {
  constructor(root) {
    this.clock = make('span', { class: 'clock', role: 'timer', 'aria-label': 'Recorded time' });
    this.state = make('span', { class: 'state', role: 'status' });
    this.level = make('span', { class: 'level', role: 'meter', 'aria-label': 'Sound level', 'aria-valuemin': '-100', 'aria-valuemax': '0' },
      ...Array.from({ length: bars }, () => make('i')));
    this.bar = make('div', { class: 'bar' }, make('span', { class: 'dot' }), this.clock, this.level, this.state);
    this.history = Array(bars).fill(0);
    root.append(this.bar);
  }
  draw(data) {
    this.bar.className = 'bar ' + data.state;
    put(this.clock, clock(data.elapsed));
    put(this.state, data.text);
    /* -78 dBFS (a quiet room) to -9 dBFS (loud speech) fill the bar; the newest level is on the right. */
    const height = data.state === 'listening' ? Math.min(1, Math.max(0, (data.level + 78) / 68)) ** 1.5 : 0;
    this.history.push(height);
    this.history.shift();
    this.level.setAttribute('aria-valuenow', String(Math.round(Math.max(-100, data.level))));
    this.level.childNodes.forEach((bar, index) => {
      bar.style.transform = `scaleY(${Math.max(.12, this.history[index]).toFixed(2)})`;
      bar.classList.toggle('on', this.history[index] > .01);
    });
  }
}

export default function (component) {
  viewOf(component, root => new Meter(root)).draw(component.data);
}
