/* The microphone's track in a connection: on, off, and what is sent while it is off. */

/**
 * The stream that the Start button opened if it still runs with these constraints, else a new one.
 * @param {string | null} device
 * @param {boolean} cleanUp
 */
async function microphoneStream(device, cleanUp) {
  const constraints = microphoneConstraints(device, cleanUp);
  const opened = globalThis.meetcoreOpened;
  if (opened?.stream.active && opened.asked === JSON.stringify(constraints)) {
    globalThis.meetcoreOpened = null;
    return opened.stream;
  }
  closeOpened();
  return navigator.mediaDevices.getUserMedia(constraints);
}

/** Whether the browser would open the microphone again without asking the user. */
async function mayReopen() {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    return (await navigator.permissions.query({ name })).state === 'granted';
  } catch {
    return false;
  }
}

/** Digital silence as a track; null where the browser makes none. */
function silence() {
  try {
    const context = new AudioContext();
    const source = context.createConstantSource();
    source.offset.value = 0;
    const destination = context.createMediaStreamDestination();
    source.connect(destination);
    source.start();
    return { track: destination.stream.getAudioTracks()[0], close: () => context.close() };
  } catch {
    return null;
  }
}

/** The track of an open microphone and what sends it. */
class MicrophoneTrack {
  /** Whether the browser reopens the microphone without a question; asked before it is needed. */
  reopens = false;
  isOpening = false;
  /** @type {ReturnType<typeof silence>} */
  silence = null;
  /** @type {RTCRtpSender | null} */
  sender = null;

  /** @param {MediaStream} stream @param {() => void} lost called when the device goes away */
  constructor(stream, lost) {
    this.lost = lost;
    this.stream = stream;
    this.track = stream.getAudioTracks()[0];
    this.track.onended = lost;
    mayReopen().then(reopens => (this.reopens = reopens));
  }

  get isOn() {
    return this.track.readyState === 'live' && this.track.enabled;
  }

  /**
   * Turns the microphone off at once. Silence is sent in its place: the server's buffer gives the
   * last spoken frames out when later ones come.
   * @param {boolean} forGood
   */
  turnOff(forGood) {
    if (!forGood && !this.reopens) {
      this.track.enabled = false;
      return;
    }
    this.track.onended = null;
    stopTracks(this.stream);
    this.silence ??= silence();
    this.sender?.replaceTrack(this.silence?.track ?? null).catch(() => {});
  }

  /**
   * Turns it on again.
   * @param {() => Promise<MediaStream>} open
   * @param {() => boolean} isWanted whether it is still to be on once it is open
   */
  async turnOn(open, isWanted) {
    if (this.track.readyState === 'live') {
      this.track.enabled = true;
      return;
    }
    if (this.isOpening) return;
    this.isOpening = true;
    try {
      const stream = await open();
      if (!isWanted()) return stopTracks(stream);
      this.stream = stream;
      this.track = stream.getAudioTracks()[0];
      this.track.onended = this.lost;
      await this.sender?.replaceTrack(this.track);
    } finally {
      this.isOpening = false;
    }
  }

  close() {
    this.track.onended = null;
    stopTracks(this.stream);
    this.silence?.close();
    this.silence = null;
  }
}
