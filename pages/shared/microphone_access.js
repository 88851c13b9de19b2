/* Opening the microphone and sending a WebRTC offer: what may fail, and the constraints. */

/**
 * What keeps this page from asking for the microphone; null when nothing does.
 * @returns {MicrophoneFault | null}
 */
function microphoneObstacle() {
  if (!globalThis.isSecureContext) return 'insecure';
  if (!navigator.mediaDevices?.getUserMedia) return 'no-microphone-access';
  return null;
}

/**
 * Why `getUserMedia` failed. Source: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 * @param {unknown} error
 * @returns {MicrophoneFault}
 */
function microphoneFault(error) {
  switch (/** @type {{ name?: string } | null} */ (error)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
      return 'no-device';
    case 'OverconstrainedError':
      return 'gone';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'other';
  }
}

/**
 * Constraints for `getUserMedia`; noise suppression would remove voices far from the microphone.
 * @param {string | null} device its id; null is the default microphone
 * @param {boolean} cleanUp whether the browser may remove echo and noise
 * @returns {MediaStreamConstraints}
 */
function microphoneConstraints(device, cleanUp) {
  const audio = {
    echoCancellation: cleanUp,
    noiseSuppression: cleanUp,
    autoGainControl: true,
    channelCount: 1,
  };
  return { video: false, audio: device ? { ...audio, deviceId: { exact: device } } : audio };
}

/**
 * Resolves when the browser has collected its addresses, or after a while with those found so far.
 * @param {RTCPeerConnection} peer
 * @param {number} longest in milliseconds
 * @returns {Promise<void>}
 */
function candidatesGathered(peer, longest) {
  return new Promise(resolve => {
    const check = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', check);
    setTimeout(resolve, longest);
    check();
  });
}

/**
 * Sends an offer that holds all addresses of this browser.
 * @param {RTCPeerConnection} peer
 * @param {string} address
 * @param {string} tab
 */
function sendOffer(peer, address, tab) {
  const { sdp, type } = /** @type {RTCSessionDescription} */ (peer.localDescription);
  return fetch(address, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ sdp, type, tab }),
  });
}

/** @param {MediaStream} stream */
function stopTracks(stream) {
  stream.getTracks().forEach(track => track.stop());
}

/** Stops the stream that the Start button opened, if nothing took it over. */
function closeOpened() {
  const opened = globalThis.meetcoreOpened;
  globalThis.meetcoreOpened = null;
  if (opened) stopTracks(opened.stream);
}
