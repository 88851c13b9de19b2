/* `Player`: plays the recording, with buttons, position and speed. */

const speeds = [0.75, 1, 1.25, 1.5, 1.75, 2];

/** The recording: buttons, time and speed. */
class Player {
  /** In seconds. */
  duration = 0;
  source = '';
  /** Where to go, in seconds, once the recording is loaded. @type {number | null} */
  wanted = null;
  /** Called when the recording cannot be played. */
  failed = () => {};

  /** @param {(seconds: number, jumped: boolean) => void} moved called as the position changes */
  constructor(moved) {
    this.moved = moved;
    this.audio = make('audio', { preload: 'metadata' });
    this.shape = icon(signs.play);
    const about = { class: 'play', type: 'button', 'aria-label': 'Play' };
    this.button = make('button', about, this.shape);
    this.seek = make('input', {
      type: 'range',
      min: '0',
      max: '1',
      step: '0.1',
      value: '0',
      'aria-label': 'Position',
      class: 'hidden',
    });
    this.now = make('b', {}, clock(0));
    this.total = make('span');
    this.speed = make(
      'select',
      { class: 'speed', 'aria-label': 'Speed', title: 'Speed' },
      ...speeds.map(rate => make('option', { value: rate, selected: rate === 1 }, rate + '×')),
    );
    this.button.onclick = () => this.toggle();
    this.seek.oninput = () => this.go(Number(this.seek.value));
    this.speed.onchange = () => {
      this.audio.playbackRate = Number(this.speed.value);
      this.speed.blur();
    };
    for (const name of ['play', 'pause', 'ended'])
      this.audio.addEventListener(name, () => this.changed());
    for (const name of ['timeupdate', 'seeked', 'loadedmetadata'])
      this.audio.addEventListener(name, () => this.follow());
    this.audio.addEventListener('loadedmetadata', () => {
      if (this.wanted != null) this.audio.currentTime = this.wanted;
      this.wanted = null;
      this.audio.playbackRate = Number(this.speed.value);
    });
    this.audio.addEventListener('error', () => this.failed());
    this.back = iconButton('5 seconds back', 'M11 7l-5 5 5 5M18 7l-5 5 5 5', () => this.by(-5));
    this.on = iconButton('5 seconds on', 'M13 7l5 5-5 5M6 7l5 5-5 5', () => this.by(5));
    this.node = make(
      'div',
      { class: 'transport' },
      this.back,
      this.button,
      this.on,
      make('span', { class: 'position' }, this.now, ' / ', this.total),
      this.seek,
      this.audio,
    );
  }

  /** In seconds. */
  get time() {
    return this.wanted ?? this.audio.currentTime;
  }

  get playing() {
    return !this.audio.paused;
  }

  /** @param {string | null} source @param {number} duration in seconds */
  open(source, duration) {
    this.duration = duration;
    this.seek.max = String(duration);
    setText(this.total, clock(duration));
    if (source && this.source !== source) {
      this.source = source;
      this.wanted = this.time || null;
      this.audio.src = source;
    }
    this.node.hidden = !source;
  }

  toggle() {
    if (this.playing) this.audio.pause();
    else this.play();
  }

  play() {
    this.audio.play().catch(() => {});
  }

  /** @param {number} seconds */
  by(seconds) {
    this.go(this.time + seconds);
  }

  /** @param {number} seconds */
  go(seconds, play = false) {
    const moment = Math.max(0, Math.min(this.duration, seconds));
    if (!this.source) this.wanted = moment;
    else if (this.audio.readyState < 1) this.wanted = moment;
    else this.audio.currentTime = moment;
    this.follow(true);
    if (play && this.source) this.play();
  }

  changed() {
    const label = this.playing ? 'Pause' : 'Play';
    this.button.setAttribute('aria-label', label);
    this.button.title = label + ' (space)';
    this.shape.firstElementChild?.setAttribute('d', this.playing ? signs.pause : signs.play);
    this.tick();
  }

  tick() {
    this.follow();
    if (this.playing) requestAnimationFrame(() => this.tick());
  }

  follow(jumped = false) {
    const now = this.time;
    const shown = clock(now);
    if (this.seek.value !== String(now)) this.seek.value = String(now);
    if (this.now.textContent !== shown) {
      setText(this.now, shown);
      this.seek.setAttribute('aria-valuetext', shown);
    }
    this.moved(now, jumped);
  }
}
