// pictures.mjs - takes the README's pictures of a running demo: node pictures.mjs DEMO-FOLDER VAN-URL SITE-URL
// Writes tests/web/shots/*.png. The demo is `make run`; its folder holds the commands van1 and office. pngquant makes
// the pictures small.
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { browser } from './regency.mjs';

const [demo, van, site] = process.argv.slice(2);
const shots = join(dirname(fileURLToPath(import.meta.url)), 'shots');
const run = promisify(execFile);
const ask = async (...args) => JSON.parse((await run(resolve(demo, 'van1'), ['--json', ...args])).stdout);
const only = async (status) => (await ask('list', '--status', status)).applications[0].number;

await mkdir(shots, { recursive: true });
const chrome = await browser();
const open = async (width, height) =>
  (await chrome.newContext({ viewport: { width, height }, colorScheme: 'light' })).newPage();

const officer = await open(1200, 720);
await officer.goto(van + '/masuk');
await officer.fill('#user', 'siti');
await officer.fill('#pass', (await readFile(resolve(demo, 'passphrases/van1'), 'utf8')).trim());
await officer.press('#pass', 'Enter');
await officer.waitForSelector('#strip');
await officer.waitForLoadState('networkidle');
await officer.screenshot({ path: join(shots, 'officer-list.png') });

const handed = await only('handed_over');
await officer.goto(`${van}/p/${handed}`);
await officer.waitForLoadState('networkidle');
await officer.screenshot({ path: join(shots, 'officer-record.png') });

await officer.goto(van + '/baru/ktp-el');
await officer.fill('#f-nik', (await ask('show', handed)).fields.nik);
await officer.waitForSelector('#known .earlier:not([hidden])');
await officer.keyboard.press('F4');
await officer.waitForSelector('#m-name');
await officer.check('[name="f.request"][value=rusak]');
await officer.check('[name="f.recorded"][value=ya]');
await officer.screenshot({ path: join(shots, 'officer-form.png') });
await officer.keyboard.press('F9');
await officer.waitForSelector('.answers');
await officer.screenshot({ path: join(shots, 'officer-check.png') });

const citizen = await open(400, 700);
await citizen.goto(`${site}/T/${handed.replaceAll('-', '')}`);
await citizen.screenshot({ path: join(shots, 'citizen.png'), fullPage: true });

// The receipt as the printer gets it, its upper part at 203 dots an inch.
const paper = join(shots, 'receipt.pdf');
await run(resolve(demo, 'van1'), ['receipt', handed, '--format', 'pdf', '-o', paper]);
const upper = ['-r', '203', '-gray', '-png', '-H', '1030', '-singlefile'];
const { stdout } = await run('pdftoppm', [...upper, paper], { encoding: 'buffer' });
await writeFile(join(shots, 'receipt.png'), stdout);
await rm(paper);
await chrome.close();
for (const name of await readdir(shots)) await run('pngquant', ['--force', '--ext', '.png', '--strip', '64', join(shots, name)]);
