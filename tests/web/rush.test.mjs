// rush.test.mjs - four counters record at once while a sync runs: one in a real browser, three as sessions of their own over
// HTTP. Nothing is lost, nothing is there twice; how long a save takes beside one alone is printed, and judged with JEM_SOAK=1.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, login, nik, passphrase, regency, serve, watched } from './regency.mjs';

const soak = process.env.JEM_SOAK === '1', EACH = soak ? 100 : 8, ALONE = soak ? 60 : 8;
let place, site, chrome, fixed;
before(async () => {
  place = await regency();
  chrome = await browser();
  site = await serve(place.van, '--no-sync');
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  fixed = s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => ['f.' + f.name, f.options[0]?.value ?? 'Rohmat Hidayat']);
});
after(async () => {
  await chrome?.close();
  await site?.stop();
  await place?.close();
});

/* A session without a browser: { ask(path, fields) -> Response, token }. */
async function session() {
  const head = (more) => ({ origin: site.url, 'sec-fetch-site': 'same-origin', ...more });
  const ask = (path, fields, cookie) => fetch(site.url + path, { method: fields ? 'POST' : 'GET', redirect: 'manual',
    headers: head({ ...(cookie ? { cookie } : {}), ...(fields ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) }),
    body: fields && new URLSearchParams(fields).toString() });
  const answer = await ask('/masuk', [['user', 'siti'], ['pass', passphrase]]);
  const cookie = answer.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
  assert.match(cookie, /__Host-sid=/);
  const page = await (await ask('/baru/kartu-keluarga', null, cookie)).text();
  return { ask: (path, fields) => ask(path, fields, cookie), token: /name=t value="([0-9a-f]{64})"/.exec(page)[1] };
}

const body = (token, draft, person, counter) => [['t', token], ['act', 'save'], ['draft', draft], ['f.nik', person],
  ['f.name', 'Loket ' + 'abcd'[counter]], ['f.kk', '3203010304120044'], ['f.village', '3203012003'], ...fixed];
const people = (n) => Array.from({ length: n }, () => nik());
const hex = (counter, i) => (counter * 1000 + i + 1).toString(16).padStart(32, '0');
const p95 = (times) => [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1];

/* Saves them one after the other; the drafts as the form leaves them come first, as a person's do. */
async function record(s, counter, persons, from = 0) {
  const made = [], times = [];
  for (const [i, person] of persons.entries()) {
    const fields = body(s.token, hex(counter, from + i), person, counter);
    for (let upto = 5; upto < fields.length; upto += 2) {
      const kept = await s.ask('/api/draf', [...fields.slice(0, upto), ['service', 'kartu-keluarga']]);
      assert.equal(kept.status, 200, await kept.text());
    }
    const began = performance.now();
    const answer = await s.ask('/baru/kartu-keluarga', fields);
    times.push(performance.now() - began);
    const number = /\/p\/([^/]+)\/selesai$/.exec(answer.headers.get('location') ?? '')?.[1];
    assert.ok(number, `${answer.status} ${(await answer.text()).slice(0, 600)}`);
    made.push(number);
  }
  return { made, times };
}

/* The same from inside a page. */
function recordInPage(page, counter, persons) {
  return page.evaluate(async (bodies) => {
    const made = [], times = [];
    for (const fields of bodies) {
      const began = performance.now();
      const answer = await fetch('/baru/kartu-keluarga', { method: 'POST',
        body: new URLSearchParams([['t', document.querySelector('[name=t]').value], ...fields.slice(1)]) });
      times.push(performance.now() - began);
      made.push(/\/p\/([^/]+)\/selesai$/.exec(answer.url)?.[1] ?? (await answer.text()).slice(0, 600));
    }
    return { made, times };
  }, persons.map((person, i) => body('', hex(counter, i), person, counter)));
}

test('four counters and a sync: nothing lost, nothing double', async () => {
  const others = await Promise.all([1, 2, 3].map(session));
  const alone = await record(others[0], 1, people(ALONE), 500);
  const page = await watched(await chrome.newContext());
  await login(page, site.url);
  await page.goto(site.url + '/baru/kartu-keluarga');
  let rounds = 0, over = false;
  const syncing = (async () => {
    do {
      await place.cli(place.van, 'sync');
      rounds++;
    } while (!over);
  })();
  const persons = [0, 1, 2, 3].map(() => people(EACH));
  const done = await Promise.all([recordInPage(page, 0, persons[0]), ...others.map((s, i) => record(s, i + 1, persons[i + 1]))]);
  over = true;
  await syncing;
  const made = done.flatMap((d) => d.made), together = done.slice(1).flatMap((d) => d.times);
  assert.ok(made.every((n) => n.length === 14), made.find((n) => n.length !== 14));
  assert.equal(new Set(made).size, 4 * EACH);
  const listed = (await place.cli(place.van, 'list', '--limit', '5000')).applications;
  assert.equal(listed.length, 4 * EACH + ALONE);
  assert.deepEqual(listed.map((a) => a.nik ?? a.number).filter((n, i, all) => all.indexOf(n) !== i), [], 'nobody is there twice');
  assert.ok(made.every((n) => listed.some((a) => a.number === n)));
  assert.ok((await place.cli(place.van, 'audit', 'verify')).views_equal);
  await place.cli(place.van, 'sync');
  await place.cli(place.hq, 'hq', 'sync');
  assert.equal((await place.cli(place.hq, 'list', '--limit', '5000')).applications.length, listed.length);
  const ratio = p95(together) / p95(alone.times);
  console.log(`# a save, p95: ${p95(alone.times).toFixed(1)} ms alone, ${p95(together).toFixed(1)} ms with three others and ` +
    `${rounds} rounds of sync (${ratio.toFixed(2)} x); ${4 * EACH} applications`);
  if (soak) assert.ok(ratio <= 3, `p95 ${ratio} x of one alone`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
