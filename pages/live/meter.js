/* The element with the recorded time and the sound level of the last seconds. */

const barCount = 22;

/** @typedef {{ state: string, text: string, elapsed: number, level: number }} MeterData */

/**
 * The bars' heights one measurement later; the newest is the last.
 * @param {number[]} heights between 0 and 1
 * @param {{ state: string, level: number }} data level in dBFS
 */
function nextHeights(heights, { state, level }) {
  return [...heights.slice(1), state === 'listening' ? meterShare(level) ** 1.5 : 0];
}

/** The recorded time, the sound level of the last seconds, and what the recorder does. */
class Meter {
  /** @param {HTMLElement | ShadowRoot} root */
  constructor(root) {
    this.clock = make('span', { class: 'clock', role: 'timer', 'aria-label': 'Recorded time' });
    this.state = make('span', { class: 'state', role: 'status' });
    this.bars = Array.from({ length: barCount }, () => make('i'));
    this.heights = Array(barCount).fill(0);
    const about = {
      class: 'level',
      role: 'meter',
      'aria-label': 'Sound level',
      'aria-valuemin': '-100',
      'aria-valuemax': '0',
    };
    this.level = make('span', about, ...this.bars);
    const dot = make('span', { class: 'dot' });
    this.node = make('div', { class: 'bar' }, dot, this.clock, this.level, this.state);
    root.append(this.node);
  }

  /** @param {MeterData} data */
  draw(data) {
    this.node.className = 'bar ' + data.state;
    setText(this.clock, clock(data.elapsed));
    setText(this.state, data.text);
    this.level.setAttribute('aria-valuenow', String(Math.round(Math.max(-100, data.level))));
    this.heights = nextHeights(this.heights, data);
    this.bars.forEach((bar, index) => {
      const height = this.heights[index];
      bar.style.transform = `scaleY(${Math.max(0.12, height).toFixed(2)})`;
      bar.classList.toggle('on', height > 0.01);
    });
  }
}

/** @param {ElementComponent<MeterData>} component */
export default function (component) {
  viewOf(component, root => new Meter(root)).draw(component.data);
}
