"""A call of AWS that makes a resource, and how inputs of the provider become its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Inputs = dict[str, Any]
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Call:
    service: str
    operation: str
    # From the path of an input, such as `rules.schedule`, to the parameter of that place; None where another call takes it.
    names: Mapping[str, str | None] = field(default_factory=dict)
    # The parameter that takes a name of the provider's making where the program gives none.
    named: str | None = None
    # The parameter that holds all others.
    under: str | None = None
    # Rearranges inputs before they are converted.
    shape: Callable[[Inputs], Inputs] = lambda inputs: inputs
    # What the provider says where the program does not.
    more: Parameters = field(default_factory=dict)
    # From outputs to where the answer has them; with a slash at its end the last part of an ARN.
    answer: Mapping[str, str] = field(default_factory=dict)
    # What a type is made of beside it, each with the inputs that it takes.
    then: tuple["Call", ...] = ()
    # Without these inputs it is not made.
    needs: tuple[str, ...] = ()


def only(*keys: str) -> Callable[[Inputs], Inputs]:
    return lambda inputs: {key: inputs[key] for key in keys if key in inputs}


def without(*keys: str) -> Callable[[Inputs], Inputs]:
    return lambda inputs: {key: value for key, value in inputs.items() if key not in keys}


def tagged(kind: str) -> Callable[[Inputs], Inputs]:
    """Tags as EC2 takes them."""

    def shape(inputs: Inputs) -> Inputs:
        tags = inputs.get("tags")
        specifications = {"tagSpecifications": [{"resourceType": kind, "tags": tags}]} if tags else {}
        return {**without("tags")(inputs), **specifications}

    return shape
