// desk.test.mjs - a clerk's day at headquarters, by keyboard alone: the inbox, decisions one after the other and many at once, a
// return with its code, the scans beside the fields, two clerks on one record, fields that two people changed, pairs of
// duplicates; visits planned and what they cover, targets. JEM_SOAK=1: a whole day over 500 applications of three vans.
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { audit, browser, light, login, nik, once, png, regency, serve, watched } from './regency.mjs';

const soak = process.env.JEM_SOAK === '1';
const COUNT = soak ? 160 : 12, QUESTIONS = soak ? 10 : 1; // of each van, and some more; conflicts, and pairs of duplicates
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI' + 'A'.repeat(43); // well formed; whose it is does not matter
const DAY = soak ? 430 : 0; // decided after the first five
let place, hq, chrome, fields, scanned;
const disputed = [], twice = [];

const line = (n, person, more = {}) => JSON.stringify({ service: 'kartu-keluarga', nik: person, name: `Siti Rohmah ${n}`,
  set: { kk: nik(3, 4, 12), village: '3203012003', ...fields }, ...more });
async function record(folder, lines) {
  await writeFile(join(place.dir, 'some.jsonl'), lines.join('\n'));
  return (await place.cli(folder, 'apply', '--from', join(place.dir, 'some.jsonl'))).recorded.map((r) => r.number);
}
const shown = (number) => place.cli(place.hq, 'show', number);
const status = async (number) => (await shown(number)).status;

before(async () => {
  place = await regency();
  chrome = await browser();
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  fields = Object.fromEntries(s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => [f.name, f.options[0]?.value ?? 'Rohmat Hidayat']));
  const vans = [place.van, await place.enrol('van4', 4, 'Van Pacet'), await place.enrol('van5', 5, 'Van Sindangbarang')];
  const scan = join(place.dir, 'scan.png'), back = join(place.dir, 'back.png');
  await writeFile(scan, png());
  await writeFile(back, png(620, 877, 2));
  for (const van of vans) {
    const numbers = await record(van, Array.from({ length: COUNT }, (_, i) => line(i, nik(1 + (i % 28), 2, 80),
      i % 4 ? {} : { attach: { 'kk-lama': [scan], ...(i ? {} : { lain: [back] }) } })));
    if (van === place.van) {
      disputed.push(...numbers.slice(-QUESTIONS));
      scanned = numbers[0];
    }
  }
  const persons = Array.from({ length: QUESTIONS }, (_, i) => nik(9, 9, 60 + i));
  const [first, again] = [await record(vans[0], persons.map((p, i) => line(`awal ${i}`, p))),
    await record(vans[1], persons.map((p, i) => line(`ulang ${i}`, p)))];
  persons.forEach((_, i) => twice.push([first[i], again[i]]));
  for (const van of vans) await place.cli(van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  for (const number of disputed) {
    await place.cli(place.van, 'correct', number, '--set', 'name=Nama Dari Van');
    await place.cli(place.hq, 'correct', number, '--set', 'name=Nama Dari Pusat');
  }
  await place.cli(place.van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  hq = await serve(place.hq, '--no-sync');
});
after(async () => {
  await chrome?.close();
  await hq?.stop();
  await place?.close();
});

const at = (page) => new URL(page.url()).pathname.split('/')[2];
const both = async (page, name, path) => {
  for (const [lang, scheme] of [['id', 'light'], ['en', 'dark']]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${hq.url}${path}${path.includes('?') ? '&' : '?'}l=${lang}`);
    await audit(page, `${name}-${lang}`);
  }
};
// A key on its own: not as fast as a code scanner.
async function key(page, k) {
  await page.keyboard.press(k);
  await page.waitForTimeout(80);
}
// With the Tab key to what matches; `text`: and holds these words.
async function reach(page, css, text = '') {
  for (let i = 0; i < 400; i++) {
    if (await page.evaluate(([c, t]) => document.activeElement.matches(c) && document.activeElement.textContent.includes(t), [css, text]))
      return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way by keyboard to ${css} ${text}`);
}
// The option of a list, or of a row of round buttons, with the arrow keys.
async function choose(page, css, value) {
  await reach(page, css);
  const is = () => page.evaluate((v) => document.activeElement.value === v, value);
  if (await page.evaluate(() => document.activeElement.tagName === 'SELECT')) await page.keyboard.press('Home');
  for (let i = 0; i < 30 && !(await is()); i++) await page.keyboard.press('ArrowDown');
  assert.ok(await is(), `${css} has no ${value}`);
  if (await page.evaluate(() => document.activeElement.type === 'radio')) await page.keyboard.press('Space');
}
async function type(page, css, text) {
  await reach(page, css);
  await page.keyboard.type(text);
}

test('one after the other, without a mouse', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await page.goto(hq.url + '/meja');
  await key(page, 'j');
  await key(page, 'Enter');
  await page.waitForURL(/\/p\//);
  const seen = [], before = page.presses;
  for (let i = 0; i < 5; i++) {
    const number = at(page);
    assert.ok(!seen.includes(number));
    seen.push(number);
    await key(page, 'a');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /verified/i);
    await key(page, 'Enter');
    await page.waitForURL((url) => !url.pathname.includes(number));
  }
  assert.equal(page.presses - before, 10); // two keys a decision
  for (const number of seen) assert.equal(await status(number), 'verified');
  const number = at(page);
  await key(page, 'r');
  await choose(page, 'details[open] select', 'document_unreadable');
  await key(page, 'Tab');
  await page.keyboard.type('Halaman 2 buram');
  await key(page, 'Tab');
  await key(page, 'Enter');
  await page.waitForURL((url) => !url.pathname.includes(number));
  const returned = await shown(number);
  assert.deepEqual([returned.status, returned.reason, returned.reason_code], ['returned', 'Halaman 2 buram', 'document_unreadable']);
  const done = [], started = Date.now();
  for (let i = 0; i < DAY; i++) {
    const now = at(page);
    assert.ok(!seen.includes(now) && !done.includes(now), now);
    done.push(now);
    if (i % 10 === 9) {
      await key(page, 'r');
      await choose(page, 'details[open] select', 'document_unreadable');
      await reach(page, 'details[open] button');
    } else {
      await key(page, 'a');
    }
    await key(page, 'Enter');
    await page.waitForURL((url) => !url.pathname.includes(now));
  }
  if (DAY > 0) console.log(`# ${DAY} decisions by keyboard, ${Math.round((Date.now() - started) / DAY)} ms each`);
  for (const [i, n] of done.entries()) {
    const { events } = await place.cli(place.hq, 'log', n);
    const decided = events.filter((e) => e.kind === 'status.changed').map((e) => e.body.to);
    assert.deepEqual(decided, [i % 10 === 9 ? 'returned' : 'verified']); // each once
  }
  assert.deepEqual(page.complaints, []);
});

test('the scans beside the fields: turned, larger, leaf by leaf', async () => {
  const page = await watched(await chrome.newContext({ viewport: { width: 1366, height: 768 } }));
  const sees = async () => {
    const img = page.locator('.view img');
    const { width, height } = await img.boundingBox();
    return { class: await img.getAttribute('class'), turned: await img.evaluate((e) => getComputedStyle(e).rotate + getComputedStyle(e).transform), leaf: (await img.getAttribute('src')).split('/').slice(4, 6).join('/'), width, height,
      loaded: await img.evaluate(async (e) => (await e.decode(), e.naturalWidth)) };
  };
  const press = async (k, where) => {
    await Promise.all([page.waitForURL(where), page.keyboard.press(k)]);
    return sees();
  };
  await login(page, hq.url, 'rina', 'en');
  await page.goto(`${hq.url}/p/${scanned}`);
  const [view, form] = [await page.locator('.view').boundingBox(), await page.locator('section[aria-labelledby=fieldsh]').boundingBox()];
  assert.ok(view.x + view.width <= form.x && form.y < view.y + view.height, 'the scans are not beside the fields');
  const plain = await sees();
  assert.deepEqual([plain.class, plain.leaf, plain.loaded], ['z0 r0', '3/1', 620]);
  await key(page, '['); // there is none before the first
  assert.equal((await sees()).leaf, '3/1');
  const large = await press('+', /z=1/);
  assert.ok(large.class === 'z1 r0' && large.width > plain.width * 1.2, `${large.width} of ${plain.width}`);
  const turned = await press('g', /r=1/);
  assert.equal(turned.class, 'z1 r1');
  assert.notEqual(turned.turned, large.turned);
  assert.notEqual((await press('g', /r=2/)).turned, turned.turned);
  const next = await press(']', /d=2/);
  assert.deepEqual([next.class, next.leaf], ['z1 r0', '3/2']); // another leaf lies as it was scanned
  assert.match(await page.textContent('.view h2'), /2\/2/);
  assert.match(await page.textContent('.view'), /F-1\.02/); // what was never handed in is named
  assert.equal((await press('-', /z=0/)).class, 'z0 r0');
  assert.equal((await press('[', /d=1/)).leaf, '3/1');
  await both(page, 'desk-view', `/p/${scanned}?z=2&r=1`);
  assert.deepEqual(page.complaints, []);
});

test('many at once, seen before they are done', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await page.goto(hq.url + '/meja');
  const numbers = [];
  for (let i = 0; i < 3; i++) {
    await key(page, 'j');
    await key(page, 'm');
    numbers.push(await page.evaluate(() => document.activeElement.closest('tr').querySelector('a.row')?.textContent));
  }
  assert.equal(await page.$$eval('input[name=n]:checked', (n) => n.length), 3);
  await choose(page, '#to', 'returned');
  await reach(page, 'button', 'Preview');
  await page.keyboard.press('Enter');
  await page.waitForURL(/banyak|batch|meja\/./);
  assert.match(await page.textContent('main'), /needs a reason/);
  await page.goBack();
  await choose(page, '#to', 'verified');
  await reach(page, 'button', 'Preview');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Decide them all');
  assert.match(await page.textContent('main'), /3 will change, 0 will not/);
  for (const n of numbers) assert.equal(await status(n), 'received'); // nothing is done yet
  await audit(page, 'desk-preview');
  await place.cli(place.hq, 'hq', 'decide', numbers[0], '--to', 'returned', '--code', 'data_differs');
  await reach(page, 'button', 'Decide them all');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=status] >> text=decided');
  assert.match(await page.textContent('[role=status]'), /2 decided, 1 wait for a ruling, 0 not changed/);
  assert.deepEqual(await Promise.all(numbers.map(status)), ['returned', 'verified', 'verified']);
  assert.deepEqual(page.complaints, []);
});

test('two clerks on one record: nothing is overwritten', async () => {
  const [one, two] = await Promise.all([0, 1].map(async () => watched(await chrome.newContext())));
  await login(one, hq.url, 'rina', 'en');
  await login(two, hq.url, 'rina', 'en');
  await one.goto(hq.url + '/meja');
  const number = await one.textContent('a.row');
  for (const page of [one, two]) await page.goto(`${hq.url}/p/${number}`);
  await key(one, 'a');
  await key(one, 'Enter');
  await one.waitForURL(/\/p\//);
  await key(two, 'x');
  await choose(two, '#xc', 'not_entitled');
  await reach(two, 'details[open] button');
  await two.keyboard.press('Enter');
  await two.waitForSelector('[role=alert]');
  assert.match(await two.textContent('[role=alert]'), /nothing was overwritten/);
  assert.equal(await status(number), 'verified');
  await both(two, 'desk-illegal', '/meja?k=illegal');
  await both(two, 'desk-record', `/p/${number}`);
  await choose(two, 'input[name=accept]', '0');
  await type(two, '#tr0', 'Syaratnya terpenuhi');
  await Promise.all([two.waitForNavigation(), two.keyboard.press('Enter')]);
  assert.deepEqual((await shown(number)).illegal, []);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
});

test('fields that two people changed', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await both(page, 'desk-conflicts', '/meja?k=conflicts');
  const left = new Set(disputed); // within a millisecond, numbers decide which is older
  for (let i = 0; i < QUESTIONS; i++) {
    await page.goto(hq.url + '/meja?k=conflicts');
    await key(page, 'j');
    const number = await page.evaluate(() => document.activeElement.closest('tr').querySelector('a.row').textContent);
    assert.ok(left.delete(number), number);
    if (i === 0) await both(page, 'desk-conflict', `/p/${number}`);
    else await Promise.all([page.waitForURL(/\/p\//), page.keyboard.press('Enter')]);
    assert.match(await page.textContent('fieldset'), /Before: Siti Rohmah/);
    await choose(page, 'input[type=radio]', 'Nama Dari Van');
    await reach(page, 'button', 'Use this value');
    await page.keyboard.press('Enter'); // a reason is required
    assert.equal((await shown(number)).conflicts.length, 1);
    await type(page, '#fr0', 'Sesuai KTP');
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    const now = await shown(number);
    assert.deepEqual([now.conflicts, now.fields.name], [[], 'Nama Dari Van']);
  }
  assert.deepEqual(page.complaints, []);
});

test('duplicates side by side', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await both(page, 'report', '/laporan');
  await both(page, 'agencies', '/instansi');
  const key_of = page.locator('section.card').filter({ has: page.locator('[action="/instansi/kunci"]') }).first();
  for (const [line, told] of [['ssh-rsa AAAA', /ssh-ed25519/], [KEY + ' bpjs', /is saved/], ['', /is saved/]]) { // comments go
    await page.goto(hq.url + '/instansi');
    assert.match(await key_of.textContent(), line ? /taken without a signature/ : /must be signed/);
    await key_of.locator('summary', { hasText: 'Key that signs' }).click();
    assert.equal(await key_of.locator('[name=k]').inputValue(), line ? '' : KEY);
    await key_of.locator('[name=k]').fill(line);
    await Promise.all([page.waitForNavigation(), key_of.locator('[name=k]').press('Enter')]);
    assert.match(await page.textContent('main'), told);
  }
  const data = await page.evaluate(async () => new TextDecoder('latin1').decode(await (await fetch('/instansi/status.db')).arrayBuffer()));
  assert.match(data, /^SQLite format 3/);
  assert.ok(data.includes('Dinas Kependudukan') && !data.includes('Rohmah'), 'what the public may know');
  const sizes = await page.evaluate(() => Promise.all([1, 2, 3].map(async () => { // at once: none takes another's file away
    const answer = await fetch('/instansi/status.db');
    return [answer.headers.get('content-length'), String((await answer.arrayBuffer()).byteLength)];
  })));
  assert.deepEqual(sizes, Array(3).fill([String(data.length), String(data.length)]));
  assert.deepEqual((await readdir(place.hq)).filter((f) => /status/.test(f)), [], 'no file is left');
  await both(page, 'desk-duplicates', '/meja?k=duplicates');
  const left = new Map(twice);
  for (let i = 0; i < QUESTIONS; i++) {
    await page.goto(hq.url + '/meja?k=duplicates');
    await key(page, 'j');
    await Promise.all([page.waitForURL(/ganda/), page.keyboard.press('Enter')]);
    const [a, b] = ['a', 'b'].map((name) => new URL(page.url()).searchParams.get(name));
    assert.equal(left.get(a), b); // the one that was submitted first is a
    left.delete(a);
    assert.match(await page.textContent('.pair'), /differs/);
    if (i === 0) await both(page, 'desk-pair', `/ganda?a=${a}&b=${b}`);
    await choose(page, 'input[type=radio]', 'b');
    await type(page, '#pr', 'Keluarga yang sama');
    await Promise.all([page.waitForURL(/k=duplicates/), page.keyboard.press('Enter')]);
    assert.equal(await status(b), 'linked');
    assert.equal((await shown(b)).linked, a);
  }
  assert.match(await page.textContent('main'), /Nothing waits/);
  assert.deepEqual(page.complaints, []);
});

test('visits planned and what they cover, targets: without the script', async () => {
  const page = await watched(await chrome.newContext({ javaScriptEnabled: false, acceptDownloads: true }));
  await page.goto(`${hq.url}/masuk?l=en`);
  await page.fill('#user', 'rina');
  await page.fill('#pass', 'sawah hijau kali jernih');
  await page.click('form.login button');
  await page.goto(hq.url + '/kunjungan/jadwal');
  await page.fill('#village', 'su'); // many villages
  await page.fill('#from', '2099-12-01');
  await page.click('button:text("Plan a visit")');
  assert.match(await page.textContent('[role=alert]'), /Several villages/);
  assert.ok(await page.$$eval('#chosen option', (o) => o.length) > 2);
  await page.fill('#village', 'nagari antah berantah'); // what is typed instead counts, not a village of the old name
  await page.click('button:text("Plan a visit")');
  assert.match(await page.textContent('[role=alert]'), /village is unknown/);
  await page.goto(hq.url + '/kunjungan/jadwal?v=3203012003');
  await page.fill('#from', '2098-12-31');
  await page.fill('#to', '2098-12-30');
  await page.click('button:text("Plan a visit")');
  assert.match(await page.textContent('[role=alert]'), /last day cannot be before/);
  await page.fill('#to', '');
  await page.click('button:text("Plan a visit")');
  assert.match(await page.textContent('[role=status]'), /plan is kept/);
  const coverage = (...args) => place.cli(place.hq, 'visit', 'coverage', ...args);
  assert.equal((await coverage('--from', '2098-12-01', '--to', '2098-12-31')).planned, 1);
  await page.goto(hq.url + '/kunjungan/cakupan?from=2098-12-01&to=2098-12-31&k=planned');
  assert.match(await page.textContent('[role=status]'), /0 of \d+ villages visited \(0 per cent\); 1 more planned/);
  assert.equal(await page.$$eval('tbody tr', (r) => r.length), 1);
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=CSV')]);
  assert.equal(file.suggestedFilename(), 'cakupan.csv');
  await page.goto(hq.url + '/kunjungan');
  await page.click('text=Change the plan');
  await page.fill('#why', 'Jembatan putus');
  await page.click('text=Cancel it >> nth=-1');
  assert.equal((await coverage('--from', '2098-12-01', '--to', '2098-12-31')).planned, 0);
  await page.goto(hq.url + '/laporan/target');
  await page.fill('#village', '3203012003');
  await page.fill('#tm', '24');
  await page.click('button:text("Add a village")');
  assert.match(await page.textContent('[role=status]'), /target is kept/);
  await place.cli(place.hq, 'hq', 'target', 'all', '30', '--village', '3203012003');
  await page.fill('#mv0', '40');
  await page.click('form:has(#mv0) button');
  assert.match(await page.textContent('[role=alert]'), /to 30; nothing was overwritten/);
  assert.equal((await place.cli(place.hq, 'hq', 'targets')).villages[0].monthly, 30);
  assert.deepEqual(page.complaints, []);
});

test('pages of planning', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'id');
  await place.cli(place.hq, 'visit', 'plan', '--van', '3', '--village', '3203012003', '--from', '2098-12-01');
  await once(page, hq.url, 'plan', '/kunjungan/jadwal', 'id');
  await once(page, hq.url, 'visits', '/kunjungan', 'en');
  await once(page, hq.url, 'coverage', '/kunjungan/cakupan?from=2098-12-01&to=2098-12-31&k=planned', 'en');
  await once(page, hq.url, 'targets', '/laporan/target', 'id');
  await page.goto(hq.url + '/kunjungan/cakupan?l=id');
  assert.ok(await page.$$eval('tbody tr', (r) => r.length) > 300);
  await light(page, 'coverage');
  await page.goto(hq.url + '/laporan');
  await light(page, 'report');
  assert.deepEqual(page.complaints, []);
});
