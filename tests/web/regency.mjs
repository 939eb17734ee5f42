// regency.mjs - real folders for the browser suites: one HQ, one van, a bare hub, made by the shipped program; the
// officer's pages of a folder on a free port; a Chromium that asks nobody else.
import { execFile, spawn } from 'node:child_process';
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
export const jemput = resolve(process.env.JEMPUT || join(here, '../../build/jemput'));
const fixtures = resolve(process.env.B || join(here, '../../build'), 'tests/fixtures');
export const shots = resolve(process.env.B || join(here, '../../build'), 'shots');
export const passphrase = 'sawah hijau kali jernih';
export const run = promisify(execFile);

/* A regency in a fresh folder: { dir, hq, van, hub, cli(folder, ...args), enrol(name, number), aged(days, number), close() }; enrol
 * makes another van and gives its folder; aged: so many days ago the van recorded one more, or headquarters rejected this one. */
export async function regency() {
  const dir = await mkdtemp(join(process.env.TMPDIR || tmpdir(), 'jem-web-'));
  const file = join(dir, 'passphrase');
  await writeFile(file, passphrase + '\n');
  const [hq, van, hub] = ['hq', 'van', 'hub.git'].map((n) => join(dir, n));
  const env = { ...process.env, JEMPUT_PASSPHRASE_FILE: file };
  const cli = async (folder, ...args) => {
    const user = folder === hq ? 'rina' : 'siti';
    const { stdout } = await run(jemput, ['-C', folder, '--json', '--user', user, ...args], { env, maxBuffer: 1 << 26 });
    return stdout ? JSON.parse(stdout) : null;
  };
  const init = async (folder, ...args) => {
    await cli(folder, 'init', '--hub', hub, ...args);
    await run(fixtures, ['slot', folder, folder === hq ? 'rina' : 'siti', file]); // logins cost next to nothing
  };
  await run(jemput, ['hub', 'init', hub]);
  await init(hq, '--role', 'hq', '--name', 'Dukcapil Cianjur', '--region', '3203', '--host', 'status.cianjur.example',
    '--contact', '0263-000000');
  const enrol = async (name, number, called) => {
    const folder = join(dir, name), request = join(dir, name + '.request'), grant = join(dir, name + '.grant');
    await init(folder, '--role', 'van', '--name', called);
    await cli(folder, 'enrol', 'request', '-o', request);
    await cli(hq, 'hq', 'enrol', request, '--number', String(number), '-o', grant);
    await cli(folder, 'enrol', 'accept', grant);
    await cli(hq, 'hq', 'sync');
    await cli(folder, 'sync');
    return folder;
  };
  await enrol('van', 3, 'Van Cibeber');
  const aged = (days, number) => run(fixtures, ['aged', ...(number ? [hq, 'rina'] : [van, 'siti']), file, String(days),
    ...(number ? [number] : [])]);
  return { dir, hq, van, hub, cli, enrol, aged, close: () => rm(dir, { recursive: true, force: true }) };
}

/* The pages of a folder: { url, host, log(), stop() }. stop() is what Ctrl-C does, and gives the exit code. */
export async function serve(folder, ...args) {
  const child = spawn(jemput, ['-C', folder, '--json', 'serve', '--listen', '127.0.0.1:0', ...args]);
  return listening(child);
}

/* The same with a second port, by TLS: { .., tls: its url }. */
export async function serveCounters(folder, ...args) {
  const child = spawn(jemput, ['-C', folder, '--json', 'serve', '--listen', '127.0.0.1:0', '--local', '127.0.0.1:0', '--tls', ...args]);
  return listening(child);
}

/* The same with virtual USB devices around it (tests/devices/vusb_run.c): folders with their KEY=VALUE. do(n, text) does something to the nth
 * while it runs; served() is the server's process. */
export async function serveOnBus(folder, devices, ...args) {
  const built = resolve(process.env.B || join(here, '../../build'), 'tests'), control = folder + '.control';
  await rm(control, { force: true });
  await run('mkfifo', [control]);
  const child = spawn('umockdev-wrapper', [join(built, 'vusb_run'), ...devices, '--', 'sh', '-c', 'echo $$ >"$0.pid"; exec "$@"', folder,
    jemput, '-C', folder, '--json', 'serve', '--listen', '127.0.0.1:0', ...args], { cwd: join(here, '../..'),
    env: { ...process.env, VUSB_CONTROL: control, SANE_CONFIG_DIR: join(folder, '..', 'sane'), CUPS_SERVER: folder + '/no-cups',
      ASAN_OPTIONS: (process.env.ASAN_OPTIONS || '') + ':verify_asan_link_order=0' } });
  const site = await listening(child), pipe = await open(control, 'r+');
  const pid = async () => Number(await readFile(folder + '.pid', 'utf8'));
  return {
    ...site,
    do: (n, text) => pipe.write(`${n} ${text}\n`),
    served: pid,
    kill: async (signal) => {
      process.kill(await pid(), signal);
      await site.ended;
      await pipe.close();
    },
    stop: async () => {
      process.kill(await pid(), 'SIGTERM');
      const code = await site.ended;
      await pipe.close();
      return code;
    },
  };
}

export async function listening(child) {
  let out = '', log = '';
  child.stderr.on('data', (d) => (log += d));
  const ended = new Promise((done) => child.on('exit', (code, signal) => done(signal || code)));
  const { url, tls } = await new Promise((done, fail) => {
    child.stdout.on('data', (d) => {
      out += d;
      if (out.includes('\n')) done(JSON.parse(out));
    });
    child.on('error', fail);
    ended.then((code) => fail(new Error(`serve ended: ${code} ${log}`)));
  });
  return {
    url: url.replace(/\/$/, ''),
    host: new URL(url).host,
    tls: tls?.replace(/\/$/, ''),
    pid: child.pid,
    ended,
    log: () => log,
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/* How Chromium is started: without a window, and asking nobody. */
export const launch = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium-headless-shell',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
    '--disable-quic', '--disable-gpu', '--disable-dev-shm-usage'],
};
/* One that compiles quickly rather than well: a page of a suite lives a second. */
const quick = ['--js-flags=--single-threaded --no-opt --always-sparkplug'];
export const browser = () => chromium.launch({ ...launch, args: [...launch.args, ...quick] });

/* A page that notes what a browser complains about. Answers that are meant to be refusals (422, 404 ...) are none. */
export async function watched(context) {
  const page = await context.newPage();
  page.complaints = [];
  page.keys = page.presses = 0;
  // A person pauses before Enter; without that a typed text is a scanner's.
  const { press, type } = { press: page.keyboard.press.bind(page.keyboard), type: page.keyboard.type.bind(page.keyboard) };
  page.keyboard.press = async (key) => {
    page.keys++;
    page.presses++;
    if (key === 'Enter') await page.waitForTimeout(40);
    await press(key);
  };
  page.keyboard.type = (text) => {
    page.keys += text.length;
    return type(text);
  };
  page.on('console', (m) => {
    // a refusal that is looked at; prints that come faster than a person hands over receipts
    const refusal = /Failed to load resource: the server responded with a status of 4\d\d|too frequent calls to print/.test(m.text());
    if ((m.type() === 'error' || m.type() === 'warning') && !refusal) page.complaints.push(m.text());
  });
  page.on('pageerror', (e) => page.complaints.push(String(e)));
  page.on('response', (r) => r.status() >= 500 && page.complaints.push(`${r.status()} ${r.url()}`));
  return page;
}

export async function login(page, url, user = 'siti', lang = 'id') {
  await page.goto(`${url}/masuk?l=${lang}`);
  await page.waitForFunction(() => document.activeElement.id === 'user');
  await page.keyboard.type(user);
  await page.keyboard.press('Tab');
  await page.keyboard.type(passphrase);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#strip');
}

/* With SHOTS=1 a picture of the whole page stays in the build's folder of shots: for people to look at. */
const pictures = process.env.SHOTS === '1';
export async function shot(page, name) {
  if (!pictures) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, name + '.png'), fullPage: true });
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const widthRules = { type: 'rule', values: ['color-contrast', 'target-size', 'scrollable-region-focusable'] };
/* What the page does against the rules of accessibility, one text each. */
export async function violations(page, name, runOnly = rules) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    await page.evaluate(axe);
    // Where scripts are off Chromium calls no timer, only what a promise calls.
    await page.evaluate(() => matchMedia('(scripting: none)').matches &&
      (globalThis.setTimeout = (call, wait, ...given) => { Promise.resolve().then(() => call(...given)); return 0; }));
  }
  const found = await page.evaluate(async (only) => (await axe.run(document, { runOnly: only, resultTypes: ['violations'],
    preload: !matchMedia('(scripting: none)').matches })).violations
    .map((v) => `${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`), runOnly);
  return found.map((v) => `${name}: ${v}`);
}
/* The faults of a page at four widths: all rules at the widest and the narrowest, where things fold and hide; between them the
 * rules that depend on the width; nothing too wide at any. */
export async function faultsOf(page, name) {
  const faults = [], before = page.viewportSize();
  for (const width of [1366, 800, 360, 320]) {
    await page.setViewportSize({ width, height: 768 });
    faults.push(...await violations(page, `${name} at ${width}`, width === 1366 || width === 320 ? rules : widthRules));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth ? null :
      [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
        .map((e) => e.outerHTML.slice(0, 120)).slice(0, 3).join(' '));
    if (wide !== null) faults.push(`${name} is too wide at ${width}: ${wide}`);
    if (width !== 360) await shot(page, `${name}-${width}`);
  }
  await page.setViewportSize(before);
  return faults;
}
export const audit = async (page, name) => assert.deepEqual(await faultsOf(page, name), []);

/* Bytes of a page and what it asks for, pictures apart: on the wire, and unpacked. An officer's page may have WEIGHT on the wire. */
export const WEIGHT = 30_000;
export const weight = (page) => page.evaluate(() => [...performance.getEntriesByType('navigation'),
  ...performance.getEntriesByType('resource').filter((r) => /\.(css|js)$/.test(r.name))]
  .reduce((sum, r) => ({ wire: sum.wire + r.encodedBodySize, raw: sum.raw + r.decodedBodySize }), { wire: 0, raw: 0 }));
export const light = async (page, name) => {
  const { wire } = await weight(page);
  assert.ok(wire <= WEIGHT, `${name} weighs ${wire} bytes`);
};

/* A page audited in one language: the texts of the other are checked by unit/text, and most of the page is the same. */
export async function once(page, base, name, path, lang) {
  await page.emulateMedia({ colorScheme: lang === 'en' ? 'dark' : 'light' });
  await page.goto(`${base}${path}${path.includes('?') ? '&' : '?'}l=${lang}`);
  await light(page, name);
  await audit(page, `${name}-${lang}`);
}

/* A scan as small as it gets that still is a picture: grey, with some lines. PNG by hand, no library. */
const table = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const crc32 = (b) => ~b.reduce((c, x) => table[(c ^ x) & 255] ^ (c >>> 8), -1) >>> 0;
export function png(width = 620, height = 877, seed = 1) {
  const rows = Buffer.alloc((width + 1) * height, 0xf4);
  for (let y = 0; y < height; y++) {
    rows[y * (width + 1)] = 0;
    const line = y % 34;
    if (y > 60 && line > 10 && line < 22)
      for (let x = 60; x < width - 60 - ((y * 7 * seed) % 180); x++) if ((x * 13 + y * seed) % 5 < 3) rows[y * (width + 1) + 1 + x] = 0x30;
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0))]);
}

/* What a camera held on its side writes: 2000 x 1500, with an EXIF segment that names a place. page: any with scripts. */
export async function cameraJpeg(page) {
  const plain = Buffer.from(await page.evaluate(() => {
    const c = Object.assign(document.createElement('canvas'), { width: 2000, height: 1500 }), x = c.getContext('2d');
    x.fillStyle = '#eee';
    x.fillRect(0, 0, 2000, 1500);
    x.fillStyle = '#222';
    for (let y = 200; y < 1300; y += 60) x.fillRect(200, y, 900 + (y % 700), 22);
    return c.toDataURL('image/jpeg', 0.9).split(',')[1];
  }), 'base64');
  const tiff = Buffer.from('49492a000800000002001201030001000000060000000f010200080000002600000000000000', 'hex');
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from('GPS-6.82')]);
  return Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif, plain.subarray(2)]);
}

/* Numbers of persons that the rules take: district of Cianjur, a day of birth, a serial. */
let serial = 100;
export function nik(day = 17, month = 8, year = 90) {
  const two = (n) => String(n).padStart(2, '0');
  return '320301' + two(day) + two(month) + two(year) + String(serial++).padStart(4, '0');
}
