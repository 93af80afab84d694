"""Formulas as MathML, which browsers draw themselves: MathJax would be a script of a megabyte or a CDN."""

import re
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from latex2mathml.converter import convert


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer with Sphinx; `html_math_renderer = "mathml"` chooses it."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline(translator: Any, node: Element) -> None:
    """Write a formula in a line of text."""
    translator.body.append(spaced(convert(node.astext())))
    raise nodes.SkipNode


def block(translator: Any, node: Element) -> None:
    """Write a formula that stands alone."""
    formula = spaced(convert(node.astext(), display="block"))
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


def spaced(formula: str) -> str:
    """Put a thin space between the name of a function and a letter: log p, not logp."""
    return re.sub(r"(<mi>[a-z]{2,}</mi>)(?=<(?:mi|msub)>)", r'\1<mspace width="0.17em"/>', formula)
