// site.test.mjs - the status site as a citizen and as somebody curious meet it: real folders, a real round of sync, a
// real export, Chromium at the widths of cheap phones and of a desk.
//   B        build folder; JEMPUT the program
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { faultsOf, launch, violations } from './regency.mjs';

const top = path.resolve(import.meta.dirname, '../..');
const build = path.resolve(top, process.env.B ?? 'build');
const program = process.env.JEMPUT ?? path.join(build, 'jemput');
const PAGE_MAX = 3000;
const langs = ['id', 'en'];
const officers = { hq: 'rina', van: 'siti' };

let folder, site, browser;
const numbers = {}; // stage -> number
const qr = {}; // stage, or 'away' -> QR text
const bodies = new Set(); // every page that was ever answered

// ---- the program ----

function jem(who, ...args) {
    const pass = path.join(folder, `${who}.pass`);
    if (!fs.existsSync(pass)) fs.writeFileSync(pass, `frasa sandi ${who} tujuh kata\n`);
    const all = ['-C', path.join(folder, who), '--user', officers[who], '--passphrase-file', pass, '--json', ...args];
    return JSON.parse(execFileSync(program, all, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

function fixtures(seed, count, name) {
    const into = path.join(folder, name);
    execFileSync(path.join(build, 'tests/fixtures'), ['lines', seed, count, 1000, into].map(String));
    return into;
}

function record(seed, count, name) {
    const into = fixtures(seed, count, name);
    const made = jem('van', 'apply', '--from', path.join(into, 'lines.jsonl'));
    assert.equal(made.refused.length, 0);
    return made.recorded.map((r) => r.number);
}

function exportStatus() {
    jem('hq', 'hq', 'status-export', '-o', path.join(folder, 'status.db'));
}

function regency() {
    const hub = path.join(folder, 'hub.git'), request = path.join(folder, 'request'), grant = path.join(folder, 'grant');
    execFileSync(program, ['hub', 'init', hub]);
    jem('hq', 'init', '--role', 'hq', '--name', 'Dukcapil Cianjur', '--region', '3203', '--host', 'status.cianjur.example',
        '--contact', '0263-123456', '--hub', hub);
    jem('van', 'init', '--role', 'van', '--name', 'Van 3', '--hub', hub);
    for (const [who, user] of Object.entries(officers)) // logins cost next to nothing
        execFileSync(path.join(build, 'tests/fixtures'), ['slot', path.join(folder, who), user, path.join(folder, `${who}.pass`)]);
    const asked = jem('van', 'enrol', 'request', '-o', request).words;
    const words = jem('hq', 'hq', 'enrol', request, '--number', '3', '-o', grant, '--words', asked).words;
    jem('van', 'enrol', 'accept', grant, '--words', words);
}

// One application for each stage that a citizen can see.
const ways = {
    received: [], verified: ['verified'], in_process: ['verified', 'in_process'],
    ready: ['verified', 'in_process', 'ready'], handed_over: ['verified', 'in_process', 'ready', 'handed_over'],
    returned: ['returned'], rejected: ['rejected'],
};
const stages = [...Object.keys(ways), 'withdrawn', 'linked'];

function applications() {
    const made = record(11, stages.length + 1, 'first');
    stages.forEach((stage, i) => { numbers[stage] = made[i]; });
    jem('van', 'withdraw', numbers.withdrawn, '--reason', 'salah layanan');
    jem('van', 'sync');
    jem('hq', 'hq', 'sync');
    for (const [stage, way] of Object.entries(ways))
        for (const to of way) jem('hq', 'hq', 'decide', numbers[stage], '--to', to, '--reason', 'berkas tidak terbaca');
    jem('hq', 'hq', 'link', numbers.linked, '--to', made.at(-1), '--reason', 'permohonan yang sama');
    exportStatus();
    for (const stage of stages) qr[stage] = jem('van', 'show', numbers[stage]).qr;
    numbers.away = record(12, 1, 'second')[0];
    qr.away = jem('van', 'show', numbers.away).qr;
}

// Starts the site; stop() ends it and gives what it wrote to stderr.
async function serve(...more) {
    const args = ['--json', 'status-site', '--db', path.join(folder, 'status.db'), '--listen', '127.0.0.1:0', ...more];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', errors = '';
    child.stderr.on('data', (d) => { errors += d; });
    const url = await new Promise((done, wrong) => {
        child.stdout.on('data', (d) => {
            out += d;
            if (out.includes('\n')) done(JSON.parse(out).url);
        });
        child.on('exit', () => wrong(new Error(`the site ended: ${errors}`)));
    });
    child.removeAllListeners('exit');
    const ended = new Promise((done) => child.on('exit', (code) => done(code)));
    return {
        url, port: Number(new URL(url).port),
        async stop() {
            child.kill('SIGTERM');
            assert.equal(await ended, 0);
            return errors;
        },
    };
}

// ---- asking ----

let asked = 0;
const stranger = () => `198.18.${asked >> 8 & 255}.${asked++ & 255}`; // an address of its own for each request

function get(target, { headers = {}, method = 'GET', from = stranger(), server = site } = {}) {
    return new Promise((done, wrong) => {
        const r = http.request({ host: '127.0.0.1', port: server.port, path: target, method,
            headers: { 'X-Forwarded-For': from, ...headers } }, (a) => {
            let body = '';
            a.setEncoding('utf8');
            a.on('data', (d) => { body += d; });
            a.on('end', () => {
                bodies.add(body);
                done({ status: a.statusCode, headers: a.headers, body });
            });
        });
        r.on('error', wrong);
        r.end();
    });
}

// Texts by their names: no name, NIK or phone that was typed stands in any.
function tellsOfNobody(texts) {
    const of = (file) => ['first', 'second'].map((n) => fs.readFileSync(path.join(folder, n, file), 'utf8')).join('').toLowerCase();
    const personal = of('personal.txt').trim().split('\n'), typed = of('lines.jsonl');
    assert.ok(personal.length > 20 && personal.every((p) => typed.includes(p)), 'the search finds them where they were typed');
    for (const [name, text] of Object.entries(texts))
        for (const p of personal) assert.ok(!text.toLowerCase().includes(p), `in ${name}: ${p}`);
}

const tokenOf = (text) => text.split('/T/')[1];

// ---- receipts that somebody made up ----

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

function bytesOf(token) {
    let bits = '';
    for (const c of token) bits += alphabet.indexOf(c).toString(2).padStart(5, '0');
    return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

function textOf(bytes) {
    const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
    return bits.match(/.{1,5}/g).map((five) => alphabet[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

// The 24 bytes of a real receipt, its key id too, signed by a key that is not the van's.
function forged(token) {
    const head = bytesOf(token).subarray(0, 24);
    const { privateKey } = crypto.generateKeyPairSync('ed25519');
    return textOf(Buffer.concat([head, crypto.sign(null, Buffer.concat([Buffer.from('jemput-receipt-1\n'), head]), privateKey)]));
}

function changed(token, at) {
    const bytes = bytesOf(token);
    bytes[at] ^= 1;
    return textOf(bytes);
}

function mistyped(number) {
    const c = number[0] === '7' ? '8' : '7';
    return c + number.slice(1);
}

function leadsNowhere() {
    const real = tokenOf(qr.ready);
    return {
        'one wrong character': mistyped(numbers.ready),
        'a number that the data does not have': numbers.away,
        'too short': numbers.ready.slice(0, -1),
        'words': 'apa-saja',
        'markup': encodeURIComponent('<b>"\'&'),
        'a NIK': '3203011708950001',
        'a receipt that another key signed': forged(real),
        'the same, of one that is not here yet': forged(tokenOf(qr.away)),
        'a receipt with another number': changed(real, 12),
        'a receipt of another van': changed(real, 2),
        'a receipt with another key': changed(real, 5),
        'a receipt with another day': changed(real, 15),
        'a receipt with a broken signature': changed(real, 60),
        'a receipt that is cut': real.slice(0, 100),
        'a long text': 'A'.repeat(4000),
    };
}

// ---- looking ----

// In daylight at every width, and the contrast in the dark.
async function looked(page, name) {
    const faults = await faultsOf(page, `site-${name}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    return [...faults, ...await violations(page, `${name} in the dark`, { type: 'rule', values: ['color-contrast'] })];
}

async function withPage(options, look) {
    const context = await browser.newContext({ ...options, extraHTTPHeaders: { 'X-Forwarded-For': stranger() } });
    const page = await context.newPage();
    const said = [];
    page.on('console', (m) => said.push(m.text()));
    page.on('pageerror', (e) => said.push(String(e)));
    const requests = [];
    page.on('request', (r) => requests.push(r.url()));
    try {
        return await look(page, requests, said);
    } finally {
        await context.close();
    }
}

// Every kind of page by name.
function pages() {
    const all = { form: '', none: `T/${mistyped(numbers.ready)}`, away: `T/${tokenOf(qr.away)}` };
    for (const stage of stages) {
        all[`${stage} by number`] = `T/${numbers[stage]}`;
        all[`${stage} by receipt`] = `T/${tokenOf(qr[stage])}`;
    }
    return all;
}

before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jemput-site-'));
    process.env.JEMPUT_LANG = 'en';
    regency();
    applications();
    site = await serve();
    browser = await chromium.launch(launch);
});

after(async () => {
    await browser?.close();
    const errors = await site?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
    if (site) assert.match(errors, /^[^\n]*status\.db[^\n]*\n$/, 'one line on stderr: the data that was damaged');
});

describe('a citizen', () => {
    test('reads stage, dates, next step and contact, by number and by receipt, in both languages', async () => {
        const words = {
            id: { received: 'Diterima', verified: 'Terverifikasi', in_process: 'Diproses', ready: /iap diambil|terbit/,
                handed_over: 'Diserahkan', returned: 'Perlu perbaikan', rejected: 'Ditolak', withdrawn: 'Dicabut', linked: 'Digabung' },
            en: { received: 'Received', verified: 'Verified', in_process: 'In process', ready: /[Rr]eady|issued/,
                handed_over: 'Handed over', returned: 'Needs correction', rejected: 'Rejected', withdrawn: 'Withdrawn', linked: 'Merged' },
        };
        const next = { id: 'Yang perlu Anda lakukan', en: 'What you need to do' };
        const today = (lang) => new Intl.DateTimeFormat(lang === 'id' ? 'id-ID' : 'en-GB',
            { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Asia/Jakarta' }).format(new Date());
        for (const lang of langs) {
            for (const stage of stages) {
                for (const code of [numbers[stage], tokenOf(qr[stage])]) {
                    const r = await get(`/T/${code}?l=${lang}`);
                    assert.equal(r.status, 200, `${stage} ${lang}`);
                    const heading = r.body.match(/<h1>(.*?)<\/h1>/)[1];
                    assert.match(heading, new RegExp(words[lang][stage]), `${stage} ${lang}`);
                    assert.ok(r.body.includes(numbers[stage]), 'its number');
                    assert.ok(r.body.includes(next[lang]), 'what to do next');
                    assert.ok(r.body.includes('tel:0263123456'), 'the contact');
                    assert.ok(r.body.includes(today(lang)), `the day ${today(lang)}`);
                    assert.match(r.body, lang === 'id' ? /Data per \d/ : /Data as of \d/);
                    assert.match(r.body, new RegExp(`<html lang=${lang}>`));
                    assert.equal(/tanda tangan van 3 sah|signature of van 3 is valid/.test(r.body), code.length > 20, 'signature');
                }
            }
        }
    });

    test('sees each stage that was reached once, in order, the present one marked, the rest to come', async () => {
        const steps = async (stage) => [...(await get(`/T/${numbers[stage]}?l=en`)).body.matchAll(/<li( class=\w)?( aria-current=step)?>([^<(]*)/g)]
            .map((m) => `${m[1]?.at(-1) ?? '-'}${m[2] ? '!' : ''} ${m[3].trim()}`);
        assert.deepEqual(await steps('in_process'),
            ['d Submitted', 'd Received', 'd Verified', 'n! In process', '- Ready for collection', '- Handed over']);
        assert.deepEqual(await steps('received'), ['d Submitted', 'n! Received', '- Verified', '- In process', '- Ready for collection', '- Handed over']);
        assert.deepEqual((await steps('rejected')).at(-1), 'n! Rejected');
        assert.deepEqual((await steps('handed_over')).at(-1), 'n! Handed over');
    });

    test('whose receipt is genuine but not here yet is told so, and when its van last synced', async () => {
        for (const [lang, says] of [['id', [/belum sampai di kantor/, /terakhir tersambung dengan kantor: \d/, /tanda tangan van 3 sah/]],
            ['en', [/not reached the office yet/, /last synced with the office: \d/, /signature of van 3 is valid/]]]) {
            const r = await get(`/T/${tokenOf(qr.away)}?l=${lang}`);
            assert.equal(r.status, 200);
            for (const part of says) assert.match(r.body, part);
            assert.ok(r.body.includes(numbers.away));
        }
    });

    test('may type the number carelessly, or paste the whole receipt', async () => {
        const right = (await get(`/T/${numbers.ready}`)).body;
        const careless = [numbers.ready.toLowerCase(), numbers.ready.replaceAll('-', ''), numbers.ready.replaceAll('-', '%20'),
            numbers.ready.replaceAll('1', 'l').replaceAll('0', 'o')];
        for (const code of careless) assert.equal((await get(`/T/${code}`)).body, right, code);
        assert.equal((await get(`/t/${numbers.ready}`)).body, right);
        const typed = await get(`/?n=${encodeURIComponent(` ${numbers.ready.toLowerCase()} `)}`);
        assert.equal(typed.body.replaceAll(`"/T/${numbers.ready}?l=`, '"?l='), right);
        const pasted = await get(`/?n=${encodeURIComponent(qr.ready)}&l=en`);
        assert.equal(pasted.status, 200);
        assert.match(pasted.body, /signature of van 3/);
        assert.ok(pasted.body.includes(`"/T/${tokenOf(qr.ready)}?l=id"`), 'its links lead to the receipt');
    });

    test('finds every page readable on every screen, whole in one request, within 3 kB, and fit for a screen reader', async () => {
        let heaviest = 0;
        for (const lang of langs) {
            await withPage({}, async (page, requests, said) => {
                for (const [name, target] of Object.entries(pages())) {
                    requests.length = said.length = 0;
                    await page.emulateMedia({ colorScheme: 'light' });
                    const answer = await page.goto(`${site.url}${target}?l=${lang}`);
                    const size = (await answer.body()).length;
                    heaviest = Math.max(heaviest, size);
                    assert.ok(size <= PAGE_MAX, `${name} ${lang}: ${size} bytes`);
                    // A receipt's page is the number's and one line more.
                    if (!name.endsWith('by number')) assert.deepEqual(await looked(page, `${name}-${lang}`), []);
                    assert.equal(requests.length, 1, `${name}: ${requests}`);
                    assert.deepEqual(said.filter((s) => name !== 'none' || !/status of 404/.test(s)), [], `${name}: the console`);
                }
            });
        }
        console.log(`heaviest page: ${heaviest} bytes`);
    });

    test('needs no script: asks, reads, changes the language, reloads', async () => {
        await withPage({ javaScriptEnabled: false, viewport: { width: 320, height: 560 } }, async (page) => {
            await page.goto(site.url);
            await page.keyboard.press('Tab');
            await page.getByLabel('Nomor permohonan').fill(numbers.ready.toLowerCase());
            await page.keyboard.press('Enter');
            await page.getByRole('heading', { level: 1 }).waitFor();
            assert.match(await page.title(), new RegExp(numbers.ready));
            await page.getByRole('link', { name: 'English' }).click();
            assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /[Rr]eady|issued/);
            const where = page.url();
            await page.getByRole('link', { name: 'Reload' }).click();
            assert.equal(page.url(), where);
            await page.goto(`${site.url}?l=en`);
            await page.getByLabel('Application number').fill(mistyped(numbers.ready));
            await page.getByRole('button', { name: 'Show status' }).click();
            assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Number not found');
        });
    });
});

describe('somebody curious', () => {
    test('gets one and the same answer to every code that leads nowhere', async () => {
        for (const lang of langs) {
            const first = await get(`/T/${mistyped(numbers.ready)}?l=${lang}`);
            assert.equal(first.status, 404);
            const { date: _, ...headers } = first.headers;
            for (const [what, code] of Object.entries(leadsNowhere())) {
                const targets = [`/T/${code}?l=${lang}`, ...(code.length < 300 ? [`/?n=${code}&l=${lang}`] : [])];
                for (const target of targets) {
                    const r = await get(target);
                    const { date: __, ...same } = r.headers;
                    assert.equal(r.status, 404, `${what}: status`);
                    assert.equal(r.body, first.body, `${what}: body`);
                    assert.deepEqual(same, headers, `${what}: headers`);
                }
            }
            for (const target of ['/T/', '/T', '/t/x', '/admin', '/favicon.ico', '/status.db', '/T/../status.db', '/..%2fstatus.db'])
                assert.equal((await get(`${target}?l=${lang}`)).body, first.body, target);
        }
    });

    test('is held back after thirty guesses, alone, and told how long to wait', async () => {
        const from = '203.0.113.77';
        let guesses = 0, r;
        do r = await get(`/T/${mistyped(numbers.ready)}`, { from: `192.0.2.1, ${from}` });
        while (r.status === 404 && ++guesses < 100);
        assert.ok(guesses >= 30 && guesses <= 34, `${guesses} guesses`);
        for (const lang of langs) {
            r = await get(`/T/${numbers.ready}?l=${lang}`, { from });
            assert.equal(r.status, 429, 'also for what exists');
            assert.match(r.headers['retry-after'], /^[1-9]\d?$/);
            assert.match(r.body, lang === 'id' ? /Tunggu sekitar \d+ detik/ : /Wait about \d+ seconds/);
            assert.ok(r.body.length <= PAGE_MAX);
        }
        // What a stranger writes into the header does not help; others are not held back.
        assert.equal((await get(`/T/${numbers.ready}`, { from: `10.9.8.7, ${from}` })).status, 429);
        assert.equal((await get(`/T/${numbers.ready}`, { from: '203.0.113.78' })).status, 200);
        await new Promise((done) => setTimeout(done, Number(r.headers['retry-after']) * 1000));
        assert.equal((await get(`/T/${numbers.ready}`, { from })).status, 200, 'after the wait');
    });

    test('finds the protections on every answer, and no cookie', async () => {
        for (const target of ['/', `/T/${numbers.ready}`, `/T/${tokenOf(qr.away)}`, '/T/x', '/a%00b', '/?n=%zz']) {
            const { headers } = await get(target, { headers: { Origin: 'https://evil.example' } });
            assert.match(headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-\S+' 'sha256-\S+'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/);
            assert.equal(headers['x-content-type-options'], 'nosniff');
            assert.equal(headers['referrer-policy'], 'no-referrer');
            assert.equal(headers['cache-control'], 'no-store');
            assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
            assert.equal(headers['x-frame-options'], 'DENY');
            assert.equal(headers['set-cookie'], undefined);
            assert.ok(!Object.keys(headers).some((h) => h.startsWith('access-control-')), 'no CORS');
        }
        assert.match((await get(`/T/${numbers.ready}`)).headers['x-robots-tag'], /noindex/);
    });

    test('finds no script, nothing to fetch and nothing but GET and HEAD', async () => {
        const page = (await get(`/T/${numbers.ready}`)).body;
        assert.doesNotMatch(page, /<script|<[^>]*\s(on\w+|src)=|javascript:|http-equiv|@import|url\(/i);
        assert.match(page, /<link rel=icon href=data:,>/);
        const head = await get(`/T/${numbers.ready}`, { method: 'HEAD' });
        assert.equal(head.status, 200);
        assert.equal(head.body, '');
        assert.equal(Number(head.headers['content-length']), Buffer.byteLength(page));
        for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
            assert.equal((await get('/', { method, headers: { 'Content-Length': '0' } })).status, 405, method);
        assert.equal((await get('/', { method: 'POST', headers: { 'Content-Length': '5' } })).status, 413);
        assert.equal((await get('/a%00b')).status, 400);
    });

    test('cannot send two of a header', async () => {
        const reply = await new Promise((done, wrong) => {
            const s = net.connect(site.port, '127.0.0.1', () => s.write('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'));
            let text = '';
            s.on('data', (d) => { text += d; }).on('end', () => done(text)).on('error', wrong);
        });
        assert.match(reply, /^HTTP\/1\.1 400 /);
    });

    test('is refused under another name where the name is fixed', async () => {
        const named = await serve('--host', 'status.cianjur.example');
        try {
            const as = (Host) => get('/', { server: named, headers: { Host } });
            assert.equal((await as('status.cianjur.example')).status, 200);
            assert.equal((await as(`127.0.0.1:${named.port}`)).status, 200);
            assert.equal((await as('status.cianjur.example.evil.example')).status, 421);
            assert.equal((await as('evil.example')).status, 421);
        } finally {
            await named.stop();
        }
    });
});

describe('the data', () => {
    test('is renewed while the site serves; damaged data gives 503 and comes back', async () => {
        const db = path.join(folder, 'status.db'), good = path.join(folder, 'good.db');
        assert.match((await get(`/T/${numbers.verified}?l=en`)).body, /<h1>Verified</);
        jem('hq', 'hq', 'decide', numbers.verified, '--to', 'in_process');
        exportStatus();
        assert.match((await get(`/T/${numbers.verified}?l=en`)).body, /<h1>In process</);
        fs.copyFileSync(db, good);
        fs.rmSync(db);
        assert.equal((await get(`/T/${numbers.verified}`)).status, 200, 'while the file is away, the old one serves on');
        const quiet = await serveBroken(good, db);
        for (const target of ['/', `/T/${numbers.ready}`, `/T/${tokenOf(qr.ready)}`, '/T/x']) {
            for (const lang of langs) {
                const r = await get(`${target}?l=${lang}`);
                assert.equal(r.status, 503, target);
                assert.equal(r.headers['retry-after'], '60');
                assert.match(r.body, lang === 'id' ? /Data sedang tidak tersedia/ : /The data is not available now/);
            }
        }
        quiet();
        assert.match((await get(`/T/${numbers.verified}?l=en`)).body, /<h1>In process</);
    });

    test('may be replaced under load, and every answer is whole', async () => {
        let stop = false, answers = 0;
        const ask = async () => {
            for (; !stop; answers++) {
                const r = await get(`/T/${numbers.ready}`);
                assert.equal(r.status, 200);
                assert.match(r.body, /<\/footer>$/);
            }
        };
        const askers = [ask(), ask(), ask(), ask()];
        const db = path.join(folder, 'status.db');
        for (let i = 0; i < 30; i++) {
            fs.copyFileSync(db, `${db}.next`);
            fs.renameSync(`${db}.next`, db);
            await new Promise((done) => setTimeout(done, 15));
        }
        stop = true;
        await Promise.all(askers);
        assert.ok(answers > 100, `${answers} answers`);
    });

    test('and the pages hold no name, NIK or phone of anybody', () => {
        assert.ok(bodies.size > 40);
        tellsOfNobody({ pages: [...bodies].join('\n'), 'status.db': fs.readFileSync(path.join(folder, 'status.db')).toString('latin1') });
        assert.doesNotMatch([...bodies].join('\n'), /\d{16}/);
    });
});

// ---- the pages as files, on a host that serves files and nothing else ----

const www = () => path.join(folder, 'www');
const writeStatic = () => JSON.parse(execFileSync(program, ['--json', 'status-site', '--db', path.join(folder, 'status.db'), '--static', www()],
    { encoding: 'utf8' }));

// nginx with a root and a page for 404, no more: { port, stop() }.
async function plainHost(root) {
    const at = path.join(folder, 'nginx');
    fs.mkdirSync(at, { recursive: true });
    const port = await new Promise((done) => {
        const s = net.createServer().listen(0, '127.0.0.1', () => {
            const { port: free } = s.address();
            s.close(() => done(free));
        });
    });
    const user = process.getuid() === 0 ? 'user root;' : '';
    fs.writeFileSync(path.join(at, 'conf'), `${user} daemon off; pid ${at}/pid; error_log ${at}/error.log; events { }
        http { access_log off; types { text/html html; text/javascript js; application/json json; }
        client_body_temp_path ${at}/t1; proxy_temp_path ${at}/t2; fastcgi_temp_path ${at}/t3; uwsgi_temp_path ${at}/t4; scgi_temp_path ${at}/t5;
        server { listen 127.0.0.1:${port}; root ${root}; error_page 404 /404.html; } }`);
    const child = spawn('nginx', ['-p', at, '-c', path.join(at, 'conf'), '-e', path.join(at, 'error.log')],
        { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    const ended = new Promise((done) => child.on('exit', done));
    for (let i = 0; !fs.existsSync(path.join(at, 'pid')) || fs.statSync(path.join(at, 'pid')).size === 0; i++) {
        assert.ok(i < 200, 'nginx listens');
        await new Promise((done) => setTimeout(done, 50));
    }
    return { port, url: `http://127.0.0.1:${port}`, stop: async () => { child.kill('SIGTERM'); await ended; } };
}

// Every file below a folder: its path -> { text, time }.
function filesOf(root) {
    return Object.fromEntries(fs.readdirSync(root, { recursive: true }).map((f) => [f, path.join(root, f)])
        .filter(([f, at]) => !f.startsWith('.') && fs.statSync(at).isFile())
        .map(([f, at]) => [f, { text: fs.readFileSync(at, 'utf8'), time: fs.statSync(at, { bigint: true }).mtimeNs }]));
}

describe('the pages as files', () => {
    let plain, first;
    before(async () => {
        exportStatus();
        const made = writeStatic();
        first = filesOf(www());
        assert.deepEqual(made, { files: Object.keys(first).length, written: Object.keys(first).length, removed: 0 });
        plain = await plainHost(www());
    });
    after(() => plain?.stop());

    test('are two for each number, small, and hold what the site answers', async () => {
        for (const stage of stages)
            for (const [lang, file] of [['id', 'index.html'], ['en', 'en.html']]) {
                const text = first[`T/${numbers[stage]}/${file}`].text;
                assert.ok(text.length <= 4096, `${text.length} bytes`);
                const live = (await get(`/T/${numbers[stage]}?l=${lang}`)).body;
                const parts = (body) => body.match(/<main>.*<\/dl>/s)[0];
                assert.equal(parts(text), parts(live));
            }
        tellsOfNobody(Object.fromEntries(Object.entries(first).map(([name, { text }]) => [name, text])));
        for (const [name, { text }] of Object.entries(first)) {
            assert.doesNotMatch(text, /<style [^>]|<[^>]*\s(style|on\w+)=|<script(?! src=\/site\.js>)/i, name); // in tags: a signature may spell anything
        }
    });

    test('lead a receipt, a typed number and a pasted receipt to the page, with both signatures checked', async () => {
        await withPage({ viewport: { width: 390, height: 844 } }, async (page, requests, said) => {
            const valid = { id: /tanda tangan van 3 sah/, en: /signature of van 3 is valid/ };
            await page.goto(`${plain.url}/T/${tokenOf(qr.ready)}`);
            await page.waitForURL(`${plain.url}/T/${numbers.ready}/#*`);
            await page.getByText(valid.id).waitFor();
            await page.getByText('Tanda tangan kantor').getByText('sah', { exact: true }).waitFor();
            await page.getByText(/Data per \d/).waitFor();
            assert.deepEqual(await looked(page, 'file-receipt-id'), []);
            await page.getByRole('link', { name: 'English' }).click();
            await page.getByText(valid.en).waitFor();
            for (const [front, typed, stage] of [['/', numbers.ready.toLowerCase().replaceAll('-', ' '), 'ready'], ['/en.html', qr.returned, 'returned']]) {
                await page.goto(plain.url + front);
                if (stage === 'ready') assert.deepEqual(await looked(page, 'file-front'), []);
                await page.locator('input').fill(typed);
                await page.keyboard.press('Enter');
                await page.waitForURL(`${plain.url}/T/${numbers[stage]}/${front.slice(1)}*`);
                assert.match(await page.title(), new RegExp(numbers[stage]));
            }
            await page.getByText(valid.en).waitFor();
            assert.deepEqual(said.filter((s) => !/status of 404/.test(s)), []);
            assert.ok(requests.every((r) => r.startsWith(plain.url)), 'nothing is asked of anybody else');
        });
    });

    test('say that a genuine receipt is not known yet, and when its van last synced', async () => {
        await withPage({ viewport: { width: 320, height: 640 } }, async (page, requests, said) => {
            await page.goto(`${plain.url}/T/${tokenOf(qr.away)}`);
            await page.getByRole('heading', { name: 'Sudah dicatat di van' }).waitFor();
            await page.getByText(/terakhir tersambung dengan kantor: \d+ \S+ \d{4}/).first().waitFor();
            assert.match(await page.title(), new RegExp(numbers.away));
            assert.ok(!await page.getByText('Nomor tidak ditemukan').first().isVisible());
            await page.getByRole('link', { name: 'English' }).click();
            await page.getByText(/last synced with the office: \d+ \S+ \d{4}/).waitFor();
            assert.deepEqual(await looked(page, 'file-away-en'), []);
            assert.deepEqual(said.filter((s) => !/status of 404/.test(s)), []);
        });
    });

    test('give one and the same answer to what leads nowhere, and check no signature that is none', async () => {
        await withPage({}, async (page) => {
            const shown = new Set();
            for (const [what, code] of Object.entries(leadsNowhere())) {
                await page.goto(`${plain.url}/T/${code}`);
                await page.locator('h1:visible').waitFor();
                shown.add(await page.locator('main').innerText());
                assert.equal(shown.size, 1, what);
            }
            assert.match([...shown][0], /Nomor tidak ditemukan/);
            assert.deepEqual(await looked(page, 'file-none'), []);
            const footer = () => page.locator('footer > div:visible').allInnerTexts();
            assert.match((await footer()).join('|'), /^Bertanya atau mengadu: [^|]*Kapan data terakhir diperbarui\?$/);
            await page.getByRole('link', { name: 'English' }).click();
            await page.getByRole('heading', { name: 'Number not found' }).waitFor();
            assert.match((await footer()).join('|'), /^Questions and complaints: [^|]*When was the data last renewed\?$/);
            assert.deepEqual([await page.title(), await page.locator('html').getAttribute('lang')], ['Number not found', 'en']);
            assert.deepEqual(await looked(page, 'file-none-en'), []);
            // The page of a number says nothing about a receipt that is not its own, nor about a signature that was changed.
            for (const hash of [tokenOf(qr.received), forged(tokenOf(qr.ready))]) {
                await page.goto(`${plain.url}/T/${numbers.ready}/#${hash}`);
                await page.reload();
                await page.getByText(/Data per/).waitFor();
                await page.getByText('sah', { exact: true }).waitFor();
                assert.doesNotMatch(await page.locator('main').innerText(), /Tanda terima asli/);
            }
            const at = path.join(www(), 'T', numbers.ready, 'index.html'), good = fs.readFileSync(at, 'utf8');
            fs.writeFileSync(at, good.replace('data-stage="ready ', 'data-stage="verified '));
            await page.goto(`${plain.url}/T/${numbers.ready}/`);
            await page.reload();
            await page.getByText(/Data per/).waitFor();
            await page.waitForTimeout(300);
            assert.ok(!await page.getByText('sah', { exact: true }).isVisible(), 'a stage that was not signed');
        });
    });

    test("show headquarters' signature, as the site does where it is asked for, and anybody can check it", async () => {
        const { office } = JSON.parse(first['data.json'].text);
        const key = crypto.createPublicKey({ format: 'der', type: 'spki', key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(office, 'hex')]) });
        for (const stage of stages) {
            const link = (await get(`/T/${tokenOf(qr[stage])}?l=en`)).body.match(/<a href="([^"]*s=1)">Signature of the office/)[1];
            const shown = /<code id=office data-number=(\S+) data-stage="(.*?)">(.*?)<\/code>/;
            const [, number, what, signature] = (await get(`/T/${tokenOf(qr[stage])}${link}`)).body.match(shown);
            assert.deepEqual(first[`T/${numbers[stage]}/en.html`].text.match(shown).slice(1), [number, what, signature]);
            const bits = Buffer.alloc(8);
            bits.writeBigUInt64BE([...number.replaceAll('-', '').slice(0, 10)].reduce((n, c) => n << 5n | BigInt(alphabet.indexOf(c)), 0n));
            const message = Buffer.concat([Buffer.from('jemput-status-1\n'), bits, Buffer.from(what)]);
            assert.match(what, /^[a-z_]+ \d+$/);
            assert.ok(crypto.verify(null, message, key, Buffer.from(signature, 'base64')), stage);
            message[20] ^= 1;
            assert.ok(!crypto.verify(null, message, key, Buffer.from(signature, 'base64')));
        }
    });

    test('are readable without a script, which says how to go on', async () => {
        await withPage({ javaScriptEnabled: false }, async (page) => {
            await page.goto(`${plain.url}/T/${numbers.ready}`);
            assert.equal(page.url(), `${plain.url}/T/${numbers.ready}/`);
            await page.getByRole('link', { name: 'English' }).click();
            assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /[Rr]eady|issued/);
            await page.goto(`${plain.url}/T/${tokenOf(qr.ready)}`);
            const all = await page.locator('body').innerText();
            assert.match(all, /tidak menjalankan JavaScript.*runs no JavaScript/s);
            assert.match(all, /Bertanya atau mengadu: 0263-123456.*Questions and complaints: 0263-123456/s);
            assert.deepEqual(await looked(page, 'file-missing-plain'), []);
        });
    });

    test('are renewed where something changed, left alone elsewhere, and removed with what went', async () => {
        assert.equal(writeStatic().written, 1, 'the page that the test before altered');
        first = filesOf(www());
        assert.deepEqual(writeStatic(), { files: Object.keys(first).length, written: 0, removed: 0 });
        jem('hq', 'hq', 'decide', numbers.received, '--to', 'verified');
        exportStatus();
        const went = path.join(www(), 'T', numbers.away), theirs = path.join(www(), 'T', 'logo');
        fs.mkdirSync(went);
        for (const name of ['index.html', 'en.html']) fs.writeFileSync(path.join(went, name), 'an application that went');
        fs.mkdirSync(theirs);
        const { written, removed } = writeStatic(), now = filesOf(www());
        const differ = Object.keys(now).filter((f) => first[f]?.time !== now[f].time).sort();
        const dated = ['data.json', 'en.html', 'index.html']; // they name the minute of the data
        assert.deepEqual(differ.filter((f) => !dated.includes(f)), [`T/${numbers.received}/en.html`, `T/${numbers.received}/index.html`]);
        assert.equal(written, differ.length);
        assert.equal(removed, 2);
        assert.ok(!fs.existsSync(went) && fs.existsSync(theirs));
    });

    test('are not written over somebody else\'s', () => {
        const other = path.join(folder, 'other');
        fs.mkdirSync(other);
        fs.writeFileSync(path.join(other, 'index.html'), 'theirs');
        assert.throws(() => execFileSync(program, ['status-site', '--db', path.join(folder, 'status.db'), '--static', other], { stdio: 'pipe' }),
            (e) => e.status === 1 && /other pages/.test(e.stderr));
        assert.deepEqual(fs.readdirSync(other), ['index.html']);
    });
});

// Puts something that is no status data in the file's place; the result puts the good one back.
async function serveBroken(good, db) {
    fs.writeFileSync(`${db}.next`, crypto.randomBytes(8192));
    fs.renameSync(`${db}.next`, db);
    return () => {
        fs.copyFileSync(good, `${db}.next`);
        fs.renameSync(`${db}.next`, db);
    };
}
