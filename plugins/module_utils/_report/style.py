# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""How the page looks: on a telephone, on a desk, in the dark and on paper.

Colours say nothing that a word beside them does not say as well. Their contrast is at least 4.5 to 1 for text.
"""

from __future__ import annotations

CSS = """
:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--text:#1b2229;--soft:#56616d;--rule:#d5dbe1;--link:#0a58ad;
--enforced:#18794e;--held:#9a5b00;--prepared:#0a66c2;--planned:#5d6872;--suspended:#7a46c4;--absent:#66707a;
--bad:#b42318;--on:#fff}
@media (prefers-color-scheme:dark){:root{--page:#0f1418;--card:#182027;--text:#e4e9ee;--soft:#a0acb8;--rule:#323d47;
--link:#79b8ff;--enforced:#4cc38a;--held:#e2a33b;--prepared:#6cb2f7;--planned:#a3afba;--suspended:#bf9bf5;
--absent:#8b96a1;--bad:#ff8f84;--on:#0f1418}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px;
border-radius:4px}
.skip{position:absolute;left:-999em}
.skip:focus{left:1rem;top:1rem;padding:.5rem 1rem;background:var(--card);z-index:1}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.75rem}
h1{font-size:1.75rem;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:1.3rem;line-height:1.3;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:0}
h4{font-size:.8rem;margin:1.25rem 0 .35rem;color:var(--soft);text-transform:uppercase;letter-spacing:.05em}
p{margin:.35rem 0}
ul{margin:.35rem 0;padding-left:1.2rem}
.soft,time{color:var(--soft)}
.small{font-size:.875rem}
.note{border:1px solid var(--rule);border-left:5px solid var(--prepared);background:var(--card);border-radius:6px;
padding:.6rem .9rem;margin-top:1rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:1rem 0 0}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:0}
.tiles>div{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:.7rem .9rem;display:flex;
flex-direction:column-reverse;justify-content:flex-end}
.tiles dt{color:var(--soft);font-size:.875rem;line-height:1.3}
.tiles dd{margin:0;font-size:1.75rem;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums}
.tiles .bad dd{color:var(--bad)}
.panel{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:1rem;margin-top:.75rem}
.panel>h3{margin-bottom:.6rem}
svg{display:block;width:100%;overflow:visible}
svg text{fill:var(--text);font-size:13px;font-variant-numeric:tabular-nums}
svg .soft{fill:var(--soft)}
svg .in{fill:var(--on);font-weight:650}
svg .rule{stroke:var(--rule)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;list-style:none;padding:0;margin:.75rem 0 0;font-size:.875rem}
.legend svg{display:inline-block;width:14px;height:14px;vertical-align:-2px;margin-right:.4rem}
.enforced{--hue:var(--enforced)}.pending{--hue:var(--enforced)}.held{--hue:var(--held)}.prepared{--hue:var(--prepared)}.planned{--hue:var(--planned)}
.suspended{--hue:var(--suspended)}.absent{--hue:var(--absent)}.bad{--hue:var(--bad)}
.start{--hue:var(--enforced)}.end{--hue:var(--suspended)}.exception{--hue:var(--held)}.certificate{--hue:var(--prepared)}
svg .fill{fill:var(--hue)}svg .late{fill:none;stroke:var(--bad);stroke-width:2.5}
.hatch{stroke:var(--card);stroke-width:2.5;opacity:.55}
.pill{display:inline-block;border:1.5px solid var(--hue);color:var(--hue);border-radius:1rem;padding:0 .6rem;
font-size:.8rem;font-weight:650;line-height:1.45rem;white-space:nowrap;justify-self:start}
.full{background:var(--hue);color:var(--on)}
.case{background:var(--card);border:1px solid var(--rule);border-left:5px solid var(--hue);border-radius:6px;
padding:.6rem .9rem;margin-top:.6rem}
.then{margin-top:1.5rem}
.case p{margin:.35rem 0 0}
.one{background:var(--card);border:1px solid var(--rule);border-radius:8px;margin-top:.5rem}
.one>summary{display:grid;grid-template-columns:minmax(12rem,1.3fr) 7rem minmax(11rem,1fr) minmax(12rem,1.4fr);
gap:.25rem 1rem;align-items:center;padding:.6rem .9rem .6rem 2rem;cursor:pointer;list-style:none;position:relative}
summary::-webkit-details-marker{display:none}
.one>summary::before,.more>summary::before{content:"";position:absolute;left:.9rem;top:1.15rem;
border:5px solid transparent;border-left:7px solid var(--soft)}
details[open]>summary::before{transform:rotate(90deg) translate(2px,2px)}
.one>summary:hover{background:color-mix(in srgb,var(--link) 6%,transparent)}
.one[open]>summary{border-bottom:1px solid var(--rule)}
.in{padding:0 .9rem .9rem}
.in>div:target{scroll-margin-top:4rem}
.more{margin-top:.6rem}
.more>summary{position:relative;cursor:pointer;list-style:none;padding-left:1.1rem;color:var(--link)}
.more>summary::before{left:.1rem;top:.45rem}
.pairs{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.15rem 1rem;margin:0}
.pairs dt{color:var(--soft)}.pairs dd{margin:0}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem;margin:.35rem 0}
caption{text-align:left;font-weight:600;padding:.3rem 0}
caption .soft{font-weight:400}
th,td{text-align:left;vertical-align:top;overflow-wrap:anywhere;
padding:.28rem .75rem .28rem 0;border-top:1px solid var(--rule)}
thead th{overflow-wrap:normal;border-top:0;color:var(--soft);font-weight:600}
tbody th{font-weight:400}
.set{table-layout:fixed}.set th,.set td,code{overflow-wrap:anywhere}
.set th{width:54%;color:var(--soft)}
.srv tr.h th{padding-top:.7rem;font-weight:600}
.srv tr.h .soft{font-weight:400}
.srv tr:not(.h) th:first-child{padding-left:.75rem;min-width:6.5rem}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.when{display:inline-block;padding-left:.75rem}
.dates th:first-child{width:17rem}
.over{color:var(--bad);font-weight:650}
code{font:.82em/1.4 ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace}
.found{list-style:none;padding:0}
.found li{margin-top:.4rem;padding-left:.75rem;border-left:3px solid var(--hue,var(--rule))}
footer{padding-top:1rem;padding-bottom:3rem;color:var(--soft);font-size:.875rem}
@media (max-width:52rem){.tiles{grid-template-columns:1fr 1fr}.one>summary{grid-template-columns:1fr auto}
.two{grid-template-columns:1fr}
.one>summary>:nth-child(n+3){grid-column:1/-1}}
@media (max-width:30rem){.when{display:block;padding:0}.dates th:first-child{min-width:8rem;width:8rem}
body{font-size:15px}.pairs{grid-template-columns:1fr;gap:0}.pairs dd{margin-bottom:.4rem}
h1{font-size:1.5rem}th,td{padding-right:.5rem}}
@media print{.wide{overflow:visible}@page{size:A4;margin:14mm}
:root{color-scheme:light;--page:#fff;--card:#fff;--text:#000;--soft:#444;--rule:#bbb;--link:#000;--enforced:#18794e;
--held:#9a5b00;--prepared:#0a66c2;--planned:#5d6872;--suspended:#7a46c4;--absent:#66707a;--bad:#b42318;--on:#fff}
body{font-size:9.5pt;line-height:1.4}header,main,footer{max-width:none;padding:0}nav,.skip{display:none}
a{text-decoration:none}h2,h3,h4,caption{break-after:avoid}.case,tr,li,.tiles>div,svg{break-inside:avoid}
.one{border-radius:0}.one>summary{grid-template-columns:2.2fr 1fr 1.6fr 2.2fr}.two{grid-template-columns:1fr 1fr}
.one>summary>:nth-child(n+3){grid-column:auto}.tiles{grid-template-columns:repeat(4,1fr)}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
details::details-content{content-visibility:visible;display:block;height:auto}summary::before{display:none}}
""".strip()
