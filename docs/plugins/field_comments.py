"""The API pages take the comment behind a field of a struct, its shape and unit, for its docstring."""

import tokenize
from ast import AST
from functools import cache
from pathlib import Path
from typing import Any

from griffe import Attribute, Docstring, Extension, ObjectNode


class FieldComments(Extension):
    """mkdocstrings calls this for everything that it reads."""

    def on_attribute_instance(self, *, node: AST | ObjectNode, attr: Attribute, **_: Any) -> None:
        """Give an attribute of a class without a docstring the comment that ends its line."""
        parent = attr.parent
        if (
            attr.docstring is None
            and parent is not None
            and parent.is_class
            and isinstance(attr.filepath, Path)
        ):
            comment = comments(attr.filepath).get(attr.lineno or 0, "")
            if comment and not comment.startswith(("type:", "noqa")):
                attr.docstring = Docstring(comment, lineno=attr.lineno, parent=attr)


@cache
def comments(path: Path) -> dict[int, str]:
    """The text of every comment in a file, by its line."""
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
