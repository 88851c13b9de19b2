/* Texts on the path that ICE found between browser and server, or on why it found none. */

/**
 * One address that ICE tried, of this browser or of the server.
 * @typedef {object} Candidate
 * @property {'local' | 'remote'} side
 * @property {string} type `host`, `srflx`, `prflx` or `relay`
 * @property {string} protocol
 * @property {string} address empty where the browser hides it
 * @property {number} [port]
 * @property {string} server the STUN or TURN server it came from, or ""
 * @property {boolean} used whether it is in the pair that is in use
 */

/** @typedef {{ local: Candidate, remote: Candidate }} CandidatePair */

/** @param {string} hostname */
function isLocalhost(hostname) {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/**
 * Source of the fields: https://www.w3.org/TR/webrtc-stats/#icecandidate-dict*
 * @param {any} stats of the type `local-candidate` or `remote-candidate`
 * @returns {Candidate}
 */
function candidateOf(stats, used = false) {
  const relay = stats.relayProtocol ? ` (${stats.relayProtocol} to TURN)` : '';
  return {
    side: stats.type === 'local-candidate' ? 'local' : 'remote',
    type: stats.candidateType,
    protocol: stats.protocol + relay,
    address: stats.address ?? stats.ip ?? '',
    port: stats.port,
    server: stats.url ?? '',
    used,
  };
}

/**
 * All candidates of a connection, and the pair in use once there is one.
 * @param {Map<string, any>} report what `getStats` gave
 * @returns {{ candidates: Candidate[], pair: CandidatePair | null }}
 */
function candidatesIn(report) {
  const all = [...report.values()];
  const transport = all.find(s => s.type === 'transport' && s.selectedCandidatePairId);
  /* Firefox has no `transport` with the pair's id. */
  const pair =
    report.get(transport?.selectedCandidatePairId) ??
    all.find(
      s => s.type === 'candidate-pair' && (s.selected || (s.nominated && s.state === 'succeeded')),
    );
  const used = [pair?.localCandidateId, pair?.remoteCandidateId];
  const candidates = all
    .filter(s => s.type === 'local-candidate' || s.type === 'remote-candidate')
    .map(s => candidateOf(s, used.includes(s.id)));
  const [local, remote] = used.map(id => report.get(id));
  const found = local && remote;
  return {
    candidates,
    pair: found ? { local: candidateOf(local, true), remote: candidateOf(remote, true) } : null,
  };
}

/** Address and port as a URL writes them. @param {Candidate} candidate */
function addressText({ address, port }) {
  const shown = address || 'hidden by the browser';
  return (shown.includes(':') ? `[${shown}]` : shown) + (address && port ? `:${port}` : '');
}

/**
 * The order in the table: this browser before the server, the pair in use first, UDP before TCP.
 * @param {Candidate[]} candidates
 */
function sortedCandidates(candidates) {
  /** @param {Candidate} c */
  const key = c => `${c.side} ${c.used ? 0 : 1} ${c.type} ${c.protocol === 'udp' ? 0 : 1}`;
  return [...candidates].sort((a, b) => key(a).localeCompare(key(b)));
}

/**
 * What the user may wonder about in the table of candidates.
 * @param {Candidate[]} candidates
 */
function candidateNotes(candidates) {
  const notes = [];
  if (candidates.some(c => c.address.endsWith('.local')))
    notes.push(
      'Names that end in .local stand for addresses the browser hides from pages that may not' +
        ' use the microphone; the server asks the local network for them (mDNS). Where that is' +
        ' blocked, allow the microphone.',
    );
  if (candidates.some(c => c.type === 'prflx'))
    notes.push("prflx: an address one side learnt from the other's packets.");
  return notes;
}

/**
 * The way of the sound from this browser to the server.
 * @param {CandidatePair | null} pair
 * @param {string} hostname of this page
 */
function pathText(pair, hostname) {
  if (!pair) return 'on a path that this browser does not report';
  const { local, remote } = pair;
  const kinds = `(${local.type} ↔ ${remote.type}, ${local.protocol})`;
  if (local.type === 'relay')
    return `through the TURN server ${local.server || addressText(local)} ${kinds}`;
  if (remote.type === 'relay') return `through the TURN server at ${addressText(remote)} ${kinds}`;
  if ([local, remote].some(c => /^(127\.|::1$)/.test(c.address)))
    return `directly, over this machine's loopback ${kinds}`;
  if (local.address && local.address === remote.address)
    return `directly, inside this machine ${kinds}`;
  if ([local, remote].some(c => c.type === 'srflx'))
    return `directly, through a router that translates addresses ${kinds}`;
  if (isLocalhost(hostname)) return `directly, inside this machine ${kinds}`;
  return `directly, over the local network ${kinds}`;
}

/**
 * Why no path was found, and what to try next.
 * @param {object} found
 * @param {Candidate[]} found.candidates
 * @param {string} found.ice the `iceConnectionState`
 * @param {string} found.connection the `connectionState`
 * @param {string} hostname of this page
 * @param {boolean} hasServers whether STUN or TURN servers are configured
 */
function noPathText({ candidates, ice, connection }, hostname, hasServers) {
  const state = `No path connected (ICE ${ice}, connection ${connection}).`;
  if (!candidates.some(c => c.side === 'local'))
    return `${state} The browser found no address of its own: a privacy setting or an extension may hide them. Allow WebRTC there.`;
  if (ice === 'connected' || ice === 'completed')
    return `${state} The addresses reach each other, but no encrypted connection could be made. Another program may filter it; try without a VPN.`;
  if (isLocalhost(hostname))
    return `${state} On one machine this is mostly a VPN or a firewall that blocks UDP: switch it off and press “Try again”.`;
  if (!hasServers)
    return `${state} A firewall or a router between this browser and the server blocks it. Let UDP through, or name a TURN server in MEETCORE_ICE_SERVERS.`;
  if (candidates.some(c => c.side === 'local' && c.type === 'relay'))
    return `${state} The TURN server gave an address, but the server's machine does not reach it. Check that both may use it.`;
  return `${state} No TURN server gave an address: check its address, name and credential in MEETCORE_ICE_SERVERS.`;
}
