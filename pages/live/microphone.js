/* The element that sends the microphone's sound to the server over WebRTC; it draws nothing. */

/** In milliseconds. */
const limits = { gather: 1500, connect: 5000, firstPause: 400, longestPause: 5000 };

/**
 * @typedef {object} MicrophoneData
 * @property {boolean} wanted whether the meeting runs and takes this tab's sound
 * @property {string} meeting
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
 * The stream that the Start button opened if it still runs with these constraints, else a new one.
 * @param {string | null} device
 * @param {boolean} cleanUp
 */
async function microphoneStream(device, cleanUp) {
  const constraints = microphoneConstraints(device, cleanUp);
  const opened = globalThis.meetcoreOpened;
  globalThis.meetcoreOpened = null;
  if (opened?.stream.active && opened.asked === JSON.stringify(constraints)) return opened.stream;
  opened?.stream.getTracks().forEach(track => track.stop());
  return navigator.mediaDevices.getUserMedia(constraints);
}

/** Sends the microphone to the server; connects again after each failure while it is wanted. */
class Microphone {
  /** @type {MicrophoneData | null} */
  data = null;
  /** @type {string | null} */
  goal = null;
  /** @type {RTCPeerConnection | null} */
  peer = null;
  /** @type {MediaStream | null} */
  stream = null;
  /** Grows with each hang-up: an attempt that holds an older number is over. */
  serial = 0;

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
    if (goal) this.connect(data, limits.firstPause);
  }

  hangUp() {
    this.serial += 1;
    this.peer?.close();
    this.stream?.getTracks().forEach(track => track.stop());
    this.peer = this.stream = null;
  }

  /** @param {MicrophoneData} data @param {number} pause before the next attempt, milliseconds */
  async connect(data, pause) {
    const serial = this.serial;
    const fail = this.failOnce(serial, pause);
    try {
      const stream = await microphoneStream(data.device, data.cleanUp);
      if (serial !== this.serial) return stream.getTracks().forEach(track => track.stop());
      this.stream = stream;
      const peer = this.open(data, stream, fail);
      const overdue = () => peer.connectionState !== 'connected' && fail('timeout');
      setTimeout(overdue, limits.connect + 2 * pause);
      await peer.setLocalDescription(await peer.createOffer());
      await candidatesGathered(peer, limits.gather);
      const address = `/microphone/${encodeURIComponent(data.meeting)}`;
      const response = await sendOffer(peer, address, data.tab);
      /* The meeting is over. */
      if (response.status === 404 && serial === this.serial) return this.hangUp();
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      if (serial === this.serial) await peer.setRemoteDescription(await response.json());
    } catch (error) {
      fail(String(error));
    }
  }

  /** @param {MicrophoneData} data @param {MediaStream} stream @param {(why: string) => void} fail */
  open(data, stream, fail) {
    const peer = (this.peer = new RTCPeerConnection({ iceServers: data.iceServers }));
    for (const track of stream.getAudioTracks()) {
      peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      track.onended = () => fail('the device went away');
    }
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
      const next = this.serial;
      setTimeout(() => {
        const longer = Math.min(2 * pause, limits.longestPause);
        if (next === this.serial && this.data) this.connect(this.data, longer);
      }, pause);
    };
  }
}

/** @param {ElementComponent<MicrophoneData>} component */
export default function (component) {
  viewOf(component, () => new Microphone()).draw(component.data);
}
