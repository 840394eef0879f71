"""Random calls as Vapi's own Python SDK describes them, as JSON on the wire.

The fields of the SDK's pydantic models are walked, so that whatever the SDK knows can occur: every union member, every
literal, every nested model, each optional field present, null or absent. Free objects (``Dict[str, Any]``) hold what
teams put there: customers in all spellings, numbers for ids, lists, nested objects. Beside them stand the keys that
real calls have and no schema lists.
"""

from __future__ import annotations

import datetime as dt
import enum
import random
import types
import typing
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import pydantic
from vapi.types.call import Call

Make: TypeAlias = Callable[[int], Any]
"""Makes a value; the number is how deep it will stand in the document."""

_DEEPEST: Final = 7
_STATED: Final = (0.85, 0.55, 0.35, 0.2, 0.15, 0.1, 0.05, 0.0)
"""How likely an optional field is stated, by its depth: a call would have megabytes if all were."""
_NULL: Final = 0.05
_WORDS: Final = (
    *("ada", "grace", "plan", "call", "yes", "no", "42", "0", "true", "ünïcode", "日本"),
    *("+15550100123", "ada@example.com", "sip:ada@example.com"),
)
_KEYS: Final = (
    *("customerId", "customer_id", "userId", "user_id", "patientId", "leadId", "externalId"),
    *("name", "customerName", "customer.name", "email", "phone", "plan", "customer", "user", "data"),
    *("a.b", "x-header", "score", "tags"),
)


class SdkCalls:
    """A stream of random calls; the same seed gives the same calls. ``reached`` names the models that were used."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.reached: set[str] = set()
        self._makers: dict[Any, Make] = {}
        self._call = self._maker(Call)

    def next(self) -> dict[str, Any]:
        """Another call."""
        call: dict[str, Any] = self._call(0)
        call.update({name: make() for name, make in self._unlisted().items() if self.random.random() < 0.2})
        return call

    def _unlisted(self) -> dict[str, Callable[[], Any]]:
        """What real calls have and no schema lists, made when it is used."""
        return {
            "metadata": lambda: self._free(1),
            "transcript": self._text,
            "summary": self._text,
            "recordingUrl": self._text,
            "forwardedPhoneNumber": self._text,
            "maxDurationSeconds": lambda: self.random.randint(1, 3600),
            "subscriptionLimits": lambda: {"concurrencyBlocked": False, "concurrencyLimit": 10},
        }

    def _maker(self, of: Any) -> Make:
        """The function that makes values of a type; made once for each type, since models lead back to themselves."""
        try:
            known = self._makers.get(of)
        except TypeError:  # some annotations cannot be hashed
            return self._made(of)
        if known is None:
            self._makers[of] = self._later(of)
            known = self._makers[of] = self._made(of)
        return known

    def _later(self, of: Any) -> Make:
        """What stands for the maker of a type while that is being made."""

        def make(depth: int) -> Any:
            return self._makers[of](depth)

        return make

    def _made(self, of: Any) -> Make:
        origin, arguments = typing.get_origin(of), typing.get_args(of)
        if origin in (typing.Union, types.UnionType):
            members = [member for member in arguments if member is not type(None)]
            makers = [self._maker(member) for member in members if member is not Any]
            return self._open_set(makers) if Any in members else self._one_of(makers)
        if origin is typing.Literal:
            return lambda _: self.random.choice(arguments)
        if origin in (list, typing.Sequence):
            return self._list(self._maker(arguments[0]))
        if origin is dict:
            return self._map(self._maker(arguments[1]))
        if isinstance(of, type) and issubclass(of, pydantic.BaseModel):
            return self._model(of)
        return self._maker(arguments[0]) if origin is typing.Annotated else self._plain(of)

    def _plain(self, of: Any) -> Make:
        if isinstance(of, type) and issubclass(of, enum.Enum):
            return lambda _: self.random.choice(list(of)).value
        plain: dict[Any, Make] = {
            str: lambda _: self._text(),
            int: lambda _: self.random.randint(0, 5000),
            float: lambda _: self._number(),
            bool: lambda _: self.random.random() < 0.5,
            dt.datetime: lambda _: self._time(),
            Any: self._free,
            object: self._free,
            dict: self._free,
        }
        return plain[of]

    def _model(self, of: type[pydantic.BaseModel]) -> Make:
        fields = [
            (f.alias or name, f.is_required() or _is_tag(f.annotation), _is_nullable(f.annotation), maker)
            for name, f in of.model_fields.items()
            for maker in (self._maker(f.annotation),)
        ]
        reached, chance = self.reached, self.random.random

        def make(depth: int) -> dict[str, Any]:
            reached.add(of.__name__)
            stated = _STATED[min(depth, _DEEPEST)]
            made = {}
            for name, required, nullable, field in fields:
                if required or chance() < stated:
                    made[name] = None if nullable and chance() < _NULL else field(depth + 1)
            return made

        return make

    def _one_of(self, makers: list[Make]) -> Make:
        def make(depth: int) -> Any:
            return self.random.choice(makers)(depth)

        return makers[0] if len(makers) == 1 else make

    def _open_set(self, makers: list[Make]) -> Make:
        """``Literal[...] | Any`` is how the SDK writes a set that may grow: mostly a known text, seldom another one."""
        if not makers:
            return self._free
        known = self._one_of(makers)

        def make(depth: int) -> Any:
            luck = self.random.random()
            return known(depth) if luck < 0.85 else f"new-{self._text()}" if luck < 0.97 else self._free(depth)

        return make

    def _list(self, element: Make) -> Make:
        return lambda depth: [element(depth + 1) for _ in range(self.random.randint(0, 3 if depth < 4 else 1))]

    def _map(self, element: Make) -> Make:
        def make(depth: int) -> dict[str, Any]:
            return {key: element(depth + 1) for key in self.random.sample(_KEYS, self.random.randint(0, 4))}

        return make

    def _free(self, depth: int) -> Any:
        """What a team may put into a free object: any JSON."""
        kind = self.random.random()
        if depth < _DEEPEST and kind < 0.3:
            return {k: self._free(depth + 1) for k in self.random.sample(_KEYS, self.random.randint(0, 5))}
        if depth < _DEEPEST and kind < 0.4:
            return [self._free(depth + 1) for _ in range(self.random.randint(0, 3))]
        return self.random.choice((self._text(), self._number(), True, None, self.random.randint(0, 10**9)))

    def _text(self) -> str:
        return " ".join(self.random.choices(_WORDS, k=self.random.randint(0, 3)))

    def _number(self) -> float:
        return self.random.choice((0.0, 1.0, 0.0394, 7.275e-05, 25.0, 1749546415876.0, 1739358405257.999))

    def _time(self) -> str:
        moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=self.random.randint(0, 10**11))
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_tag(annotation: Any) -> bool:
    """Whether a field tells the members of a union apart: the SDK gives it a default, the wire always has it."""
    return typing.get_origin(annotation) is typing.Literal and len(typing.get_args(annotation)) == 1


def _is_nullable(annotation: Any) -> bool:
    return annotation is Any or type(None) in typing.get_args(annotation)
