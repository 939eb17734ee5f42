// desk.test.mjs - a clerk's morning at headquarters, by keyboard: the inbox, decisions one after the other and many at once, a
// return with its code, two clerks on one record, a field that two people changed, a pair of duplicates. JEM_SOAK=1: 500
// applications of three vans.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { audit, browser, login, nik, png, regency, serve, watched } from './regency.mjs';

const COUNT = process.env.JEM_SOAK === '1' ? 165 : 12; // of each van, and some more
let place, hq, chrome, fields, disputed, twice;

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
  const scan = join(place.dir, 'scan.png'), both = nik(9, 9, 79);
  await writeFile(scan, png());
  for (const van of vans) {
    const numbers = await record(van, Array.from({ length: COUNT }, (_, i) => line(i, nik(1 + (i % 28), 2, 80),
      i % 4 ? {} : { attach: { 'kk-lama': [scan] } })));
    if (van === place.van) disputed = numbers.at(-1);
  }
  twice = [(await record(vans[0], [line('awal', both)]))[0], (await record(vans[1], [line('ulang', both)]))[0]];
  for (const van of vans) await place.cli(van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  await place.cli(place.van, 'correct', disputed, '--set', 'name=Nama Dari Van');
  await place.cli(place.hq, 'correct', disputed, '--set', 'name=Nama Dari Pusat');
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
  await page.keyboard.type('a document cannot');
  await key(page, 'Tab');
  await page.keyboard.type('Halaman 2 buram');
  await key(page, 'Tab');
  await key(page, 'Enter');
  await page.waitForURL((url) => !url.pathname.includes(number));
  const returned = await shown(number);
  assert.deepEqual([returned.status, returned.reason, returned.reason_code], ['returned', 'Halaman 2 buram', 'document_unreadable']);
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
  await page.selectOption('#to', 'returned');
  await page.click('text=Preview');
  assert.match(await page.textContent('main'), /needs a reason/);
  await page.goBack();
  await page.selectOption('#to', 'verified');
  await page.click('text=Preview');
  assert.match(await page.textContent('main'), /3 will change, 0 will not/);
  for (const n of numbers) assert.equal(await status(n), 'received'); // nothing is done yet
  await audit(page, 'desk-preview');
  await place.cli(place.hq, 'hq', 'decide', numbers[0], '--to', 'returned', '--code', 'data_differs');
  await page.click('text=Decide them all');
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
  await two.selectOption('#xc', 'not_entitled');
  await two.click('details[open] button');
  assert.match(await two.textContent('[role=alert]'), /nothing was overwritten/);
  assert.equal(await status(number), 'verified');
  await both(two, 'desk-illegal', '/meja?k=illegal');
  await both(two, 'desk-record', `/p/${number}`);
  await two.check('input[name=accept][value="0"]');
  await two.fill('#tr0', 'Syaratnya terpenuhi');
  await two.click('text=Rule on the change');
  assert.deepEqual((await shown(number)).illegal, []);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
});

test('a field that two people changed', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await both(page, 'desk-conflicts', '/meja?k=conflicts');
  assert.equal(await page.textContent('a.row'), disputed);
  await both(page, 'desk-conflict', `/p/${disputed}`);
  assert.match(await page.textContent('fieldset'), /Before: Siti Rohmah/);
  await page.check('input[value="Nama Dari Van"]');
  await page.click('text=Use this value'); // a reason is required
  assert.equal((await shown(disputed)).conflicts.length, 1);
  await page.fill('#fr0', 'Sesuai KTP');
  await page.click('text=Use this value');
  await page.waitForURL(new RegExp(disputed + '$'));
  const now = await shown(disputed);
  assert.deepEqual([now.conflicts, now.fields.name], [[], 'Nama Dari Van']);
  assert.deepEqual(page.complaints, []);
});

test('duplicates side by side', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await both(page, 'report', '/laporan');
  await both(page, 'agencies', '/instansi');
  await both(page, 'desk-duplicates', '/meja?k=duplicates');
  await page.click('a.row');
  await page.waitForURL(/ganda/);
  assert.match(await page.textContent('.pair'), /differs/);
  await both(page, 'desk-pair', `/ganda?a=${twice[0]}&b=${twice[1]}`);
  await page.check('input[value=b]');
  await page.fill('#pr', 'Keluarga yang sama');
  await page.click('text=Decide');
  await page.waitForURL(/k=duplicates/);
  assert.equal(await status(twice[1]), 'linked');
  assert.equal((await shown(twice[1])).linked, twice[0]);
  assert.match(await page.textContent('main'), /Nothing waits/);
  assert.deepEqual(page.complaints, []);
});
