// devices.test.mjs - scanner, printer and reader from the officer's pages, on virtual USB devices under the shipped program: a
// duplex batch while the officer types, a jam, a card's two sides, a receipt between the sheets, a pulled cable and its resumption,
// a receipt that comes out after F9 and is read back from the paper, the question when nobody can say, the devices page, the
// morning check, kill -9 between scan and save; and a scanner of SANE, whose helper dies in mid-page.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { audit, browser, login, nik, regency, run, serveOnBus, watched } from './regency.mjs';

const [SCANNER, PRINTER, READER] = [0, 1, 2];
const built = resolve(process.env.B || 'build', 'tests');
let place, chrome, site, printed;

const bus = (printer) => ['tests/devices/scanner_duplex', 'page-bytes=9000', `tests/devices/${printer}`, 'tests/devices/hid_pos'];
const later = (ms) => new Promise((done) => setTimeout(done, ms));

before(async () => {
  place = await regency();
  await mkdir(join(place.dir, 'sane'));
  await writeFile(join(place.dir, 'sane', 'dll.conf'), '');
  chrome = await browser();
  site = await serveOnBus(place.van, bus('tm80'), '--no-sync');
});
after(async () => {
  await chrome?.close();
  const code = await site?.stop();
  await place?.close();
  assert.equal(code, 0, 'serve ends with 0 after SIGTERM: ' + site?.log());
});

test('a signal reaches the one who waits for it, and no other thread', async () => {
  const pid = await site.served(), page = await officer();
  const threads = (await readdir(`/proc/${pid}/task`)).filter((t) => t !== String(pid));
  assert.ok(threads.length > 8, 'the devices are served');
  for (const t of threads) {
    const blocked = BigInt('0x' + /SigBlk:\s*(\S+)/.exec(await readFile(`/proc/${pid}/task/${t}/status`, 'utf8'))[1]);
    for (const signal of [constants.signals.SIGTERM, constants.signals.SIGINT])
      assert.ok((blocked >> BigInt(signal - 1)) & 1n, await readFile(`/proc/${pid}/task/${t}/comm`, 'utf8'));
  }
  await page.context().close();
});

async function officer(lang = 'id', more = {}) {
  const page = await watched(await chrome.newContext({ viewport: { width: 1280, height: 900 }, ...more }));
  await login(page, site.url, 'siti', lang);
  return page;
}
const comes = async (what, ask, limit = 60_000) => {
  for (const until = Date.now() + limit; ; await later(100)) {
    const got = await ask();
    if (got) return got;
    assert.ok(Date.now() < until, `${what} does not come: ${site.log()}`);
  }
};
const strip = (page, key, text) => page.waitForFunction(([k, t]) => new RegExp(t).test(document.querySelector(`#strip [data-k=${k}]`)?.textContent),
  [key, text], { timeout: 60_000 });
const sheets = (page) => page.locator('#tray .sheets > li').count();
const still = (page) => page.waitForSelector('#tray:not([data-run])', { timeout: 60_000 });
async function fill(page) {
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  await page.fill('#f-nik', nik());
  await page.fill('#f-name', 'Siti Rohmah');
  await page.fill('#f-kk', nik(3, 4, 12));
  await page.fill('#f-village', '3203012003');
  for (const f of s.fields.filter((x) => x.required && !['kk', 'village'].includes(x.name)))
    if (await page.$(`#f-${f.name} input`)) await page.check(`#f-${f.name} input >> nth=0`);
    else if (await page.$(`select#f-${f.name}`)) await page.selectOption(`#f-${f.name}`, f.options[0].value);
    else await page.fill(`#f-${f.name}`, 'Rohmat Hidayat');
}
/* F9 shows the answers once more, F9 records them. */
async function save(page) {
  await page.keyboard.press('F9');
  await page.waitForSelector('.answers, #errors');
  if (await page.$('#errors')) assert.fail(await page.textContent('#errors'));
  await page.keyboard.press('F9');
  await page.waitForSelector('h1.number-big');
  return page.textContent('h1.number-big');
}
/* What stands on the printer's paper, decoded. */
async function paper() {
  const file = join(place.dir, `paper${Date.now()}.pbm`);
  await site.do(PRINTER, `paper=${file}`);
  await comes('the paper', async () => (await readFile(file).catch(() => null)) !== null);
  const { stdout } = await run('zbarimg', ['-q', '--raw', file]).catch(() => ({ stdout: '' }));
  return stdout.trim();
}

/* From now on SANE has one scanner: its `test` backend. Slow, a page takes a second. */
async function sane(slow) {
  const dir = join(place.dir, 'sane');
  await writeFile(join(dir, 'test.conf'), 'number_of_devices 1\nmode Gray\ndepth 8\nresolution_min 1.0\nresolution_max 1200.0\n' +
    'resolution_quant 1.0\ntest-picture "Grid"\ngeometry_min 0.0\ngeometry_max 120.0\ngeometry_quant 1.0\nbr_x 80.0\nbr_y 100.0\n' +
    (slow ? 'read-delay true\nread-delay-duration 40000\nread-limit true\nread-limit-size 20000\n' : ''));
  await writeFile(join(dir, 'dll.conf'), 'test\n');
}
/* The helper that serve has running. */
async function helper() {
  const serve = (await readFile(place.van + '.pid', 'utf8')).trim();
  for (const task of await readdir(`/proc/${serve}/task`))
    for (const pid of (await readFile(`/proc/${serve}/task/${task}/children`, 'utf8').catch(() => '')).split(' ').filter(Boolean))
      if ((await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).startsWith('jemput-sane')) return Number(pid);
  return 0;
}
async function source(page, value) {
  if (!(await page.$('#trayset[open]'))) await page.click('#trayset summary');
  await page.selectOption('#tray-source', String(value));
}

test('the strip follows the cables; a duplex batch comes while the officer types; F9 prints', async () => {
  const page = await officer();
  await strip(page, 'scanner', 'siap');
  await strip(page, 'printer', 'siap');
  await page.goto(site.url + '/baru/kartu-keluarga');
  await page.waitForSelector('#tray:not([hidden])');
  await page.click('#trayset summary');
  await page.selectOption('#tray-source', '3');
  await page.selectOption('#tray-kind', 'kk-lama');
  await page.selectOption('#tray-source', '3');
  await site.do(SCANNER, 'slow-ms=40');
  await site.do(SCANNER, 'sheets=4');
  await page.focus('#f-name');
  await page.keyboard.press('F8');
  await page.waitForSelector('#tray[data-run]');
  await fill(page); // meanwhile
  await page.focus('#f-name');
  await page.keyboard.press('End');
  await page.keyboard.type(' Aminah');
  await still(page);
  assert.equal(await page.inputValue('#f-name'), 'Siti Rohmah Aminah');
  assert.equal(await sheets(page), 4);
  assert.match(await page.textContent('#tray [data-scanstate]'), /selesai/);
  await audit(page, 'devices-form-id');

  // Rotated, thrown away, joined: in place, and what is typed stays.
  const before = await page.getAttribute('#tray .sheets img', 'src');
  await page.click('#tray .sheets li:first-child button[name=putar]');
  await page.waitForFunction((src) => document.querySelector('#tray .sheets img').getAttribute('src') !== src, before);
  await page.click('#tray .sheets li:first-child button[name=gabung]');
  await page.waitForFunction(() => document.querySelectorAll('#tray .sheets > li').length === 3);
  await page.click('#tray .sheets li:last-child button[name=buang]');
  await page.waitForFunction(() => document.querySelectorAll('#tray .sheets > li').length === 2);
  await page.selectOption('#tray .sheets li:last-child select', 'lain');
  await comes('the other kind', async () => await page.$eval('#tray .sheets li:last-child select', (s) => s.value === 'lain' &&
    !('touched' in s.dataset)));
  assert.equal(await page.inputValue('#f-name'), 'Siti Rohmah Aminah');

  const number = (printed = await save(page));
  await page.waitForSelector('#paper .note.ok', { timeout: 60_000 });
  const shown = await place.cli(place.van, 'show', number);
  assert.deepEqual(shown.documents.map((d) => [d.kind, d.pages]).sort(), [['kk-lama', 1], ['lain', 1]]);
  assert.equal(shown.receipts, 1);
  assert.equal(await paper(), shown.qr);
  await audit(page, 'devices-printed-id');

  // The habit of the kind is remembered; the next print is a copy; out of paper is said, and mended.
  await page.goto(`${site.url}/p/${number}`);
  await page.selectOption('#tray-kind', 'kk-lama');
  assert.equal(await page.inputValue('#tray-source'), '3');
  await page.click('#b-cetak');
  await page.waitForFunction(() => /SALINAN 1/.test(document.querySelector('#paper').textContent));
  await site.do(PRINTER, 'empty=1');
  await page.click('#b-cetak');
  await page.waitForSelector('#paper .note.bad', { timeout: 60_000 });
  await strip(page, 'printer', '[Kk]ertas');
  await audit(page, 'devices-paper-id');
  await site.do(PRINTER, 'empty=0');
  await site.do(PRINTER, 'cover=1');
  await page.click('#b-ulang');
  await strip(page, 'printer', '[Pp]enutup');
  await page.waitForFunction(() => /[Pp]enutup/.test(document.querySelector('#paper .note.bad')?.textContent));
  await site.do(PRINTER, 'cover=0');
  await page.click('#b-ulang');
  await page.waitForFunction(() => /SALINAN 2/.test(document.querySelector('#paper').textContent), null, { timeout: 60_000 });
  // A ticket goes the same way: out of paper it is told, and comes when it is asked for again.
  const ticket = () => comes('the ticket', async () => /JEMPUT\/Q\//.test(await paper()));
  await page.goto(site.url + '/antrean');
  await page.keyboard.press('p');
  await page.waitForURL('**given=1*');
  await ticket();
  await site.do(PRINTER, 'empty=1');
  await page.keyboard.press('p');
  await page.waitForURL('**given=2*');
  await comes('the failure', async () => {
    await page.goto(site.url + '/antrean');
    return page.$('button[name=ulang]');
  });
  await audit(page, 'devices-ticket-id');
  await site.do(PRINTER, 'empty=0');
  await strip(page, 'printer', 'siap');
  await page.click('button[name=ulang]');
  await ticket();
  await comes('the end of it', async () => {
    await page.goto(site.url + '/antrean');
    return !(await page.$('button[name=ulang]'));
  });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a pulled cable: pages stay, F8 goes on; a reader opens the record; kill -9 loses no page', async () => {
  const page = await officer('en');
  await page.goto(site.url + '/baru/kartu-keluarga');
  await page.waitForSelector('#tray:not([hidden])');
  await page.click('#trayset summary');
  await page.selectOption('#tray-source', '2');
  await site.do(SCANNER, 'slow-ms=60');
  await site.do(SCANNER, 'sheets=5');
  await page.keyboard.press('F8');
  await page.waitForSelector('#tray .sheets > li', { timeout: 60_000 });
  await site.do(SCANNER, 'unplug=1');
  await page.waitForSelector('#tray [data-scanstate].bad', { timeout: 60_000 });
  const kept = await sheets(page);
  assert.ok(kept >= 1 && kept < 5, `${kept} kept`);
  assert.match(await page.textContent('#tray [data-scanstate]'), /Press F8 to go on/);
  await strip(page, 'scanner', 'No scanner|not plugged');
  await audit(page, 'devices-pulled-en');
  await site.do(SCANNER, 'plug=1');
  await strip(page, 'scanner', 'ready');
  await page.fill('#f-name', 'Dewi');
  await page.focus('#f-nik');
  await page.keyboard.press('F8');
  await page.waitForFunction((n) => document.querySelectorAll('#tray .sheets > li').length > n, kept, { timeout: 60_000 });
  await still(page);
  const all = await sheets(page);
  assert.ok(all >= 4, `${all} pages in the end`);

  await site.kill('SIGKILL');
  site = await serveOnBus(place.van, bus('pos58'), '--no-sync');
  const again = await officer('en');
  await again.goto(site.url + '/draf');
  await again.click('a.row');
  await again.waitForSelector('#tray .sheets > li');
  assert.equal(await sheets(again), all);

  // This printer never answers: the officer is asked.
  await strip(again, 'printer', 'not known');
  await fill(again);
  const number = await save(again);
  await again.waitForSelector('#b-ya', { timeout: 60_000 });
  await audit(again, 'devices-asked-en');
  const shown = await place.cli(place.van, 'show', number);
  assert.equal(shown.receipts, 0, 'not issued before somebody says so');
  assert.equal(shown.documents.reduce((n, d) => n + d.pages, 0), all);
  assert.equal(await paper(), shown.qr);
  await again.click('#b-ya');
  await again.waitForSelector('#paper .note.ok');
  assert.equal((await place.cli(place.van, 'show', number)).receipts, 1);

  await again.goto(site.url + '/baru');
  await comes('the reader', async () => (await again.evaluate(async () => (await (await fetch('/api/state')).json()).devices.readers)) === 1);
  await again.evaluate(() => document.dispatchEvent(new Event('jemput-ask'))); // the page hears of it
  await again.waitForRequest('**/api/kode');
  await site.do(READER, `code=${shown.qr}`);
  await again.waitForURL(`**/p/${number}`, { timeout: 20_000 });
  assert.deepEqual(again.complaints, []);
  await again.context().close();
  await page.context().close();
});

test('a jam is told and mended; both sides of a card are one page; a receipt sends the sheets behind it to its application', async () => {
  const page = await officer();
  await page.goto(site.url + '/baru/kartu-keluarga');
  await page.waitForSelector('#tray:not([hidden])');
  await source(page, 2);
  await site.do(SCANNER, 'slow-ms=0');
  await site.do(SCANNER, 'sheets=3');
  await site.do(SCANNER, 'jam-at=2');
  await page.keyboard.press('F8');
  await page.waitForFunction(() => /macet.*F8/s.test(document.querySelector('#tray [data-scanstate].bad')?.textContent), null, { timeout: 60_000 });
  assert.equal(await sheets(page), 1);
  await strip(page, 'scanner', 'macet');
  await site.do(SCANNER, 'mend=1');
  await site.do(SCANNER, 'sheets=2');
  await page.keyboard.press('F8');
  await page.waitForFunction(() => document.querySelectorAll('#tray .sheets > li').length === 3, null, { timeout: 60_000 });
  await still(page);

  await source(page, 3);
  await page.check('#tray-card');
  await site.do(SCANNER, 'sheets=2');
  await page.keyboard.press('F8');
  await page.waitForFunction(() => document.querySelectorAll('#tray .sheets > li').length === 4, null, { timeout: 60_000 });
  await still(page);
  assert.equal(await sheets(page), 4);

  const receipt = join(place.dir, 'receipt');
  await place.cli(place.van, 'receipt', printed, '--format', 'pdf', '--width', '80', '-o', receipt + '.pdf');
  await run('pdftoppm', ['-jpeg', '-gray', '-r', '150', '-singlefile', receipt + '.pdf', receipt]);
  await source(page, 2);
  await page.uncheck('#tray-card');
  await site.do(SCANNER, `page-2=${receipt}.jpg`);
  await site.do(SCANNER, 'sheets=3');
  await page.keyboard.press('F8');
  await page.waitForSelector(`#tray .note.ok a[href="/p/${printed}"]`, { timeout: 60_000 });
  await still(page);
  assert.equal(await sheets(page), 5);
  assert.equal((await place.cli(place.van, 'show', printed)).documents.reduce((n, d) => n + d.pages, 0), 3);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('without a script: form, scan, back to the form, save', async () => {
  const context = await chrome.newContext({ viewport: { width: 1000, height: 800 }, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${site.url}/masuk?l=id`);
  await page.fill('#user', 'siti');
  await page.fill('#passphrase, input[type=password]', 'sawah hijau kali jernih');
  await page.click('main button');
  await page.goto(site.url + '/baru/kartu-keluarga');
  await fill(page);
  await page.click('noscript button[name=act][value=scan]');
  await page.waitForURL('**/pindaian/**');
  await page.click('#trayset summary');
  await page.selectOption('#tray-source', '1');
  await page.click('#b-scan');
  await comes('the page', async () => {
    await page.goto(page.url().replace(/[?].*/, '?s=kartu-keluarga'));
    return (await page.locator('.sheets > li').count()) === 1;
  });
  await page.click('text=Kembali ke formulir');
  assert.equal(await page.inputValue('#f-name'), 'Siti Rohmah');
  await page.click('[data-save]');
  await page.click('.big-actions [data-save]');
  const number = await page.textContent('h1.number-big');
  assert.equal((await place.cli(place.van, 'show', number)).documents[0].pages, 1);
  await context.close();
});

test('the devices page and the morning check, in both languages', async () => {
  for (const lang of ['id', 'en']) {
    const page = await officer(lang);
    await page.goto(site.url + '/perangkat');
    await page.waitForSelector('#devices:not([data-run]) #scanh', { timeout: 60_000 });
    assert.match(await page.textContent('#devices'), /Uji Pindai 200|SN-200/);
    assert.match(await page.textContent('#devices'), /POS58/);
    assert.match(await page.textContent('#devices'), /Xenon 1900/);
    await audit(page, `devices-list-${lang}`);
    await page.goto(site.url + '/perangkat/pagi');
    if (lang === 'id') { // the check itself is made once: its rows stay in the language of who asked
      await page.click('button[name=semua]');
      await page.waitForSelector('#morning:not([data-run]) .checks', { timeout: 90_000 });
      assert.match(await page.textContent('.checks'), /Apakah kertasnya keluar/);
      assert.ok(await page.$('#morning img'), 'the test scan is shown');
    }
    await audit(page, `devices-morning-${lang}`);
    if (lang === 'en') {
      await page.click('button[name=keluar][value="1"]');
      await page.waitForFunction(() => !document.querySelector('button[name=keluar]'));
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});

test('a scanner of SANE: its helper dies in mid-page and costs that page alone; F8 goes on; a cancel keeps what came', async () => {
  await sane(true);
  await site.do(SCANNER, 'unplug=1');
  const page = await officer();
  await page.goto(site.url + '/baru/kartu-keluarga');
  await comes('SANE', async () => /frontend-tester/.test((await page.evaluate(async () => (await (await fetch('/api/state')).json()).devices.scanner)).name));
  await page.waitForSelector('#tray:not([hidden])');
  await source(page, 2);
  await page.keyboard.press('F8');
  await page.waitForSelector('#tray .sheets > li', { timeout: 60_000 });
  process.kill(await comes('the helper', helper), 'SIGKILL');
  await page.fill('#f-name', 'Dewi Lestari');
  await page.waitForFunction(() => /berhenti mendadak.*F8/s.test(document.querySelector('#tray [data-scanstate].bad')?.textContent), null, { timeout: 60_000 });
  const kept = await sheets(page);
  assert.ok(kept >= 1 && kept < 10, `${kept} kept`);
  await sane(false);
  await page.keyboard.press('F8');
  await page.waitForFunction((n) => document.querySelectorAll('#tray .sheets > li').length === n, kept + 10, { timeout: 60_000 });
  await still(page);
  assert.match(await page.textContent('#tray [data-scanstate]'), /selesai/);
  await sane(true);
  await page.keyboard.press('F8');
  await page.click('#b-stop');
  await page.waitForFunction(() => /dibatalkan/.test(document.querySelector('#tray [data-scanstate].bad')?.textContent), null, { timeout: 60_000 });
  assert.ok((await sheets(page)) >= kept + 10);
  assert.equal(await page.inputValue('#f-name'), 'Dewi Lestari');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
