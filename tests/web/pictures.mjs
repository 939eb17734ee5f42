// pictures.mjs - takes the README's pictures of a running demo: node pictures.mjs DEMO-FOLDER VAN-URL SITE-URL
// Writes tests/web/shots/*.png. The demo is `make run`; its folder holds the commands van1 and office. pngquant makes
// the pictures small. Where the browser suites left a picture of each screen (SHOTS=1 make test), they are laid on sheets:
// screens-wide-N.png at 1366 px, screens-narrow-N.png at 320 px.
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { browser, shots as each } from './regency.mjs';

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

const screens = (await readdir(each).catch(() => [])).filter((s) => !s.includes('-en-')).sort(); // each in one language
for (const [name, end, columns, width, sheet] of [['wide', '-1366.png', 6, 300, 60], ['narrow', '-320.png', 12, 150, 120]]) {
  const these = screens.filter((s) => s.endsWith(end));
  for (let at = 0; at < these.length; at += sheet) {
    const page = await open(columns * (width + 12), 600), file = join(each, 'sheet.html');
    await writeFile(file, `<!doctype html><body style="margin:6px;font:11px sans-serif;background:#ddd"><div style="display:grid;gap:12px;
      grid-template-columns:repeat(${columns},${width}px)">` + these.slice(at, at + sheet).map((s) => `<figure style="margin:0;overflow:hidden;
      max-height:${1.2 * width + 200}px">${s.slice(0, -end.length)}<img width=${width} src="${encodeURIComponent(s)}"></figure>`).join('') + '</div>');
    await page.goto(pathToFileURL(file).href);
    await page.screenshot({ path: join(shots, `screens-${name}-${at / sheet + 1}.png`), fullPage: true });
  }
}
await chrome.close();
for (const name of await readdir(shots)) await run('pngquant', ['--force', '--ext', '.png', '--strip', '64', join(shots, name)]);
