// officer.test.mjs - an officer's work in a real browser: by keyboard alone in both languages, without JavaScript, with a
// code scanner that types; what is on screen is what the command line shows.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, login, nik, passphrase, png, regency, run, serve, shot, watched } from './regency.mjs';

let place, site, chrome, scan;
before(async () => {
  place = await regency();
  chrome = await browser();
  site = await serve(place.van);
  scan = join(place.dir, 'kk.png');
  await writeFile(scan, png());
});
after(async () => {
  await chrome?.close();
  const code = await site?.stop();
  await place?.close();
  assert.equal(code, 0, 'serve ends with 0 after SIGTERM: ' + site?.log());
});

const context = (more = {}) => chrome.newContext({ viewport: { width: 1366, height: 768 }, ...more });

/* Tab until the element named by the label has the focus: keyboard only. */
async function tabTo(page, name) {
  for (let i = 0; i < 90; i++) {
    const at = await page.evaluate(() => document.activeElement.getAttribute('name') || document.activeElement.id);
    if (at === name) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way to ${name} by Tab`);
}

async function type(page, name, text) {
  await tabTo(page, name);
  await page.keyboard.type(text);
}

for (const [lang, words] of [
  ['id', { done: 'Permohonan tercatat', error: 'Kesalahan:', copy: 'Cetak salinan', wedge: 'Tanda terima asli' }],
  ['en', { done: 'Application recorded', error: 'Error:', copy: 'Print a copy', wedge: 'The receipt is genuine' }],
]) {
  test(`an application by keyboard alone, from login to receipt (${lang})`, async () => {
    const c = await context();
    const page = await watched(c);
    const { keyboard } = page;
    await login(page, site.url, 'siti', lang);
    assert.equal(await page.getAttribute('html', 'lang'), lang);
    await keyboard.press('F2');
    await page.waitForURL('**/baru');
    await keyboard.type(lang === 'id' ? 'kartu keluarga' : 'family card');
    await keyboard.press('Enter');
    await page.waitForURL('**/baru/kartu-keluarga');

    // First without anything: the summary has the focus, its links lead to the fields.
    await keyboard.press('F9');
    await page.waitForSelector('#errors');
    await page.waitForFunction(() => document.activeElement.id === 'errors'); // autofocus comes after load
    assert.ok((await page.title()).startsWith(words.error));
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'f-nik');
    const beside = await page.textContent('#e-nik');
    assert.ok((await page.textContent('#errors')).includes(beside), 'the same words above and beside');

    const number = nik();
    await type(page, 'f.nik', number);
    await type(page, 'f.name', 'Siti Rohmah');
    await type(page, 'f.kk', nik(2, 3, 15));
    await type(page, 'f.village', 'Sukamaju (3203012001)'.replace(/\(.*/, '(' + (await village()) + ')'));
    await fillRest(page);
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, 'd.kk-lama');
    await keyboard.press('Enter');
    await (await chooser).setFiles(scan);
    await keyboard.press('F9');
    await settle(page);
    assert.ok((await page.textContent('main')).includes(words.done));
    await shot(page, `done-${lang}`);
    const text = await page.textContent('h1.number-big');
    const shown = await place.cli(place.van, 'show', text);
    assert.equal(shown.fields.nik, number);
    assert.equal(shown.documents[0].kind, 'kk-lama');
    assert.equal(shown.documents[0].pages, 1);

    // The picture's code, read as a phone reads it.
    const picture = join(place.dir, `receipt-${lang}.png`);
    const image = await get(page, await page.getAttribute('img.receipt', 'src'));
    assert.equal(image.type, 'image/png');
    await writeFile(picture, image.body);
    const { stdout } = await run('zbarimg', ['-q', '--raw', picture]);
    assert.equal(stdout.trim(), shown.qr);

    // Printing is one Enter away, recorded once, and the next one is a copy.
    await page.waitForFunction(() => document.activeElement.tagName === 'BUTTON');
    await keyboard.press('Enter');
    await page.waitForURL('**/cetak?w=58');
    await page.waitForFunction(() => document.querySelector('img[data-print]').naturalWidth > 300);
    assert.equal((await place.cli(place.van, 'log', text)).events.filter((e) => e.kind === 'receipt.printed').length, 1);
    await page.goto(`${site.url}/p/${text}`);
    assert.ok((await page.textContent('form.print')).includes(words.copy));
    await shot(page, `record-${lang}`);
    console.log(`# ${lang}: ${page.keys} keystrokes, ${page.presses} of them not text, with one faulty try`);

    // A scanner types the receipt's code into whatever has the focus.
    await page.goto(site.url + '/baru/kartu-keluarga');
    await page.focus('#f-name');
    await keyboard.type('Bud');
    await page.waitForTimeout(80);
    await burst(page, shown.qr);
    await page.waitForURL(`**/p/${text}`);
    // The draft holds what the officer typed, not the scanner.
    assert.match((await get(page, '/draf')).body.toString(), /<b>Bud<\/b>/);
    // And verifies by page, pasted, and a forged one scanned.
    await page.goto(site.url + '/periksa');
    await page.waitForFunction(() => document.activeElement.tagName === 'INPUT'); // autofocus comes after load
    await keyboard.insertText(shown.qr);
    await keyboard.press('Enter');
    await page.waitForURL('**/periksa?q=*');
    assert.ok((await page.textContent('.verdict')).includes(words.wedge));
    const forged = shown.qr.replace(/.(?=.{20}$)/, (ch) => (ch === '7' ? '8' : '7'));
    await burst(page, forged);
    await page.waitForSelector('.verdict.bad');
    assert.deepEqual(page.complaints, []);
    await c.close();
  });
}

let found;
async function village() {
  if (found) return found;
  const page = await watched(await chrome.newContext());
  await login(page, site.url);
  const list = JSON.parse((await get(page, '/api/desa?q=suka')).body);
  assert.ok(list.length > 1);
  await page.context().close();
  return (found = list[0].match(/\((\d{10})\)$/)[1]);
}

/* What a service asks besides: the first choice of each group, a plausible text in each required field. */
async function fillRest(page) {
  const names = await page.$$eval('#entry .field', (all) => all.map((f) => {
    const el = f.querySelector('input, select, textarea');
    return { name: el.name, type: el.type, required: el.required || !f.querySelector('label span, legend span'),
      value: el.type === 'radio' ? !!f.querySelector(':checked') : el.value };
  }));
  for (const f of names) {
    if (!f.required || f.value) continue;
    await tabTo(page, f.name);
    if (f.type === 'radio') await page.keyboard.press('Space');
    else if (f.type === 'select-one') await page.keyboard.press('ArrowDown');
    else await page.keyboard.type('1');
  }
}

/* The answers once more, doubts with them, then the record. */
async function settle(page) {
  await page.waitForSelector('.answers, #errors');
  if (await page.$('#errors')) assert.fail(await page.textContent('#errors'));
  await page.keyboard.press('F9');
  await page.waitForSelector('h1.number-big');
}

/* What the page itself may fetch, with its cookie. */
async function get(page, path) {
  const { type, body } = await page.evaluate(async (p) => {
    const answer = await fetch(p);
    return { type: answer.headers.get('content-type'), body: [...new Uint8Array(await answer.arrayBuffer())] };
  }, path);
  return { type, body: Buffer.from(body) };
}

/* As a wedge scanner types: keys without a pause, then Enter. */
async function burst(page, text) {
  await page.evaluate((t) => {
    const key = (k) => (document.activeElement || document.body).dispatchEvent(
      new KeyboardEvent('keydown', { key: k, bubbles: true, cancelable: true }));
    for (const ch of t) {
      if (!key(ch)) continue;
      const el = document.activeElement;
      if (el && 'value' in el && el.tagName !== 'BUTTON') el.value += ch;
    }
    key('Enter');
  }, text);
}

test('a whole application without JavaScript', async () => {
  const c = await context({ javaScriptEnabled: false });
  const page = await watched(c);
  await page.goto(site.url + '/');
  await page.fill('[name=user]', 'siti');
  await page.fill('[name=pass]', passphrase);
  await page.click('form.login button');
  await page.click('a[href="/baru"]');
  await page.click('a[href="/baru/kia"]');
  await page.setInputFiles('input[type=file] >> nth=0', scan);
  await page.click('[data-save]');
  // The faults are there, and the file that came is not asked for again.
  await page.waitForSelector('#errors');
  assert.equal(await page.locator('.kept').count(), 1);
  await page.fill('#f-nik', nik());
  await page.fill('#f-name', 'Ujang Permana');
  await page.fill('#f-kk', nik(3, 4, 12));
  await page.fill('#f-village', 'suka');
  const groups = await page.$$('#entry fieldset');
  for (const g of groups) await (await g.$('input')).check();
  for (const el of await page.$$('#entry input[required], #entry select[required]')) {
    if (await el.inputValue()) continue;
    const name = await el.getAttribute('name');
    if ((await el.evaluate((x) => x.tagName)) === 'SELECT') await el.selectOption({ index: 1 });
    else await el.fill(/nik/.test(name) ? nik() : /date/.test(name) ? '05-06-2019' : /name/.test(name) ? 'Ayu Permana' : '1');
  }
  await page.click('[data-save]');
  // Several villages have that name: a list asks which.
  await page.waitForSelector('select[name="v.village"]');
  await page.selectOption('select[name="v.village"]', { index: 1 });
  await page.click('[data-save]');
  await page.waitForSelector('.answers');
  assert.ok((await page.textContent('.papers')).includes('1 berkas'));
  await page.click('[value=save]');
  await page.waitForSelector('h1.number-big');
  const number = await page.textContent('h1.number-big');
  const shown = await place.cli(place.van, 'show', number);
  assert.equal(shown.documents.length, 1);
  assert.match(shown.fields.village, /^3203\d{6}$/);

  // More papers, a correction, and sync: all by forms and links.
  await page.click(`a[href="/p/${number}"]`);
  await page.setInputFiles('form.attach input[type=file]', scan);
  await page.selectOption('form.attach select', 'lain');
  await page.click('form.attach button');
  await page.waitForURL(`**/p/${number}`);
  await page.click(`a[href="/p/${number}/ubah"]`);
  await page.fill('#f-name', 'Ujang Permana Sidik');
  await page.click('[data-save]');
  await page.waitForURL(`**/p/${number}`);
  const after = await place.cli(place.van, 'show', number);
  assert.equal(after.fields.name, 'Ujang Permana Sidik');
  assert.deepEqual(after.documents.map((d) => d.kind).sort(), [shown.documents[0].kind, 'lain'].sort());
  await page.click('a[href="/sinkron"]');
  await page.click('#syncform button');
  for (let i = 0; i < 100 && (await page.$('#again')); i++) {
    await page.waitForTimeout(100);
    await page.click('#again');
  }
  await page.waitForSelector('#result.ok');
  await place.cli(place.hq, 'hq', 'sync');
  assert.equal((await place.cli(place.hq, 'show', number)).fields.name, 'Ujang Permana Sidik');
  assert.deepEqual(page.complaints, []);
  await c.close();
});

test('a duplicate asks for a reason; a doubt asks once; a second click is not a second record', async () => {
  const c = await context();
  const page = await watched(c);
  await login(page, site.url);
  const person = nik(9, 9, 99);
  const apply = ['apply', '--service', 'ktp-el', '--nik', person, '--name', 'Dedi Mulya', '--set', 'kk=' + nik(1, 2, 10),
    '--set', 'village=' + (await village())];
  const show = await place.cli(place.van, 'catalog', 'show', 'ktp-el');
  for (const f of show.services[0].fields)
    if (f.required && !['kk', 'village'].includes(f.name)) apply.push('--set', `${f.name}=${f.options[0]?.value ?? '1'}`);
  const first = (await place.cli(place.van, ...apply)).number;
  await page.goto(site.url + '/baru/ktp-el');
  await page.fill('#f-nik', person);
  await page.fill('#f-name', 'Dedi Mulya');
  await page.fill('#f-kk', nik(1, 2, 10));
  await page.fill('#f-village', await village());
  await page.fill('#f-birth_date', '10101980'); // not the day that the NIK tells
  await fillRest(page);
  assert.equal(await page.inputValue('#f-birth_date'), '10-10-1980');
  await page.keyboard.press('F9');
  await page.waitForSelector('.summary.wait');
  assert.ok((await page.textContent('.summary.wait')).includes(first));
  assert.match(await page.textContent('.answers .wait'), /NIK/, 'the doubt stands beside its answer');
  await shot(page, 'duplicate-id');
  const before = (await place.cli(place.van, 'list')).applications.length;
  await page.keyboard.press('F9'); // the reason is required
  assert.equal((await place.cli(place.van, 'list')).applications.length, before);
  await page.fill('#reason', 'KTP lama hilang');
  const sent = await page.evaluate(() => new URLSearchParams([...new FormData(document.querySelector('#entry'))]
    .filter((p) => typeof p[1] === 'string')).toString() + '&act=save');
  await page.keyboard.press('F9');
  await page.waitForSelector('h1.number-big');
  const number = await page.textContent('h1.number-big');
  const landed = await page.evaluate(async (body) => (await fetch('/baru/ktp-el', { method: 'POST', body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' } })).url, sent);
  assert.equal(landed, `${site.url}/p/${number}/selesai`);
  assert.equal((await place.cli(place.van, 'list')).applications.length, before + 1);
  assert.equal((await place.cli(place.van, 'show', number)).duplicate.of, first);
  assert.deepEqual(page.complaints, []);
  await c.close();
});

test('a file that is no picture is told beside its kind, kept ones can be taken away', async () => {
  const c = await context();
  const page = await watched(c);
  const liar = join(place.dir, 'surat.png');
  await writeFile(liar, 'bukan gambar sama sekali');
  await login(page, site.url);
  await page.goto(site.url + '/baru/akta-kelahiran');
  await page.setInputFiles('[name="d.kk"]', [scan, liar]);
  await page.click('[data-save]');
  await page.waitForSelector('#errors a[href="#d-kk"]');
  assert.equal(await page.textContent('#errors a[href="#d-kk"]'), await page.textContent('.doc .fault'));
  assert.equal(await page.locator('.kept').count(), 2);
  assert.equal(await page.locator('#f-kk + small + .fault').count(), 1, 'the field of that name has a fault of its own');
  await page.check('.kept:has-text("surat.png") input');
  await page.click('[data-save]');
  await page.waitForFunction(() => document.querySelectorAll('.kept').length === 1);
  assert.equal(await page.locator('#errors a[href="#d-kk"]').count(), 0);
  assert.ok((await page.textContent('.kept')).includes('kk.png'));
  assert.deepEqual(page.complaints, []);
  await c.close();
});

test('keys: search, rows, help, sync with progress', async () => {
  const c = await context();
  const page = await watched(c);
  await login(page, site.url);
  const { keyboard } = page;
  // drafts that wait come first, then applications
  const drafts = await page.$$eval('.drafts a.row', (a) => a.length);
  for (let i = 0; i <= drafts; i++) {
    await keyboard.press('j');
    await page.waitForTimeout(80);
  }
  const row = await page.evaluate(() => document.activeElement.textContent);
  assert.match(row, /^....-....-....$/);
  await keyboard.press('?');
  await page.waitForSelector('#keys[open]');
  await shot(page, 'keys-id');
  await keyboard.press('Escape');
  await keyboard.press('/');
  await page.waitForTimeout(80);
  await keyboard.type('dedi mul');
  await keyboard.press('Enter');
  await page.waitForURL('**/cari?q=*');
  assert.ok((await page.textContent('table')).includes('Dedi Mulya'));
  await keyboard.press('/');
  await page.waitForTimeout(80);
  await keyboard.type(row.toLowerCase().replaceAll('-', ''));
  await keyboard.press('Enter');
  await page.waitForURL(`**/p/${row}`);
  await page.click('body');
  await keyboard.press('s');
  await page.waitForURL('**/sinkron');
  await keyboard.press('s');
  await page.waitForSelector('#result.ok:not([hidden])');
  await shot(page, 'sync-id');
  await place.cli(place.hq, 'hq', 'sync');
  const numbers = async (folder) => (await place.cli(folder, 'list')).applications.map((a) => a.number).sort();
  assert.deepEqual(await numbers(place.hq), await numbers(place.van));
  assert.deepEqual(page.complaints, []);
  await c.close();
});
