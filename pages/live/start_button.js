const microphone = 'M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3';
const remembered = 'meetcore.microphone';

/* What stands in the way before anybody is asked anything; null when nothing does. */
function obstacle() {
  if (!window.isSecureContext) return 'insecure';
  if (!window.RTCPeerConnection) return 'no-webrtc';
  if (!navigator.mediaDevices?.getUserMedia) return 'no-microphone-access';
  return null;
}

function faultOf(error) {
  return { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'no-device', OverconstrainedError: 'gone',
    NotReadableError: 'busy', AbortError: 'busy' }[error.name] ?? 'other';
}

class Start {
  constructor(root) {
    this.select = make('select', { 'aria-label': 'Microphone' });
    this.select.onchange = () => localStorage.setItem(remembered, this.select.value);
    this.pick = make('label', { class: 'pick' }, icon(microphone), this.select);
    this.label = make('strong', {}, 'Start');
    this.button = make('button', { class: 'go', type: 'button' }, make('span', { class: 'disc' }, icon(microphone)), this.label);
    this.button.onclick = () => this.start();
    this.trouble = make('div', { class: 'trouble', role: 'alert', hidden: true });
    root.append(make('div', { class: 'start' }, this.button, this.pick, this.trouble));
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.list());
    this.list();
    const fault = obstacle();
    if (fault) setTimeout(() => this.fail(fault), 0);
  }
  async list() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const inputs = devices.filter(d => d.kind === 'audioinput' && d.deviceId !== 'communications');
    const named = inputs.filter(d => d.label && d.deviceId !== 'default');
    const wanted = this.select.value || localStorage.getItem(remembered) || '';
    this.select.replaceChildren(make('option', { value: '' }, named.length ? 'Default microphone' : 'Your microphone'),
      ...named.map(d => make('option', { value: d.deviceId }, d.label)));
    this.select.value = named.some(d => d.deviceId === wanted) ? wanted : '';
    this.pick.style.display = named.length > 1 ? '' : 'none';
  }
  async start() {
    const fault = obstacle();
    if (fault) return this.fail(fault);
    this.waiting(true, 'Waiting for the microphone…');
    const deviceId = this.select.value;
    const constraints = microphoneConstraints(deviceId || null, this.component.data.cleanUp);
    try {
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      /* The recorder takes it over, so that no browser asks twice; nobody else will after a while. */
      const opened = (globalThis.meetcoreOpened = { stream, asked: JSON.stringify(constraints) });
      setTimeout(() => opened === globalThis.meetcoreOpened && stream.getTracks().forEach(t => t.stop()), 15000);
    } catch (error) {
      console.warn('microphone:', error.name, error.message);
      return this.fail(faultOf(error));
    }
    this.trouble.hidden = true;
    this.waiting(true, 'Starting…');
    this.component.setTriggerValue('start', { deviceId: deviceId || null });
    setTimeout(() => this.waiting(false, 'Start'), 8000);
  }
  fail(kind) {
    this.waiting(false, 'Try again');
    const known = this.component.data.faults[kind] ? kind : 'other';
    tell(this.trouble, this.component.data.faults[known], this.component.data.rules[known]);
    this.trouble.hidden = false;
    this.component.setTriggerValue('fault', { kind });
    this.list();
  }
  waiting(busy, text) {
    this.button.disabled = busy;
    put(this.label, text);
  }
}

export default function (component) {
  viewOf(component, root => new Start(root));
}
