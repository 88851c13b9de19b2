/* `ConnectionRun`: one connection test, from the microphone over WebRTC to the server and back. */

/** In milliseconds. */
const limits = { gather: 3000, connect: 12000, sound: 4000, listen: 4000, ping: 150 };
/** Below this level, in dBFS, the microphone gives silence. */
const silentBelow = -75;

/** @param {number} ms @returns {Promise<void>} */
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

/** The upper median. @param {number[]} numbers */
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** @typedef {'microphone' | 'answer' | 'path' | 'sound' | 'trip'} StepName */

/**
 * What the server answers to each ping: its text, and what it received so far.
 * @typedef {{ ping: string, frames: number, rate: number, level: number }} ServerReport
 */

/**
 * @typedef {object} ConnectionTestData
 * @property {string} address
 * @property {string} tab
 * @property {Record<string, string>} faults a message for each `MicrophoneFault`
 * @property {RTCIceServer[]} iceServers
 */

/** @typedef {{ peer: RTCPeerConnection, channel: RTCDataChannel }} Connection */

/**
 * Where a run shows its progress.
 * @typedef {object} RunView
 * @property {(name: StepName, state: string, text: string, detail?: string) => void} showStep
 * @property {(report: ServerReport) => void} showLevel
 * @property {(candidates: Candidate[], troubles: string[]) => void} showCandidates
 */

/** A failure whose message tells the user the next step; other errors are faults of this script. */
class ConnectionFailure extends Error {}

/** One run of the test: opens a source of sound, connects it to the server, and measures. */
class ConnectionRun {
  /** @type {RTCPeerConnection | null} */
  peer = null;
  /** @type {MediaStream | null} */
  stream = null;
  /** @type {AudioContext | null} */
  audio = null;
  /** Why a tone is sent in place of the microphone's sound; empty when it is not. */
  fault = '';
  silent = false;
  /** Round trips in milliseconds. @type {number[]} */
  trips = [];
  /** What STUN and TURN servers refused. @type {string[]} */
  troubles = [];
  /** @type {Candidate[]} */
  candidates = [];
  /** @type {CandidatePair | null} */
  pair = null;
  /** @type {ServerReport | null} */
  report = null;
  loudest = -100;

  /** @param {ConnectionTestData} data @param {RunView} view */
  constructor(data, view) {
    this.data = data;
    this.view = view;
  }

  /** @throws {ConnectionFailure} when a step fails */
  async go() {
    if (!globalThis.RTCPeerConnection) throw new ConnectionFailure(this.data.faults['no-webrtc']);
    const stream = (this.stream = await this.openSource());
    this.view.showStep('answer', 'doing', 'Asking the server…');
    const connection = this.open(stream);
    await this.offer(connection.peer);
    await this.waitForPath(connection);
    await this.measureSound(connection);
  }

  async openSource() {
    this.view.showStep('microphone', 'doing', 'Waiting for the microphone…');
    const obstacle = microphoneObstacle();
    if (obstacle) return this.openTone(obstacle);
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(microphoneConstraints(null, false));
    } catch (error) {
      return this.openTone(microphoneFault(error));
    }
    const [track] = stream.getAudioTracks();
    const rate = track.getSettings?.().sampleRate;
    const text = 'Microphone opened: ' + (track.label || 'without a name');
    this.view.showStep('microphone', 'ok', text, rate ? `${rate} Hz` : '');
    return stream;
  }

  /**
   * Without a microphone the way to the server is tested with a tone.
   * @param {MicrophoneFault} fault
   */
  openTone(fault) {
    this.fault = this.data.faults[fault] ?? this.data.faults.other;
    const audio = (this.audio = new AudioContext());
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    const output = audio.createMediaStreamDestination();
    volume.gain.value = 0.1;
    oscillator.connect(volume).connect(output);
    oscillator.start();
    audio.resume();
    const detail = 'A tone is sent instead, so that the rest is tested all the same.';
    this.view.showStep('microphone', 'bad', this.fault, detail);
    return output.stream;
  }

  /** @param {MediaStream} stream @returns {Connection} */
  open(stream) {
    const peer = (this.peer = new RTCPeerConnection({ iceServers: this.data.iceServers }));
    peer.onicecandidateerror = event => {
      const server = event.url || 'A server';
      this.troubles.push(`${server} answered ${event.errorCode} ${event.errorText || ''}`.trim());
    };
    for (const track of stream.getAudioTracks())
      peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    const channel = peer.createDataChannel('figures');
    channel.onmessage = event => this.take(JSON.parse(event.data));
    return { peer, channel };
  }

  /** @param {RTCPeerConnection} peer */
  async offer(peer) {
    await peer.setLocalDescription(await peer.createOffer());
    await candidatesGathered(peer, limits.gather);
    const began = performance.now();
    await peer.setRemoteDescription(await this.askServer(peer));
    const took = `${Math.round(performance.now() - began)} ms`;
    this.view.showStep('answer', 'ok', 'The server answered', took);
  }

  /** @param {RTCPeerConnection} peer @returns {Promise<RTCSessionDescriptionInit>} */
  async askServer(peer) {
    const { address, tab } = this.data;
    let response;
    try {
      response = await sendOffer(peer, address, tab);
    } catch {
      throw new ConnectionFailure(
        'The server could not be reached. Check that it still runs, then press “Try again”.',
      );
    }
    if (response.status === 404)
      throw new ConnectionFailure(
        `Something between here and the server does not pass on ${address}. A proxy in front of Meetcore must forward every path.`,
      );
    if (!response.ok) {
      const why = (await response.text()).slice(0, 200);
      throw new ConnectionFailure(`The server did not take the offer (${response.status}): ${why}`);
    }
    return response.json();
  }

  /** @param {Connection} connection */
  async waitForPath({ peer, channel }) {
    this.view.showStep('path', 'doing', 'Looking for a path…');
    const began = performance.now();
    while (peer.connectionState !== 'connected' || channel.readyState !== 'open') {
      const late = performance.now() - began > limits.connect;
      await this.readStats();
      if (late || ['failed', 'closed'].includes(peer.connectionState)) throw this.noPath(peer);
      await wait(50);
    }
    await this.readStats();
    const took = `${Math.round(performance.now() - began)} ms`;
    this.view.showStep('path', 'ok', `Connected ${pathText(this.pair, location.hostname)}`, took);
  }

  /** @param {RTCPeerConnection} peer */
  noPath(peer) {
    const { candidates } = this;
    const found = { candidates, ice: peer.iceConnectionState, connection: peer.connectionState };
    const hasServers = this.data.iceServers.length > 0;
    return new ConnectionFailure(noPathText(found, location.hostname, hasServers));
  }

  /** @param {Connection} connection */
  async measureSound(connection) {
    const doing = this.fault ? 'Sending a tone…' : 'Say something…';
    this.view.showStep('sound', 'doing', doing);
    this.view.showStep('trip', 'doing', 'Measuring…');
    const report = await this.pingForAWhile(connection);
    await this.readStats();
    this.silent = this.loudest < silentBelow;
    const text = this.silent
      ? 'Sound arrives at the server, but it is silence: check whether the microphone is muted'
      : 'Sound arrives at the server';
    const { frames, rate } = report;
    const detail = `${frames} frames of 20 ms, ${rate} Hz, loudest ${Math.round(this.loudest)} dB`;
    this.view.showStep('sound', this.silent ? 'warn' : 'ok', text, detail);
    const trip = `Round trip ${median(this.trips).toFixed(1)} ms`;
    this.view.showStep('trip', 'ok', trip, `median of ${this.trips.length}`);
  }

  /**
   * Pings until the server has received sound for a while; its newest report.
   * @param {Connection} connection
   */
  async pingForAWhile({ peer, channel }) {
    const began = performance.now();
    let soundSince = Infinity;
    while (!this.report || performance.now() - soundSince < limits.listen) {
      if (channel.readyState !== 'open')
        throw new ConnectionFailure(
          `The connection broke off (${peer.connectionState}). Press “Try again”.`,
        );
      channel.send(String(performance.now()));
      await wait(limits.ping);
      if (this.report) this.view.showLevel(this.report);
      if (this.report?.frames) soundSince = Math.min(soundSince, performance.now());
      else if (performance.now() - began > limits.sound)
        throw new ConnectionFailure(
          'The connection works, but no sound comes through it. Press “Try again”, or restart the browser.',
        );
    }
    return this.report;
  }

  /** @param {ServerReport} report */
  take(report) {
    this.trips.push(performance.now() - Number(report.ping));
    this.report = report;
    this.loudest = Math.max(this.loudest, report.level);
  }

  async readStats() {
    if (!this.peer || this.peer.connectionState === 'closed') return;
    const { candidates, pair } = candidatesIn(new Map(await this.peer.getStats()));
    this.candidates = candidates;
    this.pair = pair ?? this.pair;
    this.view.showCandidates(candidates, this.troubles);
  }

  hangUp() {
    this.peer?.close();
    this.stream?.getTracks().forEach(track => track.stop());
    this.audio?.close();
  }
}
