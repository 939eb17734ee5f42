// receiptline.mjs - the printer of the tests executes the jobs of another generator of ESC/POS (npm's receiptline), by three
// commands: GS v 0, GS 8 L with GS ( L, and ESC * of an impact head. A picture comes out dot by dot; a QR code is read.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const require = createRequire(new URL('../web/package.json', import.meta.url));
const receiptline = require('receiptline');
const { PNG } = createRequire(require.resolve('receiptline'))('pngjs');
const paper = `${process.env.B}/tests/escpos_paper`;

// A picture of black and white dots from a fixed sequence.
function picture(width, height) {
  const png = new PNG({ width, height });
  let seed = 12345;
  for (let i = 0; i < width * height; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const black = (seed >>> 16) % 3 === 0;
    png.data.set(black ? [0, 0, 0, 255] : [255, 255, 255, 255], i * 4);
  }
  return png;
}

function print(document, command, dots, head) {
  const printer = { cpl: 48, encoding: 'cp437', command, gradient: false, threshold: 128, cutting: true, spacing: true };
  const bytes = Buffer.from(receiptline.transform(document, printer), 'binary');
  const done = spawnSync(paper, head ? [String(dots), head] : [String(dots)], { input: bytes, maxBuffer: 1 << 26 });
  assert.equal(done.status, 0, done.stderr.toString());
  const [, width, height, start] = pbmHead(done.stdout);
  return { pbm: done.stdout, width, height, told: done.stderr.toString(),
    dot: (x, y) => done.stdout[start + y * Math.ceil(width / 8) + (x >> 3)] >> (7 - (x & 7)) & 1 };
}

function pbmHead(b) {
  const m = /^P4\n(\d+) (\d+)\n/.exec(b.subarray(0, 40).toString('latin1'));
  assert.ok(m);
  return ['P4', Number(m[1]), Number(m[2]), m[0].length];
}

// The picture stands somewhere on the paper, and every dot of ink is its.
function holds(out, png) {
  let left = out.width, top = -1, ink = 0, wanted = 0;
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++)
      if (out.dot(x, y)) {
        ink++;
        left = Math.min(left, x);
        if (top < 0) top = y;
      }
  const black = (x, y) => png.data[(y * png.width + x) * 4] === 0;
  let pngLeft = png.width, pngTop = -1;
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++)
      if (black(x, y)) {
        wanted++;
        pngLeft = Math.min(pngLeft, x);
        if (pngTop < 0) pngTop = y;
      }
  assert.equal(ink, wanted);
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++)
      assert.equal(out.dot(left - pngLeft + x, top - pngTop + y), black(x, y) ? 1 : 0, `dot ${x}, ${y}`);
}

for (const [command, dots, head] of [['generic', 576], ['escpos', 576], ['impact', 400, 'impact']])
  test(`a picture by ${command}`, () => {
    for (const [width, height] of [[200, 150], [96, 8], [33, 61]]) {
      const png = picture(width, height);
      const out = print(`{image:${PNG.sync.write(png).toString('base64')}}`, command, dots, head);
      holds(out, png);
    }
  });

test('a QR code', () => {
  const text = 'HTTPS://STATUS.EXAMPLE/T/0123456789';
  for (const command of ['generic', 'escpos']) {
    const out = print(`{code:${text};option:qrcode,6,m}`, command, 576);
    const read = spawnSync('zbarimg', ['--raw', '-q', '--nodbus', 'pbm:-'], { input: out.pbm });
    assert.equal(read.stdout.toString().trim(), text, command);
  }
});

test('text, rules and a cut are executed, and text is seen as characters', () => {
  const out = print('Tanda terima | 12.000\n---\n"tebal" | `terbalik`\n=', 'generic', 576);
  assert.match(out.told, /[1-9]\d* characters, [12] cuts/);
});
