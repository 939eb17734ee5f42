// form.test.mjs - the form of an application as officers use it all day: how many keys it takes, what is offered and where it
// says it is from, the answers once more, a power cut at every step, another catalogue in between, two officers at one draft.
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { browser, jemput, launch, login, nik, passphrase, png, regency, run, serve, shot, violations, watched } from './regency.mjs';

const KEYS = 65, SECONDS = 45, EVERY = process.env.JEM_SOAK === '1'; // power cuts after every field
let place, site, chrome, scans;
before(async () => {
  place = await regency();
  await writeFile(join(place.dir, 'budi'), passphrase + '\n');
  await run(jemput, ['-C', place.van, '--user', 'siti', 'user', 'add', 'budi', '--role', 'officer', '--new-passphrase-file',
    join(place.dir, 'budi')], { env: { ...process.env, JEMPUT_PASSPHRASE_FILE: join(place.dir, 'passphrase') } });
  chrome = await browser();
  site = await serve(place.van, '--no-sync');
  scans = [1, 2].map((n) => join(place.dir, `scan${n}.png`));
  for (const [i, s] of scans.entries()) await writeFile(s, png(620, 877, i + 1));
});
after(async () => {
  await chrome?.close();
  await site?.stop();
  await place?.close();
});

const context = (more = {}) => chrome.newContext({ viewport: { width: 1366, height: 768 }, ...more });
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('name') || document.activeElement.id);
const walk = async (page, to) => {
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => (document.activeElement.getAttribute('name') || '') === n, to, { timeout: 5000 })
    .catch(async () => assert.fail(`Enter leads to ${await focused(page)}, not to ${to}`));
};
const letter = async (page, key, to) => {
  await page.keyboard.press(key);
  await page.waitForFunction((n) => (document.activeElement.getAttribute('name') || '') === n, to, { timeout: 5000 })
    .catch(async () => assert.fail(`${key} leads to ${await focused(page)}, not to ${to}`));
};
async function attach(page, file) {
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(file);
}

test('a full application with two scans and a printed receipt takes few keys', async () => {
  const page = await watched(await context());
  await login(page, site.url);
  // The day has begun: this officer took one for such a card in this village.
  const first = await place.cli(place.van, 'apply', '--service', 'ktp-el', '--nik', nik(), '--name', 'Asep Sunandar', '--set',
    'kk=' + nik(3, 4, 12), '--set', 'village=3203012003', '--set', 'request=rusak', '--set', 'recorded=ya');
  assert.ok(first.number);
  const figures = [];
  for (const [what, person, known] of [
    ['new person', { nik: nik(12, 7, 91), name: 'Dewi Lestari', kk: nik(2, 3, 15) }, false],
    ['known person', null, true],
  ]) {
    const { keyboard } = page;
    if (known) { // the same person asks for something else half a year later
      await place.cli(place.van, 'apply', '--service', 'kia', '--nik', '3203014708850077', '--name', 'Rina Marlina', '--set',
        'kk=' + nik(2, 3, 15), '--set', 'village=3203012003', '--set', 'phone=081234567890', '--set', 'request=baru', '--set',
        'child_nik=' + nik(4, 5, 19), '--set', 'child_name=Ayu', '--set', 'child_birth_date=2019-05-04', '--set', 'child_sex=P',
        '--set', 'birth_certificate_number=AL.1', '--set', 'relation=ibu').catch(async (e) => assert.fail(e.stdout || e.message));
    }
    const began = Date.now(), keys = page.keys;
    await keyboard.press('F2');
    await page.waitForSelector('#services kbd');
    await keyboard.press('1');
    await page.waitForURL('**/baru/ktp-el');
    await page.waitForFunction(() => document.activeElement.id === 'f-nik');
    if (known) {
      await keyboard.type('3203014708850077');
      await page.waitForSelector('#known .earlier:not([hidden])');
      assert.equal(await page.inputValue('#f-name'), '', 'nothing of another application is filled in unasked');
      await keyboard.press('F4');
      await page.waitForFunction(() => document.activeElement.name === 'f.request');
      assert.equal(await page.inputValue('#f-name'), 'Rina Marlina');
      assert.equal(await page.inputValue('#f-phone'), '081234567890');
      assert.match(await page.textContent('#m-name'), /dari permohonan/);
    } else {
      await keyboard.type(person.nik);
      await walk(page, 'f.name');
      await keyboard.type(person.name);
      await walk(page, 'f.kk');
      await keyboard.type(person.kk);
      await walk(page, 'f.request'); // the village of the last applicant stands there already
    }
    assert.match(await page.textContent('#m-village'), known ? /dari permohonan|desa terakhir/ : /desa terakhir/);
    assert.equal(await page.inputValue('#f-birth_date'), known ? '07-08-1985' : '12-07-1991');
    assert.match(await page.textContent('#m-birth_date'), /dari NIK/);
    assert.ok(await page.isChecked(`[name="f.sex"][value=${known ? 'P' : 'L'}]`));
    await letter(page, 'p', 'f.recorded'); // perubahan data
    await letter(page, 'y', 'd.f-1-02');
    await attach(page, scans[0]);
    await page.waitForFunction(() => document.activeElement.name === 'd.kk');
    await attach(page, scans[1]);
    await page.waitForFunction(() => 'save' in document.activeElement.dataset);
    await keyboard.press('F9');
    await page.waitForSelector('.answers');
    await page.waitForFunction(() => 'save' in document.activeElement.dataset);
    if (!known) await shot(page, 'check-id-1366');
    await keyboard.press('F9');
    await page.waitForSelector('h1.number-big');
    await page.waitForFunction(() => document.activeElement.tagName === 'BUTTON');
    await keyboard.press('Enter');
    await page.waitForURL('**/cetak?w=58');
    const took = (Date.now() - began) / 1000, pressed = page.keys - keys;
    figures.push(`${what} ${pressed} keys ${took.toFixed(1)} s`);
    assert.ok(pressed <= KEYS, `${what}: ${pressed} keys`);
    assert.ok(took <= SECONDS, `${what}: ${took} s`);
    const number = /\/p\/([^/]+)\//.exec(page.url())[1];
    const shown = await place.cli(place.van, 'show', number);
    assert.deepEqual(shown.documents.map((d) => d.kind).sort(), ['f-1-02', 'kk']);
    assert.equal(shown.fields.village, '3203012003');
    assert.equal(shown.fields.birth_date, known ? '1985-08-07' : '1991-07-12');
  }
  console.log(`# from F2 to the printed receipt, two scans: ${figures.join(', ')}`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

/* An own browser that dies as it does when the power goes. */
async function powered() {
  const server = await chromium.launchServer(launch);
  const b = await chromium.connect(server.wsEndpoint());
  const page = await watched(await b.newContext({ viewport: { width: 1366, height: 768 } }));
  return { page, cut: async () => {
    server.process().kill('SIGKILL');
    process.kill(site.pid, 'SIGKILL');
    await Promise.all([site.ended, server.close().catch(() => {})]);
    site = await serve(place.van, '--no-sync');
  }, end: () => server.close() };
}

test('a power cut at any step leaves every field that was left', async () => {
  const person = nik(3, 4, 77), left = {};
  const tab = (page) => page.keyboard.press('Tab');
  const saved = (page) => page.waitForFunction(() => /tersimpan/.test(document.querySelector('#saved').textContent));
  const steps = [
    ['nik', async (p) => { await p.fill('#f-nik', person); await p.focus('#f-nik'); await tab(p); }],
    ['name', async (p) => { await p.fill('#f-name', 'Ujang Permana'); await p.focus('#f-name'); await tab(p); }],
    ['kk', async (p) => { await p.fill('#f-kk', '3203010203150041'); await p.focus('#f-kk'); await tab(p); }],
    ['village', async (p) => { await p.fill('#f-village', 'x (3203012001)'); await p.focus('#f-village'); await tab(p); }],
    ['request', async (p) => { await p.check('[name="f.request"][value=rusak]'); }],
    ['recorded', async (p) => { await p.check('[name="f.recorded"][value=ya]'); }],
  ];
  const read = (p) => p.evaluate(() => Object.fromEntries([...new FormData(document.querySelector('#entry'))]
    .filter(([n, v]) => n.startsWith('f.') && v).map(([n, v]) => [n.slice(2), v])));
  let { page, cut, end } = await powered();
  await login(page, site.url);
  await page.goto(site.url + '/baru/ktp-el');
  for (const [name, act] of steps) {
    await act(page);
    await saved(page);
    left[name] = (await read(page))[name];
    assert.ok(left[name], name);
    if (!EVERY && !['nik', 'recorded'].includes(name)) continue;
    await cut();
    ({ page, cut, end } = await powered());
    await login(page, site.url);
    await page.click('.wait-card a.row'); // on the first page
    await page.waitForSelector('#entry');
    const now = await read(page);
    for (const [field, value] of Object.entries(left))
      assert.ok(now[field] === value || (field === 'village' && now.village.includes('3203012001')), `${field} after ${name}: ${now[field]}`);
    if (name === 'nik') assert.equal(now.birth_date, '03-04-1977', 'what was filled in from the NIK stays too');
  }
  await page.keyboard.press('F9');
  await page.waitForSelector('.answers');
  await cut();
  ({ page, cut, end } = await powered());
  await login(page, site.url);
  await page.click('.wait-card a.row');
  await page.waitForSelector('#entry');
  await page.keyboard.press('F9');
  await page.waitForSelector('.answers');
  await page.keyboard.press('F9');
  await page.waitForSelector('h1.number-big');
  const number = await page.textContent('h1.number-big');
  await cut(); // the number is on the screen: the record is on the disk
  assert.equal((await place.cli(place.van, 'show', number)).fields.nik, person);
  ({ page, cut, end } = await powered());
  await login(page, site.url);
  assert.equal(await page.locator('.wait-card').count(), 0);
  assert.ok((await page.textContent('table.rows')).includes(number));
  assert.deepEqual(page.complaints, []);
  await end();
});

test('a draft goes from officer to officer, and never under the hands of one', async () => {
  const one = await watched(await context()), two = await watched(await context());
  await login(one, site.url);
  await login(two, site.url, 'budi');
  await one.goto(site.url + '/baru/ktp-el');
  await one.fill('#f-name', 'Nyi Ratna');
  await one.keyboard.press('Tab');
  await one.waitForFunction(() => /tersimpan/.test(document.querySelector('#saved').textContent));
  await two.goto(site.url + '/draf');
  await shot(two, 'drafts-others-id');
  await two.click('form[action="/draf/ambil"] button');
  await two.waitForSelector('#entry');
  assert.equal(await two.inputValue('#f-name'), 'Nyi Ratna');
  await one.fill('#f-name', 'Nyi Ratna Komala');
  await one.keyboard.press('Tab');
  await one.waitForFunction(() => /budi/.test(document.querySelector('#saved').textContent));
  await one.keyboard.press('F9');
  await one.waitForSelector('[role=alert]');
  assert.match(await one.textContent('[role=alert]'), /budi/);
  await two.reload();
  assert.equal(await two.inputValue('#f-name'), 'Nyi Ratna');
  const mine = /d=([0-9a-f]{32})/.exec(two.url())[1];
  await one.goto(`${site.url}/baru/ktp-el?d=${mine}`);
  assert.equal(await one.locator('form[action="/draf/ambil"]').count(), 1, 'asks before it is taken back');
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await one.context().close();
  await two.context().close();
});

test('two officers at one application: apart it merges, on one field both are shown', async () => {
  const number = (await place.cli(place.van, 'apply', '--service', 'ktp-el', '--nik', nik(), '--name', 'Asep Sunandar', '--set',
    'kk=' + nik(3, 4, 12), '--set', 'village=3203012003', '--set', 'request=rusak', '--set', 'recorded=ya')).number;
  const one = await watched(await context()), two = await watched(await context());
  await login(one, site.url);
  await login(two, site.url, 'budi');
  const open = async (page) => page.goto(`${site.url}/p/${number}/ubah`);
  const save = async (page) => { await page.click('[data-save]'); await page.waitForLoadState(); };
  await open(one);
  await open(two);
  await one.waitForSelector('#together:not([hidden])');
  assert.match(await one.textContent('#together'), /budi/);
  await two.fill('#f-phone', '081234567890');
  await save(two);
  await two.waitForURL(`**/p/${number}`);
  await one.waitForFunction(() => /081234567890/.test(document.querySelector('#together').textContent));
  await shot(one, 'correct-together-id');
  await one.fill('#f-name', 'Asep Sunandar Putra');
  await save(one);
  await one.waitForURL(`**/p/${number}`);
  let now = await place.cli(place.van, 'show', number);
  assert.equal(now.fields.phone, '081234567890', 'a field that one left alone follows the other');
  assert.equal(now.fields.name, 'Asep Sunandar Putra');

  await open(one);
  await open(two);
  await two.fill('#f-name', 'Asep Sunandar, S.Pd.');
  await save(two);
  await two.waitForURL(`**/p/${number}`);
  await one.fill('#f-name', 'Asep S. Putra');
  await save(one);
  await one.waitForSelector('#errors');
  assert.match(await one.textContent('#e-name'), /budi.*Asep Sunandar, S\.Pd\./);
  assert.equal(await one.inputValue('#f-name'), 'Asep S. Putra');
  assert.equal((await place.cli(place.van, 'show', number)).fields.name, 'Asep Sunandar, S.Pd.');
  assert.deepEqual(await violations(one, 'correct-clash'), []);
  await shot(one, 'correct-clash-id');
  await save(one); // having seen it
  await one.waitForURL(`**/p/${number}`);
  now = await place.cli(place.van, 'show', number);
  assert.equal(now.fields.name, 'Asep S. Putra');
  assert.deepEqual(now.conflicts, []);
  assert.equal((await place.cli(place.van, 'log', number)).events.filter((e) => e.kind === 'application.corrected').length, 4);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await one.context().close();
  await two.context().close();
});

test('a draft is carried over to another catalogue when the officer agrees, and loses nothing', async () => {
  const page = await watched(await context());
  await login(page, site.url);
  await page.goto(site.url + '/baru/ktp-el');
  await page.fill('#f-nik', nik(5, 6, 88));
  await page.fill('#f-name', 'Dedi Mulya');
  await page.fill('#f-email', 'dedi@example.org');
  await page.check('[name="f.request"][value=rusak]');
  const folder = join(place.dir, 'catalog');
  await cp(join(dirname(fileURLToPath(import.meta.url)), '../../src/record/catalog'), folder, { recursive: true });
  const edit = async (name, change) => {
    const path = join(folder, name), o = JSON.parse(await readFile(path, 'utf8'));
    change(o);
    await writeFile(path, JSON.stringify(o));
  };
  await edit('catalog.json', (o) => { o.version = 2; });
  await edit('services/ktp-el.json', (o) => {
    o.fields = o.fields.filter((f) => f.name !== 'email');
    o.fields.push({ name: 'stay', type: 'yesno', required: true, label: { id: 'Tinggal tetap di desa ini', en: 'Lives here for good' } });
  });
  await place.cli(place.hq, 'hq', 'catalog', 'publish', folder);
  await place.cli(place.hq, 'hq', 'sync');
  await place.cli(place.van, 'sync');
  await page.check('[name="f.recorded"][value=ya]'); // goes on in the old form
  await page.waitForFunction(() => /tersimpan/.test(document.querySelector('#saved').textContent));
  await page.keyboard.press('F9');
  await page.waitForSelector('form[action="/draf/pindah"]');
  const asks = await page.textContent('main');
  assert.ok(asks.includes('Alamat surel') && asks.includes('dedi@example.org'), 'what is gone is shown with its value');
  assert.ok(asks.includes('Tinggal tetap di desa ini'));
  assert.deepEqual(await violations(page, 'carry'), []);
  await shot(page, 'carry-id');
  await page.waitForFunction(() => document.activeElement.tagName === 'BUTTON');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#entry');
  assert.ok((await page.textContent('#entry .note')).includes('dedi@example.org'));
  assert.equal(await page.inputValue('#f-name'), 'Dedi Mulya');
  assert.ok(await page.isChecked('[name="f.recorded"][value=ya]'));
  assert.equal(await page.locator('#f-stay .badge.wait').count(), 1, 'what is newly asked is marked');
  await page.keyboard.press('F9');
  await page.waitForSelector('#errors a[href="#f-stay"]');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('large print and high contrast stay on, without a script, down to 320 px', async () => {
  for (const [look, scheme] of [[1, 'light'], [2, 'light'], [3, 'dark']]) {
    const page = await watched(await context({ colorScheme: scheme, viewport: { width: 320, height: 700 } }));
    await login(page, site.url);
    await page.goto(`${site.url}/?m=${look}`);
    await page.goto(site.url + '/baru/akta-kelahiran');
    const classes = await page.getAttribute('html', 'class');
    assert.equal(/big/.test(classes), !!(look & 1));
    assert.equal(/contrast/.test(classes), !!(look & 2));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `look ${look} is too wide`);
    assert.deepEqual(await violations(page, `form-look-${look}`), []);
    await shot(page, `form-look-${look}-${scheme}-320`);
    if (look === 3) {
      await page.emulateMedia({ forcedColors: 'active' });
      await page.setViewportSize({ width: 800, height: 700 });
      await shot(page, 'form-forced-800');
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});
