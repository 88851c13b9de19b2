/* The element above the transcript: title, recorded time, level, and the buttons Pause and Stop. */

const pauseShape = 'M9 5v14M15 5v14';
const resumeShape = 'M8 5l11 7-11 7z';
const stopShape = 'M6 6h12v12H6z';
/** Milliseconds for which a refused click is explained. */
const refusedFor = 12000;

const stateText = {
  listening: 'Recording',
  paused: 'Paused: nothing is recorded',
  stopping: 'Finishing…',
  stopped: 'Stopped',
  ended: 'Stopped',
};

/**
 * @typedef {object} ControlsData
 * @property {string} meeting
 * @property {string} live the address of the meeting's state
 * @property {string} change the address for a new title
 * @property {string} title
 * @property {RecorderState} state
 * @property {number} elapsed seconds
 * @property {number} level in dBFS
 */

/** A running meeting's title, clock, level and buttons. */
class Controls {
  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<ControlsData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.title = new MeetingTitle();
    this.meter = new Meter();
    this.pause = this.button('Pause', pauseShape, () =>
      this.ask(this.state === 'paused' ? 'resume' : 'pause'),
    );
    this.stop = this.button('Stop', stopShape, () => this.ask('stop'));
    this.finishing = make('div', { class: 'finishing', role: 'progressbar', hidden: true });
    this.finishing.append(make('i'));
    this.finishing.setAttribute('aria-label', 'Finishing');
    this.trouble = make('div', { class: 'unsaved', role: 'status', hidden: true });
    this.refused = make('div', { class: 'unsaved bad', role: 'alert', hidden: true });
    this.bar = make('div', { class: 'bar' }, this.meter.node, this.pause.node, this.stop.node);
    root.append(this.title.node, this.bar, this.finishing, this.trouble, this.refused);
  }

  /** @param {string} text @param {string} shape @param {() => void} press */
  button(text, shape, press) {
    const label = make('span', {}, text);
    const node = make('button', { type: 'button' }, icon(shape), label);
    node.onclick = press;
    return { node, label };
  }

  get recorder() {
    return Recorder.of(this.component.data.meeting);
  }

  /** What was clicked here, else what the server does. */
  get state() {
    return this.recorder.state(this.component.data.state);
  }

  /** @param {'stop' | 'pause' | 'resume'} action */
  ask(action) {
    this.recorder.ask(action, this.component.data.live);
  }

  /** @param {ControlsData} data */
  draw(data) {
    this.recorder.follow('controls', () => this.show());
    this.title.draw(data);
    this.meter.draw({ ...data, state: this.state });
    this.show();
  }

  /** Draws what depends on clicks: at once, without waiting for the server's next data. */
  show() {
    const { state } = this;
    const paused = state === 'paused';
    this.bar.className = 'bar ' + state;
    this.meter.show(state, stateText[state]);
    setText(this.pause.label, paused ? 'Resume' : 'Pause');
    this.pause.node.classList.toggle('main', paused);
    this.stop.node.classList.toggle('main', !paused);
    this.pause.node.querySelector('path')?.setAttribute('d', paused ? resumeShape : pauseShape);
    this.pause.node.disabled = this.stop.node.disabled = isOver(state);
    this.finishing.hidden = !isOver(state);
    this.trouble.hidden = !this.recorder.trouble();
    setText(this.trouble, this.recorder.trouble());
    this.recorder.takeRefusals().forEach(refusal => this.explain(refusal));
  }

  /** @param {Refusal} refusal */
  explain({ trouble, rule }) {
    showTrouble(this.refused, trouble, rule);
    this.refused.hidden = false;
    setTimeout(() => (this.refused.hidden = true), refusedFor);
  }
}

/** @param {ElementComponent<ControlsData>} component */
export default function (component) {
  viewOf(component, root => new Controls(root, component)).draw(component.data);
}
