// form.test.mjs - the form of an application as officers use it all day: how many keys it takes, what is offered and where it
// says it is from, the answers once more, a power cut at every step, another catalogue in between, two officers at one draft.
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, jemput, login, nik, passphrase, png, regency, run, serve, shot, watched } from './regency.mjs';

const KEYS = 65, SECONDS = 45;
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
