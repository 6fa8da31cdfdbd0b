// The page's script: it shows what the filters leave of the drifts, groups and
// requests in the block of JSON, a screen at a time. It writes text only as text.
(() => {
  'use strict';
  const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'];
  const STATES = { b: ['both', 'open, as asked'], a: ['asked', 'requested, and not all open'], p: ['present', 'open, and not all requested'], e: ['explained', 'open, not requested, and no drift'] };
  const QUOTAS = ['ingress IPv4', 'ingress IPv6', 'egress IPv4', 'egress IPv6'];
  const SVG = 'http://www.w3.org/2000/svg';
  const $ = id => document.getElementById(id);
  document.documentElement.classList.add('js');
  const data = JSON.parse($('data').textContent);
  const form = $('filters');

  // el makes an element; children are elements and texts, and those that are
  // null, false or '' are left out.
  const make = (node, attributes, children) => {
    for (const name in attributes) if (attributes[name] !== null) node.setAttribute(name, attributes[name]);
    for (const child of children.flat()) if (child || child === 0) node.append(child);
    return node;
  };
  const el = (name, attributes, ...children) => make(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) => make(document.createElementNS(SVG, name), attributes, children);
  const nameOf = g => g ? g.n || g.i : '';
  const count = (n, one, many) => n.toLocaleString('en') + ' ' + (n === 1 ? one : many);

  // A list shows rows of what is chosen, a page at a time.
  const list = (box, more, row, page) => {
    let chosen = [], shown = 0;
    const grow = n => {
      const rows = document.createDocumentFragment();
      for (const end = Math.min(chosen.length, shown + n); shown < end; shown++) rows.append(row(chosen[shown]));
      box.append(rows);
      more.hidden = shown >= chosen.length;
      if (!more.hidden) more.textContent = `Show more: ${(chosen.length - shown).toLocaleString('en')} are left`;
    };
    more.addEventListener('click', () => {
      const first = shown;
      grow(page * 4);
      const next = box.children[first];
      (next.querySelector('summary') || more).focus({ preventScroll: true });
    });
    return {
      show(items) { chosen = items; shown = 0; box.replaceChildren(); grow(page); },
      reach(item) { const at = chosen.indexOf(item); if (at >= shown) grow(at - shown + page); },
      all(most) { if (shown < most) grow(most - shown); },
    };
  };

  const some = (items, more, make) => [items.map(make), more ? el('li', {}, `and ${more} more`) : null];
  const term = (name, ...children) => [el('dt', {}, name), el('dd', {}, ...children)];

  // RELATIONS are the titles of a drift's launches, by how what they asked for relates to its rule.
  const RELATIONS = { '': 'Requested by', part: 'Serves part for', overlap: 'Serves with other rules', instead: 'In place of the request of' };
  const asker = a => el('li', {}, el('bdi', {}, a.l), ' ', el('small', {}, `${a.a}, from ${a.s} until ${a.u}, ${a.t}`), a.y ? ' ' : null, a.y ? el('bdi', {}, a.y) : null, a.w ? ': ' + a.w : null);
  const askers = d => {
    const kinds = Object.keys(RELATIONS).filter(r => d.a.some(a => (a.r || '') === r));
    return kinds.flatMap((r, i) => term(RELATIONS[r], el('ul', {}, ...some(d.a.filter(a => (a.r || '') === r), i === kinds.length - 1 ? d.am : 0, asker))));
  };

  const driftBody = d => el('div', { class: 'body' },
    el('p', {}, d.d),
    el('dl', {},
      term('To mend', d.m + '.'),
      d.p ? term('Gap', el('ul', {}, ...some(d.p, d.pm, g => el('li', {}, el('code', {}, g))))) : null,
      d.a ? askers(d) : null,
      d.n ? term('Rule', el('code', {}, d.n), d.e ? ' ' : null, d.e ? el('q', {}, d.e) : null) : null,
      d.c ? term('Changed', d.c) : null,
      d.u ? term('Not verified since', d.u) : null,
      term('Found', d.w ? 'by this audit' : 'first at ' + d.t, el('span', { class: 'link' }, ' · ', el('a', { href: '#d-' + d.i }, 'link to this drift')))));

  const driftRow = d => {
    const row = el('details', { class: 'drift s' + d.s, id: 'd-' + d.i },
      el('summary', {},
        el('span', { class: 'sev' }, SEVERITIES[d.s]), el('span', { class: 'kind' }, d.k), el('code', { class: 'rule', title: d.r }, d.r),
        el('span', { class: 'grp' }, el('bdi', {}, nameOf(data.groups[d.g]))), el('span', { class: 'age' }, d.w ? 'new' : d.t)));
    row.addEventListener('toggle', () => { if (row.open) fill(row, d); });
    return row;
  };
  // fill makes the inner part of a row when it is first opened.
  const fill = (row, d) => { if (row.children.length < 2) row.append(driftBody(d)); };

  const bars = g => !g.l ? [] : g.u.map((used, i) => ({
    y: i * 5, width: Math.min(100, Math.ceil(used * 100 / g.l)), title: `${QUOTAS[i]}: ${used} of ${g.l}`,
    class: used > g.l ? 'over' : used * 100 >= g.l * 80 ? 'near' : 'ok',
  }));
  const cellTitle = c => `${c[2]}: ${STATES[c[1]][1]}`;

  const groupsBox = $('groups');
  const groupBody = g => el('div', { class: 'body' },
    el('p', {}, `${g.i} · ${g.p}${g.v ? ' · ' + g.v : ''}. ${count(g.r, 'rule', 'rules')}, ${g.o} by sgkeeper${g.x ? `, ${g.x} explained by exceptions` : ''}${g.f < 0 ? '' : `; attached to ${count(g.f, 'interface', 'interfaces')}`}.`),
    g.q ? el('p', { class: 'bad' }, 'Could not be read: ' + g.q) : null,
    g.z ? el('p', {}, 'Frozen: ' + g.z) : null,
    el('ul', { class: 'quotas' }, bars(g).map(b => el('li', { class: b.class }, b.title))),
    el('ul', { class: 'spans' }, (g.s || []).map(c => el('li', { class: STATES[c[1]][0] }, cellTitle(c)))));

  const groupRow = g => {
    const width = groupsBox.dataset.width;
    const marks = SEVERITIES.map((label, s) => g.c[s] > 0 && el('i', { class: 's' + s, title: `${g.c[s]} ${label}` }, g.c[s], el('span', { class: 'sr' }, ' ' + label))).reverse().filter(Boolean);
    const row = el('details', { class: 'group' },
      el('summary', {},
        el('span', { class: 'gname' }, el('bdi', {}, nameOf(g)), g.z ? [' ', el('em', {}, 'frozen')] : null, g.q ? [' ', el('em', { class: 'bad' }, 'unreadable')] : null, g.n ? [' ', el('small', {}, g.i)] : null),
        svg('svg', { class: 'strip', viewBox: `0 0 ${width} 10`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'Ports of ' + nameOf(g) },
          svg('rect', { class: 'ground', width, height: 10 }),
          (g.s || []).map(c => svg('rect', { class: 'cell ' + STATES[c[1]][0], x: c[0] * 10, width: 9, height: 10 }, svg('title', {}, cellTitle(c))))),
        el('span', { class: 'q' },
          svg('svg', { class: 'bars', viewBox: '0 0 100 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
            bars(g).map(b => svg('g', {}, svg('title', {}, b.title), svg('rect', { class: 'track', y: b.y, width: 100, height: 3 }), svg('rect', { class: b.class, y: b.y, width: b.width, height: 3 }))),
            svg('rect', { class: 'mark', x: 80, width: 1, height: 19 })),
          el('b', {}, g.l ? `${Math.max(...g.u)}/${g.l}` : '')),
        el('span', { class: 'm' }, marks.length ? marks : el('span', { class: 'none' }, 'none'))));
    row.addEventListener('toggle', () => { if (row.open && row.children.length < 2) row.append(groupBody(g)); });
    return row;
  };

  const requestsBox = $('requests');
  const requestRow = r => {
    const title = `${r.l}: ${r.r}, from ${r.s} until ${r.u}, ${r.t}`;
    return el('li', { title },
      el('span', { class: 'tl' }, el('bdi', {}, r.l), ' ', el('small', {}, r.r)), el('span', { class: 'tg' }, el('bdi', {}, nameOf(data.groups[r.g]))),
      svg('svg', { viewBox: '0 0 1000 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': title },
        svg('rect', { class: 'ground', y: 4.5, width: 1000, height: 1 }), svg('rect', { class: 'span ' + r.t, x: r.x, y: 1, width: r.w, height: 8 }),
        svg('rect', { class: 'future', x: requestsBox.dataset.now, width: 1000, height: 10 }), svg('rect', { class: 'now', x: requestsBox.dataset.now, width: 2, height: 10 })),
      el('span', { class: 'tu' }, r.t === 'open' ? r.u : r.t, r.t !== 'open' && r.u ? [' ', el('small', {}, r.u)] : null));
  };

  const drifts = form && list($('list'), $('more'), driftRow, 40);
  const groups = groupsBox && list(groupsBox, $('more-groups'), groupRow, 12);
  const requests = requestsBox && list(requestsBox, $('more-requests'), requestRow, 20);

  // What is searched is put into one lower-case text a thing, when first needed.
  const text = d => d.x ??= [d.k, d.r, d.n, d.e, d.d, d.m, d.c, d.i, ...(d.p || []), ...(d.a || []).map(a => a.l), nameOf(data.groups[d.g])].join('\n').toLowerCase();
  const groupText = g => g.y ??= `${g.n || ''}\n${g.i}\n${g.p}`.toLowerCase();
  const launched = (d, launch) => (d.a || []).some(a => a.l.toLowerCase().includes(launch));

  const chosen = () => {
    const f = new FormData(form);
    const word = name => (f.get(name) || '').trim().toLowerCase();
    return { severities: f.getAll('severity').map(Number), kind: f.get('kind'), group: word('group'), launch: word('launch'), text: word('text') };
  };
  const matches = f => d => (!f.severities.length || f.severities.includes(d.s)) && (!f.kind || d.k === f.kind) &&
    (!f.group || d.g >= 0 && groupText(data.groups[d.g]).includes(f.group)) && (!f.launch || launched(d, f.launch)) && (!f.text || text(d).includes(f.text));

  const show = () => {
    if (!form) { groups?.show(data.groups); requests?.show(data.requests); return; }
    const f = chosen(), some = data.drifts.filter(matches(f)), all = data.drifts.length;
    drifts.show(some);
    $('found').textContent = some.length === all ? count(all, 'drift', 'drifts') : `${some.length.toLocaleString('en')} of ${count(all, 'drift', 'drifts')}`;
    if (!some.length) $('list').append(el('p', { class: 'empty' }, 'No drift is like that. Clear a filter to see more.'));
    const hit = new Set(some.map(d => d.g)), filtered = some.length !== all;
    groups?.show(data.groups.filter((g, i) => (!f.group || groupText(g).includes(f.group)) && (!filtered || f.group || hit.has(i))));
    requests?.show(data.requests.filter(r => (!f.group || groupText(data.groups[r.g]).includes(f.group)) && (!f.launch || r.l.toLowerCase().includes(f.launch))));
  };

  // The address keeps the filters, so that what is seen can be sent to somebody.
  const keep = () => {
    const f = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, '', '#' + f);
  };
  const restore = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (hash.startsWith('d-')) return open(hash.slice(2));
    if (!hash.includes('=')) return;
    form.reset();
    for (const [name, value] of new URLSearchParams(hash)) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type !== 'checkbox') field.value = value;
        else if (field.value === value) field.checked = true;
      }
    }
    show();
  };
  const open = id => {
    const d = data.drifts.find(d => d.i === id);
    if (!d) return;
    if (!matches(chosen())(d)) { form.reset(); show(); }
    drifts.reach(d);
    const row = $('d-' + id);
    fill(row, d);
    row.open = true;
    row.scrollIntoView({ block: 'center' });
    row.querySelector('summary').focus({ preventScroll: true });
  };

  if (form) {
    const offer = (box, names) => box.replaceChildren(...names.slice(0, 2000).map(value => el('option', { value })));
    form.addEventListener('focusin', () => {
      offer($('list-groups'), [...new Set(data.groups.map(nameOf))]);
      offer($('list-launches'), [...new Set(data.drifts.flatMap(d => (d.a || []).map(a => a.l)))]);
    }, { once: true });
    let soon;
    form.addEventListener('input', () => { cancelAnimationFrame(soon); soon = requestAnimationFrame(() => { show(); keep(); }); });
    form.addEventListener('reset', () => requestAnimationFrame(() => { show(); keep(); }));
    form.addEventListener('submit', event => event.preventDefault());
    for (const link of document.querySelectorAll('.tile, .tasks a')) {
      link.addEventListener('click', event => {
        event.preventDefault();
        form.reset();
        if (link.dataset.kind) form.elements.kind.value = link.dataset.kind;
        for (const box of form.querySelectorAll('[name=severity]')) box.checked = box.value === link.dataset.severity;
        show(); keep();
        $('drifts').scrollIntoView();
        $('drifts').focus({ preventScroll: true });
      });
    }
    addEventListener('hashchange', restore);
  }

  // On paper the rows that are shown are open; afterwards they are as before.
  let opened = [];
  addEventListener('beforeprint', () => {
    drifts?.all(200);
    opened = [...document.querySelectorAll('.drift:not([open])')];
    for (const row of opened) { fill(row, data.drifts.find(d => 'd-' + d.i === row.id)); row.open = true; }
  });
  addEventListener('afterprint', () => { for (const row of opened) row.open = false; });

  // The texts to search are made ahead, while nothing else happens.
  const ahead = from => setTimeout(() => {
    const to = Math.min(from + 500, data.drifts.length);
    for (let i = from; i < to; i++) text(data.drifts[i]);
    if (to < data.drifts.length) ahead(to);
  });

  show();
  if (form) { restore(); ahead(0); }
})();
