"""What AWS refuses and botocore does not: values that are too long, too short, too many, or do not match a shape's pattern."""

from collections.abc import Iterator
from functools import cache

import regex


def broken_limits(value, shape, path: str = "") -> Iterator[str]:
    """A sentence for each value that is outside of its shape's limits."""
    limits = shape.metadata
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, each in value.items():
            if name in shape.members:
                yield from broken_limits(each, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from _count(len(value), limits, path)
        for name, each in value.items():
            yield from broken_limits(name, shape.key, f"{path}.{name} (its name)")
            yield from broken_limits(each, shape.value, f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _count(len(value), limits, path)
        for at, each in enumerate(value):
            yield from broken_limits(each, shape.member, f"{path}[{at}]")
    elif isinstance(value, str):
        yield from _count(len(value), limits, path)
        pattern = limits.get("pattern")
        readable = None if pattern is None else _compiled(pattern)
        if readable is not None and readable.fullmatch(value) is None:
            yield f"{path}: {value!r} does not match {pattern}"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _count(value, limits, path)


@cache
def _compiled(pattern: str) -> regex.Pattern | None:
    """Patterns are Java's, some of which mean nothing here: halves of characters beyond 16 bits."""
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def _count(size: float, limits: dict, path: str) -> Iterator[str]:
    if size < limits.get("min", size) or size > limits.get("max", size):
        yield f"{path}: {size} is not within {limits.get('min', 'any')} to {limits.get('max', 'any')}"
