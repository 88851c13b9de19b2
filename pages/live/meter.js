/* `Meter`: the recorded time and the sound level of the last seconds. */

const barCount = 22;

/** @typedef {{ state: string, elapsed: number, level: number }} MeterData */

/**
 * The bars' heights one measurement later; the newest is the last.
 * @param {number[]} heights between 0 and 1
 * @param {number} level in dBFS
 */
function nextHeights(heights, level) {
  return [...heights.slice(1), meterShare(level) ** 1.5];
}

/** The recorded time, the sound level of the last seconds, and what the recorder does. */
class Meter {
  constructor() {
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
    this.node = make('div', { class: 'meter' }, dot, this.clock, this.level, this.state);
  }

  /** @param {MeterData} data */
  draw(data) {
    setText(this.clock, clock(data.elapsed));
    if (data.state === 'listening') {
      this.heights = nextHeights(this.heights, data.level);
      this.drawLevel(data.level);
    }
  }

  /** Shows what the recorder does; the level is empty unless it records. @param {string} state @param {string} text */
  show(state, text) {
    setText(this.state, text);
    if (state === 'listening' || !this.heights.some(Boolean)) return;
    this.heights.fill(0);
    this.drawLevel(-100);
  }

  /** @param {number} level */
  drawLevel(level) {
    this.level.setAttribute('aria-valuenow', String(Math.round(Math.max(-100, level))));
    this.bars.forEach((bar, index) => {
      const height = this.heights[index];
      bar.style.transform = `scaleY(${Math.max(0.12, height).toFixed(2)})`;
      bar.classList.toggle('on', height > 0.01);
    });
  }
}
