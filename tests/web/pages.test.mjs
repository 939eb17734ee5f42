// pages.test.mjs - every officer's page and its error states: accessibility rules (light in Indonesian, dark in English),
// no sideways scrolling from 320 px up, nothing that the browser complains about, weight on the wire.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { WEIGHT, browser, faultsOf, launch, login, nik, png, regency, serve, watched, weight } from './regency.mjs';

let place, van, hq, chrome, plain, disputed, receipt, elsewhere, onward, known;

before(async () => {
  place = await regency();
  chrome = await browser();
  const scan = join(place.dir, 'scan.png');
  await writeFile(scan, png());
  const lines = [];
  const names = ['Siti Rohmah', 'Ujang Permana', 'Dedi <b>Mulya</b> & "Sons"', 'Nyi Mas Ratna Komalasari Kusumaningrum Wiratanuningrat'];
  for (let i = 0; i < 30; i++)
    lines.push(JSON.stringify({ service: 'kartu-keluarga', nik: nik(1 + (i % 28), 5, 88), name: names[i % names.length],
      set: { kk: nik(3, 4, 12), village: '3203012003', ...(await required('kartu-keluarga')) },
      attach: i % 3 ? {} : { 'kk-lama': [scan] } }));
  known = JSON.parse(lines[0]).nik;
  await writeFile(join(place.dir, 'many.jsonl'), lines.join('\n'));
  const { recorded } = await place.cli(place.van, 'apply', '--from', join(place.dir, 'many.jsonl'));
  assert.equal(recorded.length, 30);
  [plain, disputed] = [recorded[27].number, recorded[28].number];
  await place.cli(place.van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  await place.cli(place.van, 'correct', disputed, '--set', 'name=Nama Dari Van');
  await place.cli(place.hq, 'correct', disputed, '--set', 'name=Nama Dari Pusat');
  await place.cli(place.hq, 'hq', 'decide', plain, '--to', 'returned', '--reason', 'Foto KK buram');
  const other = await place.enrol('van9', 9, 'Van Naringgul');
  await writeFile(join(place.dir, 'two.jsonl'), lines[0] + '\n' + lines[4]);
  const away = (await place.cli(other, 'apply', '--from', join(place.dir, 'two.jsonl'))).recorded;
  elsewhere = await place.cli(other, 'show', away[0].number);
  onward = { number: away[1].number, nik: JSON.parse(lines[4]).nik };
  await place.cli(other, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  await place.cli(place.van, 'sync');
  receipt = (await place.cli(place.van, 'show', plain)).qr;
  [van, hq] = [await serve(place.van), await serve(place.hq)];
});
after(async () => {
  await chrome?.close();
  await van?.stop();
  await hq?.stop();
  await place?.close();
});

let asked;
async function required(service) {
  const { services: [s] } = asked ??= await place.cli(place.van, 'catalog', 'show', service);
  return Object.fromEntries(s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => [f.name, f.options[0]?.value ?? 'Rohmat Hidayat']));
}

/* name, path or what to do to get there */
const pages = [
  ['list', '/'],
  ['list-filter', '/?s=returned&u='],
  ['list-none', '/?s=handed_over'],
  ['find', '/cari?q=siti'],
  ['find-none', '/cari?q=zzzzzz'],
  ['services', '/baru'],
  ['form', '/baru/akta-kelahiran'],
  ['form-errors', async (p) => {
    await p.goto(van.url + '/baru/akta-kelahiran');
    await p.fill('#f-nik', '3203');
    await p.click('[data-save]');
    await p.waitForSelector('#errors');
  }],
  ['form-doubts', async (p) => {
    await p.goto(van.url + '/baru/kartu-keluarga');
    await p.fill('#f-nik', '9999991705880001');
    await p.fill('#f-name', 'Siti Rohmah');
    await p.fill('#f-kk', nik(3, 4, 12));
    await p.fill('#f-village', '3203012003');
    for (const [k, v] of Object.entries(await required('kartu-keluarga')))
      if (await p.$(`#f-${k} input`)) await p.check(`#f-${k} input >> nth=0`);
      else if (await p.$(`select#f-${k}`)) await p.selectOption(`#f-${k}`, v);
      else await p.fill(`#f-${k}`, v);
    await p.click('[data-save]');
    await p.waitForSelector('.answers');
  }],
  ['form-known', async (p) => {
    await p.goto(van.url + '/baru/kartu-keluarga');
    await p.fill('#f-nik', known);
    await p.waitForSelector('#known .earlier:not([hidden])');
    await p.keyboard.press('F4');
    await p.waitForSelector('#m-name');
  }],
  ['form-duplicate', async (p) => {
    for (const [k, v] of Object.entries(await required('kartu-keluarga')))
      if (await p.$(`#f-${k} input`)) await p.check(`#f-${k} input >> nth=0`);
      else if (await p.$(`select#f-${k}`)) await p.selectOption(`#f-${k}`, v);
      else await p.fill(`#f-${k}`, v);
    await p.click('[data-save]');
    await p.waitForSelector('.summary.wait');
  }],
  ['drafts', '/draf'],
  ['drafts-offered', '/'],
  ['record', () => `/p/${plain}`],
  ['record-disputed', () => `/p/${disputed}`],
  ['correct', () => `/p/${plain}/ubah`],
  ['correct-errors', async (p) => {
    await p.goto(`${van.url}/p/${plain}/ubah`);
    await p.fill('#f-nik', '1');
    await p.click('[data-save]');
    await p.waitForSelector('#errors');
  }],
  ['done', () => `/p/${plain}/selesai`],
  ['print', async (p) => {
    await p.goto(`${van.url}/p/${plain}`);
    await p.click('form.print button');
    await p.waitForURL('**/cetak?w=58');
  }],
  ['verify', '/periksa'],
  ['verify-good', () => '/periksa?q=' + encodeURIComponent(receipt)],
  ['verify-bad', () => '/periksa?q=' + encodeURIComponent(receipt.slice(0, -9))],
  ['verify-number', () => `/periksa?q=${plain}`],
  ['verify-elsewhere', () => '/periksa?q=' + encodeURIComponent(elsewhere.qr)],
  ['verify-number-elsewhere', () => `/periksa?q=${elsewhere.number}`],
  ['record-elsewhere', () => `/cari?q=${elsewhere.number}`],
  ['record-continued', async (p) => {
    await p.goto(`${van.url}/cari?q=${onward.number}`);
    if (await p.$('#ons')) { // the second language finds it gone on
      await p.selectOption('#ons', 'kartu-keluarga');
      await p.fill('#onn', onward.nik);
      await p.press('#onn', 'Enter');
    }
    await p.waitForSelector('form.attach');
  }],
  ['verify-typo', () => '/periksa?q=' + plain.slice(0, -1) + (plain.endsWith('0') ? '1' : '0')],
  ['devices', '/perangkat'],
  ['morning', '/perangkat/pagi'],
  ['paper', () => `/p/${plain}/kertas`],
  ['tray', () => `/pindaian/${plain}`],
  ['sync', '/sinkron'],
  ['sync-done', async (p) => {
    await p.goto(van.url + '/sinkron');
    await p.evaluate(() => (window.before = true));
    await p.keyboard.press('s');
    await p.waitForFunction(() => !window.before && document.querySelector('#result.ok:not([hidden])') &&
      !document.querySelector('#steps[data-run]'));
  }],
  ['missing', '/tidak-ada'],
];
/* Headquarters' that need nothing to have happened; those with a state are in desk, trust and day. */
const hqPages = [['hq-list', '/'], ['hq-record', () => `/p/${disputed}`], ['hq-find', '/cari?q=nama'], ['hq-sync', '/sinkron'],
  ['hq-verify', () => `/periksa?q=${encodeURIComponent(receipt)}`], ['hq-plan', '/kunjungan/jadwal'],
  ['hq-coverage', '/kunjungan/cakupan?k=none'], ['hq-targets', '/laporan/target'], ['hq-officers', '/kelola'],
  ['hq-catalog', '/katalog'], ['hq-catalog-service', '/katalog?s=kia'], ['hq-catalog-general', '/katalog?s=kia&b=general'],
  ['hq-catalog-standard', '/katalog?s=kia&b=standard'], ['hq-catalog-document', '/katalog?s=kia&b=requirements&i=kk'],
  ['hq-catalog-field', '/katalog?s=COMMON&b=common_fields&i=kk'], ['hq-catalog-preview', '/katalog/contoh?s=kia'],
  ['hq-catalog-versions', '/katalog/versi'], ['hq-catalog-nothing', '/katalog/terbit'], ['hq-mirror', '/ekspor/cermin']];

async function visit(page, base, [name, where]) {
  const to = typeof where === 'string' ? where : where.length === 0 ? where() : null;
  if (to) await page.goto(base + to);
  else await where(page);
  await page.waitForLoadState('load');
  return name;
}

for (const [lang, scheme] of [['id', 'light'], ['en', 'dark']]) {
  test(`pages are accessible, fit and stay light (${lang}, ${scheme})`, async () => {
    const c = await chrome.newContext({ viewport: { width: 1366, height: 768 }, colorScheme: scheme });
    const page = await watched(c);
    const report = [], faults = [];
    const seen = async (name) => {
      const suffixed = `${name}-${lang}`;
      const w = await weight(page);
      if (w.raw > 0) {
        report.push(`${name} ${w.wire}`);
        if (w.wire > WEIGHT) faults.push(`${suffixed} weighs ${w.wire} bytes`);
      }
      faults.push(...await faultsOf(page, suffixed));
    };
    await page.goto(`${van.url}/masuk?l=${lang}`);
    await seen('login');
    await page.fill('#user', 'siti');
    await page.fill('#pass', 'salah sama sekali');
    await page.click('form.login button');
    await page.waitForSelector('#m');
    await seen('login-wrong');
    await login(page, van.url, 'siti', lang);
    for (const it of pages) await seen(await visit(page, van.url, it));
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    await login(page, hq.url, 'rina', lang);
    for (const it of hqPages) await seen(await visit(page, hq.url, it));
    assert.deepEqual(faults, []);
    assert.deepEqual(page.complaints, []);
    console.log(`# bytes on the wire, pictures apart (${lang}): ${report.join(', ')}`);
    await c.close();
  });
}

test('the form is ready within a second on a processor six times slower', async () => {
  const ordinary = await chromium.launch(launch);
  const page = await watched(await ordinary.newContext());
  await login(page, van.url);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  const times = [];
  do {
    await page.goto(van.url + '/baru/akta-kelahiran');
    times.push(await page.evaluate(() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd));
  } while (times.length < 3 || (Math.min(...times) > 1000 && times.length < 12)); // others may have the processor for a while
  console.log(`# DOMContentLoaded at 6 x CPU throttle: ${times.map(Math.round).join(' ')} ms`);
  assert.ok(Math.min(...times) <= 1000, `best of ${times}`);
  await ordinary.close();
});
