const patience = { gather: 1500, connect: 5000, longest: 5000 };

/* Keeps one peer connection to the server for as long as the page wants one, whatever happens to it. */
class Microphone {
  constructor() {
    this.serial = 0;
    addEventListener('pagehide', () => this.hangUp());
  }
  draw(data) {
    this.data = data;
    const goal = data.wanted ? `${data.meeting} ${data.attempt}` : null;
    if (goal === this.goal) return;
    this.goal = goal;
    this.hangUp();
    if (goal) this.connect(this.serial, 400);
  }
  hangUp() {
    this.serial += 1;
    this.peer?.close();
    this.stream?.getTracks().forEach(track => track.stop());
    this.peer = this.stream = null;
  }
  async connect(serial, pause) {
    const { meeting, tab, device, cleanUp, iceServers } = this.data;
    let settled = false;
    const again = why => {
      if (settled || serial !== this.serial) return;
      settled = true;
      console.info('microphone: connecting again:', why);
      this.hangUp();
      const next = this.serial;
      setTimeout(() => next === this.serial && this.connect(next, Math.min(2 * pause, patience.longest)), pause);
    };
    try {
      const stream = await microphoneStream(device, cleanUp);
      if (serial !== this.serial) return stream.getTracks().forEach(track => track.stop());
      this.stream = stream;
      const peer = (this.peer = new RTCPeerConnection({ iceServers }));
      for (const track of stream.getAudioTracks()) {
        peer.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
        track.onended = () => again('the device went away');
      }
      peer.onconnectionstatechange = () => {
        if (['failed', 'disconnected', 'closed'].includes(peer.connectionState)) again(peer.connectionState);
      };
      setTimeout(() => peer.connectionState !== 'connected' && again('timeout'), patience.connect + 2 * pause);
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      const response = await fetch(`/microphone/${encodeURIComponent(meeting)}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ sdp: peer.localDescription.sdp, type: peer.localDescription.type, tab }),
      });
      if (response.status === 404 && serial === this.serial) return this.hangUp();
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      if (serial === this.serial) await peer.setRemoteDescription(await response.json());
    } catch (error) {
      again(`${error.name}: ${error.message}`);
    }
  }
}

/* All addresses this browser can be reached at go into one offer. */
function gathered(peer) {
  return new Promise(resolve => {
    if (peer.iceGatheringState === 'complete') return resolve();
    peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve());
    setTimeout(resolve, patience.gather);
  });
}

export default function (component) {
  viewOf(component, () => new Microphone()).draw(component.data);
}
