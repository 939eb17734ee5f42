/* site.js - for status pages on a host that serves files only. It leads a typed number to its page and a receipt's code to
 * the page of its number, and says which signatures are good. Without it the pages of numbers are whole. */
(() => {
  'use strict';
  const english = /\/en\.html$/.test(location.pathname), page = english ? 'en.html' : '', lang = english ? 'en' : 'id';
  const each = (selector, what) => document.querySelectorAll(selector).forEach(what);

  /* ---- numbers and codes: Crockford's base 32; number.h and token.h say what they hold ---- */
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const symbols = (text) => [...text.toUpperCase().replace(/[\s-]/g, '')].map((c) => alphabet.indexOf({ I: '1', L: '1', O: '0' }[c] || c));
  const times = (x, y) => {
    let r = 0;
    for (; y; y >>= 1, x = (x << 1 ^ (x & 16 ? 0x25 : 0)) & 31) if (y & 1) r ^= x;
    return r;
  };
  const written = (of) => of.map((s) => alphabet[s]).join('').replace(/^(....)(....)/, '$1-$2-');
  const checked = (ten) => {
    let hi = 0, lo = 0;
    for (const s of ten) [hi, lo] = [lo ^ times(s ^ hi, 6), times(s ^ hi, 8)];
    return written([...ten, hi, lo]);
  };
  const bytes = (of) => {
    const out = new Uint8Array(of.length * 5 >> 3);
    of.forEach((s, i) => {
      for (let b = 0, at = i * 5; b < 5; b++, at++) if (s & 16 >> b && at >> 3 < out.length) out[at >> 3] |= 128 >> (at & 7);
    });
    return out;
  };
  const big = (of, to) => Array.from(of).reduce((n, b) => n << 8n | BigInt(b), 0n) & (1n << BigInt(to)) - 1n;
  /* {text, raw, van, number} of a receipt's code, or null. */
  const receipt = (text) => {
    const of = symbols(text);
    if (of.length !== 141 || of.includes(-1)) return null;
    const raw = bytes(of), van = Number(big(raw.subarray(1, 3), 16)), number = big(raw.subarray(7, 14), 56);
    if (raw[0] !== 1 || number >> 38n !== BigInt(van)) return null;
    return { text: text.toUpperCase(), raw, van, number: checked(Array.from({ length: 10 }, (_, i) => Number(number >> BigInt(45 - 5 * i) & 31n))) };
  };

  /* ---- Ed25519, to check only: RFC 8032, 5.1.7; nothing here is secret ---- */
  const P = (1n << 255n) - 19n, L = (1n << 252n) + 27742317777372353535851937790883648493n;
  const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
  const ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
  const mod = (x) => (x % P + P) % P;
  const power = (x, n) => {
    let r = 1n;
    for (x = mod(x); n; n >>= 1n, x = x * x % P) if (n & 1n) r = r * x % P;
    return r;
  };
  const little = (of) => big(Array.from(of).reverse(), 256);
  const add = (p, q) => {
    const a = mod((p[1] - p[0]) * (q[1] - q[0])), b = mod((p[1] + p[0]) * (q[1] + q[0]));
    const c = p[3] * q[3] % P * 2n * D % P, d = 2n * p[2] * q[2] % P;
    const [e, f, g, h] = [b - a, d - c, d + c, b + a];
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  };
  const point = (of) => {
    const n = little(of), y = n & (1n << 255n) - 1n, u = mod(y * y - 1n), v = mod(D * y * y + 1n);
    let x = u * power(v, 3n) % P * power(u * power(v, 7n), (P - 5n) / 8n) % P;
    if (y >= P) return null;
    if (mod(v * x * x) !== u) x = x * ROOT % P;
    if (mod(v * x * x) !== u || (x === 0n && n >> 255n)) return null;
    if ((x & 1n) !== n >> 255n) x = P - x;
    return [x, y, 1n, x * y % P];
  };
  const base = () => point([88].concat(Array(31).fill(102)));
  const signedBy = async (key, message, signature) => {
    const a = point(key), s = little(signature.subarray(32));
    if (!a || s >= L) return false;
    const hashed = new Uint8Array(await crypto.subtle.digest('SHA-512', Uint8Array.from([...signature.subarray(0, 32), ...key, ...message])));
    const k = big(hashed.reverse(), 512) % L, b = base(), minus = [P - a[0], a[1], 1n, P - a[3]], both = add(b, minus);
    let r = [0n, 1n, 1n, 0n];
    for (let i = 252n; i >= 0n; i--) {
      const which = Number(s >> i & 1n) + 2 * Number(k >> i & 1n);
      r = add(r, r);
      if (which) r = add(r, [b, minus, both][which - 1]);
    }
    const z = power(r[2], P - 2n), x = r[0] * z % P, y = r[1] * z % P;
    return (y | (x & 1n) << 255n) === little(signature.subarray(0, 32));
  };
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (two) => parseInt(two, 16));
  const words = (text) => [...text].map((c) => c.charCodeAt(0));

  const file = async (name) => {
    const answer = await fetch(name, { cache: 'no-cache' });
    return answer.ok ? answer.json() : null;
  };
  /* The file of the van that signed it, or null. */
  const genuine = async (code) => {
    const van = await file(`/v/${code.van}.json`);
    for (const key of van ? van.keys : [])
      if (await signedBy(unhex(key), [...words('jemput-receipt-1\n'), ...code.raw.subarray(0, 24)], code.raw.subarray(24))) return van;
    return null;
  };
  const say = (van, code) => {
    each('[data-van]', (e) => { e.textContent = van[e.closest('[lang]').lang][e.dataset.van]; });
    each('[data-number]:empty', (e) => { e.textContent = code.number; });
  };

  /* ---- the front page: a number, or a receipt's whole text, was typed ---- */
  const typed = () => {
    const text = new URLSearchParams(location.search).get('n');
    if (text === null) return false;
    const code = text.trim().replace(/^.*\/T\//i, ''), of = symbols(code);
    const to = of.includes(-1) ? '-' : of.length === 12 ? written(of) : of.length === 141 ? code.toUpperCase() : '-';
    location.replace(`/T/${to}/${page}`);
    return true;
  };

  /* ---- where there is no file. True: another page comes ---- */
  const missing = async () => {
    const [, part = ''] = location.pathname.match(/^\/t\/([^/]*)/i) || [], of = symbols(part);
    each('div[lang]', (e) => { e.hidden = e.lang !== lang; });
    root.lang = lang;
    document.title = document.querySelector(`div[lang=${lang}] [data-if=none] h1`).textContent;
    if (of.length === 12 && !of.includes(-1) && part !== written(of)) {
      location.replace(`/T/${written(of)}/${page}${location.hash}`);
      return true;
    }
    const number = of.length === 12, code = receipt(number ? location.hash.slice(1) : part);
    each('header a', (e) => {
      e.href = `/T/${part}/${english ? '' : 'en.html'}${location.hash}`;
      if (english) [e.textContent, e.lang] = ['Indonesia', 'id'];
    });
    if (!code || (number && code.number !== part)) return false;
    if (!number && !(crypto.subtle && !await genuine(code))) {
      location.replace(`/T/${code.number}/${page}#${code.text}`);
      return true;
    }
    const van = number && crypto.subtle && await genuine(code);
    if (van) {
      say(van, code);
      each('[data-if]', (e) => { e.hidden = e.dataset.if !== 'away'; });
      document.body.className = '';
      document.title = document.querySelector(`div[lang=${lang}] [data-if=away] h1`).textContent + ' ' + code.number;
    }
    return false;
  };

  /* ---- a number's page ---- */
  const found = async (office) => {
    const age = document.querySelector('.age'), data = await file('/data.json'), code = receipt(location.hash.slice(1));
    if (data) age.textContent = data[lang];
    if (!crypto.subtle || !data) return;
    const { number, stage } = office.dataset, value = symbols(number).slice(0, 10).reduce((n, s) => n << 5n | BigInt(s), 0n);
    const message = [...words('jemput-status-1\n'), ...Array.from({ length: 8 }, (_, i) => Number(value >> BigInt(56 - 8 * i) & 255n)), ...words(stage)];
    office.nextElementSibling.hidden = !await signedBy(unhex(data.office), message, Uint8Array.from(words(atob(office.textContent))));
    const van = code && code.number === number && await genuine(code);
    if (!van) return;
    say(van, code);
    each('header a', (e) => { e.hash = location.hash; });
  };

  const root = document.documentElement;
  root.hidden = /^\/t\/[^/]{100}/i.test(location.pathname); // not found, until the receipt is read
  document.addEventListener('DOMContentLoaded', async () => {
    const office = document.getElementById('office');
    let leaves = false;
    try {
      leaves = office ? await found(office) : document.querySelector('[data-if]') ? await missing() : typed();
    } finally {
      root.hidden = leaves === true;
    }
  });
})();
