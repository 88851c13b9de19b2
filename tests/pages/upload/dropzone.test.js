import assert from 'node:assert/strict';
import test from 'node:test';

import { load } from '../bundles.js';

const names = ['playable', 'filesOf', 'Uploads', 'uploadText'];
const { playable, filesOf, uploadText } = load('dropzone', names);
const endings = ['.mp3', '.mka'];

test('a file is taken by its type or by its ending', () => {
  assert.ok(playable({ type: 'video/mp4', name: 'a' }, endings));
  assert.ok(playable({ type: '', name: 'Talk.MKA' }, endings));
  assert.ok(!playable({ type: 'text/plain', name: 'notes.txt' }, endings));
});

function fileEntry(name) {
  return { isFile: true, file: found => found({ name, type: '' }) };
}

function folderEntry(...inner) {
  const batches = [inner, []];
  return {
    isDirectory: true,
    createReader: () => ({ readEntries: found => found(batches.shift()) }),
  };
}

test('folders are searched for recordings; files dropped by themselves are always taken', async () => {
  const folder = folderEntry(
    fileEntry('b.mp3'),
    folderEntry(fileEntry('c.mp3')),
    fileEntry('d.txt'),
  );
  const items = [fileEntry('a.txt'), folder].map(entry => ({ webkitGetAsEntry: () => entry }));
  const found = await filesOf({ items, files: [] }, endings);
  assert.deepEqual(
    found.map(file => file.name),
    ['a.txt', 'b.mp3', 'c.mp3'],
  );
});

/** Uploads over a network whose answers a test gives: the state check, then each transfer. */
function uploads({ check = { ok: true } } = {}) {
  const requests = [];
  const deleted = [];
  class XMLHttpRequest {
    upload = {};
    headers = {};
    open(method, address) {
      this.address = address;
    }
    setRequestHeader(name, value) {
      this.headers[name] = value;
    }
    send(body) {
      this.body = body;
      requests.push(this);
    }
    abort() {
      this.aborted = true;
    }
    answer(status, said) {
      Object.assign(this, { status, responseText: JSON.stringify(said) });
      this.onload();
    }
  }
  const fetch = async (address, init = {}) => {
    if (check instanceof Error) throw check;
    if (init.method) return void deleted.push([init.method, address, init.headers]);
    return {
      ok: check.ok,
      status: check.status ?? 200,
      text: async () => check.page ?? JSON.stringify(check),
    };
  };
  const scripts = load('dropzone', names, { XMLHttpRequest, fetch, addEventListener() {} });
  return { all: new scripts.Uploads(), requests, deleted };
}

const settings = { address: '/uploads/', header: 'X-Upload', options: { language: 'de' } };

function file(name) {
  return Object.assign(new Blob(['abc']), { name, lastModified: 1234 });
}

function states(all) {
  return all.files.map(entry => entry.state);
}

async function settled() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

test('files are sent one after the other', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all, requests } = uploads();
  all.add([file('a.mp3'), file('ö.mp3')], settings);
  await settled();
  assert.deepEqual(states(all), ['sending', 'waiting']);
  requests[0].answer(200, { meeting: 'm1' });
  await settled();
  assert.deepEqual(states(all), ['done', 'sending']);
  const about = JSON.parse(decodeURIComponent(requests[1].headers['X-Upload']));
  assert.deepEqual(about, { name: 'ö.mp3', modified: 1234, options: { language: 'de' } });
  t.mock.timers.tick(2500);
  assert.deepEqual(states(all), ['sending']);
});

test('a lost connection is tried again under the same address', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all, requests } = uploads();
  all.add([file('a.mp3')], settings);
  await settled();
  requests[0].onerror();
  assert.deepEqual(states(all), ['pausing']);
  t.mock.timers.tick(1000);
  await settled();
  assert.equal(requests[1].address, requests[0].address);
});

test('after eight pauses an upload fails, and can be tried again by hand', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all } = uploads({ check: new TypeError('offline') });
  all.add([file('a.mp3')], settings);
  for (let round = 0; round < 9; round += 1) {
    await settled();
    t.mock.timers.tick(30_000);
  }
  assert.deepEqual(states(all), ['failed']);
  assert.match(all.files[0].trouble, /connection was lost/);
  all.again(all.files[0]);
  assert.deepEqual(states(all), ['sending']);
});

test('a refusal is shown with the rule that explains it', async () => {
  const { all, requests } = uploads();
  all.add([file('a.mp3')], settings);
  await settled();
  requests[0].answer(413, { trouble: 'Too large.', rule: 'disk-full' });
  const [entry] = all.files;
  assert.deepEqual([entry.state, entry.trouble, entry.rule], ['failed', 'Too large.', 'disk-full']);
});

test('a file that the server has already is done', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all, requests } = uploads({ check: { ok: true, meeting: 'm1' } });
  all.add([file('a.mp3')], settings);
  await settled();
  assert.deepEqual(states(all), ['done']);
  assert.deepEqual(requests, []);
});

test('a cancelled upload is aborted, and the next one begins', async () => {
  const { all, requests } = uploads();
  all.add([file('a.mp3'), file('b.mp3')], settings);
  await settled();
  all.cancel(all.files[0]);
  assert.ok(requests[0].aborted);
  assert.deepEqual(states(all), ['sending']);
  assert.ok(all.busy());
});

test('what the server has already is not sent again', async () => {
  const { all, requests } = uploads({ check: { ok: true, meeting: null, received: 2 } });
  all.add([file('a.mp3')], settings);
  await settled();
  assert.equal(requests[0].address, `/uploads/${all.files[0].id}?from=2`);
  assert.equal(await requests[0].body.text(), 'c');
  requests[0].upload.onprogress({ loaded: 1 });
  assert.equal(all.files[0].sent, 3);
});

const final = [400, 404, 409, 411, 413, 415, 422, 500, 507];
const passing = [408, 429, 502, 503, 504];

for (const status of [...final, ...passing])
  test(`an answer ${status} is ${final.includes(status) ? 'final' : 'tried again'}, with its sentence`, async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const expected = final.includes(status) ? 'failed' : 'pausing';
    const sent = uploads();
    sent.all.add([file('a.mp3')], settings);
    await settled();
    sent.requests[0].answer(status, { trouble: 'A sentence.' });
    const asked = uploads({ check: { ok: false, status, trouble: 'A sentence.' } });
    asked.all.add([file('a.mp3')], settings);
    await settled();
    for (const { all } of [sent, asked]) {
      assert.deepEqual(states(all), [expected]);
      assert.equal(uploadText(all.files[0]), 'A sentence.');
    }
  });

test("a proxy's own page is a refusal too", async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all } = uploads({ check: { ok: false, status: 413, page: '<html>nginx</html>' } });
  all.add([file('a.mp3')], settings);
  await settled();
  assert.match(uploadText(all.files[0]), /did not take the file \(413\)/);
});

test('cancelling gives up what has arrived', async () => {
  const { all, deleted } = uploads();
  all.add([file('a.mp3'), file('b.mp3')], settings);
  await settled();
  const [first, waiting] = all.files;
  all.cancel(waiting);
  all.cancel(first);
  assert.deepEqual(deleted, [['DELETE', first.address, { 'X-Upload': '1' }]]);
});
