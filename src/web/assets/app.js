// app.js - what the pages do beyond HTML: keys, code scanners, drafts, progress. Every page works without it.
'use strict';
(() => {
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];
  const make = (tag, props) => Object.assign(document.createElement(tag), props);
  const entry = $('form[data-draft]');
  const inside = 'in' in document.body.dataset;
  const typing = (el) => el && (/^(TEXTAREA|SELECT)$/.test(el.tagName) || el.isContentEditable ||
    (el.tagName === 'INPUT' && !/^(radio|checkbox|file|submit|button)$/.test(el.type)));
  const go = (path) => { saveDraft(); location.assign(path); };

  // ---- drafts: kept as each field is left ----
  let lastDraft = '';
  async function saveDraft() {
    if (!entry || entry.dataset.sent) return;
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(entry)) if (typeof value === 'string') data.append(name, value);
    const text = data.toString();
    if (text === lastDraft) return;
    lastDraft = text;
    const note = $('#saved');
    try {
      const answer = await fetch('/api/draf', { method: 'POST', body: data, keepalive: true });
      if (answer.status === 401) { lastDraft = ''; lock(); }
      else {
        const { at, error } = await answer.json();
        note.textContent = answer.ok ? note.dataset.t + ' ' + at : error || '';
        note.className = answer.ok ? '' : 'fault bad';
      }
    } catch { note.textContent = ''; lastDraft = ''; }
  }
  if (entry) {
    lastDraft = new URLSearchParams([...new FormData(entry)].filter((p) => typeof p[1] === 'string')).toString();
    entry.addEventListener('focusout', saveDraft);
    entry.addEventListener('change', saveDraft);
  }
  // A second Enter while the first is on its way would ask twice. What only fetches a file may do so again.
  document.addEventListener('submit', (e) => {
    const form = e.target;
    if (form.method !== 'post' || 'again' in form.dataset) return;
    if (form.dataset.sent) e.preventDefault();
    form.dataset.sent = '1';
  });
  addEventListener('pageshow', () => $$('form').forEach((f) => delete f.dataset.sent));

  // ---- the lock: over a page on which something was typed; anything else is loaded anew, as the login ----
  const shut = $('#lock');
  let typed = !!entry;
  if (inside) document.addEventListener('input', (e) => { if (!shut.contains(e.target)) typed = true; });
  function lock() {
    if (!shut || shut.open) return;
    shut.showModal();
    $('#lockp').focus();
  }
  shut?.addEventListener('cancel', (e) => e.preventDefault());
  shut?.addEventListener('submit', async (e) => {
    e.preventDefault();
    e.stopImmediatePropagation();
    const pass = $('#lockp'), note = $('.note', shut);
    const body = new URLSearchParams({ user: document.body.dataset.in, pass: pass.value, buka: '1' });
    let answer = {};
    try { answer = await (await fetch('/masuk', { method: 'POST', body })).json(); } catch { /* as if refused */ }
    pass.value = '';
    note.hidden = !!answer.ok;
    note.textContent = answer.error || '';
    if (!answer.ok) { pass.focus(); return; }
    $$('input[name=t]').forEach((t) => { t.value = answer.token; });
    shut.close();
    saveDraft();
  });

  // ---- fields ----
  document.addEventListener('focusout', (e) => {
    const el = e.target;
    if (el.dataset && 'date' in el.dataset && /^\d{8}$/.test(el.value))
      el.value = el.value.replace(/^(\d\d)(\d\d)(\d{4})$/, '$1-$2-$3');
  });
  let villageTimer;
  document.addEventListener('input', (e) => {
    const el = e.target;
    if (!el.dataset || !('desa' in el.dataset) || /\(\d{10}\)$/.test(el.value)) return;
    clearTimeout(villageTimer);
    villageTimer = setTimeout(async () => {
      const answer = await fetch('/api/desa?q=' + encodeURIComponent(el.value));
      if (answer.ok) el.list.replaceChildren(...(await answer.json()).map((t) => make('option', { value: t })));
    }, 120);
  });
  document.addEventListener('change', (e) => {
    const el = e.target;
    if (el.type !== 'file') return;
    $('.thumbs', el.parentNode)?.remove();
    const box = make('div', { className: 'thumbs' });
    for (const file of el.files) {
      if (!file.type.startsWith('image/')) continue;
      const url = URL.createObjectURL(file);
      box.append(make('img', { src: url, alt: file.name, onload: () => URL.revokeObjectURL(url) }));
    }
    if (box.childElementCount) el.after(box);
    if (el.files.length && document.activeElement === el) walk(el);
  });

  // ---- the form: from one needed field to the next ----
  const boxOf = (el) => el?.closest('.field, .doc');
  const control = (box) => $('input:not([type=hidden], [type=checkbox]), select, textarea', box);
  function open(box) {
    const el = control(box);
    if (!el) return false;
    if (el.type === 'file') return !el.files.length && !$('.kept, [data-page]', box);
    if (!el.required) return false;
    return el.type === 'radio' ? !$(':checked', box) : !el.value;
  }
  function walk(from) {
    const here = boxOf(from);
    const boxes = $$('.field, .doc.needed', entry).filter((b) => b !== here && open(b));
    const after = (b) => here && here.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING;
    const next = boxes.find(after) || boxes[0];
    (next ? control(next) : $('[data-save]', entry)).focus();
  }
  function choose(radio, letter) {
    const all = $$('label', radio.closest('.field')).map((l) => [$('input', l), l.textContent.trim().toLowerCase()])
      .filter(([input, text]) => input && text.startsWith(letter));
    if (!all.length) return;
    const [input] = all[(all.findIndex(([i]) => i.checked) + 1) % all.length];
    input.focus();
    if (!input.checked) input.click();
    if (all.length === 1) walk(input);
  }

  // ---- the form: what need not be typed ----
  const offers = new Map();
  const set = (name, value) => {
    const all = $$(`[name="f.${name}"]`, entry);
    if (all[0]?.type === 'radio') all.forEach((r) => (r.checked = r.value === value));
    else if (all[0]) all[0].value = value;
    return all[0];
  };
  const blank = (name) => {
    const all = $$(`[name="f.${name}"]`, entry);
    return all[0] && (all[0].type === 'radio' ? !all.some((r) => r.checked) : !all[0].value);
  };
  function unmark(source) {
    for (const mark of $$('.from', entry)) {
      if (!$('input', mark).value.startsWith(source)) continue;
      set($('input', mark).name.slice(2), '');
      mark.remove();
    }
  }
  function fill(list) {
    for (const { f, v, m, n } of list) {
      if (!blank(f)) continue;
      const mark = make('small', { className: 'from', id: 'm-' + f, textContent: n });
      mark.append(make('input', { type: 'hidden', name: 'm.' + f, value: m }));
      boxOf(set(f, v)).append(mark);
    }
    saveDraft();
  }
  async function known(el) {
    const field = el.name.slice(2), nik = el.value.replace(/\D/g, '');
    if (el.dataset.asked === nik) return;
    const again = el.dataset.asked;
    el.dataset.asked = nik;
    $('[data-live]', boxOf(el))?.remove();
    if (nik.length !== 16) return;
    const body = new URLSearchParams({ t: $('[name=t]', entry).value, service: $('[name=service]', entry).value, field, nik });
    let found;
    try {
      const answer = await fetch('/api/orang', { method: 'POST', body });
      if (!answer.ok) return;
      found = await answer.json();
    } catch { return; /* it can all be typed */ }
    if (el.dataset.asked !== nik) return;
    if (!found.ok) {
      boxOf(el).append(make('p', { className: 'fault bad', textContent: found.t }));
      boxOf(el).lastElementChild.dataset.live = '';
      return;
    }
    if (again && field === 'nik') { unmark('nik='); unmark('earlier:'); }
    fill(found.fill);
    offers.set(field, found.offer);
    if (field === 'nik') {
      $('#known .place').textContent = found.place;
      const list = $('#known .earlier');
      list.hidden = !found.rows.length;
      $('ul', list).replaceChildren(...found.rows.map((r) => {
        const li = make('li', {});
        li.append(make('a', { href: '/p/' + r.number, target: '_blank', rel: 'noopener', textContent: r.number }), ' ' + r.t);
        return li;
      }));
    }
    $('[data-fill]').hidden = ![...offers.values()].flat().some(({ f }) => blank(f));
  }
  async function fillAll() {
    for (const el of $$('[data-nik]', entry)) await known(el);
    fill([...offers.values()].flat());
    $('[data-fill]').hidden = true;
    walk($('[data-nik]', entry));
  }
  if (entry) {
    $('.walk', entry).hidden = false;
    $('[data-fill]').hidden = !$('#known .earlier:not([hidden])') || $('[data-fill]').hidden;
    entry.addEventListener('input', (e) => {
      const el = e.target;
      boxOf(el)?.querySelector('.from')?.remove();
      if ('nik' in el.dataset) known(el);
    });
    entry.addEventListener('click', (e) => {
      if (!e.target.closest('[data-fill]')) return;
      e.preventDefault();
      fillAll();
    });
    // A code scanner's Enter was taken away before this. A button, a file and a long text keep theirs.
    entry.addEventListener('keydown', (e) => {
      const el = e.target;
      if (e.key !== 'Enter' || e.ctrlKey || /^(BUTTON|TEXTAREA|A|SUMMARY)$/.test(el.tagName) || el.type === 'file') return;
      if (!boxOf(el)) return;
      e.preventDefault();
      walk(el);
    });
  }

  // ---- two officers at one application ----
  const together = $('form[data-together]');
  async function others() {
    if (document.visibilityState === 'visible') {
      const body = new URLSearchParams([...new FormData(together)].filter(([n]) => n === 't' || n.startsWith('b.')));
      try {
        const answer = await fetch(together.action.replace(/ubah$/, 'bersama'), { method: 'POST', body });
        if (answer.ok) {
          const { open, changed } = await answer.json();
          const note = $('#together');
          note.hidden = !open && !changed.length;
          if ($('p', note).textContent !== open) $('p', note).textContent = open;
          $('div', note).hidden = !changed.length;
          if ($$('li', note).length !== changed.length) $('ul', note).replaceChildren(...changed.map((t) => make('li', { textContent: t })));
        }
      } catch { /* asked again */ }
    }
    setTimeout(others, 5000);
  }
  if (together) setTimeout(others, 1000);

  // ---- choosing a service ----
  const pick = $('#pick');
  const services = () => $$('#services li:not([hidden]) a');
  function number() {
    $$('#services kbd').forEach((k) => k.remove());
    services().slice(0, 9).forEach((a, i) => a.append(make('kbd', { textContent: i + 1, ariaHidden: 'true' })));
    $('#pick0').hidden = services().length > 0;
  }
  if (pick) {
    pick.parentNode.hidden = false;
    pick.focus();
    number();
    pick.addEventListener('input', () => {
      const words = pick.value.toLowerCase().split(/\s+/);
      $$('#services li').forEach((li) => {
        const text = li.firstElementChild.firstElementChild.textContent.toLowerCase();
        li.hidden = !words.every((w) => text.includes(w));
      });
      number();
    });
    pick.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' && pick.value && services()[0]) { e.preventDefault(); go(services()[0].href); }
    });
  }

  // ---- keys ----
  function rows(step) {
    const all = $$('a.row');
    const at = all.indexOf(document.activeElement);
    all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
  }
  const letters = {
    '/': () => { $('#q')?.focus(); $('#q')?.select(); },
    '?': () => $('#keys')?.showModal(),
    s: () => { const f = $('#syncform'); if (f) f.requestSubmit(); else go('/sinkron'); },
    j: () => rows(1),
    k: () => rows(-1),
    m: () => document.activeElement?.closest('tr')?.querySelector('input[type=checkbox]')?.click(),
  };
  // What a page names a key for: a detail is opened and its first control focused, a button pressed.
  function keyPressed(it) {
    if (it.tagName !== 'DETAILS') { it.click(); return; }
    it.open = true;
    $('form :is(select, input:not([type=hidden]), button)', it)?.focus();
  }
  function special(e) {
    if (e.key === 'F2' && $('nav a[href="/baru"]')) { e.preventDefault(); go('/baru'); }
    if (e.key === 'F4' && $('[data-fill]')) { e.preventDefault(); fillAll(); }
    if (e.key === 'F8' && $('[data-scan]')) { e.preventDefault(); $('[data-scan]').click(); }
    if (e.key === 'F9' && $('[data-save]')) { e.preventDefault(); $('[data-save]').click(); }
    if (e.key === 'Escape' && $('[data-back]') && !$('dialog[open]')) go($('[data-back]').href);
  }

  // ---- code scanners: a burst of keys that ends in Enter ----
  let burst = '', last = 0, field = null, before = '', later;
  function scanned(text) {
    const own = /^jemput.s.([0-9a-z]{4}.?[0-9a-z]{4})$/i.exec(text);
    if (own) { if (field) field.value = before; go('/mandiri?k=' + encodeURIComponent(own[1])); return; }
    const receipt = text.length > 100 || /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/i.test(text);
    if (field && !receipt) return; // a code for this field: only its Enter is taken away
    if (field) field.value = before;
    if (inside) go('/pindai?q=' + encodeURIComponent(text));
  }
  const kiosk = 'kiosk' in document.body.dataset;
  if (inside || kiosk) addEventListener('keydown', (e) => {
    clearTimeout(later);
    if (shut?.open) { burst = ''; return; }
    if (e.key === 'Shift') return;
    // Nobody types six keys that fast: it is a scanner, which may pause while the laptop is busy.
    const gap = e.timeStamp - last, fast = gap < (burst.length < 6 ? 35 : 300);
    last = e.timeStamp;
    if (e.key === 'Enter') {
      const text = burst;
      burst = '';
      if (gap < 35 && text.length >= 6) { e.preventDefault(); e.stopPropagation(); scanned(text); }
      return;
    }
    if (e.key.length !== 1 || e.ctrlKey || e.altKey || e.metaKey) { burst = ''; special(e); return; }
    const active = document.activeElement;
    if (!fast || !burst) {
      burst = '';
      field = typing(active) ? active : null;
      before = field ? field.value : '';
    }
    burst += e.key;
    if (pick && active === pick && !pick.value && burst.length === 1 && /[1-9]/.test(e.key) && services()[e.key - 1]) {
      e.preventDefault();
      later = setTimeout(() => go(services()[e.key - 1].href), 40);
      return;
    }
    if (field || burst.length > 1 || $('dialog[open]')) return;
    if (active?.type === 'radio' && entry?.contains(active)) {
      if (/\S/.test(e.key)) later = setTimeout(() => choose(active, e.key.toLowerCase()), 40);
      return;
    }
    const act = letters[e.key] || letters[e.key.toLowerCase()];
    const keyed = $(`[data-key="${CSS.escape(e.key.toLowerCase())}"]`);
    const nth = /[1-9]/.test(e.key) && pick && services()[e.key - 1];
    if (!act && !nth && !keyed) return;
    if (e.key === '/') e.preventDefault();
    // A scanner's first letter is no command: the next comes within 35 ms.
    later = setTimeout(() => (keyed ? keyPressed(keyed) : nth ? go(nth.href) : act()), 40);
  }, true);

  // ---- the strip and the progress of sync ----
  let asking, readers = 0;
  async function state() {
    clearTimeout(asking);
    if (document.visibilityState === 'visible') {
      try {
        const answer = await fetch('/api/state');
        if (answer.status === 401) { if (typed) lock(); else { location.reload(); return; } }
        if (answer.ok) {
          const now = await answer.json();
          show(now);
          readers = now.devices?.readers || 0;
          document.dispatchEvent(new CustomEvent('jemput-state', { detail: now }));
        }
      } catch { /* the server is away: the next question may find it */ }
    }
    clearTimeout(asking);
    asking = setTimeout(state, $('[data-run]') ? 400 : $('#steps') ? 1000 : 5000);
  }
  document.addEventListener('jemput-ask', state);
  // Code readers that do not type: what one has read opens the same page as if it had.
  async function code() {
    if (readers && document.visibilityState === 'visible') {
      try {
        const answer = await fetch('/api/kode'), { q } = answer.ok ? await answer.json() : {};
        if (q) go('/pindai?q=' + encodeURIComponent(q));
      } catch { /* the next question may find it */ }
    }
    setTimeout(code, readers ? 400 : 3000);
  }
  if (inside) setTimeout(code, 1000);
  function show({ strip, sync }) {
    for (const li of $$('#strip li[data-k]')) {
      const it = strip && strip[li.dataset.k];
      if (!it) continue;
      li.className = it.k;
      if (li.textContent !== it.t) li.textContent = it.t;
    }
    const list = $('#steps');
    if (!list) return;
    if ('run' in list.dataset && !sync.running) { location.replace('/sinkron'); return; }
    $('#doing').textContent = sync.doing;
    if (strip?.pending && $('#pending')) $('#pending').textContent = strip.pending.join(' / ');
    if (!sync.running) return;
    // A round that began by itself is shown like one that was asked for.
    list.dataset.run = '';
    $('#syncform button').disabled = true;
    sync.steps.forEach((s, i) => {
      list.children[i].className = s.k;
      list.children[i].lastElementChild.textContent = s.w;
    });
    $('#bar').hidden = sync.percent < 0;
    $('#bar').value = Math.max(0, sync.percent);
    $('#counts').textContent = sync.counts;
    const result = $('#result');
    result.className = 'note';
    result.hidden = false;
    if (result.textContent !== sync.text) result.textContent = sync.text;
  }
  if (inside) asking = setTimeout(state, $('[data-run]') ? 200 : 1500);
  $('#again')?.parentNode.remove();

  // ---- the second screen: the same page, read again ----
  async function screen() {
    try {
      const answer = await fetch(location.href);
      const text = answer.ok ? await answer.text() : '';
      const at = text.indexOf('<div id=screen'), end = text.indexOf('</div>', at);
      const lines = [...text.slice(at, end).matchAll(/<b class=number>(\w+)<\/b> <span>([^<]*)|<p>([^<]*)/g)];
      const shown = lines.map((m) => m[1] ? [m[1], m[2]] : [m[3]]);
      if (at > 0 && JSON.stringify(shown) !== screen.last) {
        if (screen.last) {
          $('#screen ol').replaceChildren(...shown.filter((s) => s.length === 2).map(([number, where]) => {
            const li = make('li', {});
            li.append(make('b', { className: 'number', textContent: number }), ' ', make('span', { textContent: where }));
            return li;
          }));
          $('#screen p').textContent = shown.at(-1)[0];
        }
        screen.last = JSON.stringify(shown);
      }
    } catch { /* the server is away for a moment */ }
    setTimeout(screen, 2000);
  }
  if ($('#screen')) screen();

  $('#errors')?.focus();
  const paper = $('img[data-print]');
  if (paper) {
    const out = () => setTimeout(() => print(), 100);
    if (paper.complete) out(); else paper.addEventListener('load', out);
  }
})();
