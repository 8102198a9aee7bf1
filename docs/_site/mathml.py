"""Equations as MathML, which browsers draw by themselves: no script and no font is fetched for them."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def visit(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """Write an equation; ``SkipNode``, since its text is no text of the page."""
    block = isinstance(node, nodes.math_block)
    mathml = tex2mathml(node.astext(), as_block=block)
    translator.body.append(f'<div class="equation">{mathml}</div>' if block else mathml)
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit, None), (visit, None))
    return {"parallel_read_safe": True}
