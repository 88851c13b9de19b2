/* The element that sends the microphone's sound to the server over WebRTC; it draws nothing. */

/**
 * In milliseconds. `look` is between two questions what the meeting does, `lastSound` how long the
 * connection outlives the microphone, so that what was said before arrives.
 */
const limits = {
  gather: 1500,
  connect: 5000,
  firstPause: 400,
  longestPause: 5000,
  look: 300,
  lastSound: 400,
};

/**
 * @typedef {object} MicrophoneData
 * @property {boolean} wanted whether the meeting runs and takes this tab's sound
 * @property {string} meeting
 * @property {string} live the address of the meeting's state
 * @property {RecorderState} state
 * @property {number} attempt a new number asks for a new connection
 * @property {string | null} device
 * @property {boolean} cleanUp
 * @property {string} tab
 * @property {RTCIceServer[]} iceServers
 */

/**
 * What the connection is for; null when none is wanted. Another value means a new connection.
 * @param {MicrophoneData} data
 */
function connectionGoal(data) {
  return data.wanted ? `${data.meeting} ${data.attempt}` : null;
}

/**
 * What the meeting does, as far as this tab is concerned; null without an answer.
 * @param {MicrophoneData} data
 * @returns {Promise<RecorderState | null>}
 */
async function stateOf({ live, tab }) {
  try {
    const address = `${live}?tab=${encodeURIComponent(tab)}`;
    const response = await fetch(address, { signal: AbortSignal.timeout(limits.connect) });
    if (!response.ok) return null;
    const { state, source } = await response.json();
    return source === null || source === tab ? state : 'ended';
  } catch {
    return null;
  }
}

/** Sends the microphone to the server; connects again after each failure while it is wanted. */
class Microphone {
  /** @type {MicrophoneData | null} */
  data = null;
  /** @type {string | null} */
  goal = null;
  /** @type {Recorder | null} */
  recorder = null;
  /** What the server said last. @type {RecorderState} */
  said = 'ended';
  /** @type {RTCPeerConnection | null} */
  peer = null;
  /** @type {MicrophoneTrack | null} */
  sound = null;
  /** Grows with each hang-up: an attempt that holds an older number is over. */
  serial = 0;
  isConnecting = false;
  isEnding = false;
  isLooking = false;
  /** @type {(why: string) => void} */
  fail = () => {};

  constructor() {
    addEventListener('pagehide', () => this.hangUp());
  }

  /** @param {MicrophoneData} data */
  draw(data) {
    this.data = data;
    const goal = connectionGoal(data);
    if (goal === this.goal) return;
    this.goal = goal;
    this.hangUp();
    if (this.recorder) this.recorder.tab = null;
    this.recorder = null;
    if (!goal) return;
    this.said = data.state;
    this.recorder = Recorder.of(data.meeting);
    this.recorder.tab = data.tab;
    this.recorder.follow('microphone', () => this.apply());
    this.apply();
    if (!this.isLooking) this.look();
  }

  /** What is to hold now: what was clicked here, else what the server said. */
  get state() {
    return this.recorder ? this.recorder.state(this.said) : 'ended';
  }

  /** Does what the state asks for: connect, turn the microphone off or on, or hang up. */
  apply() {
    const { data, state, sound } = this;
    if (!data || !this.recorder) return;
    if (isOver(state)) return this.end();
    if (state === 'paused') return sound?.turnOff(false);
    if (!sound) return this.isConnecting ? undefined : this.connect(data, limits.firstPause);
    if (sound.isOn) return;
    const serial = this.serial;
    const isWanted = () => serial === this.serial && this.state === 'listening';
    sound
      .turnOn(() => microphoneStream(data.device, data.cleanUp), isWanted)
      .catch(error => this.fail(String(error)));
  }

  /** The meeting is over: the microphone is off at once, the connection goes a moment later. */
  end() {
    if (!this.sound) return this.hangUp();
    if (this.isEnding) return;
    this.isEnding = true;
    this.sound.turnOff(true);
    const serial = this.serial;
    setTimeout(() => serial === this.serial && this.hangUp(), limits.lastSound);
  }

  /** Asks again and again what the meeting does: another tab may have stopped or paused it. */
  async look() {
    const { data } = this;
    this.isLooking = Boolean(data?.wanted);
    if (!data?.wanted) return;
    const goal = this.goal;
    const said = await stateOf(data);
    if (said && goal === this.goal) {
      this.said = said;
      this.apply();
    }
    setTimeout(() => this.look(), limits.look);
  }

  hangUp() {
    this.serial += 1;
    this.isConnecting = this.isEnding = false;
    this.peer?.close();
    this.sound?.close();
    this.peer = this.sound = null;
  }

  /** @param {MicrophoneData} data @param {number} pause before the next attempt, milliseconds */
  async connect(data, pause) {
    const serial = this.serial;
    const fail = (this.fail = this.failOnce(serial, pause));
    this.isConnecting = true;
    try {
      /* No microphone is opened while nobody could take its sound. */
      const said = await stateOf(data);
      if (said && serial === this.serial) this.said = said;
      if (this.isGivenUp(serial)) return;
      if (!said) throw new Error('the server does not answer');
      const stream = await microphoneStream(data.device, data.cleanUp);
      if (this.isGivenUp(serial)) return stopTracks(stream);
      this.sound = new MicrophoneTrack(stream, () => fail('the device went away'));
      const peer = this.open(data, this.sound, fail);
      const overdue = () => peer.connectionState !== 'connected' && fail('timeout');
      setTimeout(overdue, limits.connect + 2 * pause);
      await peer.setLocalDescription(await peer.createOffer());
      await candidatesGathered(peer, limits.gather);
      const address = `/microphone/${encodeURIComponent(data.meeting)}`;
      const response = await sendOffer(peer, address, data.tab);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const answer = await response.json();
      if (serial !== this.serial) return;
      await peer.setRemoteDescription(answer);
      if (serial !== this.serial) return;
      this.isConnecting = false;
      this.apply();
    } catch (error) {
      fail(String(error));
    }
  }

  /**
   * Whether an attempt to connect is over: another has begun, or a pause or stop came meanwhile.
   * No microphone stays open then. @param {number} serial of the attempt
   */
  isGivenUp(serial) {
    if (this.state !== 'listening') closeOpened();
    if (serial !== this.serial) return true;
    if (this.state === 'listening') return false;
    this.hangUp();
    return true;
  }

  /** @param {MicrophoneData} data @param {MicrophoneTrack} sound @param {(why: string) => void} fail */
  open(data, sound, fail) {
    const peer = (this.peer = new RTCPeerConnection({ iceServers: data.iceServers }));
    const { sender } = peer.addTransceiver(sound.track, {
      direction: 'sendonly',
      streams: [sound.stream],
    });
    sound.sender = sender;
    peer.onconnectionstatechange = () => {
      const state = peer.connectionState;
      if (['failed', 'disconnected', 'closed'].includes(state)) fail(state);
    };
    return peer;
  }

  /** Ends an attempt and begins the next one, once. @param {number} serial @param {number} pause */
  failOnce(serial, pause) {
    let failed = false;
    return (/** @type {string} */ why) => {
      if (failed || serial !== this.serial) return;
      failed = true;
      console.info('microphone: connecting again:', why);
      this.hangUp();
      this.isConnecting = true;
      const next = this.serial;
      setTimeout(() => {
        if (next !== this.serial) return;
        this.isConnecting = false;
        const longer = Math.min(2 * pause, limits.longestPause);
        if (this.data && this.state === 'listening') this.connect(this.data, longer);
      }, pause);
    };
  }
}

/** @param {ElementComponent<MicrophoneData>} component */
export default function (component) {
  viewOf(component, () => new Microphone()).draw(component.data);
}
