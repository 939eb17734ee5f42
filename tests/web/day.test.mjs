// day.test.mjs - the van's day in a browser: queue by keyboard, second screen and survey without a login, visits, handover,
// complaints, outages, the sheet. Accessible, narrow enough, light.
import assert from 'node:assert/strict';
import { test, before, after } from 'node:test';
import { audit, browser, cameraJpeg, login, nik, png, regency, serve, watched } from './regency.mjs';

let place, van, hq, chrome, ready;
before(async () => {
  place = await regency();
  await place.cli(place.hq, 'visit', 'plan', '--van', '3', '--village', '3203012001', '--from', 'today', '--place', 'Balai desa');
  ready = (await place.cli(place.van, 'apply', '--service', 'ktp-el', '--nik', nik(), '--name', 'Siti Rohmah', '--set',
    'kk=' + nik(3, 4, 12), '--set', 'village=3203012001', '--set', 'request=rusak', '--set', 'recorded=ya')).number;
  await place.cli(place.van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  for (const to of ['verified', 'in_process', 'ready']) await place.cli(place.hq, 'hq', 'decide', ready, '--to', to);
  await place.cli(place.hq, 'hq', 'sync');
  await place.cli(place.van, 'sync');
  van = await serve(place.van, '--no-sync');
  hq = await serve(place.hq, '--no-sync');
  chrome = await browser();
});
after(async () => {
  await chrome?.close();
  await van?.stop();
  await hq?.stop();
  await place?.close();
});

/* Playwright's own requests leave out cookies that are for secure places; the page's do not. */
const fetched = (page, path) => page.evaluate(async (to) => {
  const answer = await fetch(to);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}, path);
const context = (more) => chrome.newContext({ viewport: { width: 1280, height: 800 }, ...more });

test('the queue by keyboard, on four counters, with a screen that needs no login', async () => {
  const page = await watched(await context());
  await login(page, van.url);
  await page.goto(van.url + '/antrean?c=2');
  await page.uncheck('input[name=print]');
  await page.keyboard.press('p');
  await page.waitForURL('**given=1*');
  await page.uncheck('input[name=print]');
  await page.click('button[value=elderly]');
  await page.waitForURL('**given=2*');
  await page.keyboard.press('n');
  await page.waitForFunction(() => document.querySelector('button[value=skip]'));
  assert.match(await page.textContent('table.rows'), /002[^]*Lanjut usia[^]*Dipanggil[^]*Loket 2/);
  await audit(page, 'day-queue');
  assert.equal((await fetched(page, '/antrean/nomor.png?n=2')).type, 'image/png');
  // the screen: its link, no cookie
  await page.goto(van.url + '/hari');
  await audit(page, 'day');
  await page.click('form[action="/hari/layar"] button');
  const links = await page.$$eval('a[target=_blank]', (all) => all.map((a) => a.getAttribute('href')));
  assert.equal(links.length, 2);
  const stranger = await watched(await context());
  await stranger.goto(van.url + links[0]);
  assert.match(await stranger.textContent('#screen'), /002 Loket 2/);
  assert.deepEqual(await stranger.context().cookies(), []);
  await audit(stranger, 'day-screen');
  await page.goto(van.url + '/antrean?c=1');
  await page.keyboard.press('n');
  await stranger.waitForFunction(() => /001 Loket 1/.test(document.querySelector('#screen li').textContent));
  assert.equal((await stranger.goto(van.url + '/layar?k=' + '0'.repeat(32))).status(), 403);
  for (const path of ['/', '/antrean', '/p/' + ready]) {
    await stranger.goto(van.url + path);
    assert.match(stranger.url(), /masuk/);
  }
  assert.deepEqual([page.complaints, stranger.complaints], [[], []]);
});

test('the survey: one question a page, by keys and without a script', async () => {
  const officer = await watched(await context());
  await login(officer, van.url);
  await officer.goto(van.url + '/hari');
  if (await officer.$('form[action="/hari/layar"]')) await officer.click('form[action="/hari/layar"] button');
  const link = await officer.getAttribute('a[href^="/survei?k="]', 'href');
  for (const javaScriptEnabled of [true, false]) {
    const page = await (await context({ javaScriptEnabled })).newPage();
    await page.goto(van.url + link);
    for (let u = 1; u <= 9; u++) {
      await page.waitForSelector(`text=Pertanyaan ${u} dari 9`);
      if (u === 1) await audit(page, 'day-survey');
      if (javaScriptEnabled) await page.keyboard.press('4');
      else await page.click('.choices button >> nth=3');
    }
    await page.waitForSelector('button[name=done]');
    await audit(page, 'day-survey-who');
    await page.selectOption('#sex', 'f');
    await page.click('button[name=done]');
    await page.waitForSelector('text=Terima kasih');
  }
  const answer = await officer.request.post(van.url + '/survei', { form: { k: 'x', a: '444444444', done: '1' } });
  assert.equal(answer.status(), 403);
  assert.equal((await place.cli(place.van, 'survey', 'report')).n, 2);
  await officer.goto(van.url + '/survei/hasil');
  await audit(officer, 'day-survey-report');
  await officer.goto(van.url + '/hari');
  await officer.click('form[action="/hari/layar/tutup"] button');
  assert.equal((await officer.request.get(van.url + link)).status(), 403);
});

test('an outage has photos, without a script too, and headquarters sees them', async () => {
  const plain = await (await context({ javaScriptEnabled: false })).newPage(), page = await watched(await context());
  await login(page, van.url);
  const jpeg = { name: 'IMG_1.jpg', mimeType: 'image/jpeg', buffer: await cameraJpeg(page) };
  const picture = (seed) => ({ name: `${seed}.png`, mimeType: 'image/png', buffer: png(400, 300, seed) });
  await login(plain, van.url);
  await plain.goto(van.url + '/gangguan');
  await plain.fill('#note', 'genset mati');
  await plain.setInputFiles('#file', [picture(1), picture(2)]);
  assert.equal(await plain.getAttribute('#photo', 'capture'), 'environment');
  await plain.setInputFiles('#photo', jpeg);
  await plain.click('form[action="/gangguan"] button');
  await plain.waitForSelector('.thumbs img >> nth=2');
  await plain.click('details summary');
  await plain.setInputFiles('details input[name=photo]', picture(3));
  await plain.click('details button');
  await plain.waitForSelector('.thumbs img >> nth=3');
  await audit(plain, 'day-outage-photos-plain');
  await plain.click('details summary');
  await plain.setInputFiles('details input[name=file]', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('genset mati') });
  await plain.click('details button');
  assert.match(await plain.textContent('.card p[role=alert]'), /JPEG/);
  await place.cli(place.van, 'outage', 'end');
  await place.cli(place.van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  const desk = await watched(await context());
  await login(desk, hq.url, 'rina', 'en');
  await desk.goto(hq.url + '/gangguan');
  assert.equal(await desk.locator('.thumbs a img').count(), 4);
  assert.equal(await desk.locator('td details').count(), 0, 'nobody else adds to it');
  await desk.locator('.thumbs img').last().scrollIntoViewIfNeeded();
  await desk.waitForFunction(() => [...document.querySelectorAll('.thumbs img')].every((i) => i.complete && i.naturalWidth > 0));
  const links = await desk.$$eval('.thumbs a', (all) => all.map((a) => a.getAttribute('href'))), types = [];
  for (const link of links) {
    const kept = await desk.evaluate(async (to) => {
      const answer = await fetch(to), bytes = new Uint8Array(await answer.arrayBuffer());
      return [answer.headers.get('content-type'), Array.from(bytes, (b) => String.fromCharCode(b)).join('')];
    }, link);
    types.push(kept[0]);
    assert.ok(!/Exif|GPS-/.test(kept[1]), 'what the camera told is gone');
  }
  assert.deepEqual(types.sort(), ['image/jpeg', 'image/png', 'image/png', 'image/png']);
  assert.equal((await fetched(desk, '/gangguan/foto?g=3.0.1.1&n=1')).status, 404);
  await audit(desk, 'day-outage-photos-hq-en');
  await desk.goto(hq.url + '/laporan');
  assert.match(await desk.textContent('main'), /4 photos as evidence/);
  assert.deepEqual([page.complaints, desk.complaints], [[], []]);
});

test('visits, handover, complaints, outages, the sheet', async () => {
  const page = await watched(await context());
  await login(page, van.url, 'siti', 'en');
  await page.goto(van.url + '/kunjungan');
  await audit(page, 'day-visits');
  await page.fill('#village', 'nagari antah berantah'); // a village is opened by its name, as people know it
  await page.fill('#place', 'Balai desa');
  await page.click('form[action="/kunjungan/buka"] button');
  assert.match(await page.textContent('[role=alert]'), /village is unknown/);
  await page.fill('#village', 'su');
  await page.click('form[action="/kunjungan/buka"] button');
  assert.match(await page.textContent('[role=alert]'), /Several villages/);
  assert.equal(await page.inputValue('#place'), 'Balai desa');
  const [named, name] = await page.$$eval('#chosen option', (o) => [o[1].value, o[1].textContent]);
  await page.click('form[action="/kunjungan/buka"] button'); // nothing was chosen: it still asks
  await page.selectOption('#chosen', named);
  await page.click('form[action="/kunjungan/buka"] button');
  await page.waitForSelector('form[action="/kunjungan/tutup"]');
  assert.ok(name.startsWith((await place.cli(place.van, 'visit', 'list')).current.village_name.split(',')[0]));
  await page.click('form[action="/kunjungan/tutup"] button');
  await page.click('table form button');
  await page.waitForSelector('form[action="/kunjungan/tutup"]');
  assert.match((await fetched(page, '/kunjungan.ics')).text, /^BEGIN:VCALENDAR\r\n[^]*SUMMARY:Mobile service\\, van 3/);
  for (const [typed, rows, told] of [['Desa Antah Berantah', 0, /no village of that name/], ['suka', 0, /Several villages fit/],
    ['99', 0, /No document waits/], ['babakankaret', 1, null], ['32', 1, null]]) {
    await page.goto(van.url + '/penyerahan?v=' + encodeURIComponent(typed));
    assert.equal(await page.$$eval('a.row', (a) => a.length), rows, typed);
    if (told) assert.match(await page.textContent('main'), told);
  }
  await page.click('a.row');
  await page.fill('#name', 'Asep <b>Lestari');
  await page.selectOption('#rel', 'family');
  await page.fill('#nik', '0018');
  await audit(page, 'day-handover');
  await page.click('form[enctype] button');
  await page.waitForSelector('text=Asep <b>Lestari');
  assert.equal((await place.cli(place.van, 'show', ready)).status, 'handed_over');
  await page.goto(van.url + '/pengaduan');
  await page.click('summary');
  await page.fill('#text', 'Antrean lama <script>');
  await page.fill('#n', ready);
  await page.click('details button');
  await page.waitForSelector('section.card');
  await audit(page, 'day-complaints');
  await page.goto(van.url + '/cari?q=LAMA%20antrean'); // the search reaches all of the day
  await page.click('a.row[href^="/pengaduan?id="]');
  await page.waitForSelector('section.card');
  await page.goto(van.url + '/cari?q=balai');
  await page.waitForSelector('a.row[href="/kunjungan"]');
  await page.goto(van.url + '/cari?q=002');
  await page.waitForSelector('a.row[href="/antrean"]');
  await audit(page, 'day-find');
  await page.goto(van.url + '/pengaduan');
  await page.fill('section.card textarea', 'Loket ditambah');
  await page.check('section.card input[type=checkbox]');
  await page.click('section.card button');
  await page.waitForSelector('.empty');
  await page.goto(van.url + '/gangguan');
  await page.selectOption('#what', 'network');
  await page.fill('#from', 'kemarin');
  await page.click('form[action="/gangguan"] button');
  await page.waitForSelector('text=14:05');
  await page.goto(van.url + '/gangguan');
  await page.click('form[action="/gangguan"] button');
  await page.waitForSelector('form[action="/gangguan/selesai"]');
  await audit(page, 'day-outages');
  await page.click('form[action="/gangguan/selesai"] button');
  await page.goto(van.url + '/lembar');
  await page.waitForFunction(() => document.querySelector('img.receipt').complete);
  await audit(page, 'day-sheet');
  await login(page, hq.url, 'rina', 'en');
  for (const path of ['/hari', '/kunjungan', '/penyerahan', '/pengaduan?all=1', '/gangguan', '/survei/hasil']) {
    assert.equal((await page.goto(hq.url + path)).status(), 200);
    await audit(page, 'day-hq' + path.replace(/\W/g, '-'));
  }
  assert.equal((await page.goto(hq.url + '/antrean')).status(), 404);
  assert.deepEqual(page.complaints, []);
});
