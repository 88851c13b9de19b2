/* A browser without sound for the tests of the microphone. */

import { load } from '../bundles.js';

const names = [
  'connectionGoal',
  'Microphone',
  'Recorder',
  'microphoneStream',
  'microphoneConstraints',
];

export function data(changes = {}) {
  return {
    wanted: true,
    meeting: 'm1',
    attempt: 0,
    device: null,
    cleanUp: false,
    tab: 't',
    live: '/live',
    state: 'listening',
    iceServers: [],
    ...changes,
  };
}

export function stream() {
  const track = {
    readyState: 'live',
    enabled: true,
    get stopped() {
      return track.readyState === 'ended';
    },
    stop: () => (track.readyState = 'ended'),
  };
  return { active: true, track, getTracks: () => [track], getAudioTracks: () => [track] };
}

/** A browser in which every connection attempt ends with the given answer of the server. */
export function browser(answer, globals = {}, permission = 'prompt') {
  const peers = [];
  const streams = [];
  const asked = [];
  const server = { state: 'listening', source: null };
  class RTCPeerConnection extends EventTarget {
    iceGatheringState = 'complete';
    connectionState = 'new';
    localDescription = { sdp: '', type: 'offer' };
    sent = [];
    constructor() {
      super();
      peers.push(this);
    }
    addTransceiver() {
      return { sender: { replaceTrack: async track => this.sent.push(track) } };
    }
    async createOffer() {
      await during.wait('the offer');
    }
    setLocalDescription() {}
    setRemoteDescription(description) {
      this.remote = description;
    }
    close() {
      this.connectionState = 'closed';
    }
  }
  /** Called in the middle of each wait of an attempt, with what is waited for. */
  const during = { wait: async () => {} };
  const getUserMedia = async () => {
    streams.push(stream());
    const opened = streams.at(-1);
    await during.wait('the microphone');
    return opened;
  };
  const fetch = async address => {
    asked.push(address);
    if (address.startsWith('/microphone/')) await during.wait('the answer');
    if (address === '/live?tab=t') {
      await during.wait('the state');
      if (!server.state) throw new Error('unreachable');
      return { ok: true, json: async () => ({ ...server }) };
    }
    return address.startsWith('/live/') ? new Promise(() => {}) : answer();
  };
  const scripts = load('microphone', names, {
    globalThis: globals,
    RTCPeerConnection,
    navigator: {
      mediaDevices: { getUserMedia },
      permissions: { query: async () => ({ state: permission }) },
    },
    sessionStorage: { getItem: () => null, setItem() {}, removeItem() {} },
    addEventListener() {},
    AbortSignal: { timeout: () => undefined },
    console: { info() {} },
    fetch,
  });
  return { peers, streams, asked, server, during, ...scripts };
}

export async function settled() {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

export const accepted = () => ({ ok: true, status: 200, json: async () => ({ type: 'answer' }) });
