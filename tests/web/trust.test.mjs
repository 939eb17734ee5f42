// trust.test.mjs - headquarters' pages of trust and of its admins: a laptop is revoked, its late work looked at, admitted in part and
// refused, and another laptop takes its place; the catalogue is written and published by two admins; personal data is told, erased
// and kept no longer than it may; exports, backups and new keys by page. Accessibility, width and complaints of the browser on the
// way, in both languages.
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { audit, browser, light, login, nik, once, regency, run, serve, watched } from './regency.mjs';

let place, hq, chrome, fields, kept, old;

const record = async (folder, count, month) => {
  const lines = [];
  for (let i = 0; i < count; i++)
    lines.push(JSON.stringify({ service: 'kartu-keluarga', nik: nik(1 + i, month, 88), name: 'Siti Rohmah',
      set: { kk: nik(3, 4, 12), village: '3203012003', ...fields } }));
  await writeFile(join(place.dir, 'some.jsonl'), lines.join('\n'));
  return (await place.cli(folder, 'apply', '--from', join(place.dir, 'some.jsonl'))).recorded.map((r) => r.number);
};
const held = async () => (await place.cli(place.hq, 'hq', 'quarantine')).quarantine;
const known = async (number) => (await place.cli(place.hq, 'show', number).catch(() => null)) !== null;

before(async () => {
  place = await regency();
  chrome = await browser();
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  fields = Object.fromEntries(s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => [f.name, f.options[0]?.value ?? 'Rohmat Hidayat']));
  kept = await record(place.van, 3, 1);
  await place.aged(4000);
  await place.cli(place.van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  old = (await place.cli(place.hq, 'list')).applications.map((a) => a.number).find((n) => !kept.includes(n));
  await place.aged(3999, old);
  hq = await serve(place.hq, '--no-sync');
});
after(async () => {
  await chrome?.close();
  await hq?.stop();
  await place?.close();
});

const both = async (page, name, path) => {
  for (const [lang, scheme] of [['id', 'light'], ['en', 'dark']]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${hq.url}${path}${path.includes('?') ? '&' : '?'}l=${lang}`);
    await audit(page, `${name}-${lang}`);
  }
};

test('revoked, looked at, admitted in part, the rest refused', async () => {
  const page = await watched(await chrome.newContext());
  await login(page, hq.url, 'rina', 'en');
  await page.goto(hq.url + '/karantina');
  assert.match(await page.textContent('main'), /Nothing is held/);
  await both(page, 'vans', '/van');
  assert.match(await page.textContent('tbody'), /Clock: (not set|set by)/); // both() leaves it in English
  await both(page, 'van', '/van?n=3');
  await page.click('text=Revoke this laptop'); // a reason is required
  assert.equal(new URL(page.url()).pathname, '/van');
  await page.fill('#vr', 'Laptop dicuri di Cibeber');
  await page.click('text=Revoke this laptop');
  assert.match(await page.textContent('main'), /Revoked\. 0 events/);
  await page.goto(hq.url + '/van');
  assert.match(await page.textContent('tbody'), /Revoked.*Laptop dicuri di Cibeber/s);

  const first = await record(place.van, 4, 2);
  await place.cli(place.van, 'sync', '--budget', '1M');
  const second = await record(place.van, 2, 3).catch(() => []);
  await place.cli(place.van, 'sync').catch(() => null);
  await run('git', ['-C', place.hub, 'update-ref', 'refs/heads/van/9/1.1', 'refs/heads/van/3/1.1']);
  await place.cli(place.hq, 'hq', 'sync');
  assert.equal((await held()).length, 2);
  await both(page, 'held', '/karantina');
  await both(page, 'held-one', '/karantina?r=van%2F3%2F1.1');
  await both(page, 'held-broken', '/karantina?r=van%2F9%2F1.1');
  assert.equal(await page.$$eval('form[action="/karantina/terima"]', (f) => f.length), 0);

  await page.goto(hq.url + '/karantina?r=van%2F3%2F1.1');
  for (const number of first) assert.match(await page.textContent('fieldset'), new RegExp(number));
  await page.check('fieldset input >> nth=0');
  await page.fill('#ar', 'Cocok dengan lembar harian');
  await page.click('form[action="/karantina/terima"] button');
  assert.match(await page.textContent('[role=status]'), /Admitted: \d+ events/);
  assert.ok(await known(first[0]));
  for (const number of second) assert.ok(!(await known(number)));
  for (const row of await held()) {
    await page.goto(`${hq.url}/karantina?r=${encodeURIComponent(row.ref.replace('refs/heads/', ''))}`);
    await page.fill('#rr', 'Dibuat setelah dicuri');
    await page.click('form[action="/karantina/tolak"] button');
    assert.match(await page.textContent('[role=status]'), /Refused/);
  }
  assert.deepEqual(await held(), []);
  assert.deepEqual(page.complaints, []);
});

test('another laptop takes the van', async () => {
  const page = await watched(await chrome.newContext({ acceptDownloads: true }));
  const fresh = join(place.dir, 'fresh'), request = join(place.dir, 'fresh.request');
  await place.cli(fresh, 'init', '--role', 'van', '--name', 'Van Cibeber (baru)', '--hub', place.hub);
  const { words } = await place.cli(fresh, 'enrol', 'request', '-o', request);
  await login(page, hq.url, 'rina', 'en');
  await page.goto(hq.url + '/van?n=3');
  await page.setInputFiles('#vf', request);
  await page.fill('#vw', words.replace(/[^-]+$/, 'salah'));
  await page.click('text=Make the grant');
  assert.match(await page.textContent('main'), /differ|words/i);
  await page.goto(hq.url + '/van?n=3');
  await page.setInputFiles('#vf', request);
  await page.fill('#vw', words.replaceAll('-', ' ').toUpperCase());
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Make the grant')]);
  const grant = join(place.dir, 'fresh.grant');
  await download.saveAs(grant);
  const [, said] = download.suggestedFilename().match(/^van3-([a-z-]+)\.grant$/);
  await place.cli(fresh, 'enrol', 'accept', grant, '--words', said);
  await place.cli(place.hq, 'hq', 'sync');
  await place.cli(fresh, 'sync');
  assert.equal((await place.cli(fresh, 'list')).applications.length, 8);
  await page.goto(hq.url + '/van');
  assert.match(await page.textContent('tbody'), /Believed/);
  assert.deepEqual(page.complaints, []);
});

const draftOf = async (id) => (await place.cli(place.hq, 'hq', 'catalog', 'drafts')).services.find((s) => s.id === id);

test('the catalogue: a field, its faults, a preview, a version', async () => {
  const page = await watched(await chrome.newContext({ javaScriptEnabled: false }));
  await page.goto(`${hq.url}/masuk?l=en`);
  await page.fill('#user', 'rina');
  await page.fill('#pass', 'sawah hijau kali jernih');
  await page.click('form.login button');
  await page.goto(hq.url + '/katalog');
  await page.click('text=/^KTP-el: print/');
  await page.click('text=Add a field');
  await page.fill('[id="v-name"]', 'Blood Type');
  await page.fill('[id="v-label.id"]', 'Golongan darah');
  await page.selectOption('#v-type', 'choice');
  await page.fill('#v-options', 'a | A | A');
  await page.click('text=Keep as a draft');
  assert.match(await page.textContent('.summary'), /name: must be 1-40 lower-case letters/);
  assert.match(await page.textContent('[id="e-label.en"]'), /not blank|empty/);
  assert.match(await page.textContent('#e-options'), /2 to 100/);
  assert.equal(await page.inputValue('[id="v-label.id"]'), 'Golongan darah'); // what was typed stays
  assert.equal((await draftOf('ktp-el')).state, 'published');
  await page.fill('[id="v-name"]', 'blood_type');
  await page.fill('[id="v-label.en"]', 'Blood type');
  await page.fill('#v-options', 'a | A | A\no | O | O');
  await page.click('text=Keep as a draft');
  assert.match(await page.textContent('[role=status]'), /Kept as a draft/);
  await page.click('text=Preview');
  assert.match(await page.textContent('main'), /Blood type/);
  await page.goto(hq.url + '/katalog/terbit');
  assert.match(await page.textContent('.changes'), /fields\[blood_type\]/);
  await page.click('button:text("Publish")');
  assert.match(await page.textContent('[role=status]'), /is published/);
  const { services: [s] } = await place.cli(place.hq, 'catalog', 'show', 'ktp-el');
  assert.equal(s.fields.at(-1).name, 'blood_type');
  assert.deepEqual(page.complaints, []);
});

test('the catalogue: two admins, versions, every page', async () => {
  const [one, two] = await Promise.all([0, 1].map(async () => watched(await chrome.newContext())));
  await login(one, hq.url, 'rina', 'en');
  await login(two, hq.url, 'rina', 'en');
  for (const page of [one, two]) await page.goto(hq.url + '/katalog?s=kia&b=general');
  await one.fill('[id="v-promised.hours"]', '48');
  await one.click('text=Keep as a draft');
  await two.fill('[id="v-name.en"]', 'Child card');
  await two.fill('[id="v-promised.hours"]', '72');
  await two.click('text=Keep as a draft');
  assert.match(await two.textContent('[role=alert]'), /nothing was overwritten/);
  assert.match(await two.textContent('.changes'), /promised\.hours.*48.*72/s);
  await audit(two, 'catalog-conflict-en');
  await two.fill('[id="v-promised.hours"]', '48');
  await two.click('text=Keep what I typed');
  assert.deepEqual((await place.cli(place.hq, 'hq', 'catalog', 'diff')).services[0].changes.map((c) => c.path).sort(),
    ['name.en', 'promised.hours']);
  await two.goto(hq.url + '/katalog?s=ktp-el&b=fields&i=request');
  await two.fill('#v-options', '');
  await two.click('text=Keep as a draft');
  await audit(two, 'catalog-field-wrong-en');
  await once(two, hq.url, 'catalog', '/katalog', 'id');
  await once(two, hq.url, 'catalog-service', '/katalog?s=kia', 'en');
  await once(two, hq.url, 'catalog-publish', '/katalog/terbit', 'en');
  await once(two, hq.url, 'catalog-versions', '/katalog/versi?a=1&b=2', 'id');
  await place.cli(place.hq, 'hq', 'catalog', 'publish');
  await two.goto(hq.url + '/katalog/versi?l=en');
  assert.equal(await two.$$eval('tbody tr', (r) => r.length), 3);
  await two.goto(hq.url + '/katalog/versi?a=2&b=3');
  await two.click('text=Make a draft as in version 2');
  assert.match(await two.textContent('.changes'), /promised\.hours/); // back to what it was, as a draft
  assert.equal((await draftOf('kia')).state, 'changed');
  assert.deepEqual([...one.complaints, ...two.complaints], []);
});

test('the catalogue: what all services share, without a script', async () => {
  const page = await watched(await chrome.newContext({ javaScriptEnabled: false })), seen = await watched(await chrome.newContext());
  await page.goto(`${hq.url}/masuk?l=en`);
  await page.fill('#user', 'rina');
  await page.fill('#pass', 'sawah hijau kali jernih');
  await page.click('form.login button');
  await login(seen, hq.url, 'rina', 'en');
  await page.goto(hq.url + '/katalog');
  await page.click('main a:text("Agencies and fields of every service")');
  await page.click('text=Add an agency');
  await page.fill('#v-id', 'Kantor Pos');
  await page.fill('[id="v-name.id"]', 'Kantor Pos');
  await page.click('text=Keep as a draft');
  assert.ok(await page.isVisible('#e-id') && await page.isVisible('[id="e-name.en"]'), 'both faults stand at their fields');
  await audit(page, 'catalog-agency-wrong-en');
  await page.fill('#v-id', 'pos');
  await page.fill('[id="v-name.en"]', 'Post Office');
  await page.click('text=Keep as a draft');
  await page.click('text=Add a field');
  await page.fill('#v-name', 'mail');
  await page.fill('[id="v-label.id"]', 'Surel');
  await page.fill('[id="v-label.en"]', 'E-mail address');
  await page.selectOption('#v-type', 'email');
  await page.click('text=Keep as a draft');
  await page.click('li:has-text("E-mail address") button:has-text("Up")');
  await once(seen, hq.url, 'catalog-common', '/katalog?s=COMMON', 'en');
  await page.goto(hq.url + '/katalog?s=nib&b=general');
  await page.selectOption('#v-agency', 'pos');
  await page.click('text=Keep as a draft');
  await page.goto(hq.url + '/katalog/contoh?s=pdam');
  assert.match(await page.textContent('main'), /E-mail address/);
  await page.goto(hq.url + '/katalog/terbit');
  assert.match(await page.textContent('main'), /agencies\[pos\].*common_fields\[mail\]/s);
  await audit(page, 'catalog-publish-common-en');
  for (const box of await page.$$('input[name=c]')) await box.setChecked(/^(COMMON|nib):/.test(await box.getAttribute('value')));
  await page.click('button:text("Publish")');
  assert.match(await page.textContent('[role=status]'), /is published/);
  const { services: [s] } = await place.cli(place.hq, 'catalog', 'show', 'pdam');
  assert.ok(s.fields.some((f) => f.name === 'mail'));
  const { versions } = await place.cli(place.hq, 'hq', 'catalog', 'versions'), [now, before] = versions.map((v) => v.version);
  await page.goto(`${hq.url}/katalog/versi?a=${before}&b=${now}`);
  await page.click(`section:has-text("Agencies and fields") button:has-text("version ${before}")`);
  assert.match(await page.textContent('.changes'), /agencies\[pos\]/);
  await page.goto(hq.url + '/katalog?s=nib');
  assert.match(await page.textContent('.summary'), /agency/, 'the service misses its agency');
  await place.cli(place.hq, 'hq', 'catalog', 'edit', 'COMMON', '--drop');
  assert.deepEqual([page.complaints, seen.complaints], [[], []]);
});

// Whole runs of 16 digits: a NIK, or a KK number.
const bare = (text) => text.match(/\b\d{16}\b/g) ?? [];

test('personal data: its pages, and nothing by a link', async () => {
  const page = await watched(await chrome.newContext()), number = kept[1];
  await login(page, hq.url, 'rina', 'en');
  for (const [name, path] of [['law', ''], ['law-erase', `/hapus?n=${number}`], ['law-retention', '/masa-simpan'], ['law-record', '/catatan']]) {
    await both(page, name, '/data-pribadi' + path);
    await light(page, name);
  }
  for (const lang of ['id', 'en']) {
    await page.goto(`${hq.url}/data-pribadi?l=${lang}`);
    await page.fill('#lw', number);
    await page.fill('#lr', 'surat 5/2026');
    await page.click('form[action="/data-pribadi/akses"] button');
    await light(page, 'law-access');
    await audit(page, `law-access-${lang}`);
    await page.goto(`${hq.url}/data-pribadi/hapus?n=${number}`);
    await page.fill('#lm', 'surat 6/2026');
    await page.click('form[action="/data-pribadi/hapus"] button');
    await audit(page, `law-confirm-${lang}`);
  }
  const asked = (method, path, body) => page.evaluate(async ([method, path, body]) => (await fetch('/data-pribadi' + path, { method,
    body: body && new URLSearchParams(body) })).status, [method, path, body]);
  const t = await page.getAttribute('[name=t]', 'value'), yes = { n: number, basis: 'ingin', yes: '1' };
  assert.equal(await asked('GET', `/hapus/pasti?n=${number}&basis=ingin&yes=1&t=${t}`), 404);
  assert.equal(await asked('GET', `/akses?who=${number}&reason=ingin&t=${t}`), 404);
  assert.equal(await asked('GET', `/masa-simpan?yes=1&shown=1&t=${t}`), 200); // shows the list
  assert.equal(await asked('POST', '/hapus/pasti', yes), 403);
  assert.equal(await asked('POST', '/hapus/pasti', { ...yes, t: t.replace(/./g, '0') }), 403);
  assert.equal(await asked('POST', '/hapus/pasti', { ...yes, t, yes: '' }), 422);
  assert.equal(await asked('POST', '/hapus/pasti', { ...yes, t, basis: ' ' }), 422);
  assert.equal(await asked('POST', '/masa-simpan', { t, shown: '1' }), 422);
  assert.equal(await asked('POST', '/masa-simpan', { t, shown: '7', yes: '1' }), 409); // another list than this one was shown
  assert.equal(await asked('POST', '/akses', { t, who: number }), 422);
  assert.ok(await known(number) && await known(old));
  await page.goto(`${hq.url}/data-pribadi/hapus?n=${kept[2]}&l=en`);
  await page.fill('#lm', 'surat 7/2026');
  await page.click('form[action="/data-pribadi/hapus"] button');
  await page.check('[name=yes]');
  await page.click('text=Erase now');
  await audit(page, 'law-erased-en');
  await once(page, hq.url, 'law-record-erased', '/data-pribadi/catatan', 'id');
  assert.deepEqual(page.complaints, []);
});

test('personal data: told to its person, erased, kept no longer than it may', async () => {
  const page = await watched(await chrome.newContext({ javaScriptEnabled: false, acceptDownloads: true }));
  const shown = (path) => page.goto(`${hq.url}${path}`);
  await page.goto(`${hq.url}/masuk?l=en`);
  await page.fill('#user', 'rina');
  await page.fill('#pass', 'sawah hijau kali jernih');
  await page.click('form.login button');
  await shown('/kelola');
  await page.click('text=Personal data');
  const [person, other] = kept;
  const { fields: { nik: whole } } = await place.cli(place.hq, 'hq', 'reveal', person, '--reason', 'menyusun laporan akses');
  await page.fill('#lw', whole);
  await page.click('text=Make the report'); // not without a reason
  assert.equal(new URL(page.url()).pathname, '/data-pribadi');
  await page.fill('#lr', 'surat 3/2026');
  await page.click('text=Make the report');
  assert.ok(!page.url().includes(whole));
  assert.match(await page.textContent('main'), new RegExp(`${person}.*Siti Rohmah`, 's'));
  assert.deepEqual(bare(await page.content()), []);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Download JSON')]);
  const told = JSON.parse(await readFile(await download.path()));
  assert.deepEqual(told.applications.map((a) => [a.number, a.nik]), [[person, whole]]);
  const trail = (await place.cli(place.hq, 'hq', 'processing')).recipients.filter((r) => r.reason === 'surat 3/2026');
  assert.deepEqual(trail.map((r) => [r.what, r.by, r.rows]), Array(2).fill(['access', 'rina', 1]));

  await shown('/data-pribadi');
  await page.fill('#ln', person);
  await page.click('text=See what would be erased');
  assert.match(await page.textContent('main'), /Vans that are told with their next sync: 3/);
  assert.match(await page.textContent('tbody'), /Access report/);
  await page.selectOption('#lb', { label: 'request of the applicant' });
  await page.fill('#lm', 'surat <b>4/2026</b>');
  await page.click('text=Go on to confirm');
  await page.click('text=Erase now'); // not before the box is ticked
  assert.match(await page.textContent('h1'), /Erase for good/);
  assert.ok(await known(person));
  await page.check('[name=yes]');
  await page.click('text=Erase now');
  assert.match(await page.textContent('[role=status]'), /Erased\. Entries of its history: [1-9]/);
  assert.match(await page.textContent('main'), /request of the applicant: surat <b>4\/2026<\/b>/);
  assert.ok(!(await known(person)) && await known(other));

  await shown('/data-pribadi/masa-simpan');
  assert.match(await page.textContent('[role=status]'), /past their retention today: 1\./);
  assert.match(await page.textContent('table >> nth=1'), new RegExp(old));
  await page.click('button:text("Erase what is due")'); // not before the box is ticked
  assert.ok(await known(old));
  await page.check('[name=yes]');
  await page.click('button:text("Erase what is due")');
  assert.match(await page.textContent('[role=status]'), /Applications erased: 1\./);
  assert.ok(!(await known(old)));
  await shown('/data-pribadi/catatan');
  assert.match(await page.textContent('main'), new RegExp(`retention.*${old}.*surat <b>4/2026</b>.*${person}`, 's'));
  assert.deepEqual(page.complaints, []);
});

test('an export and a backup by page: without the script', async () => {
  const page = await watched(await chrome.newContext({ javaScriptEnabled: false, acceptDownloads: true }));
  const { applications } = await place.cli(place.hq, 'list');
  const text = Object.entries(fields).find(([, v]) => v === 'Rohmat Hidayat')[0], formula = '=HYPERLINK("http://x")';
  await place.cli(place.hq, 'correct', applications[0].number, '--set', `${text}=${formula}`);
  await page.goto(`${hq.url}/masuk?l=en`);
  await page.fill('#user', 'rina');
  await page.fill('#pass', 'sawah hijau kali jernih');
  await page.click('form.login button');
  await page.goto(hq.url + '/laporan');
  await page.click('text=Export data');
  assert.match(await page.textContent('main'), /holds personal data/);
  await page.fill('#xa', '2026-13-01');
  await page.click('text=Make the file');
  assert.equal(await page.$$eval('main [role=alert]', (a) => a.length), 1);
  assert.equal(await page.inputValue('#xa'), '2026-13-01'); // what was typed stays
  await page.fill('#xa', '');
  await page.check('[name=nik]');
  await page.click('text=Make the file');
  assert.match(await page.textContent('[role=alert]'), /only with a reason/);
  await page.uncheck('[name=nik]');
  const files = {};
  for (const format of ['csv', 'jsonl', 'sqlite']) {
    await page.selectOption('#xf', format);
    await page.click('text=Make the file');
    assert.match(await page.textContent('[role=status]'), new RegExp(`${applications.length} applications`));
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:text("Download")')]);
    assert.equal(file.suggestedFilename(), `ekspor.${format === 'sqlite' ? 'db' : format}`);
    files[format] = await readFile(await file.path(), 'latin1');
  }
  assert.ok(files.csv.includes(`"'${formula.replaceAll('"', '""')}"`), 'no formula');
  assert.equal(files.jsonl.trim().split('\n').map((l) => JSON.parse(l)).length, applications.length);
  assert.match(files.sqlite, /^SQLite format 3/);
  for (const file of Object.values(files)) assert.doesNotMatch(file, /\b\d{16}\b/);
  const left = await readdir(place.hq);
  assert.deepEqual(left.filter((name) => name.startsWith('ekspor')), []);
  const { recipients } = await place.cli(place.hq, 'hq', 'processing');
  assert.deepEqual(recipients.slice(-3).map((e) => [e.by, e.rows]), Array(3).fill(['rina', applications.length]));

  const path = join(place.dir, 'kantor.backup');
  await page.goto(hq.url + '/van');
  await page.click('text=Backup & keys');
  assert.match(await page.textContent('main'), /never been a verified backup/);
  const make = async (to) => {
    await page.fill('#kp', to);
    await page.click('text=Make a backup');
  };
  const unsafe = () => page.$$eval('tbody .badge', (cells) => cells.map((c) => Number(c.textContent)));
  assert.ok((await unsafe()).some((n) => n > 0));
  for (const [to, why] of [['kantor.backup', /full path/], ['/etc/cron.d/x', /full path/], ['/no/such/x.backup', /no folder/],
    [join(place.hq, 'x.backup'), /lost with it/], [join(place.van, '..', 'hq', 'x.backup'), /lost with it/]]) {
    await make(to);
    assert.match(await page.textContent('[role=alert]'), why);
  }
  await page.click('button:text("Train a dictionary")');
  assert.match(await page.textContent('main [role=alert]'), /too few records/);
  await make(path);
  assert.match(await page.textContent('[role=status]'), /made and checked: .*kantor\.backup/);
  assert.ok((await unsafe()).every((n) => n === 0));
  const held = await readFile(path);
  await make(path);
  assert.match(await page.textContent('[role=alert]'), /not written over/);
  assert.ok(held.equals(await readFile(path)));
  assert.match(await page.inputValue('#kp'), /kantor\.backup$/);
  await page.goto(hq.url + '/cadangan');
  assert.match(await page.inputValue('#kp'), /\/jemput-\d{4}-\d\d-\d\d\.backup$/);
  const [signers] = await Promise.all([page.waitForEvent('download'), page.click('text=signers >> nth=-1')]);
  assert.match(await readFile(await signers.path(), 'utf8'), /ssh-ed25519 /);
  await page.click('text=Make new keys for all lanes'); // not ticked
  await page.check('[name=sure]');
  await page.click('text=Make new keys for all lanes');
  assert.match(await page.textContent('[role=status]'), /new keys serve/);
  await page.click('text=Tell the vans what is stored');
  assert.match(await page.textContent('[role=status]'), /vans are told/);
  assert.deepEqual(page.complaints, []);
  const seen = await watched(await chrome.newContext({ acceptDownloads: true }));
  await login(seen, hq.url, 'rina', 'en');
  for (const lang of ['id', 'en']) {
    await once(seen, hq.url, 'export', '/ekspor', lang);
    await once(seen, hq.url, 'keep', '/cadangan', lang);
  }
  await seen.goto(hq.url + '/ekspor');
  for (let i = 0; i < 2; i++) // the first may have failed
    await Promise.all([seen.waitForEvent('download', { timeout: 5000 }), seen.click('button:text("Download")')]);
  assert.deepEqual(seen.complaints, []);
});

test('nobody rules who may not', async () => {
  const file = join(place.dir, 'clerk.pass'), page = await watched(await chrome.newContext());
  await writeFile(file, 'sawah hijau kali jernih\n');
  await place.cli(place.hq, 'user', 'add', 'dewi', '--role', 'clerk', '--new-passphrase-file', file);
  await run('git', ['-C', place.hub, 'update-ref', 'refs/heads/van/8/1.1', 'refs/heads/van/3/1.1']);
  await place.cli(place.hq, 'hq', 'sync');
  await login(page, hq.url, 'dewi', 'en');
  await page.goto(hq.url + '/karantina?r=van%2F8%2F1.1');
  assert.equal(await page.$$eval('main form', (f) => f.length), 0);
  assert.match(await page.textContent('main'), /Only an admin or an approver/);
  await page.goto(hq.url + '/van');
  assert.equal(await page.$$eval('main a[href^="/van?"]', (a) => a.length), 0);
  const post = (path, form) => page.evaluate(async ([to, more]) => (await fetch(to, { method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ t: document.querySelector('[name=t]').value, ...more }) })).status, [path, form]);
  assert.equal(await post('/karantina/tolak', { r: 'van/8/1.1', reason: 'ingin' }), 403);
  assert.equal((await held()).length, 1);
  for (const [path, form] of [['/ekspor', { f: 'csv' }], ['/ekspor/unduh', {}], ['/cadangan', { path: join(place.dir, 'dewi.backup') }],
    ['/cadangan/kabar', {}], ['/cadangan/kunci', { sure: '1' }], ['/cadangan/kamus', {}], ['/ekspor/cermin', { u: 'postgresql://x' }],
    ['/instansi/kunci', { a: 'pdam', k: '' }]])
    assert.equal(await post(path, form), 403, path);
  for (const path of ['/ekspor', '/ekspor/cermin', '/ekspor/cermin.sql', '/cadangan']) assert.equal((await page.goto(hq.url + path)).status(), 403);
  assert.equal((await page.goto(hq.url + '/katalog')).status(), 403);
  assert.equal(await page.$$eval('nav a[href="/katalog"]', (a) => a.length), 0);
  await page.goto(hq.url + '/kelola');
  assert.equal(await page.$$eval('a[href="/data-pribadi"]', (a) => a.length), 0);
  for (const path of ['', `/hapus?n=${kept[1]}`, '/masa-simpan', '/catatan', '/catatan?f=json'])
    assert.equal((await page.goto(`${hq.url}/data-pribadi${path}`)).status(), 403, path);
  for (const path of ['akses', 'hapus', 'hapus/pasti', 'masa-simpan'])
    assert.equal(await post('/data-pribadi/' + path, { n: kept[1], who: kept[1], reason: 'ingin', b: '0', m: 'ingin', basis: 'ingin', yes: '1',
      shown: '0' }), 403, path);
  assert.ok(await known(kept[1]));
  await place.cli(place.hq, 'user', 'change', 'dewi', '--role', 'approver');
  await page.goto(hq.url + '/ekspor'); // rina's file is for rina
  assert.deepEqual(await page.$$eval('main form', (f) => f.map((it) => it.getAttribute('action'))), ['/ekspor']);
  assert.equal(await post('/ekspor/unduh', {}), 404);
  assert.equal(await post('/ekspor', { f: 'csv', nik: '1', reason: 'ingin' }), 403);
  await page.goto(hq.url + '/cadangan');
  assert.deepEqual(await page.$$eval('main form', (f) => f.map((it) => it.getAttribute('action'))), ['/cadangan/kabar']);
  assert.equal(await post('/cadangan', { path: join(place.dir, 'dewi.backup') }), 403);
  assert.equal(await post('/cadangan/kunci', { sure: '1' }), 403);
});
