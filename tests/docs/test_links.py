"""The links between the documents lead somewhere."""

from __future__ import annotations

from pathlib import Path
import re

CODE = re.compile(r'^ *```.*?^ *```|`[^`\n]+`', re.MULTILINE | re.DOTALL)
LINK = re.compile(r'\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)', re.MULTILINE)
HEADING = re.compile(r'^#{1,6}\s+(.+?)\s*#*$', re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """List the anchors of a document's headings, by the rule that forges share."""
    text = re.sub(
        r'^ *```.*?^ *```', '', path.read_text('utf-8'), flags=re.MULTILINE | re.DOTALL
    )
    seen: dict[str, int] = {}
    found = set()
    for heading in HEADING.findall(text):
        plain = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading).lower()
        anchor = re.sub(r'[^\w\- ]', '', plain).replace(' ', '-')
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        found.add(f'{anchor}-{count}' if count else anchor)
    return found


def test_the_links_resolve(document: Path) -> None:
    broken = []
    for inline, reference in LINK.findall(CODE.sub('', document.read_text('utf-8'))):
        link = inline or reference
        if re.match(r'[a-z]+:', link):
            continue
        target, _, anchor = link.partition('#')
        file = document.parent / target if target else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert not broken
