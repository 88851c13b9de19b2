const wave = 'M3 12h3l2-6 4 12 3-9 2 3h4';
const limits = { gather: 3000, connect: 12000, sound: 4000, listen: 4000, ping: 150 };
const marks = { open: '·', doing: '…', ok: '✓', warn: '!', bad: '✕' };
const names = { microphone: 'Open the microphone', answer: 'Ask the server', path: 'Find a path', sound: 'Hear it at the server', trip: 'Measure the round trip' };
const quiet = -75;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const middle = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/* A next step that a person can take; everything else that is thrown is a fault of this script. */
class Failure extends Error {}

/* What stands in the way of the microphone before anybody is asked; null when nothing does. */
function obstacle() {
  if (!window.isSecureContext) return 'insecure';
  if (!navigator.mediaDevices?.getUserMedia) return 'no-microphone-access';
  return null;
}

function faultOf(error) {
  return { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'no-device', OverconstrainedError: 'gone',
    NotReadableError: 'busy', AbortError: 'busy' }[error.name] ?? 'other';
}

/* One run: a source of sound, a connection, and what is known of both. */
class Run {
  constructor(data, view) {
    Object.assign(this, { data, view, trips: [], troubles: [], candidates: [], pair: null, heard: null });
  }
  async go() {
    if (!window.RTCPeerConnection) throw new Failure(this.data.faults['no-webrtc']);
    await this.source();
    await this.offer();
    await this.connected();
    await this.listen();
  }
  async source() {
    this.view.step('microphone', 'doing', 'Waiting for the microphone…');
    let fault = obstacle();
    if (!fault) {
      try {
        this.stream = await navigator.mediaDevices.getUserMedia(microphoneConstraints(null, false));
      } catch (error) {
        fault = faultOf(error);
      }
    }
    if (fault) return this.tone(fault);
    const [track] = this.stream.getAudioTracks();
    const rate = track.getSettings?.().sampleRate;
    this.view.step('microphone', 'ok', 'Microphone opened: ' + (track.label || 'without a name'), rate ? `${rate} Hz` : '');
  }
  /* The way to the server is worth testing without a microphone too. */
  tone(fault) {
    this.synthetic = true;
    this.fault = this.data.faults[fault] ?? this.data.faults.other;
    this.audio = new AudioContext();
    const [oscillator, volume, sink] = [this.audio.createOscillator(), this.audio.createGain(), this.audio.createMediaStreamDestination()];
    volume.gain.value = .1;
    oscillator.connect(volume).connect(sink);
    oscillator.start();
    this.audio.resume();
    this.stream = sink.stream;
    this.view.step('microphone', 'bad', this.fault, 'A tone is sent instead, so that the rest is tested all the same.');
  }
  async offer() {
    this.view.step('answer', 'doing', 'Asking the server…');
    const peer = (this.peer = new RTCPeerConnection({ iceServers: this.data.iceServers }));
    peer.onicecandidateerror = event => this.troubles.push(`${event.url || 'A server'} answered ${event.errorCode} ${event.errorText || ''}`.trim());
    for (const track of this.stream.getAudioTracks()) peer.addTransceiver(track, { direction: 'sendonly', streams: [this.stream] });
    this.channel = peer.createDataChannel('figures');
    this.channel.onmessage = event => this.hear(JSON.parse(event.data));
    await peer.setLocalDescription(await peer.createOffer());
    await this.gathered();
    const began = performance.now();
    const { sdp, type } = peer.localDescription;
    let response;
    try {
      response = await fetch(this.data.address, { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ sdp, type, tab: this.data.tab }) });
    } catch {
      throw new Failure('The server could not be reached. Look whether it still runs, then press “Try again”.');
    }
    if (response.status === 404) throw new Failure(`Something between here and the server does not pass on ${this.data.address}. A proxy in front of Meetcore must forward every path.`);
    if (!response.ok) throw new Failure(`The server did not take the offer (${response.status}): ${(await response.text()).slice(0, 200)}`);
    await peer.setRemoteDescription(await response.json());
    this.view.step('answer', 'ok', 'The server answered', `${Math.round(performance.now() - began)} ms`);
  }
  gathered() {
    const { peer } = this;
    return new Promise(resolve => {
      if (peer.iceGatheringState === 'complete') return resolve();
      peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve());
      setTimeout(resolve, limits.gather);
    });
  }
  async connected() {
    this.view.step('path', 'doing', 'Looking for a path…');
    const began = performance.now();
    const { peer } = this;
    while (peer.connectionState !== 'connected' || this.channel.readyState !== 'open') {
      const late = performance.now() - began > limits.connect;
      await this.look();
      if (late || ['failed', 'closed'].includes(peer.connectionState)) throw new Failure(this.noPath());
      await pause(50);
    }
    await this.look();
    this.view.step('path', 'ok', `Connected ${pathWords(this.pair)}`, `${Math.round(performance.now() - began)} ms`);
  }
  noPath() {
    const relays = this.candidates.some(c => c.type === 'relay' && c.side === 'local');
    const state = `No path connected (ICE ${this.peer.iceConnectionState}, connection ${this.peer.connectionState}).`;
    if (!this.candidates.some(c => c.side === 'local')) return `${state} The browser found no address of its own: a privacy setting or an extension may hide them. Allow WebRTC there.`;
    if (this.peer.iceConnectionState === 'connected' || this.peer.iceConnectionState === 'completed') return `${state} The addresses meet, but the encrypted connection does not stand. Another program may filter it; try without a VPN.`;
    const here = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
    if (here) return `${state} On one machine this is mostly a VPN or a firewall that blocks UDP: switch it off and press “Try again”.`;
    if (!this.data.iceServers.length) return `${state} A firewall or a router stands between this browser and the server. Let UDP through, or name a TURN server in MEETCORE_ICE_SERVERS.`;
    return relays ? `${state} The TURN server gave an address, but the server's machine does not reach it. Look whether both may use it.`
      : `${state} No TURN server gave an address: check its address, name and credential in MEETCORE_ICE_SERVERS.`;
  }
  async listen() {
    this.view.step('sound', 'doing', this.synthetic ? 'Sending a tone…' : 'Say something…');
    this.view.step('trip', 'doing', 'Measuring…');
    const began = performance.now();
    let since = null;
    while (since === null || performance.now() - since < limits.listen) {
      if (this.channel.readyState !== 'open') throw new Failure(`The connection broke off (${this.peer.connectionState}). Press “Try again”.`);
      this.channel.send(String(performance.now()));
      await pause(limits.ping);
      this.view.gauge(this.heard);
      if (this.heard?.frames && since === null) since = performance.now();
      if (since === null && performance.now() - began > limits.sound) throw new Failure('The connection stands, yet no sound comes through it. Press “Try again”, or restart the browser.');
    }
    await this.look();
    const { frames, rate } = this.heard;
    const silent = this.loudest < quiet;
    this.view.step('sound', silent ? 'warn' : 'ok', silent ? 'Sound arrives at the server, but it is silence: look whether the microphone is muted' : 'Sound arrives at the server',
      `${frames} frames of 20 ms, ${rate} Hz, loudest ${Math.round(this.loudest)} dB`);
    this.view.step('trip', 'ok', `Round trip ${middle(this.trips).toFixed(1)} ms`, `median of ${this.trips.length}`);
    this.silent = silent;
  }
  hear(told) {
    this.trips.push(performance.now() - Number(told.ping));
    this.heard = told;
    this.loudest = Math.max(this.loudest ?? -100, told.level);
  }
  /* The addresses of both sides, and the pair in use. */
  async look() {
    if (!this.peer || this.peer.connectionState === 'closed') return;
    const stats = await this.peer.getStats();
    const all = [...stats.values()];
    const chosen = all.map(s => s.type === 'transport' && s.selectedCandidatePairId).find(Boolean);
    const pair = stats.get(chosen) ?? all.find(s => s.type === 'candidate-pair' && (s.selected || (s.nominated && s.state === 'succeeded')));
    const used = new Set([pair?.localCandidateId, pair?.remoteCandidateId]);
    this.candidates = all.filter(s => s.type === 'local-candidate' || s.type === 'remote-candidate').map(s => candidate(s, used.has(s.id)));
    if (pair) this.pair = { local: candidate(stats.get(pair.localCandidateId)), remote: candidate(stats.get(pair.remoteCandidateId)) };
    this.view.addresses(this.candidates, this.troubles);
  }
  hangUp() {
    this.peer?.close();
    this.stream?.getTracks().forEach(track => track.stop());
    this.audio?.close();
  }
}

function candidate(s, used = false) {
  return { side: s.type === 'local-candidate' ? 'local' : 'remote', type: s.candidateType, protocol: s.relayProtocol ? `${s.protocol} (${s.relayProtocol} to TURN)` : s.protocol,
    address: s.address ?? s.ip ?? '', port: s.port, server: s.url ?? '', used };
}

function place(c) {
  const address = c.address || 'hidden by the browser';
  return (address.includes(':') ? `[${address}]` : address) + (c.address && c.port ? `:${c.port}` : '');
}

/* Which way the sound goes, as a person would say it. */
function pathWords(pair) {
  if (!pair) return 'on a path this browser does not tell';
  const { local, remote } = pair;
  const kinds = `(${local.type} ↔ ${remote.type}, ${local.protocol})`;
  if (local.type === 'relay') return `through the TURN server ${local.server || place(local)} ${kinds}`;
  if (remote.type === 'relay') return `through the TURN server at ${place(remote)} ${kinds}`;
  if (/^(127\.|::1$)/.test(local.address) || /^(127\.|::1$)/.test(remote.address)) return `directly, over this machine's loopback ${kinds}`;
  if (local.address && local.address === remote.address) return `directly, inside this machine ${kinds}`;
  if ([local, remote].some(c => c.type === 'srflx')) return `directly, through a router that translates addresses ${kinds}`;
  if (['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)) return `directly, inside this machine ${kinds}`;
  return `directly, over the local network ${kinds}`;
}

class Loopback {
  constructor(root) {
    this.label = make('span', {}, 'Test the microphone and the connection');
    this.button = make('button', { class: 'press', type: 'button' }, icon(wave), this.label);
    this.button.onclick = () => this.start();
    this.items = Object.fromEntries(Object.keys(names).map(name => [name, make('li', { 'data-step': name })]));
    this.steps = make('ol', { class: 'steps', 'aria-live': 'polite', 'aria-label': 'Steps of the test', hidden: true }, ...Object.values(this.items));
    this.bar = make('i');
    this.figures = make('span', { class: 'figures' });
    this.tube = make('span', { class: 'tube', role: 'meter', 'aria-label': 'Level at the server', 'aria-valuemin': '-100', 'aria-valuemax': '0' }, this.bar);
    this.level = make('div', { class: 'gauge', hidden: true }, this.tube, this.figures);
    this.verdict = make('div', { class: 'verdict', role: 'status', hidden: true });
    this.rows = make('tbody');
    this.notes = make('p', { class: 'notes' });
    const heads = ['Whose', 'Kind', 'Over', 'Address'].map(text => make('th', { scope: 'col' }, text));
    this.table = make('details', { class: 'addresses', open: true, hidden: true }, make('summary', {}, 'Addresses tried (ICE candidates)'),
      make('table', {}, make('thead', {}, make('tr', {}, ...heads)), this.rows), this.notes);
    const about = make('p', { class: 'about' }, 'Opens the microphone for a few seconds and sends its sound to this server, which counts it and keeps nothing.');
    this.root = make('div', { class: 'check' }, about, this.button, this.steps, this.level, this.verdict, this.table);
    root.append(this.root);
    addEventListener('pagehide', () => this.run?.hangUp());
  }
  async start() {
    this.button.disabled = true;
    for (const part of [this.level, this.verdict, this.table]) part.hidden = true;
    this.steps.hidden = false;
    Object.keys(names).forEach(name => this.step(name, 'open', names[name]));
    const run = (this.run = new Run(this.component.data, this));
    /* A page that was left takes its test along. */
    const watch = setInterval(() => this.root.isConnected || run.hangUp(), 500);
    try {
      await run.go();
      this.conclude(run);
    } catch (error) {
      if (!(error instanceof Failure)) console.error('loopback:', error);
      this.fail(error instanceof Failure ? error.message : `The test itself failed (${error.name}). Reload the page and try again.`);
    }
    clearInterval(watch);
    run.hangUp();
    this.level.hidden = true;
    this.button.disabled = false;
    put(this.label, run.silent || run.fault || this.failed ? 'Try again' : 'Test again');
  }
  conclude(run) {
    this.failed = false;
    const path = `The sound reaches the server ${pathWords(run.pair)}.`;
    if (run.fault) return this.say('warn', `The connection works: ${path} The microphone does not: ${run.fault}`);
    if (run.silent) return this.say('warn', `The connection works, but the microphone gives silence. ${path}`);
    this.say('ok', `Microphone and connection work. ${path}`);
  }
  fail(text) {
    this.failed = true;
    const open = Object.keys(names).find(name => this.items[name].className === 'doing') ?? 'microphone';
    this.step(open, 'bad', names[open], 'This is where it stopped.');
    for (const name of Object.keys(names)) if (this.items[name].className === 'doing') this.step(name, 'open', names[name]);
    this.say('bad', text);
  }
  say(how, text) {
    this.verdict.className = 'verdict ' + how;
    put(this.verdict, text);
    this.verdict.hidden = false;
  }
  step(name, state, text, detail = '') {
    const item = this.items[name];
    item.className = state;
    item.replaceChildren(make('span', { class: 'mark', 'aria-hidden': 'true' }, marks[state]),
      make('span', {}, text, ...(detail ? [make('small', {}, detail)] : [])));
  }
  gauge(heard) {
    if (!heard) return;
    this.level.hidden = false;
    this.tube.setAttribute('aria-valuenow', String(Math.round(heard.level)));
    this.bar.style.transform = `scaleX(${Math.min(1, Math.max(0, (heard.level + 78) / 68)).toFixed(2)})`;
    put(this.figures, `${Math.round(heard.level)} dB, ${heard.frames} frames`);
  }
  addresses(candidates, troubles) {
    this.table.hidden = !candidates.length && !troubles.length;
    const order = c => `${c.side} ${c.used ? 0 : 1} ${c.type} ${c.protocol === 'udp' ? 0 : 1}`;
    const sorted = [...candidates].sort((a, b) => order(a).localeCompare(order(b)));
    const rows = sorted.map(c => make('tr', { class: c.used ? 'used' : null },
      ...[c.side === 'local' ? 'This browser' : 'The server', c.type, c.protocol, place(c) + (c.used ? ' ✓ in use' : '')].map(text => make('td', {}, text))));
    this.rows.replaceChildren(...rows);
    const said = [...troubles];
    if (candidates.some(c => c.address.endsWith('.local')))
      said.push('Names that end in .local stand for addresses the browser hides from pages that may not use the microphone; the server asks the local network for them (mDNS). Where that is blocked, allow the microphone.');
    if (candidates.some(c => c.type === 'prflx')) said.push('prflx: an address one side learnt from the other\'s packets.');
    put(this.notes, said.join(' '));
  }
}

export default function (component) {
  viewOf(component, root => new Loopback(root));
}
