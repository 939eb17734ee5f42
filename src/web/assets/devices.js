// devices.js - scanning and printing beside what the officer types: parts of a page that the server draws again when a device has
// news. Every part is a page of its own without this script.
'use strict';
(() => {
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];
  const parts = () => $$('[data-part]');
  parts().forEach((p) => { p.hidden = false; });

  // XMLHttpRequest parses without running anything, as the page's Trusted Types ask.
  const draw = (path) => new Promise((done, fail) => {
    const ask = new XMLHttpRequest();
    ask.open('GET', path);
    ask.responseType = 'document';
    ask.setRequestHeader('X-Renew', '1');
    ask.onload = () => (ask.status === 200 && ask.response ? done(ask.response) : fail(new Error(path)));
    ask.onerror = fail;
    ask.send();
  });
  // What the officer has chosen or opened in a part stays, and the focus with it.
  function keep(old, fresh) {
    for (const el of $$('[id]', old)) {
      const now = fresh.querySelector('#' + CSS.escape(el.id));
      if (!now) continue;
      if (el.tagName === 'DETAILS') now.open = el.open;
      if (el.dataset.touched && old.matches('[data-run]')) {
        if (el.type === 'checkbox') now.checked = el.checked; else now.value = el.value;
        now.dataset.touched = '1';
      }
    }
  }
  // A picture that is shown already (its address names its version) is not asked for again with each piece of news: while forty
  // pages are scanned that would be the most of the work. It moves over once `fresh` belongs to this document, or it would be loaded.
  function pictures(old, fresh) {
    const shown = new Map($$('img', old).map((img) => [img.getAttribute('src'), img]));
    const moves = $$('img', fresh).filter((img) => shown.has(img.getAttribute('src'))).map((img) => {
      const place = fresh.ownerDocument.createElement('span'), same = shown.get(img.getAttribute('src'));
      same.alt = img.alt;
      img.replaceWith(place);
      return [place, same];
    });
    document.adoptNode(fresh);
    for (const [place, same] of moves) place.replaceWith(same);
  }
  const busy = new Set();
  async function renew(part) {
    if (busy.has(part.id)) return;
    busy.add(part.id);
    try {
      const doc = await draw(part.dataset.part);
      const old = document.getElementById(part.id), fresh = doc.getElementById(part.id);
      if (!old || !fresh) return;
      const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
      keep(old, fresh);
      $$('[autofocus]', fresh).forEach((el) => el.removeAttribute('autofocus'));
      fresh.hidden = false;
      pictures(old, fresh);
      old.replaceWith(fresh);
      const again = focus && (document.getElementById(focus) || $('#b-scan, #b-stop', fresh));
      if (again) again.focus({ preventScroll: true });
    } catch { /* the server is away, or the session ended: the next news may find it */ } finally { busy.delete(part.id); }
  }
  const renewAll = () => Promise.all(parts().map(renew));

  let rev = Number($('[data-rev]')?.dataset.rev ?? -1); // as the page was drawn
  document.addEventListener('jemput-state', ({ detail: { devices } }) => {
    if (!devices) return;
    if (rev !== devices.rev) renewAll();
    else if (devices.scan?.running) {
      const line = $('#tray[data-run] [data-scanstate]');
      if (line && $('#tray').dataset.part.includes('/' + devices.scan.tray + '?')) line.firstChild.data = devices.scan.text;
    }
    rev = devices.rev;
  });

  // Forms of a part are sent beside the page; what is typed elsewhere stays.
  document.addEventListener('submit', async (e) => {
    const form = e.target, part = form.closest('[data-part]') || $('#tray');
    if (!('quiet' in form.dataset) || e.defaultPrevented || !part) return;
    e.preventDefault();
    let said = {};
    try {
      const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form, e.submitter)),
        headers: { 'X-Part': '1' } });
      said = await answer.json();
    } catch { said = {}; }
    delete form.dataset.sent;
    if (said.ok?.startsWith('/p/') && part.id === 'tray') { location.assign(said.ok); return; }
    $$('[data-touched]', part).forEach((el) => delete el.dataset.touched);
    await renew(part);
    const line = $('[data-error]', document.getElementById(part.id));
    if (line && said.error) { line.textContent = said.error; line.hidden = false; }
    document.dispatchEvent(new Event('jemput-ask'));
  });
  document.addEventListener('change', ({ target: el }) => {
    if (!el.closest('[data-part]')) return;
    el.dataset.touched = '1';
    if (el.id === 'tray-kind') { // how papers of this kind were scanned last
      const [source, colour, dpi, card] = (el.selectedOptions[0].dataset.h || '0 0 0 0').split(' ');
      Object.entries({ source, colour, dpi }).forEach(([k, v]) => { $('#tray-' + k).value = v; });
      $('#tray-card').checked = card === '1';
    }
    if ('now' in el.dataset) { // a page is of another kind
      const button = Object.assign(document.createElement('button'), { name: 'jenis', value: el.id.slice(6), hidden: true });
      button.setAttribute('form', 'trayform');
      el.after(button);
      $('#trayform').requestSubmit(button);
    }
  });
})();
