"""A page of HTML that stands by itself: no script, nothing loaded from anywhere, whatever comes from data shown as text."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from html import escape

BEGIN = "<!doctype html>\n<!-- made by trainset -->\n"
"""How a page begins: a file that begins so may be written over by another one."""

_ODD = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_KEPT = "\n\t\u200c\u200d"  # and the joiners that Persian, Hindi and emoji are written with


def text(value: object, longest: int = 300) -> str:
    """Text from data as HTML, cut to `longest` characters: markup is shown, not obeyed, and characters that turn text around, hide or
    control are named."""
    whole = str(value)
    shown = whole if len(whole) <= longest else whole[: longest - 1] + "…"
    return "".join(
        f'<span class="odd">U+{ord(c):04X}</span>' if unicodedata.category(c) in _ODD and c not in _KEPT else escape(c)
        for c in shown
    )


def name(value: object, longest: int = 100) -> str:
    """A name from data on one line, whose direction of writing stays its own."""
    return f"<bdi>{text(' '.join(str(value)[: 10 * longest].split()), longest)}</bdi>"


def path(value: object, longest: int = 80) -> str:
    """A path from data, cut in its middle; read from left to right whatever its folders are written in, and broken at them."""
    whole = " ".join(str(value).split())
    if len(whole) > longest:
        whole = f"{whole[: longest // 3]}…{whole[-(longest - longest // 3 - 1) :]}"
    return (
        '<bdi dir="ltr">' + "/<wbr>".join(f"<bdi>{text(part, longest)}</bdi>" for part in whole.split("/")) + "</bdi>"
    )


def words(sentence: str, longest: int = 600) -> str:
    """A sentence with `code` in back-quotes."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", text(sentence, longest))


def attribute(value: object, longest: int = 200) -> str:
    """Text from data for an attribute in double quotes."""
    flat = " ".join(str(value)[: 10 * longest].split())[:longest]
    return escape("".join(c if unicodedata.category(c) not in _ODD or c in _KEPT else f"U+{ord(c):04X}" for c in flat))


def document(title: str, body: str) -> str:
    """The whole page. `title`: of its window, from data; `body`: HTML made with the functions above."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; media-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        f'{BEGIN}<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f"<title>{attribute(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


_STYLE = """
:root { color-scheme: light dark; --bg: #fff; --fg: #1b1d22;
  --mut: #5a6072; --acc: #2b5c9e; --box: #f3f5f8; --line: #d5d9e2; --bad: #a3262a; --mid: #8a5a00; }
@media screen and (prefers-color-scheme: dark) {
  :root { --bg: #16181d; --fg: #e8eaf0; --mut: #a3abbe; --acc: #8ab6f5; --box: #20242c; --line: #3a404d; --bad: #ff9a9a; --mid: #f0c060; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1rem; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
body { overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 1.2rem 0 .4rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin: 0 0 .3rem; line-height: 1.3; }
h3 { font-size: 1.05rem; margin: 1rem 0 .2rem; }
p, ul { margin: .4rem 0; max-width: 60rem; }
ul { padding-left: 1.4rem; }
a { color: var(--acc); }
:focus-visible { outline: 3px solid var(--acc); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--bg); padding: .3rem .6rem; }
code { font: .9em ui-monospace, monospace; background: var(--box); border-radius: 3px; padding: 0 .25em; }
.mut, dt, caption { color: var(--mut); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .6rem 0; } dd { margin: 0; }
table { border-collapse: collapse; margin: .4rem 0; } caption { text-align: left; }
th, td { text-align: left; padding: .15rem 1rem .15rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.name { overflow-wrap: anywhere; min-width: 7rem; max-width: 30rem; } .said { min-width: 11rem; }
.wide { overflow-x: auto; }
nav { margin: 1.4rem 0; } nav ol { list-style: none; padding: 0; margin: .4rem 0; }
nav li { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); padding: .15rem 0; } nav .mut { display: inline-block; }
section { border-top: 1px solid var(--line); padding: 1.2rem 0; margin-top: 1rem; }
summary { cursor: pointer; }
.m3, .m2, .m1 { font-size: .8rem; font-weight: 600; border: 1px solid currentColor; border-radius: 999px; padding: 0 .55em; white-space: nowrap; }
.m3 { color: var(--bad); } .m2 { color: var(--mid); } .m1 { color: var(--mut); }
.many { columns: 22rem; max-width: none; } .many li { break-inside: avoid; }
.grid { list-style: none; padding: 0; margin: .8rem 0 0; max-width: none; }
.grid { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(min(11rem, 100%), 1fr)); }
.audio .grid { grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
.text .grid { grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); }
.grid li { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .6rem; min-width: 0; break-inside: avoid; }
.grid p { margin: .25rem 0 0; font-size: .85rem; line-height: 1.4; }
.grid code { padding: 0; background: none; white-space: nowrap; }
img { display: block; max-width: 100%; height: auto; }
.shot { height: 8rem; width: auto; object-fit: contain; object-position: left; outline: 1px solid var(--line); }
.pixels { image-rendering: pixelated; }
.outline { width: 100%; height: 3rem; } audio { display: block; width: 100%; height: 2.2rem; margin-top: .3rem; }
blockquote { margin: 0; white-space: pre-wrap; unicode-bidi: plaintext; }
.odd { color: var(--bad); border: 1px dotted; border-radius: 3px; font: .8em ui-monospace, monospace; padding: 0 .15em; unicode-bidi: isolate; }
footer { border-top: 1px solid var(--line); padding: 1rem 0; margin-top: 1rem; color: var(--mut); }
@media (max-width: 30rem) {
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .audio .grid, .text .grid { grid-template-columns: minmax(0, 1fr); }
  .shot { height: 6rem; }
}
@media print {
  :root { color-scheme: light; }
  .skip, audio { display: none; }
  body { font-size: 9.5pt; max-width: none; padding: 0; }
  .grid { gap: .5rem; grid-template-columns: repeat(5, minmax(0, 1fr)); }
  .audio .grid { grid-template-columns: repeat(4, minmax(0, 1fr)); } .text .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .shot { height: 5rem; } .outline { height: 2rem; }
  h2, section > p, section > ul:not(.grid):not(.many) { break-after: avoid; } tr, p { break-inside: avoid; }
}
"""
