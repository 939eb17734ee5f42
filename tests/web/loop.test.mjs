// loop.test.mjs - sync that runs by itself, as an officer sees it: over a slow link, live, in both languages and without a
// script; paused, cut off, giving way to an officer's job; and saves that do not wait for it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { audit, browser, login, nik, passphrase, regency, run, serve, watched } from './regency.mjs';

const built = resolve(process.env.B || 'build', 'tests');
const RATE = 60_000; // bytes a second, each way
const SAVES = process.env.JEM_SOAK === '1' ? 120 : 60;
let place, chrome, site, hub, port, relay;

const later = (ms) => new Promise((done) => setTimeout(done, ms));
const firstLine = (child) => new Promise((done, fail) => {
  let out = '';
  child.stdout.on('data', (d) => (out += d).includes('\n') && done(out.split('\n')[0]));
  child.on('exit', (code) => fail(new Error(`ended with ${code}: ${out}`)));
});
async function relayStart() {
  relay = spawn(join(built, 'proxy'), ['--to', String(port), '--listen', String(relay?.port ?? 0), '--rate', String(RATE), '--delay', '40']);
  relay.port = JSON.parse(await firstLine(relay)).port;
}
async function relayStop() {
  const gone = new Promise((done) => relay.on('exit', done));
  relay.kill('SIGTERM');
  await gone;
}

before(async () => {
  place = await regency();
  chrome = await browser();
  hub = spawn('sh', ['tests/e2e/hub_http.sh', join(place.dir, 'http'), place.dir, 'jalan', 'rahasia']);
  port = Number(new URL(await firstLine(hub)).port);
  await relayStart();
  await place.cli(place.van, 'hub', 'set', `http://jalan:rahasia@127.0.0.1:${relay.port}/hub.git`);
  site = await serve(place.van);
});
after(async () => {
  await chrome?.close();
  const code = await site?.stop();
  relay?.kill('SIGTERM');
  hub?.kill('SIGTERM');
  await later(300);
  await place?.close();
  assert.equal(code, 0, 'serve ends with 0 after SIGTERM: ' + site?.log());
});

/* An officer's page; state(): what its script asks; press(): a form of the sync page. */
async function officer(lang, more = {}) {
  const page = await watched(await chrome.newContext({ viewport: { width: 1280, height: 800 }, ...more }));
  await login(page, site.url, 'siti', lang);
  page.state = async () => {
    for (let tries = 0; ; tries++)
      try {
        return await page.evaluate(async () => (await fetch('/api/state')).json());
      } catch (e) { // the end of a round loads the page anew, and ends what it asks
        if (tries > 20 || !/navigation|Failed to fetch/.test(e)) throw e;
        await later(100);
      }
  };
  page.visit = async (path) => {
    for (let tries = 0; ; tries++)
      try {
        return await page.goto(site.url + path);
      } catch (e) { // the page was about to load itself anew
        if (tries > 20 || !/interrupted by another navigation|ERR_ABORTED/.test(e)) throw e;
        await later(200);
      }
  };
  page.press = async (path) => {
    await page.visit('/sinkron');
    await page.click(`form[action="${path}"] button`);
    await page.waitForURL('**/sinkron');
  };
  return page;
}
async function comes(what, ask, limit = 60_000) {
  const until = Date.now() + limit;
  let got;
  while (!(got = await ask())) {
    assert.ok(Date.now() < until, `${what} does not come`);
    await later(150);
  }
  return got;
}

/* Applications with a scan of about 150 KB each. */
let seed = 1000, fields;
async function work(count) {
  const { services: [s] } = fields ??= await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  const set = Object.fromEntries(s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => [f.name, f.options[0]?.value ?? 'Rohmat Hidayat']));
  const lines = [];
  for (let i = 0; i < count; i++) {
    const scan = join(place.dir, `scan${seed}.jpg`);
    await run(join(built, 'fixtures'), ['jpeg', scan, String(seed++), '1440']);
    lines.push(JSON.stringify({ service: 'kartu-keluarga', nik: nik(), name: 'Rohmat', set: { kk: nik(3, 4, 12), village: '3203012003', ...set },
      attach: { 'kk-lama': [scan] } }));
  }
  await writeFile(join(place.dir, 'work.jsonl'), lines.join('\n'));
  assert.equal((await place.cli(place.van, 'apply', '--from', join(place.dir, 'work.jsonl'))).recorded.length, count);
}

const words = {
  id: { paused: /dijeda/, counts: /\d+ dari \d+ catatan · .+ dari .+ · kira-kira \d+ menit lagi/, strip: /Sedang sinkron: Mengirim dokumen \(\d+%\)/ },
  en: { paused: /paused/, counts: /\d+ of \d+ records · .+ of .+ · about \d+ min left/, strip: /Syncing: Send documents \(\d+%\)/ },
};
test('a round that begins by itself is seen live in both languages and without a script; pause and resume', async () => {
  const pages = [['id', await officer('id')], ['en', await officer('en')]], [[, first]] = pages;
  for (const [, page] of pages) {
    await comes('rest', async () => {
      await page.visit('/sinkron');
      return await page.getAttribute('#steps', 'data-run') === null;
    });
    await page.evaluate(() => (window.here = true));
  }
  const working = work(5);
  for (const [, page] of pages) {
    await page.waitForSelector('#steps[data-run]'); // on the same page, without a click
    assert.ok(await page.evaluate(() => window.here));
  }
  await working;
  for (const [lang, page] of pages) {
    await page.waitForFunction(() => !document.querySelector('#bar').hidden && /min|menit/.test(document.querySelector('#counts').textContent),
      null, { timeout: 60_000 });
    assert.match(await page.textContent('#counts'), words[lang].counts);
    await comes('what waits', async () => await page.textContent('#pending') === (await page.state()).strip.pending.join(' / '));
    assert.match(await page.textContent('#pending'), /^[1-9]\d* \/ [1-9]\d*$/);
    await comes('the strip', async () => words[lang].strip.test(await page.textContent('#strip')));
  }
  relay.kill('SIGSTOP'); // the link stands still while we look
  for (const [lang, page] of pages) await audit(page, `loop-running-${lang}`);
  const seen = await first.$eval('#bar', (b) => b.value);
  relay.kill('SIGCONT');
  await first.waitForFunction((before) => document.querySelector('#bar').value > before, seen, { timeout: 60_000 });

  await first.press('/sinkron/jeda');
  await comes('the pause', async () => (await first.state()).sync.paused);
  for (const [lang, page] of pages) {
    await page.visit('/sinkron');
    assert.match(await page.textContent('#doing'), words[lang].paused);
    assert.match(await page.textContent('#strip'), words[lang].paused);
    assert.equal(await page.getAttribute('#steps', 'data-run'), null);
    await audit(page, `loop-paused-${lang}`);
  }
  assert.ok((await place.cli(place.van, 'status')).pending_documents > 0, 'paused in mid-round');

  const plain = await watched(await chrome.newContext({ javaScriptEnabled: false }));
  await plain.goto(site.url + '/masuk?l=id');
  await plain.fill('[name=user]', 'siti');
  await plain.fill('[name=pass]', passphrase);
  await plain.click('form.login button');
  await plain.goto(site.url + '/sinkron');
  await plain.click('form[action="/sinkron/lanjut"] button');
  await plain.waitForSelector('#steps[data-run]'); // this page loads itself anew while a round runs, and rests after it
  const value = () => plain.locator('#bar').getAttribute('value').then(Number);
  await comes('progress', async () => (await value().catch(() => 0)) > 0);
  const begun = await value();
  await comes('more of it, or the end', async () => (await value().catch(() => 0)) > begun || await plain.locator('#result.ok').count() > 0);
  await plain.waitForSelector('#result.ok', { timeout: 60_000 });
  assert.equal(await plain.locator('noscript').count(), 0);
  for (const [lang, page] of pages) {
    await comes('its end', async () => !(await page.state()).sync.running);
    await page.visit('/sinkron');
    await page.waitForSelector('#result.ok');
    await audit(page, `loop-done-${lang}`);
    assert.deepEqual(page.complaints, []);
  }
  assert.deepEqual(plain.complaints, []);
  for (const page of [plain, ...pages.map(([, p]) => p)]) await page.context().close();
});

test('a link that goes is told, and news come home when it is back', async () => {
  const page = await officer('en');
  await comes('rest', async () => !(await page.state()).sync.running);
  await relayStop();
  await page.press('/sinkron/mulai');
  await page.waitForSelector('#result.bad');
  assert.match(await page.textContent('#doing'), /failed, next try in \d+/);
  await page.waitForFunction(() => /Offline: last synced/.test(document.querySelector('#strip').textContent));
  await audit(page, 'loop-offline-en');
  await relayStart();
  await page.press('/sinkron/mulai');
  await page.waitForSelector('#result.ok');
  assert.match(await page.textContent('#strip'), /Online: synced/);
  await page.context().close();
});

test('a round gives way to uploads, and goes on after them', async () => {
  const page = await officer('id');
  await work(8);
  await comes('documents on their way', async () => /Mengirim dokumen/.test((await page.state()).strip.sync.t));
  const number = (await place.cli(place.van, 'list')).applications[0].number;
  await page.goto(`${site.url}/p/${number}`);
  let uploading = true, uploads = 0;
  // Every file is another one: the same twice is refused before it costs anything.
  const uploader = (async () => {
    for (; uploading; uploads++) {
      const file = join(place.dir, `upload${uploads}.jpg`);
      await run(join(built, 'fixtures'), ['jpeg', file, '3000', String(3000 + uploads)]);
      const bytes = (await readFile(file)).toString('base64');
      await page.evaluate(async ({ number, bytes, uploads }) => {
        const body = new FormData();
        body.append('t', document.querySelector('[name=t]').value);
        body.append('kind', 'lain');
        body.append('file', new Blob([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))]), `f${uploads}.jpg`);
        await fetch(`/p/${number}/dokumen`, { method: 'POST', body });
      }, { number, bytes, uploads });
    }
  })();
  const other = await officer('id');
  try {
    await comes('giving way', async () => /menunggu pekerjaan petugas/.test((await other.state()).strip.sync.t), 90_000);
  } finally {
    uploading = false;
    await uploader;
  }
  await comes('the round', async () => (await other.state()).sync.running);
  console.log(`# gave way within ${uploads} uploads`);
  await other.press('/sinkron/jeda');
  await comes('the pause', async () => (await other.state()).sync.paused);
  await page.context().close();
  await other.context().close();
});

test('saves go on while a sync over a slow link runs', async () => {
  const page = await officer('id'); // paused by the test before, with scans that wait
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  const fields = s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => ['f.' + f.name, f.options[0]?.value ?? 'Rohmat Hidayat']);
  await page.goto(site.url + '/baru/kartu-keluarga');
  let draft = 1;
  const saves = (count) => page.evaluate(async ({ fields, niks, draft }) => {
    const took = [], numbers = [];
    for (const [n, nik] of niks.entries()) {
      const body = new URLSearchParams([['t', document.querySelector('[name=t]').value], ['act', 'save'],
        ['draft', (draft + n).toString(16).padStart(32, '0')], ['f.nik', nik], ['f.name', 'Siti Rohmah'],
        ['f.kk', niks[0]], ['f.village', '3203012003'], ...fields]);
      const begun = performance.now();
      const answer = await fetch('/baru/kartu-keluarga', { method: 'POST', body, redirect: 'follow' });
      took.push(performance.now() - begun);
      await new Promise((done) => setTimeout(done, 40)); // for a longer look at the sync
      numbers.push(/\/p\/([^/]+)\/selesai$/.exec(answer.url)?.[1] ?? (await answer.text()).slice(0, 2000));
    }
    return { took, numbers };
  }, { fields, niks: Array.from({ length: count }, () => nik()), draft: (draft += count) });
  const p95 = (took) => [...took].sort((a, b) => a - b)[Math.floor(took.length * 0.95)];
  await saves(5);
  const alone = await saves(SAVES);
  await page.evaluate(async () => fetch('/sinkron/lanjut', { method: 'POST',
    body: new URLSearchParams({ t: document.querySelector('[name=t]').value }) }));
  await comes('documents on their way', async () => /Mengirim dokumen/.test((await page.state()).strip.sync.t));
  const during = await saves(SAVES);
  const after = await page.state();
  const waiting = (await place.cli(place.van, 'status')).pending_documents;
  console.log(`# a save, p95: ${p95(alone.took).toFixed(1)} ms alone, ${p95(during.took).toFixed(1)} ms while syncing (${(p95(during.took) / p95(alone.took)).toFixed(2)} x)`);
  assert.ok(after.sync.running || waiting > 0, 'the sync went on to the end of the saves');
  const here = new Set((await place.cli(place.van, 'list', '--limit', '1000')).applications.map((a) => a.number));
  for (const n of [...alone.numbers, ...during.numbers]) assert.ok(here.has(n), `recorded: ${n}`);
  assert.equal(new Set(during.numbers).size, SAVES);
  assert.ok((await place.cli(place.van, 'audit', 'verify')).views_equal);
  await page.context().close();
});
