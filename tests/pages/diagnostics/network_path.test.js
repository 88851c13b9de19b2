import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const { candidateOf, candidatesIn, addressText, sortedCandidates, candidateNotes, ...texts } = load(
  'connection_test',
  [
    'candidateOf',
    'candidatesIn',
    'addressText',
    'sortedCandidates',
    'candidateNotes',
    'pathText',
    'noPathText',
  ],
);

function candidate(changes = {}) {
  return {
    side: 'local',
    type: 'host',
    protocol: 'udp',
    address: '192.168.1.2',
    port: 5000,
    server: '',
    used: false,
    ...changes,
  };
}

function pathText(local, remote, hostname = 'meet.example') {
  const pair = { local: candidate(local), remote: candidate({ side: 'remote', ...remote }) };
  return texts.pathText(pair, hostname);
}

/** As Chromium reports a connection; Firefox has no `transport` and marks the pair `selected`. */
function report(...more) {
  return new Map(
    [
      { id: 'L', type: 'local-candidate', candidateType: 'host', protocol: 'udp', address: '::1' },
      { id: 'R', type: 'remote-candidate', candidateType: 'host', protocol: 'udp', address: '::1' },
      { id: 'X', type: 'local-candidate', candidateType: 'srflx', protocol: 'udp' },
      ...more,
    ].map(stats => [stats.id, stats]),
  );
}

test('a relayed candidate names the protocol to the TURN server', () => {
  const stats = { type: 'local-candidate', protocol: 'udp', relayProtocol: 'tls' };
  assert.equal(candidateOf(stats).protocol, 'udp (tls to TURN)');
});

test('an address that the browser hides is empty', () => {
  assert.equal(candidateOf({ type: 'remote-candidate', address: null }).address, '');
});

test('the pair in use is found by the transport, by selection, or by nomination', () => {
  const pair = {
    id: 'P',
    type: 'candidate-pair',
    localCandidateId: 'L',
    remoteCandidateId: 'R',
  };
  const transport = { id: 'T', type: 'transport', selectedCandidatePairId: 'P' };
  for (const more of [
    [transport, pair],
    [{ ...pair, selected: true }],
    [{ ...pair, nominated: true, state: 'succeeded' }],
  ]) {
    const found = candidatesIn(report(...more));
    assert.equal(found.pair.remote.address, '::1');
    assert.deepEqual(
      found.candidates.map(c => [c.side, c.used]),
      [
        ['local', true],
        ['remote', true],
        ['local', false],
      ],
    );
  }
});

test('before a pair is in use all candidates are listed', () => {
  const { candidates, pair } = candidatesIn(report());
  assert.equal(pair, null);
  assert.ok(candidates.every(c => !c.used));
});

test('addresses are written as in a URL', () => {
  assert.equal(addressText(candidate()), '192.168.1.2:5000');
  assert.equal(addressText(candidate({ address: 'fe80::1' })), '[fe80::1]:5000');
  assert.equal(addressText(candidate({ address: '' })), 'hidden by the browser');
});

test('the pair in use comes first on each side', () => {
  const [tcp, used] = [candidate({ protocol: 'tcp' }), candidate({ used: true })];
  const remote = candidate({ side: 'remote', used: true });
  const udp = candidate();
  assert.deepEqual(sortedCandidates([remote, tcp, udp, used]), [used, udp, tcp, remote]);
});

test('notes explain only what is in the table', () => {
  assert.deepEqual(candidateNotes([candidate()]), []);
  const notes = candidateNotes([candidate({ address: 'x.local' }), candidate({ type: 'prflx' })]);
  assert.match(notes[0], /mDNS/);
  assert.match(notes[1], /^prflx/);
});

test('relays are named first', () => {
  const relay = { type: 'relay', server: 'turn:t.example' };
  assert.match(
    pathText(relay, {}),
    /^through the TURN server turn:t.example \(relay ↔ host, udp\)$/,
  );
  assert.match(pathText({}, { type: 'relay' }), /^through the TURN server at 192.168.1.2:5000/);
});

test('a path inside one machine is not called the network', () => {
  assert.match(pathText({ address: '127.0.0.1' }, {}), /loopback/);
  assert.match(pathText({}, {}), /inside this machine/);
  const other = { address: '192.168.1.3' };
  assert.match(pathText(other, {}), /over the local network/);
  assert.match(pathText(other, {}, 'localhost'), /inside this machine/);
  assert.match(pathText({ ...other, type: 'srflx' }, {}), /translates addresses/);
  assert.equal(texts.pathText(null, 'localhost'), 'on a path that this browser does not report');
});

test('a failure says what to try next', () => {
  const failed = { ice: 'failed', connection: 'failed' };
  const text = (candidates, hostname, hasServers, found = failed) =>
    texts.noPathText({ candidates, ...found }, hostname, hasServers);
  const relay = candidate({ type: 'relay' });
  assert.match(
    text([], 'x', true),
    /^No path connected \(ICE failed, connection failed\)\. .*Allow/,
  );
  assert.match(text([candidate()], 'localhost', false), /firewall that blocks UDP/);
  assert.match(text([candidate()], 'x', false), /name a TURN server/);
  assert.match(text([candidate()], 'x', true), /No TURN server gave an address/);
  assert.match(text([relay], 'x', true), /does not reach it/);
  const met = { ice: 'connected', connection: 'failed' };
  assert.match(text([candidate()], 'x', true, met), /without a VPN/);
});
