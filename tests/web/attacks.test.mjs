// attacks.test.mjs - what a hostile page, a hostile neighbour on the machine, or hostile text may try. Bytes go over a raw
// socket, so that nothing is tidied on the way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { browser, jemput, login, nik, passphrase, regency, serve, watched } from './regency.mjs';

let place, site, other;
before(async () => {
  place = await regency();
  site = await serve(place.van);
});
after(async () => {
  await site?.stop();
  await other?.stop();
  await place?.close();
});

/* Sends bytes as they are and reads until the server closes or the answer is whole. */
function raw(text, host = site.host) {
  return new Promise((done, fail) => {
    const [address, port] = host.split(':');
    const socket = connect(Number(port), address);
    let data = Buffer.alloc(0);
    const end = () => {
      const head = data.indexOf('\r\n\r\n');
      const lines = data.subarray(0, head).toString('latin1').split('\r\n');
      const headers = {};
      for (const l of lines.slice(1)) (headers[l.slice(0, l.indexOf(':')).toLowerCase()] ??= []).push(l.slice(l.indexOf(':') + 2));
      done({ status: Number(lines[0].split(' ')[1]) || 0, headers, body: data.subarray(head + 4).toString() });
      socket.destroy();
    };
    socket.setTimeout(8000, end);
    socket.on('data', (d) => {
      data = Buffer.concat([data, d]);
      const head = data.indexOf('\r\n\r\n');
      const length = head > 0 && /content-length: (\d+)/i.exec(data.subarray(0, head).toString('latin1'));
      if (length && data.length >= head + 4 + Number(length[1])) end();
    });
    socket.on('close', end);
    socket.on('error', (e) => (data.length ? end() : fail(e)));
    socket.write(text);
  });
}

const ask = (method, path, { body = '', headers = {}, host = site.host, cookie = '' } = {}) => {
  const all = { Host: host, ...(cookie && { Cookie: cookie }), ...headers };
  if (method === 'POST' && !('Content-Length' in all)) all['Content-Length'] = Buffer.byteLength(body);
  const lines = Object.entries(all).flatMap(([k, v]) => [v].flat().map((x) => `${k}: ${x}\r\n`)).join('');
  return raw(`${method} ${path} HTTP/1.1\r\n${lines}\r\n${body}`);
};
const form = (fields) => ({ body: new URLSearchParams(fields).toString() });
const urlencoded = { 'Content-Type': 'application/x-www-form-urlencoded' };
const ours = () => ({ Origin: site.url, ...urlencoded });

async function enter(user = 'siti') {
  const answer = await ask('POST', '/masuk', { ...form({ user, pass: passphrase }), headers: ours() });
  assert.equal(answer.status, 303);
  const cookie = answer.headers['set-cookie'].find((c) => c.startsWith('__Host-sid='));
  assert.match(cookie, /^__Host-sid=[0-9a-f]{64}; Secure; HttpOnly; SameSite=Strict; Path=\/$/);
  const sid = cookie.split(';')[0];
  const page = await ask('GET', '/draf', { cookie: sid });
  return { sid, token: /name=t value="([0-9a-f]{64})"/.exec(page.body)[1] };
}

const protections = {
  'content-security-policy': /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^same-origin$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'cache-control': /no-store|immutable/,
};
function shielded(answer, what) {
  for (const [name, wanted] of Object.entries(protections)) {
    assert.equal(answer.headers[name]?.length, 1, `${what}: one ${name}`);
    assert.match(answer.headers[name][0], wanted, `${what}: ${name}`);
  }
  assert.ok(!Object.keys(answer.headers).some((h) => h.startsWith('access-control-')), `${what}: no CORS header`);
}

test('another name on our port is refused: 421', async () => {
  const port = site.host.split(':')[1];
  for (const host of ['evil.example', `127.0.0.1.evil.example:${port}`, `127.0.0.1:${port}.evil.example`, `127.0.0.1:1${port}`,
    '127.0.0.1', `localhost.:${port}`, `0.0.0.0:${port}`, `user@127.0.0.1:${port}`]) {
    const answer = await raw(`GET /masuk HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal(answer.status, 421, host);
    shielded(answer, host);
  }
  for (const host of [site.host, `localhost:${port}`, `LOCALHOST:${port}`])
    assert.equal((await raw(`GET /masuk HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 200, host);
});

test('requests that two programs may read in two ways are refused: 400', async () => {
  const h = `Host: ${site.host}\r\n`;
  const post = `POST /masuk HTTP/1.1\r\n${h}Origin: ${site.url}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
  for (const [what, text] of [
    ['two hosts', `GET /masuk HTTP/1.1\r\n${h}Host: evil.example\r\n\r\n`],
    ['no host', 'GET /masuk HTTP/1.1\r\n\r\n'],
    ['no host, old protocol', 'GET /masuk HTTP/1.0\r\n\r\n'],
    ['two lengths', `${post}Content-Length: 6\r\nContent-Length: 60\r\n\r\nuser=a`],
    ['length and encoding', `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['encoding alone', `${post}Transfer-Encoding: chunked\r\n\r\n6\r\nuser=a\r\n0\r\n\r\n`],
    ['length of another form', `${post}Content-Length: +6\r\n\r\nuser=a`],
    ['two cookies', `GET /masuk HTTP/1.1\r\n${h}Cookie: a=1\r\nCookie: b=2\r\n\r\n`],
    ['two origins', `${post}Origin: http://evil.example\r\nContent-Length: 6\r\n\r\nuser=a`],
    ['body with GET', `GET /masuk HTTP/1.1\r\n${h}Content-Length: 5\r\n\r\nhello`],
    ['absolute target', `GET http://evil.example/masuk HTTP/1.1\r\n${h}\r\n`],
    ['NUL', `GET /masuk%00x HTTP/1.1\r\n${h}\r\n`],
    ['NUL in a value', `GET /masuk?n=%00 HTTP/1.1\r\n${h}\r\n`],
    ['half an escape', `GET /masuk?n=%f HTTP/1.1\r\n${h}\r\n`],
    ['not UTF-8', `GET /masuk?n=%ff%fe HTTP/1.1\r\n${h}\r\n`],
    ['overlong UTF-8', `GET /%c0%ae%c0%ae/ HTTP/1.1\r\n${h}\r\n`],
    ['control character', `GET /masuk%0d%0aX:1 HTTP/1.1\r\n${h}\r\n`],
    ['NUL in a body', `${post}Content-Length: 8\r\n\r\nuser=%00`],
    ['bare NUL in a body', `${post}Content-Length: 6\r\n\r\nuser=\0`],
    ['body of no form', `POST /masuk HTTP/1.1\r\n${h}Origin: ${site.url}\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nuser=a`],
    ...['', '--x', '--x\r\n', '--x\r\nContent-Disposition: form-data; name="user"\r\n\r\na', '--y\r\n\r\n--y--',
      '--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--'].map((body) => [`multipart: ${JSON.stringify(body)}`,
      `POST /masuk HTTP/1.1\r\n${h}Origin: ${site.url}\r\nContent-Type: multipart/form-data; boundary=x\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`]),
  ]) {
    const answer = await raw(text);
    assert.equal(answer.status, 400, `${what}: ${answer.status}`);
    if (Object.keys(answer.headers).length > 3) shielded(answer, what);
  }
});

test('methods, sizes and paths that are not ours', async () => {
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'CONNECT'])
    assert.ok([400, 405].includes((await ask(method, '/masuk')).status), method);
  const { sid, token } = await enter();
  for (const [path, length, cookie, status] of [['/masuk', 65537, '', 413], ['/baru/kia', 60 * 2 ** 20 + 1, sid, 413],
    ['/api/draf', 65537, sid, 413], ['/baru/kia', 100, '', 303], ['/baru/kia', 2 ** 40, '', 303]]) {
    const answer = await ask('POST', path, { cookie, headers: { ...ours(), 'Content-Length': length } });
    assert.equal(answer.status, status, `${path} ${length}`);
  }
  const big = await ask('POST', '/api/draf', { cookie: sid, headers: { ...ours(), 'Content-Length': 10 }, body: 'a=' + 'x'.repeat(5000) });
  assert.notEqual(big.status, 200, 'more bytes than were announced');
  for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/a/../app.js', '/a/%2e%2e%2fapp.js', '/a/x-app.css',
    '/p/../draf', '/p/0000-0000-0000', '/p/7K3M-Q9TD-X2AB', '/p//dok/1/1', '/p/7K3M-Q9TD-X2AB/dok/99999999999999999999/1/1',
    '/p/7K3M-Q9TD-X2AB/dok/-1/1', '/baru/..%2f..', '//evil.example/', '/baru/' + 'x'.repeat(3000)]) {
    const answer = await ask('GET', path, { cookie: sid });
    assert.ok([404, 400].includes(answer.status), `${path}: ${answer.status}`);
    assert.ok(!answer.body.includes('root:'), path);
    shielded(answer, path);
  }
  assert.ok((await ask('GET', '/' + 'x'.repeat(70000), { cookie: sid })).status >= 400);
  assert.ok((await ask('GET', '/', { headers: { 'X-Long': 'x'.repeat(70000) } })).status >= 400);
  assert.equal((await ask('GET', '/', { cookie: sid })).status, 200, 'and it still serves');
  assert.ok(token);
});

test('a page of another origin can do nothing', async () => {
  const { sid, token } = await enter();
  const good = { ...form({ t: token, id: '0'.repeat(32) }), cookie: sid };
  assert.equal((await ask('POST', '/draf/buang', { ...good, headers: ours() })).status, 303, 'our own form works');
  for (const [what, headers] of [
    ['foreign origin', { Origin: 'http://evil.example' }],
    ['null origin', { Origin: 'null' }],
    ['no origin', {}],
    ['prefix', { Origin: site.url + '.evil.example' }],
    ['other port', { Origin: 'http://127.0.0.1:1' }],
    ['other loopback name', { Origin: site.url.replace('127.0.0.1', 'localhost') }],
    ['cross-site', { Origin: site.url, 'Sec-Fetch-Site': 'cross-site' }],
    ['same-site', { Origin: site.url, 'Sec-Fetch-Site': 'same-site' }],
  ]) {
    for (const path of ['/draf/buang', '/sinkron/mulai', '/sinkron/jeda', '/sinkron/lanjut', '/keluar', '/api/draf', '/masuk'])
      assert.equal((await ask('POST', path, { ...good, headers: { ...urlencoded, ...headers } })).status, 403, `${what} ${path}`);
  }
  for (const t of ['', 'x', '0'.repeat(64), token.slice(0, 63)])
    for (const path of ['/draf/buang', '/sinkron/mulai', '/sinkron/jeda', '/sinkron/lanjut', '/keluar', '/api/draf', '/baru/kia'])
      assert.equal((await ask('POST', path, { ...form({ t, id: 'x' }), cookie: sid, headers: ours() })).status, 403, `token "${t}" ${path}`);
  const part = await ask('GET', '/', { cookie: sid, headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' } });
  assert.equal(part.status, 403, 'a picture of another site');
  for (const [path, status] of [['/', 303], ['/baru', 303], ['/sinkron', 303], ['/api/state', 401], ['/api/desa?q=su', 401],
    ['/p/7K3M-Q9TD-X2AB/tanda-terima', 303], ['/p/7K3M-Q9TD-X2AB/dok/1/1', 303]])
    for (const cookie of ['', '__Host-sid=', '__Host-sid=' + '0'.repeat(64), '__Host-sid=' + sid.slice(11, 74)]) {
      const answer = await ask('GET', path, { cookie });
      assert.equal(answer.status, status, `${path} ${cookie}`);
      assert.equal(answer.body.length < 400, true);
      shielded(answer, path);
    }
  // Logging out ends the session on this side too.
  assert.equal((await ask('POST', '/keluar', { ...form({ t: token }), cookie: sid, headers: ours() })).status, 303);
  assert.equal((await ask('GET', '/', { cookie: sid })).status, 303);
});

test('a login tells nothing, waits longer each time, and leads nowhere else', async () => {
  other = await serve(place.hq);
  const at = { host: other.host };
  const wrong = (user) => raw(`POST /masuk HTTP/1.1\r\nHost: ${other.host}\r\nOrigin: ${other.url}\r\n` +
    `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${11 + user.length}\r\n\r\nuser=${user}&pass=x`, other.host);
  const strip = (a) => a.body.replace(/value="[^"]*"/, '');
  const [known, unknown] = [await wrong('rina'), await wrong('tono')];
  assert.deepEqual([known.status, unknown.status], [403, 403]);
  assert.equal(strip(known), strip(unknown), 'one answer for a wrong passphrase and for an unknown officer');
  assert.equal((await wrong('%3Cb%3E')).status, 403);
  let answer;
  for (let i = 0; i < 6; i++) answer = await wrong('tono');
  assert.equal(answer.status, 429);
  assert.ok(Number(answer.headers['retry-after'][0]) >= 1);
  assert.equal((await wrong('rina')).status, 403, 'another officer is not kept out');
  for (const n of ['//evil.example/', 'https://evil.example/', '/\\evil.example', '/%0d%0aSet-Cookie:a', '/x y', '/draf?d=<b>']) {
    const to = await ask('POST', '/masuk', { ...form({ user: 'siti', pass: passphrase, n }), headers: ours() });
    assert.ok(['/', '/%0d%0aSet-Cookie:a'].includes(to.headers.location[0]) || to.headers.location[0].startsWith('/%0d'), n);
    assert.equal(to.headers['set-cookie'].length, 1);
  }
  assert.ok(at.host);
});

test('what people type stays text on every page', async () => {
  const nasty = ['<script>globalThis.owned=1</script>', '"><img src=x onerror=globalThis.owned=1>', "'-globalThis.owned-'",
    '</textarea><script>globalThis.owned=1</script>', '{{7*7}} ${7*7} %s%n', '<b>tebal</b> &amp; &lt;'];
  const chrome = await browser();
  try {
    const page = await watched(await chrome.newContext());
    await login(page, site.url);
    const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
    const more = s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
      .flatMap((f) => ['--set', `${f.name}=${f.options[0]?.value ?? nasty[0]}`]);
    for (const [i, text] of nasty.entries()) {
      const done = await place.cli(place.van, 'apply', '--service', 'kartu-keluarga', '--nik', nik(), '--name', `${text}`,
        '--set', 'kk=' + nik(1, 1, 10), '--set', 'village=3203012003', '--set', `address=${text}`, ...more);
      await place.cli(place.van, 'correct', done.number, '--set', `address=${text} 2`, '--reason', text);
      for (const path of ['/', `/p/${done.number}`, `/p/${done.number}/ubah`, `/p/${done.number}/selesai`,
        '/cari?q=' + encodeURIComponent(text), '/periksa?q=' + encodeURIComponent(text), '/baru?x=' + encodeURIComponent(text),
        '/masuk?n=' + encodeURIComponent(text), '/draf?' + encodeURIComponent(text)]) {
        await page.goto(site.url + path);
        assert.equal(await page.evaluate(() => globalThis.owned), undefined, path);
        assert.equal(await page.evaluate(() => document.querySelectorAll('main script, [onerror], main b b').length), 0, path);
      }
      await page.goto(`${site.url}/p/${done.number}`);
      assert.ok((await page.textContent('dl.list')).includes(text.trim()), `shown as typed: ${text}`);
      await page.goto(site.url + '/baru/kartu-keluarga');
      await page.fill('#f-name', text);
      await page.fill('#f-nik', String(i));
      await page.click('[data-save]');
      await page.waitForSelector('#errors');
      assert.equal(await page.inputValue('#f-name'), text);
      assert.equal(await page.evaluate(() => globalThis.owned), undefined);
    }
    await page.goto(site.url + '/draf');
    assert.equal(await page.evaluate(() => globalThis.owned), undefined);
    assert.deepEqual(page.complaints, []);
  } finally {
    await chrome.close();
  }
});

test('serve listens to this machine only, once, and says so', async () => {
  const end = (...args) => new Promise((done) => {
    const child = spawn(jemput, ['-C', place.van, 'serve', ...args]);
    let text = '';
    child.stderr.on('data', (d) => (text += d));
    child.on('exit', (code) => done({ code, text }));
  });
  for (const address of ['0.0.0.0:0', '[::]:0', '192.0.2.1:80', 'evil.example:80', '127.0.0.1', '127.0.0.1:x', ':80']) {
    const { code, text } = await end('--listen', address);
    assert.equal(code, 1, address);
    assert.match(text, /127\.0\.0\.1/, address);
  }
  assert.equal((await end('--listen', site.host)).code, 4, 'the port is taken');
});
