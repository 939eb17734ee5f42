// clerks.test.mjs - many clerks at one desk, scripted over HTTP, while vans bring more and headquarters merges: every decision is in the
// log once, two of one record become a question, nothing is overwritten. How long a decision takes beside one clerk alone is
// printed, and judged with JEM_SOAK=1: 20 clerks, 2,000 records, three vans; a clerk reads each record and decides it within a
// second. Without a pause between decisions it is only printed.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nik, passphrase, regency, run, serve } from './regency.mjs';

const soak = process.env.JEM_SOAK === '1';
const CLERKS = soak ? 20 : 5, RECORDS = soak ? 2000 : 100, ALONE = soak ? 100 : 25, PACE_MS = soak ? 1000 : 100, DOUBLE = 20; // one in so many has two clerks
let place, vans, hq, fields, numbers = [];

const lines = (n) => Array.from({ length: n }, (_, i) => JSON.stringify({ service: 'kartu-keluarga', nik: nik(1 + (i % 28), 1 + (i % 12), 70 + (i % 29)),
  name: `Siti Rohmah ${i}`, set: { kk: nik(3, 4, 12), village: '3203012003', ...fields } })).join('\n');
async function record(van, n) {
  const file = join(place.dir, `lines-${vans.indexOf(van)}`);
  await writeFile(file, lines(n));
  return (await place.cli(van, 'apply', '--from', file)).recorded.map((r) => r.number);
}

before(async () => {
  place = await regency();
  vans = [place.van];
  for (let i = 1; soak && i < 3; i++) vans.push(await place.enrol('van' + (3 + i), 3 + i, 'Van ' + (3 + i)));
  const { services: [s] } = await place.cli(place.van, 'catalog', 'show', 'kartu-keluarga');
  fields = Object.fromEntries(s.fields.filter((f) => f.required && !['kk', 'village'].includes(f.name))
    .map((f) => [f.name, f.options[0]?.value ?? 'Rohmat Hidayat']));
  for (const van of vans) {
    numbers.push(...await record(van, Math.ceil((RECORDS + 2 * ALONE) / vans.length)));
    await place.cli(van, 'sync');
  }
  await place.cli(place.hq, 'hq', 'sync');
  const secret = join(place.dir, 'clerk');
  await writeFile(secret, passphrase);
  for (let i = 0; soak && i < CLERKS; i++) // a few of one account are enough for the plain run: accounts cost an Argon2 each
    await place.cli(place.hq, 'user', 'add', `clerk${i}`, '--role', 'verifier', '--name', `Clerk ${i}`, '--new-passphrase-file', secret);
  hq = await serve(place.hq, '--sync-every', '5');
});
after(async () => {
  await hq?.stop();
  await place?.close();
});

/* A browser's part: one connection, the cookie, the form's token. */
async function clerk(user) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 }), origin = hq.url;
  let cookie = '';
  const ask = (path, form) => new Promise((done, fail) => {
    const body = form ? new URLSearchParams(form).toString() : '';
    const request = http.request(origin + path, { agent, method: form ? 'POST' : 'GET', headers: { Cookie: cookie, Origin: origin,
      ...(form ? { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) } : {}) } }, (r) => {
      let text = '';
      r.setEncoding('utf8').on('data', (d) => (text += d)).on('end', () => {
        for (const c of r.headers['set-cookie'] ?? []) cookie = [...cookie.split('; ').filter((x) => x && !x.startsWith(c.split('=')[0])), c.split(';')[0]].join('; ');
        done({ status: r.statusCode, text });
      });
    });
    request.on('error', fail).end(body);
  });
  await ask('/masuk?l=en');
  assert.equal((await ask('/masuk', { user, pass: passphrase })).status, 303, `${user} cannot log in`);
  const token = /name=t value="([^"]+)"/.exec((await ask('/meja')).text)[1];
  return {
    user, times: [], made: [],
    async decide(number, seen, to) {
      const page = await ask('/p/' + number);
      assert.equal(page.status, 200);
      const began = performance.now();
      const { status, text } = await ask(`/p/${number}/putus`, { t: token, to, seen, k: '', code: { rejected: 'not_entitled', returned: 'data_differs' }[to] ?? '', reason: '' });
      this.times.push(performance.now() - began);
      const waits = /nothing was overwritten/.test(text);
      assert.ok(status === 303 || waits, `${number}: ${status} ${text.replace(/<[^>]*>/g, ' ').slice(0, 400)}`);
      this.made.push({ number, to, waits });
    },
    async work(list, pace, from, to) {
      for (const [number, other] of list) {
        const next = Date.now() + pace * (0.5 + Math.random());
        await this.decide(number, from, other ?? to);
        if (pace > 0) await sleep(Math.max(0, next - Date.now()));
      }
    },
    end: () => agent.destroy(),
  };
}
const p95 = (times) => [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1];

/* Vans record and sync until the clerks are done. */
async function traffic(state) {
  const rounds = vans.map(async (van) => {
    let n = 0;
    for (; !state.done; n++) {
      await record(van, 3);
      await place.cli(van, 'sync');
      await sleep(soak ? 2000 : 500);
    }
    return n;
  });
  return (await Promise.all(rounds)).reduce((a, b) => a + b, 0);
}

test(`${CLERKS} clerks decide ${RECORDS} records at once`, async (t) => {
  const clerks = await Promise.all(Array.from({ length: CLERKS }, (_, i) => clerk(soak ? `clerk${i}` : 'rina')));
  const state = { done: false }, busy = traffic(state);
  const [one] = clerks;
  const singly = [];
  const oneAlone = async (list) => { // before and after the others, for a machine has other work too
    const kept = one.made.length;
    await one.work(list.map((n) => [n]), PACE_MS / 5, 'received', 'verified');
    singly.push(...one.times.splice(0));
    one.made.length = kept;
  };
  await oneAlone(numbers.slice(0, ALONE));
  const all = numbers.slice(ALONE, ALONE + RECORDS), lists = clerks.map(() => []);
  all.forEach((number, i) => {
    lists[i % CLERKS].push([number]);
    if (i % DOUBLE === 0) lists[(i + 1) % CLERKS].push([number, 'rejected']); // two at once, and they do not agree
  });
  await Promise.all(clerks.map((c, i) => c.work(lists[i], PACE_MS, 'received', 'verified')));
  const together = p95(clerks.flatMap((c) => c.times.splice(0)));
  const load = loadavg()[0].toFixed(1);
  await oneAlone(numbers.slice(ALONE + RECORDS, 2 * ALONE + RECORDS));
  const alone = p95(singly), ratio = together / alone;
  const once = new Map(), second = [];
  for (const c of clerks)
    for (const m of c.made) {
      once.set(m.number, [...(once.get(m.number) ?? []), { user: c.user, ...m }]);
      if (m.waits) second.push(m.number);
    }
  assert.equal(once.size, RECORDS);
  assert.equal(second.length, Math.ceil(RECORDS / DOUBLE)); // of two, one waits for a ruling
  for (const c of clerks) c.made.length = 0;
  const free = all.filter((n) => once.get(n).length === 1);
  let hurried = 0;
  if (soak) { // the same people, none of whom ever looks up
    await Promise.all(clerks.map((c, i) => c.work(free.filter((_, k) => k % CLERKS === i).map((n) => [n]), 0, 'verified', 'returned')));
    hurried = p95(clerks.flatMap((c) => c.times));
  }
  state.done = true;
  const rounds = await busy;
  clerks.forEach((c) => c.end());
  assert.equal(await hq.stop(), 0);
  console.log(`# p95 of a decision: one clerk ${alone.toFixed(1)} ms, ${CLERKS} clerks ${together.toFixed(1)} ms (${ratio.toFixed(2)} x)` +
    (soak ? `, without a pause ${hurried.toFixed(1)} ms` : '') + `; ${rounds} rounds of vans meanwhile, load ${load}`);
  assert.ok(rounds >= vans.length);

  const { stdout } = await run(join(process.env.B || 'build', 'tests/dump'), [place.hq, 'rina', join(place.dir, 'passphrase')], { maxBuffer: 1 << 30 });
  const shown = new Map(stdout.trim().split('\n').map((l) => JSON.parse(l)).map((o) => [o.number, o]));
  for (const [number, made] of once) {
    const o = shown.get(number), log = o.timeline.filter((e) => e.kind === 'status.changed');
    const hurry = soak && made.length === 1 ? 1 : 0;
    assert.equal(log.length, made.length + hurry, `${number}: ${JSON.stringify(log)}`); // each once
    const told = log.map((e) => [e.actor, e.detail.includes('menjadi Ditolak') ? 'rejected' : e.detail.includes('menjadi Terverifikasi') ? 'verified' : 'returned']);
    for (const m of made) assert.equal(told.filter(([actor, to]) => actor === m.user && to === m.to).length, 1, `${number}: ${JSON.stringify(told)}`);
    assert.equal(o.illegal.length, made.length - 1, number); // listed as a question
    const stands = made.find((m) => !m.waits);
    assert.equal(o.status, hurry ? 'returned' : stands.to, number); // the first stands
  }
  const asked = new Set((await place.cli(place.hq, 'hq', 'conflicts')).illegal.map((e) => e.number));
  assert.deepEqual(second.filter((n) => !asked.has(n)), []);
  if (soak) assert.ok(ratio <= 3, `p95 ${ratio.toFixed(2)} x`);
});
