// counters.test.mjs - the port for counters and citizens: what it speaks, whom it lets in, what a stolen cookie opens, what a
// citizen can do and cannot learn. Raw requests over TLS; a browser where people look.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { audit, browser, cameraJpeg, login, nik, passphrase, regency, serveCounters, shot, watched } from './regency.mjs';

let place, site, first, chrome, dripped;
const agent = new Agent({ rejectUnauthorized: false, keepAlive: true, maxSockets: 8 });

/* One request: { status, headers, body }. `fields` makes it a form by POST. */
function ask(base, path, { fields, cookie = {}, headers = {}, method, from } = {}) {
  const body = fields && new URLSearchParams(fields).toString();
  const tls = base.startsWith('https');
  const jar = Object.entries(cookie).map(([k, v]) => `__Host-${k}=${v}`).join('; ');
  const options = { method: method ?? (fields ? 'POST' : 'GET'), ...(tls && { agent: from ? new Agent({ rejectUnauthorized: false, localAddress: from }) : agent }), headers: {
    ...(jar && { Cookie: jar }), ...(fields && { Origin: base, 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) }),
    ...headers } };
  return new Promise((done, fail) => {
    const r = (tls ? request : plainRequest)(base + path, options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (d) => (text += d));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: text }));
    });
    r.on('error', fail);
    r.end(body);
  });
}
const cookies = (answer) => Object.fromEntries((answer.headers['set-cookie'] ?? []).map((c) => /^__Host-(\w+)=([^;]*)/.exec(c).slice(1)));
const token = (answer) => /name=t value="([0-9a-f]{64})"/.exec(answer.body)?.[1];
async function enter(base, cookie = {}, user = 'siti') {
  const answer = await ask(base, '/masuk', { fields: { user, pass: passphrase }, cookie });
  assert.equal(answer.status, 303, answer.body);
  const jar = { ...cookie, ...cookies(answer) };
  return { jar, t: token(await ask(base, '/kelola', { cookie: jar })) };
}
/* A machine with a code of the supervisor on the laptop. */
async function enrol(name, laptop) {
  const page = await ask(site.url, '/tablet', { fields: { t: laptop.t, name }, cookie: laptop.jar });
  const code = /class="big code">([0-9A-Z]{5}-[0-9A-Z]{5})</.exec(page.body)[1];
  const answer = await ask(site.tls, '/daftar', { fields: { k: code } });
  assert.equal(answer.status, 303, answer.body);
  return { code, page, jar: cookies(answer) };
}

/* A client that sends a byte now and then: how long it holds its place, in ms. The other tests go on meanwhile. */
async function drip(port) {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }), begun = Date.now();
  socket.on('error', () => {});
  socket.write(`POST /daftar HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: ${site.tls}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n`);
  const timer = setInterval(() => socket.write('a'), 500);
  await new Promise((done) => socket.on('close', done));
  clearInterval(timer);
  return Date.now() - begun;
}

before(async () => {
  place = await regency();
  first = await place.cli(place.van, 'apply', '--service', 'kartu-keluarga', '--nik', nik(), '--name', 'Dewi Rahasia', '--set',
    'kk=' + nik(1, 1, 10), '--set', 'village=3203012003', ...(await required('kartu-keluarga')));
  site = await serveCounters(place.van, '--no-sync');
  chrome = await browser();
});
after(async () => {
  agent.destroy();
  await chrome?.close();
  await site?.stop();
  await place?.close();
});
async function required(service) {
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', service);
  return s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .flatMap((f) => ['--set', `${f.name}=${f.options[0]?.value ?? 'Kp. Sukamaju'}`]);
}

test('the port opens with the first login, speaks TLS 1.3 and 1.2 and nothing older, and no plain HTTP', async () => {
  const port = Number(new URL(site.tls).port);
  await assert.rejects(ask(site.tls, '/warga'), /ECONNREFUSED/, 'closed while nobody has logged in');
  await enter(site.url);
  for (let i = 0; ; i++) {
    try { await ask(site.tls, '/warga'); break; } catch (e) { if (i > 100) throw e; await new Promise((d) => setTimeout(d, 100)); }
  }
  dripped = drip(port);
  const speak = (options) => new Promise((done) => {
    const s = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
      done({ protocol: s.getProtocol(), certificate: s.getPeerCertificate() });
      s.destroy();
    });
    s.on('error', (e) => done({ error: e.code ?? String(e) }));
  });
  const { protocol, certificate } = await speak({});
  assert.equal(protocol, 'TLSv1.3');
  assert.equal(certificate.asn1Curve ?? certificate.nistCurve, certificate.asn1Curve ? 'prime256v1' : 'P-256');
  assert.match(certificate.subjectaltname, /IP Address:127\.0\.0\.1/);
  assert.equal((await speak({ maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
  for (const old of ['TLSv1.1', 'TLSv1'])
    assert.ok((await speak({ minVersion: 'TLSv1', maxVersion: old, ciphers: 'DEFAULT@SECLEVEL=0' })).error, `${old} is refused`);
  const plain = await new Promise((done) => {
    const s = connectPlain(port, '127.0.0.1', () => s.write(`GET /masuk HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`));
    let text = '';
    s.on('data', (d) => (text += d.toString('latin1')));
    s.on('close', () => done(text));
    s.on('error', () => done(text));
  });
  assert.ok(!plain.includes('HTTP/1.1 200') && !plain.includes('<'), `plain HTTP on the TLS port: ${plain}`);
});

test('only exact names of this machine are served', async () => {
  const port = new URL(site.tls).port;
  for (const Host of ['evil.example', `127.0.0.1.evil.example:${port}`, `10.0.0.1:${port}`, site.host, '127.0.0.1', `localhost:${port}`])
    assert.equal((await ask(site.tls, '/warga', { headers: { Host } })).status, 421, Host);
});

test('a machine that is not enrolled gets the stand and the page to enrol, and nothing else', async () => {
  const { jar, t } = await enter(site.url);
  assert.equal((await ask(site.tls, '/')).headers.location, '/warga');
  for (const cookie of [{}, jar, { ...jar, dev: '0'.repeat(64) }, { dev: "' OR 1=1" }, { dev: '0'.repeat(63) }])
    for (const path of ['/masuk', '/sinkron', '/baru', '/cari?q=dewi', '/kelola', '/tablet', `/p/${first.number}`, '/api/state', '/draf', '/%2e%2e/masuk']) {
      const answer = await ask(site.tls, path, { cookie });
      assert.ok([403, 404, 400].includes(answer.status), `${path}: ${answer.status}`);
      assert.ok(!/Dewi|name=pass/.test(answer.body), path);
    }
  for (const path of ['/masuk', '/kelola/petugas', '/baru/kartu-keluarga', '/sinkron/mulai', '/tablet'])
    assert.equal((await ask(site.tls, path, { fields: { t, user: 'siti', pass: passphrase }, cookie: jar })).status, 403, path);
  assert.equal((await ask(site.tls, '/daftar')).status, 200);
  for (const k of ['', 'AAAAA-AAAAA', '0', 'x'.repeat(300), '00000-00000'])
    assert.equal((await ask(site.tls, '/daftar', { fields: { k } })).status, 403, `code ${k.slice(0, 12)}`);
  assert.equal((await ask(site.tls, '/daftar', { fields: { k: 'x' }, headers: { Origin: 'https://evil.example' } })).status, 403);
});

test('a tablet is enrolled by a code that counts once, works, and is revoked', async () => {
  const laptop = await enter(site.url);
  const { code, page, jar } = await enrol('Loket 2 <b>', laptop);
  assert.match(page.body, /<svg/);
  assert.ok(page.body.includes('Loket 2 &lt;b&gt;'));
  const seal = /SHA-256<\/dt><dd class=mono>([0-9A-F:]{95})</.exec(page.body)[1];
  assert.ok((await ask(site.tls, '/daftar')).body.includes(seal), 'the tablet is shown the same fingerprint');
  const certificate = await new Promise((done) => {
    const s = connect({ host: '127.0.0.1', port: Number(new URL(site.tls).port), rejectUnauthorized: false }, () => {
      done(s.getPeerCertificate().fingerprint256);
      s.destroy();
    });
  });
  assert.equal(certificate, seal, 'and it is the one of the certificate');
  assert.match(jar.dev, /^[0-9a-f]{64}$/);
  assert.equal((await ask(site.tls, '/daftar', { fields: { k: code } })).status, 403, 'the code is used up');
  assert.equal((await ask(site.tls, '/masuk', { cookie: jar })).status, 200);
  const tablet = await enter(site.tls, jar);
  const listed = await ask(site.url, '/kelola', { cookie: laptop.jar });
  assert.match(listed.body, /<td>siti<\/td><td>Loket 2 &lt;b&gt;<\/td>/, 'the session is listed with its place');
  // What the cookie of a session is worth elsewhere: nothing.
  assert.equal((await ask(site.url, '/kelola', { cookie: tablet.jar })).status, 303, 'a tablet\'s session on the laptop');
  assert.equal((await ask(site.tls, '/kelola', { cookie: { ...jar, sid: laptop.jar.sid } })).status, 303, 'the laptop\'s on a tablet');
  const other = await enrol('Loket 3', laptop);
  assert.equal((await ask(site.tls, '/kelola', { cookie: { ...other.jar, sid: tablet.jar.sid } })).status, 303, 'one tablet\'s on another');
  assert.equal((await ask(site.tls, '/kelola', { cookie: { sid: tablet.jar.sid } })).status, 403, 'without its machine');
  // Fixation: an id that somebody set before the login is not the one after it.
  const fixed = await enter(site.tls, { ...other.jar, sid: 'f'.repeat(64) });
  assert.notEqual(fixed.jar.sid, 'f'.repeat(64));
  // Ended from the laptop, and then revoked.
  const serial = [...listed.body.matchAll(/name=s value=(\d+)><button[^>]*aria-label="[^"]*Loket 2/g)][0][1];
  assert.equal((await ask(site.url, '/kelola/sesi', { fields: { t: laptop.t, s: serial }, cookie: laptop.jar })).status, 303);
  assert.equal((await ask(site.tls, '/kelola', { cookie: tablet.jar })).status, 303, 'an ended session');
  const again = await enter(site.tls, jar);
  const tablets = await ask(site.url, '/tablet', { cookie: laptop.jar });
  const id = /name=id value=(\d+)><button[^>]*Loket 2/.exec(tablets.body)[1];
  assert.equal((await ask(site.url, '/tablet/cabut', { fields: { t: laptop.t, id }, cookie: laptop.jar })).status, 303);
  assert.equal((await ask(site.tls, '/kelola', { cookie: again.jar })).status, 403, 'a revoked machine');
  assert.equal((await ask(site.tls, '/masuk', { cookie: jar })).status, 403);
});

test('officers: only a supervisor adds, resets and disables; a disabled one is out at once', async () => {
  const laptop = await enter(site.url);
  const post = (path, fields, who = laptop) => ask(site.url, path, { fields: { t: who.t, ...fields }, cookie: who.jar });
  assert.equal((await post('/kelola/petugas', { user: 'budi', name: '<i>Budi</i>', role: 'officer', pass: passphrase })).status, 303);
  assert.equal((await post('/kelola/petugas', { user: 'budi', name: 'Budi', role: 'officer', pass: passphrase })).status, 409);
  assert.equal((await post('/kelola/petugas', { user: 'B D', name: 'Budi', role: 'officer', pass: passphrase })).status, 422);
  assert.equal((await post('/kelola/petugas', { user: 'joko', name: 'Joko', role: 'admin', pass: passphrase })).status, 422);
  const budi = await enter(site.url, {}, 'budi');
  for (const [path, fields] of [['/kelola/petugas', { user: 'eve', name: 'Eve', role: 'supervisor', pass: passphrase }],
    ['/kelola/petugas/nonaktif', { user: 'siti', reason: 'x' }], ['/kelola/petugas/sandi', { user: 'siti', pass: 'kata sandi baru' }],
    ['/tablet', { name: 'x' }], ['/tablet/cabut', { id: 1 }]])
    assert.equal((await post(path, fields, budi)).status, 403, path);
  assert.ok(!(await ask(site.url, '/kelola', { cookie: budi.jar })).body.includes('/kelola/petugas'));
  assert.equal((await post('/kelola/sandi', { old: 'salah sekali', pass: 'kata sandi baru' }, budi)).status, 403);
  assert.equal((await post('/kelola/petugas/sandi', { user: 'budi', pass: 'sandi dari penyelia' })).status, 303);
  assert.equal((await ask(site.url, '/kelola', { cookie: budi.jar })).status, 303, 'a reset ends the sessions');
  assert.equal((await ask(site.url, '/masuk', { fields: { user: 'budi', pass: passphrase } })).status, 403);
  const reset = await ask(site.url, '/masuk', { fields: { user: 'budi', pass: 'sandi dari penyelia' } });
  assert.equal(reset.status, 303);
  assert.equal((await post('/kelola/petugas/nonaktif', { user: 'budi', reason: 'pindah tugas' })).status, 303);
  assert.equal((await ask(site.url, '/kelola', { cookie: cookies(reset) })).status, 303, 'a disabled officer is out');
  assert.equal((await ask(site.url, '/masuk', { fields: { user: 'budi', pass: 'sandi dari penyelia' } })).status, 403);
  assert.equal((await post('/kelola/petugas/nonaktif', { user: 'siti', reason: 'x' })).status, 403, 'not oneself');
});

test('a citizen learns a stage and nothing else, and the same from every wrong code', async () => {
  const page = await ask(site.tls, '/warga/status?n=' + first.number.toLowerCase());
  assert.equal(page.status, 200);
  assert.ok(Buffer.byteLength(page.body) <= 3072, `${Buffer.byteLength(page.body)} bytes`);
  assert.ok(!/Dewi|Rahasia|3203|<script/.test(page.body.replace(/tel:[0-9+-]*/, '')), 'nothing of a person');
  const shown = await place.cli(place.van, 'show', first.number);
  assert.equal((await ask(site.tls, '/warga/status?n=' + encodeURIComponent(shown.qr))).status, 200, 'the QR text');
  const answers = [];
  for (const n of ['7K3M-Q9TD-X2AB', '0000-0000-0001', first.number.slice(0, -1) + (first.number.endsWith('Z') ? 'Y' : 'Z'), 'x', '<b>', shown.qr.slice(0, -4) + 'AAAA', "'", '%'])
    answers.push(await ask(site.tls, '/warga/status?n=' + encodeURIComponent(n)));
  for (const a of answers) {
    assert.equal(a.status, 404);
    assert.equal(a.body, answers[0].body);
  }
  const costs = async (path, what) => what.exec((await ask(site.tls, '/warga/layanan' + path)).body)[1];
  assert.match(await costs('/samsat', /Biaya\/tarif<\/dt><dd>([^<]*)</), /^Pajak dan SWDKLLJ/, 'what costs a tax is not called free');
  assert.match(await costs('', /"\/warga\/layanan\/samsat">(.*?)<\/a>/), /Pajak dan SWDKLLJ/);
  assert.equal(await costs('/ktp-el', /Biaya\/tarif<\/dt><dd>([^<]*)</), 'Gratis, tanpa pungutan apa pun');
  for (const path of ['/warga/', '/warga/x', '/warga/../masuk', '/warga/kode/7K3M-Q9TD', '/warga/layanan/x', '/warga/siapkan/%2e%2e', '/warga/s/%2e%2e'])
    assert.ok([404, 403, 400].includes((await ask(site.tls, path)).status), path);
});

test('a citizen prepares, an officer opens: once, within a day, bounded', async () => {
  const mine = nik();
  const typed = { 'f.nik': mine, 'f.name': '<script>owned=1</script>', 'f.phone': '081234567890' };
  const bad = await ask(site.tls, '/warga/siapkan/kartu-keluarga', { fields: { ...typed, 'f.nik': '12' } });
  assert.equal(bad.status, 422);
  assert.ok(bad.body.includes('&lt;script&gt;') && !bad.body.includes('<script>'));
  assert.equal((await ask(site.tls, '/warga/siapkan/kartu-keluarga', { fields: { 'f.name': 'x'.repeat(70000) } })).status, 413);
  assert.equal((await ask(site.tls, '/warga/siapkan/kartu-keluarga', { fields: typed, headers: { Origin: 'https://evil.example' } })).status, 403);
  // Somebody else's open application of the same NIK and service must not show here.
  const made = await ask(site.tls, '/warga/siapkan/kartu-keluarga', { fields: typed });
  assert.equal(made.status, 303, made.body);
  const code = /\/warga\/kode\/([0-9A-Z]{4}-[0-9A-Z]{4})$/.exec(made.headers.location)[1];
  const shown = await ask(site.tls, made.headers.location);
  assert.ok(shown.body.includes('<svg') && !shown.body.includes(mine) && !shown.body.includes('owned'));
  const laptop = await enter(site.url);
  const found = await ask(site.url, '/mandiri?k=' + code.toLowerCase().replace('-', ''), { cookie: laptop.jar });
  assert.equal(found.status, 200);
  const opened = await ask(site.url, '/mandiri', { fields: { t: laptop.t, k: code }, cookie: laptop.jar });
  assert.equal(opened.status, 303, opened.body);
  const draft = await ask(site.url, opened.headers.location, { cookie: laptop.jar });
  assert.ok(draft.body.includes(mine) && draft.body.includes('&lt;script&gt;owned=1'));
  assert.equal((await ask(site.url, '/mandiri', { fields: { t: laptop.t, k: code }, cookie: laptop.jar })).status, 404, 'used up');
  assert.equal((await ask(site.tls, made.headers.location)).status, 404);
});

test('a citizen answers the survey and complains, and reads nothing of what others said', async () => {
  const from = '127.0.0.77', post = (path, fields, more) => ask(site.tls, path, { fields, from, ...more });
  let answers = '';
  for (let u = 1; u <= 9; u++) {
    const page = u === 1 ? await ask(site.tls, '/warga/survei', { from }) : await post('/warga/survei', { k: '', a: answers.slice(0, -1), u: answers.at(-1) });
    assert.ok(page.body.includes(`Pertanyaan ${u} dari 9`), page.body);
    answers += 1 + (u % 4);
  }
  assert.match((await post('/warga/survei', { k: '', a: answers.slice(0, -1), u: answers.at(-1) })).body, /name=done/);
  const before = (await place.cli(place.van, 'survey', 'report')).n;
  assert.equal((await post('/warga/survei', { a: answers, done: '1' }, { headers: { Origin: 'https://evil.example' } })).status, 403);
  assert.match((await post('/warga/survei', { k: '', a: answers, done: '1' })).body, /Terima kasih/);
  assert.equal((await place.cli(place.van, 'survey', 'report')).n, before + 1);

  const text = 'Petugas <script>owned=1</script> kasar';
  const empty = await post('/warga/pengaduan', { text: ' ', cat: 'desk', name: 'Bu Enok' });
  assert.equal(empty.status, 422);
  assert.ok(empty.body.includes('value="Bu Enok"'), 'what was typed stays');
  const wrong = await post('/warga/pengaduan', { text, cat: 'desk', n: '7K3M-Q9TD-X2AB' });
  assert.equal(wrong.status, 422);
  assert.ok(wrong.body.includes('&lt;script&gt;') && !wrong.body.includes('<script>'));
  const kept = await post('/warga/pengaduan', { text, cat: 'desk', n: first.number, contact: '0812-3456-789' });
  assert.equal(kept.status, 200, kept.body);
  const id = /class="big number">([^<]+)</.exec(kept.body)[1];
  const listed = (await place.cli(place.van, 'complaint', 'list')).complaints.find((c) => c.id === id);
  assert.deepEqual([listed.text, listed.number, listed.category, listed.name ?? ''], [text, first.number, 'desk', '']);
  for (const path of ['/warga', '/warga/pengaduan', '/warga/survei', '/warga/status?n=' + first.number])
    assert.ok(!/kasar|0812-3456|owned/.test((await ask(site.tls, path)).body), path);
  let last;
  for (let i = 0; i < 20 && last?.status !== 429; i++) last = await post('/warga/pengaduan', { text: ' ', cat: 'desk' });
  assert.equal(last.status, 429, 'one address cannot go on for ever');
});

test('guesses of one name wait together, wherever they come from', async () => {
  const guess = (localAddress) => new Promise((done, fail) => {
    const body = 'user=tamu&pass=x';
    const r = plainRequest(site.url + '/masuk', { method: 'POST', localAddress, headers: { Origin: site.url, 'Content-Type':
      'application/x-www-form-urlencoded', 'Content-Length': body.length } }, (a) => { a.resume(); a.on('end', () => done(a.statusCode)); });
    r.on('error', fail);
    r.end(body);
  });
  const seen = [];
  for (let i = 2; i < 10; i++) seen.push(await guess(`127.0.0.${i}`));
  assert.ok(seen.filter((s) => s === 429).length >= 3, String(seen));
});

test('what is locked is worth nothing, what was typed stays, and the passphrase opens it where it is', async () => {
  const short = await serveCounters(place.van, '--no-sync', '--lock-after', '5');
  try {
    const page = await watched(await chrome.newContext());
    await login(page, short.url);
    await page.goto(short.url + '/baru/kartu-keluarga');
    await page.fill('#f-name', 'Ibu Sumiati');
    const old = (await page.context().cookies()).find((c) => c.name === '__Host-sid').value;
    await page.waitForSelector('#lock[open]', { timeout: 30000 });
    await shot(page, 'kelola-terkunci');
    assert.equal((await ask(short.url, '/kelola', { cookie: { sid: old } })).status, 303, 'the cookie of the locked session');
    await page.keyboard.type('bukan ini');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#lock .note:not([hidden])');
    await page.keyboard.type(passphrase);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#lock', { state: 'hidden' });
    assert.equal(await page.inputValue('#f-name'), 'Ibu Sumiati');
    const fresh = (await page.context().cookies()).find((c) => c.name === '__Host-sid').value;
    assert.notEqual(fresh, old);
    assert.equal((await ask(short.url, '/kelola', { cookie: { sid: old } })).status, 303);
    await page.click('button[value=draft]');
    await page.waitForURL(/\/draf$/);
    assert.ok((await page.textContent('main')).includes('Ibu Sumiati'), 'the page works on with the new token');
    assert.deepEqual(page.complaints, []);
  } finally {
    await short.stop();
  }
});

test('a photograph is kept upright and without its place', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, site.url);
  const photo = await cameraJpeg(page);
  await page.goto(`${site.url}/p/${first.number}`);
  assert.equal(await page.getAttribute('input[name=photo]', 'capture'), 'environment');
  await page.setInputFiles('input[name=photo]', { name: 'IMG_1.jpg', mimeType: 'image/jpeg', buffer: photo });
  await page.click('form.attach button');
  await page.waitForSelector('.pages img');
  const kept = Buffer.from(await page.evaluate(async () => {
    const bytes = new Uint8Array(await (await fetch(document.querySelector('.pages a').href)).arrayBuffer());
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
  }), 'base64');
  assert.equal(kept.readUInt16BE(0), 0xffd8);
  assert.ok(!kept.includes('Exif') && !kept.includes('GPS-'), 'what the camera told is gone');
  const size = await page.evaluate(async () => {
    const i = new Image();
    i.src = document.querySelector('.pages a').href;
    await i.decode();
    return [i.naturalWidth, i.naturalHeight];
  });
  assert.ok(size[1] > size[0], `upright: ${size}`);
  assert.deepEqual(page.complaints, []);
});

test('a phone or a tablet photographs the code of a receipt', async () => {
  const png = join(place.dir, 'receipt.png');
  await place.cli(place.van, 'receipt', first.number, '--format', 'png', '-o', png);
  const phone = await watched(await chrome.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false }));
  const studio = await (await chrome.newContext()).newPage();
  const photo = async (turn, dark) => Buffer.from(await studio.evaluate(async ([data, turn, dark]) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 1500, height: 2000 }), c = canvas.getContext('2d');
    c.fillStyle = '#876';
    c.fillRect(0, 0, 1500, 2000);
    c.translate(750, 1000);
    c.rotate(turn);
    c.filter = `brightness(${dark})`;
    c.drawImage(image, -image.width / 2, -500, image.width, image.height);
    return canvas.toDataURL('image/jpeg', 0.8).split(',')[1];
  }, [(await readFile(png)).toString('base64'), turn, dark]), 'base64');
  const send = async (page, buffer) => {
    await page.setInputFiles('#photo', { name: 'IMG_1.jpg', mimeType: 'image/jpeg', buffer });
    await Promise.all([page.waitForNavigation(), page.click('form:has(#photo) button')]); // until it is there as a whole
  };
  await phone.goto(site.tls + '/warga');
  await send(phone, await photo(0.1, 0.7));
  assert.match(phone.url(), /\/warga\/status\?n=/);
  assert.ok((await phone.content()).includes(first.number));
  await phone.goto(site.tls + '/warga');
  await send(phone, await photo(0.1, 0));
  assert.match(await phone.textContent('[role=alert]'), /Foto lagi/);
  await phone.goto(site.tls + '/warga');
  await send(phone, Buffer.from('\xff\xd8 no picture', 'latin1'));
  assert.match(await phone.textContent('[role=alert]'), /Foto lagi/);
  const officer = await watched(await chrome.newContext());
  await login(officer, site.url);
  await officer.goto(site.url + '/periksa');
  await send(officer, await photo(0.1, 0));
  assert.match(await officer.textContent('[role=alert]'), /Foto lagi/);
  await send(officer, await photo(-0.2, 0.8));
  await officer.waitForSelector('.verdict.ok');
  assert.ok((await officer.content()).includes(first.number));
  assert.deepEqual([...phone.complaints, ...officer.complaints], []);
});

test('people can read and use the pages', async () => {
  const officer = await watched(await chrome.newContext());
  await login(officer, site.url);
  await officer.goto(site.url + '/kelola');
  await audit(officer, 'kelola');
  await officer.goto(site.url + '/tablet');
  await officer.fill('#name', 'Loket 4');
  await officer.click('main form button');
  await officer.waitForSelector('.code');
  await audit(officer, 'tablet');
  await officer.goto(site.url + '/mandiri?k=0000-0000');
  await audit(officer, 'mandiri');
  assert.deepEqual(officer.complaints, []);
  const phone = await watched(await chrome.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: true }));
  for (const [path, name] of [['/warga', 'warga'], ['/warga/layanan', 'warga-layanan'], ['/warga/layanan/akta-kelahiran', 'warga-layanan-satu'],
    ['/warga/siapkan/akta-kelahiran', 'warga-siapkan'], ['/warga/survei', 'warga-survei'], ['/warga/pengaduan', 'warga-pengaduan'], ['/warga/s/' + first.number, 'warga-status'], ['/daftar', 'daftar'], ['/sinkron', 'daftar-belum']]) {
    for (const lang of ['id', 'en']) {
      await phone.goto(`${site.tls}${path}?l=${lang}`);
      assert.ok((await phone.content()).length < 30000, path);
      await audit(phone, `${name}-${lang}`);
    }
  }
  await phone.goto(site.tls + '/warga/siapkan/kartu-keluarga');
  await phone.fill('#f-nik', nik());
  await phone.fill('#f-name', 'Pak Ujang');
  await phone.click('main form button');
  await phone.waitForURL(/\/kode\//);
  await audit(phone, 'warga-kode');
  assert.deepEqual(phone.complaints, []);
});

test('a client that drips holds its place for seconds, and one address not all places', { timeout: 90000 }, async () => {
  assert.ok(await dripped < 60000, `${await dripped} ms`);
  agent.destroy();
  const open = () => new Promise((done) => {
    const s = connect({ host: '127.0.0.1', port: Number(new URL(site.tls).port), rejectUnauthorized: false }, () => done(s));
    s.on('error', () => done(null));
  });
  const held = (await Promise.all(Array.from({ length: 40 }, open))).filter(Boolean);
  await new Promise((d) => setTimeout(d, 500));
  const alive = held.filter((s) => !s.destroyed && s.readable);
  assert.ok(alive.length <= 24, `${alive.length} connections of one address`);
  for (const s of held) s.destroy();
});
