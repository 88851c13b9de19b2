/* The Start button: asks the browser for the microphone, then Python to start the meeting. */

const microphoneShape =
  'M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3';
const chosenDeviceKey = 'meetcore.microphone';
/** Milliseconds until an opened microphone is closed, and until Start can be pressed again. */
const limits = { takeOver: 15000, start: 8000 };

/**
 * @typedef {object} StartButtonData
 * @property {Record<string, string>} faults a message for each `MicrophoneFault`
 * @property {Record<string, string>} rules the diagnostics rule that explains it, or ""
 * @property {boolean} cleanUp
 */

/**
 * The microphones with a name. Browsers give names only after the user allowed one of them;
 * "default" and "communications" are aliases of devices that the list holds anyway.
 * @param {Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]} devices
 */
function namedMicrophones(devices) {
  const aliases = ['default', 'communications'];
  return devices.filter(
    device => device.kind === 'audioinput' && device.label && !aliases.includes(device.deviceId),
  );
}

/** Asks the browser for the microphone, then Python to start the meeting. */
class StartButton {
  /** @param {HTMLElement | ShadowRoot} root @param {ElementComponent<StartButtonData>} component */
  constructor(root, component) {
    /** Replaced by `viewOf` each time the data changes. */
    this.component = component;
    this.select = make('select', { 'aria-label': 'Microphone' });
    this.select.onchange = () => localStorage.setItem(chosenDeviceKey, this.select.value);
    this.choice = make('label', { class: 'pick' }, icon(microphoneShape), this.select);
    this.label = make('strong', {}, 'Start');
    const disc = make('span', { class: 'disc' }, icon(microphoneShape));
    this.button = make('button', { class: 'go', type: 'button' }, disc, this.label);
    this.button.onclick = () => this.start();
    this.trouble = make('div', { class: 'trouble', role: 'alert', hidden: true });
    root.append(make('div', { class: 'start' }, this.button, this.choice, this.trouble));
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.listDevices());
    this.listDevices();
    const fault = this.obstacle();
    if (fault) setTimeout(() => this.fail(fault), 0);
  }

  obstacle() {
    const obstacle = microphoneObstacle();
    return obstacle !== 'insecure' && !globalThis.RTCPeerConnection ? 'no-webrtc' : obstacle;
  }

  async listDevices() {
    const devices = namedMicrophones((await navigator.mediaDevices?.enumerateDevices?.()) ?? []);
    const wanted = this.select.value || localStorage.getItem(chosenDeviceKey) || '';
    this.select.replaceChildren(
      make('option', { value: '' }, devices.length ? 'Default microphone' : 'Your microphone'),
      ...devices.map(device => make('option', { value: device.deviceId }, device.label)),
    );
    this.select.value = devices.some(device => device.deviceId === wanted) ? wanted : '';
    this.choice.style.display = devices.length > 1 ? '' : 'none';
  }

  async start() {
    const fault = this.obstacle();
    if (fault) return this.fail(fault);
    this.setBusy(true, 'Waiting for the microphone…');
    const deviceId = this.select.value || null;
    const constraints = microphoneConstraints(deviceId, this.component.data.cleanUp);
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      this.handOver({ stream, asked: JSON.stringify(constraints) });
    } catch (error) {
      console.warn('microphone:', String(error));
      return this.fail(microphoneFault(error));
    }
    this.trouble.hidden = true;
    this.setBusy(true, 'Starting…');
    this.component.setTriggerValue('start', { deviceId });
    setTimeout(() => this.setBusy(false, 'Start'), limits.start);
  }

  /**
   * Keeps the stream for `microphone.js`, so that the browser does not ask a second time.
   * @param {{ stream: MediaStream, asked: string }} opened
   */
  handOver(opened) {
    closeOpened();
    globalThis.meetcoreOpened = opened;
    setTimeout(() => {
      if (opened === globalThis.meetcoreOpened) closeOpened();
    }, limits.takeOver);
  }

  /** @param {MicrophoneFault} fault */
  fail(fault) {
    const { faults, rules } = this.component.data;
    const kind = faults[fault] ? fault : 'other';
    this.setBusy(false, 'Try again');
    showTrouble(this.trouble, faults[kind], rules[kind]);
    this.trouble.hidden = false;
    this.component.setTriggerValue('fault', { kind: fault });
    this.listDevices();
  }

  /** @param {boolean} busy @param {string} text */
  setBusy(busy, text) {
    this.button.disabled = busy;
    setText(this.label, text);
  }
}

/** @param {ElementComponent<StartButtonData>} component */
export default function (component) {
  viewOf(component, root => new StartButton(root, component));
}
