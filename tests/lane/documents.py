"""Documents: operations over everything the schema has, mostly valid, with all that GraphQL has to say a thing twice.

Aliases, fields that are to be merged, fragments in fragments, directives that take away whole selections, variables
that are missing or null. A `Scope` knows what stands under each name of a place of the answer, so that what is merged
can be; a few documents are spoilt on purpose.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from tests.lane import records

Composite: TypeAlias = GraphQLObjectType | GraphQLInterfaceType

_DEEPEST: Final = 7
_FETCHING: Final = ("call", "node", "nodes")
_LISTS: Final = ("calls", "customers")
_ROOTS: Final = (
    *("call", "call", "call", "calls", "calls", "calls", "calls", "customer", "customer", "customers", "node", "nodes"),
    *("mirror", "__schema"),
)
_LIKED: Final = (
    "provenance",
    "customer",
    "freshness",
    "artifact",
    "costs",
    "document",
    "metadata",
    "analysis",
    "id",
    "profile",
    "calls",
)
_PRESIGNED: Final = "presigned"
_INTROSPECTED: Final = (
    "__schema { queryType { name } }",
    '__type(name: "Call") { name kind fields(includeDeprecated: true) { name } }',
    '__type(name: "Nobody") { name }',
    "__schema { directives { name locations } }",
)
_ODD_IDS: Final = ("", "no id", "customer:", "customer:id:nobody", "00000000-0000-4000-8000", "\u2028", "💥")
_AGES: Final = (0, 0, 0, 1, 5, 60, 3600, 10**9, -1)
_KEYS: Final = (*(f"id:{name}" for name in records.CUSTOMERS), "id:bobby", "id:nobody", "", "no key", "tel~0")
_USED: Final = re.compile(r"\$(\w+)")
_SPREAD: Final = re.compile(r"\.\.\.(F\d+)")
_BROKEN: Final = (
    " { ",
    "…",
    "{ call(id: 1) { id } ",
    "query Q { __typename } query Q { __typename }",
    "{ }",
    "# only\n",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document with what is sent beside it.

    ``sought`` are the calls that it asks for by their ids. ``is_plain`` is whether no two reads of it could get into
    each other's way; ``is_anew`` whether some of them ask upstream, however fresh a call is.
    """

    text: str
    variables: dict[str, Any] | None
    operation: str | None
    sought: tuple[str, ...]
    is_plain: bool
    is_anew: bool


@dataclasses.dataclass(slots=True)
class Scope:
    """What stands at one place of the answer: the field and its arguments by the name, and what is below it."""

    taken: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    below: dict[str, Scope] = dataclasses.field(default_factory=dict)

    def allows(self, key: str, stated: tuple[str, str]) -> bool:
        """Whether this can stand under that name."""
        return self.taken.get(key, stated) == stated

    def under(self, key: str) -> Scope:
        """The place below a name."""
        return self.below.setdefault(key, Scope())

    def fits(self, other: Scope) -> bool:
        """Whether everything of another place can stand here, too."""
        return all(self.allows(key, stated) for key, stated in other.taken.items()) and all(
            self.below[key].fits(below) for key, below in other.below.items() if key in self.below
        )

    def take(self, other: Scope) -> None:
        """Let everything of another place stand here."""
        self.taken |= other.taken
        for key, below in other.below.items():
            self.under(key).take(below)


@dataclasses.dataclass(frozen=True, slots=True)
class _Fragment:
    name: str
    of: Composite
    text: str
    scope: Scope


class Documents:
    """Makes documents for a schema, over these calls."""

    def __init__(self, schema: GraphQLSchema, call_ids: Sequence[str]) -> None:
        self._schema = schema
        self._call_ids = call_ids

    def document(self, chance: random.Random) -> Written:
        """A document."""
        return _Writing(self._schema, self._call_ids, chance).document()


class _Writing:
    """One document in the making; ``room`` is how many fields it may still get."""

    def __init__(self, schema: GraphQLSchema, call_ids: Sequence[str], chance: random.Random) -> None:
        self._schema = schema
        self._call_ids = call_ids
        self._chance = chance
        self._room = chance.choice([6, 12, 25, 45])
        self._declared: dict[str, str] = {}
        self._variables: dict[str, Any] = {}
        self._fragments: list[_Fragment] = []
        self._aliases = 0
        self._sought: list[str] = []
        self._lists = 0
        self._profiles = 0
        self._presigned = 0
        self._ages = 0
        self._is_in_fragment = False

    def document(self) -> Written:
        if self._luck(0.015):
            return self._finished(self._chance.choice(_BROKEN), None)
        roots = self._chance.choices([1, 2, 3], [6, 2, 1])[0]
        bodies = [self._root(roots)]
        names: list[str | None] = [self._chance.choice([None, None, "Asked", "_a1"])]
        if self._luck(0.1):
            bodies.append(self._root(1))
            names = ["Asked", "Other"]
        operations = [self._head(name, body) + body for name, body in zip(names, bodies, strict=True)]
        text = "\n".join([*operations, *self._definitions()])
        return self._finished(self._spoilt(text), self._named(names))

    def _finished(self, text: str, operation: str | None) -> Written:
        reads = len(self._sought) + self._lists
        is_plain = reads <= 1 and not (self._presigned and (self._profiles or self._lists))
        return Written(
            text=text,
            variables=self._variables or ({} if self._luck(0.5) else None),
            operation=operation,
            sought=tuple(self._call_ids if self._presigned and self._lists else dict.fromkeys(self._sought)),
            is_plain=is_plain,
            is_anew=bool(self._presigned or self._ages),
        )

    def _head(self, name: str | None, body: str) -> str:
        """How an operation begins: it declares the variables that it uses, by itself or in what it spreads."""
        reached, used = [body], set[str]()
        by_name = {each.name: each.text for each in self._fragments}
        spread = set[str]()
        while reached:
            text = reached.pop()
            used |= set(_USED.findall(text))
            further = set(_SPREAD.findall(text)) & set(by_name) - spread
            spread |= further
            reached += [by_name[each] for each in sorted(further)]
        declared = ", ".join(f"${each}: {of}" for each, of in self._declared.items() if each in used)
        if not declared and name is None:
            return self._chance.choice(["", "", "query "])
        return f"query {name or ''}{f'({declared})' if declared else ''} "

    def _named(self, names: Sequence[str | None]) -> str | None:
        """The operation that is asked for; a few ask for one that there is not."""
        several = (*names, *([] if len(names) > 1 and not self._luck(0.1) else [None]))
        named: str | None = self._chance.choice(several)
        return "Nobody" if self._luck(0.012) else named

    def _definitions(self) -> list[str]:
        written = [f"fragment {each.name} on {each.of.name} {each.text}" for each in self._fragments]
        self._chance.shuffle(written)
        return written

    def _spoilt(self, text: str) -> str:
        """The document; a few get something that is not valid."""
        if not self._luck(0.03):
            return text
        spoil: Sequence[Callable[[str], str]] = (
            lambda text: text.replace("{", "{ nonsense ", 1),
            lambda text: text.replace("{", "{ ...Nowhere ", 1),
            lambda text: text.rstrip("} \n"),
            lambda text: text + "\nfragment Unused on Call { id }",
            lambda text: text.replace("{", "{ mirror: call(id: 1) { id } mirror { asOf } ", 1),
            lambda text: text.replace("first: ", "first: 1.5, of: ", 1),
            lambda text: text.replace("{", "{ call { id } ", 1),
            lambda text: text.replace("{", '{ calls(where: { cost: { gt: "much" } }) { totalCount } ', 1),
            lambda text: text.replace("{", "{ " + " ".join(f"a{n}: __typename" for n in range(120)), 1),
            lambda text: text.replace(
                "{", "{ calls(first: 100) { nodes { document" + " costs { cost }" * 500 + "} } ", 1
            ),
            lambda text: text.replace("query", "mutation", 1),
        )
        return self._chance.choice(spoil)(text)

    def _root(self, count: int) -> str:
        root = self._schema.query_type
        assert root is not None
        scope, written = Scope(), list[str]()
        for _ in range(count):
            name = self._chance.choice(_ROOTS)
            if name == "__schema":
                written.append(
                    f"i{self._alias()}: {self._chance.choice(_INTROSPECTED)}" if self._luck(0.3) else "__typename"
                )
            else:
                written.append(self._field(root.fields[name], name, scope, 0))
        if self._luck(0.1):
            written = [f"... on Query {self._if()}{{ {' '.join(written)} }}", *self._typenames(scope)]
        return "{ " + " ".join(written) + " }"

    def _alias(self) -> int:
        self._aliases += 1
        return self._aliases

    # What is selected of a thing.

    def _selection(self, of: Composite, scope: Scope, depth: int) -> str:
        written = [self._member(of, scope, depth) for _ in range(self._width(depth))]
        written = [each for each in written if each] or ["__typename"]
        if of.name == "Call" and self._luck(0.5):
            written.append(self._field(of.fields["freshness"], "freshness", scope, depth))
        written += self._typenames(scope)
        if isinstance(of, GraphQLInterfaceType) and depth < _DEEPEST:
            written += self._concrete(of, scope, depth)
        if self._luck(0.12):  # said twice, to be merged
            written.append(self._chance.choice(written))
        if self._luck(0.3):
            self._chance.shuffle(written)
        return "{ " + " ".join(written) + " }"

    def _width(self, depth: int) -> int:
        usual = self._chance.choice([1, 2, 3, 5, 8]) if depth else 1
        return usual if self._room > 0 else 1

    def _typenames(self, scope: Scope) -> list[str]:
        written = ["__typename"] if self._luck(0.2) else []
        if self._luck(0.06):
            key = f"t{self._alias()}"
            scope.taken[key] = ("__typename", "")
            written += [f"{key}: __typename", "__typename"]
        return written

    def _concrete(self, of: GraphQLInterfaceType, scope: Scope, depth: int) -> Iterator[str]:
        """What is selected of some of the types that a thing can have."""
        possible = sorted(self._schema.get_possible_types(of), key=lambda each: each.name)
        for concrete in self._chance.sample(possible, min(len(possible), self._chance.randint(1, 3))):
            yield f"... on {concrete.name} {self._if()}{self._selection(concrete, scope, depth)}"

    def _member(self, of: Composite, scope: Scope, depth: int) -> str:
        """A field, or a fragment with some."""
        roll = self._chance.random()
        if roll < 0.06 and depth and self._room > 0:
            condition = self._chance.choice(["", f"on {of.name} ", *(f"on {each.name} " for each in _interfaces(of))])
            inside = self._named_type(condition, of)
            return f"... {condition}{self._if()}{self._selection(inside, scope, depth)}"
        if roll < 0.13 and depth and self._room > 0:
            return self._spread(of, scope, depth)
        name = self._name_of(of, depth)
        return self._field(of.fields[name], name, scope, depth) if name else ""

    def _named_type(self, condition: str, of: Composite) -> Composite:
        named = self._schema.type_map.get(condition.removeprefix("on ").strip())
        return named if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) else of

    def _spread(self, of: Composite, scope: Scope, depth: int) -> str:
        """A fragment of this type that fits in here: one there is, or a new one."""
        known = [each for each in self._fragments if each.of is of and scope.fits(each.scope)]
        if known and self._luck(0.6):
            found = self._chance.choice(known)
        else:
            inner = copy.deepcopy(scope)
            with self._in_fragment():
                text = self._selection(of, inner, max(depth, 2))
            found = _Fragment(f"F{self._alias()}", of, text, inner)
            self._fragments.append(found)
        scope.take(found.scope)
        return f"...{found.name} {self._if()}".strip()

    @contextlib.contextmanager
    def _in_fragment(self) -> Iterator[None]:
        before, self._is_in_fragment = self._is_in_fragment, True
        yield
        self._is_in_fragment = before

    def _name_of(self, of: Composite, depth: int) -> str | None:
        """A field of a type: leaves where there is no room for more, and rather those that matter here."""
        fields = of.fields
        is_deep = depth >= _DEEPEST or self._room <= 0
        possible = [name for name, field in fields.items() if not is_deep or is_leaf_type(get_named_type(field.type))]
        if not possible:
            return None
        found: str = self._chance.choices(possible, [self._weight(name) for name in possible])[0]
        return found

    def _weight(self, name: str) -> float:
        if name.startswith(_PRESIGNED):
            return 0.05
        return 4 if name in _LIKED or name.startswith(("my", "call")) else 1

    def _field(self, field: GraphQLField, name: str, scope: Scope, depth: int) -> str:
        self._room -= 1
        arguments = self._arguments(name, field, depth)
        key = self._key(name, arguments, scope)
        scope.taken[key] = (name, arguments)
        alias = "" if key == name else f"{key}: "
        return f"{alias}{name}{arguments}{self._if()}{self._below(field, name, scope.under(key), depth)}".rstrip()

    def _below(self, field: GraphQLField, name: str, scope: Scope, depth: int) -> str:
        self._presigned += name.startswith(_PRESIGNED)
        self._profiles += name == "profile"
        below = get_named_type(field.type)
        if name == "freshness" and self._luck(0.8):
            return "{ fetchedAt ageMs state source }"
        if is_leaf_type(below):
            return ""
        assert isinstance(below, GraphQLObjectType | GraphQLInterfaceType)
        return self._selection(below, scope, depth + 1) if depth else self._top(below, scope)

    def _top(self, of: Composite, scope: Scope) -> str:
        """What is selected of a field of the query: of a list, its nodes more often than not."""
        if "nodes" in of.fields and self._luck(0.6):
            return "{ " + self._field(of.fields["nodes"], "nodes", scope, 1) + self._page_info(of, scope) + " }"
        return self._selection(of, scope, 1)

    def _page_info(self, of: Composite, scope: Scope) -> str:
        if self._luck(0.6):
            return ""
        scope.taken["pageInfo"] = ("pageInfo", "")
        assert "pageInfo" in of.fields
        return " pageInfo { endCursor hasNextPage }"

    def _key(self, name: str, arguments: str, scope: Scope) -> str:
        """The name in the answer: the field's own, another of the caller's, or that of quite another field."""
        roll = self._chance.random()
        if roll < 0.03 and not self._is_in_fragment:
            odd = self._chance.choice(["name", "id", "cost", "node", "_", "__a", "total"])
            if odd not in scope.taken:
                return odd
        if roll < 0.15 or not scope.allows(name, (name, arguments)):
            return f"a{self._alias()}"
        return name

    def _if(self) -> str:
        """A directive or two, now and then."""
        if not self._luck(0.08):
            return ""
        several = 2 if self._luck(0.15) else 1
        names = self._chance.sample(["include", "skip"], several)
        return "".join(f"@{name}(if: {self._condition(name)}) " for name in names)

    def _condition(self, name: str) -> str:
        usual = (name == "include") == self._luck(0.6)
        return str(usual).lower() if self._luck(0.5) else self._variable("Boolean!", usual, spoil=0.015)

    # What is stated as arguments.

    def _arguments(self, name: str, field: GraphQLField, depth: int) -> str:
        if not field.args:
            return ""
        stated = {
            "call": self._of_call,
            "node": self._of_node,
            "nodes": self._of_nodes,
            "customer": self._of_customer,
        }.get(name, lambda: self._of_list(name, field, depth))()
        return f"({', '.join(stated)})" if stated else ""

    def _of_call(self) -> list[str]:
        stated = [f"id: {self._literal_or_variable('ID!', self._call_id())}"]
        if self._luck(0.25):
            self._ages += 1
            stated.append(f"maxAge: {self._literal_or_variable('Int', self._chance.choice(_AGES))}")
        return stated

    def _of_node(self) -> list[str]:
        return [f"id: {self._literal_or_variable('ID!', self._node_id())}"]

    def _of_nodes(self) -> list[str]:
        return [
            f"ids: {self._literal_or_variable('[ID!]!', [self._node_id() for _ in range(self._chance.randint(0, 4))])}"
        ]

    def _of_customer(self) -> list[str]:
        key = self._chance.choice(_KEYS[:5]) if self._luck(0.9) else self._chance.choice(_KEYS)
        return [f"key: {self._literal_or_variable('ID!', key)}"]

    def _call_id(self) -> str:
        if self._luck(0.03):
            return self._chance.choice(_ODD_IDS)
        found = self._chance.choice(self._call_ids) if self._luck(0.93) else records.call_id(999)
        self._sought.append(found)
        return found.upper() if self._luck(0.02) else found

    def _node_id(self) -> str:
        return f"customer:{self._chance.choice(_KEYS)}" if self._luck(0.3) else self._call_id()

    def _of_list(self, name: str, field: GraphQLField, depth: int) -> list[str]:
        assert name in _LISTS
        self._lists += 1 if depth == 0 else 2
        stated = [self._of_page(depth)]
        if self._luck(0.35):
            stated.append(f"where: {self._where(field)}")
        if self._luck(0.3):
            stated.append(f"orderBy: {self._order_by(field)}")
        return [each for each in stated if each]

    def _of_page(self, depth: int) -> str:
        size = self._chance.choice([1, 2, 3, 5, 20]) if depth == 0 else self._chance.choice([1, 2])
        if self._luck(0.02):
            size = self._chance.choice([0, -1, 101, 2**31, 10**12])
        if self._luck(0.15):
            return f"last: {size}"
        after = ", after: " + self._variable("String", None, spoil=0) if depth == 0 and self._luck(0.25) else ""
        return f"first: {self._literal_or_variable('Int', size)}{after}"

    def _where(self, field: GraphQLField) -> str:
        made = self._input(field.args["where"].type, "where", 0)
        return self._literal_or_variable(str(field.args["where"].type), made, field.args["where"].type)

    def _order_by(self, field: GraphQLField) -> str:
        of = get_named_type(field.args["orderBy"].type)
        assert isinstance(of, GraphQLInputObjectType)
        made = [self._input(of, "orderBy", 1) for _ in range(self._chance.randint(1, 2))]
        return self._literal_or_variable(str(field.args["orderBy"].type), made, field.args["orderBy"].type)

    # Values.

    def _input(self, of: GraphQLInputType, name: str, depth: int) -> Any:
        """A value as JSON has it."""
        if isinstance(of, GraphQLNonNull):
            return self._input(of.of_type, name, depth)
        if isinstance(of, GraphQLList):
            return [self._input(of.of_type, name, depth + 1) for _ in range(self._chance.randint(1, 2))]
        if isinstance(of, GraphQLInputObjectType):
            return {each: self._input(of.fields[each].type, each, depth + 1) for each in self._members(of, depth)}
        if isinstance(of, GraphQLEnumType):
            return self._chance.choice(list(of.values))
        return self._scalar(str(of), name)

    def _members(self, of: GraphQLInputObjectType, depth: int) -> list[str]:
        needed = [
            name
            for name, field in of.fields.items()
            if isinstance(field.type, GraphQLNonNull) and field.default_value is None
        ]
        needed = [name for name in ("attribute",) if name in of.fields] or needed
        free = [name for name in of.fields if name not in needed]
        if depth > 2:
            free = [name for name in free if is_leaf_type(get_named_type(of.fields[name].type))]
        return needed + self._chance.sample(free, min(len(free), self._chance.choice([0, 1, 1, 2]) if needed else 1))

    def _scalar(self, of: str, name: str) -> Any:
        made: Mapping[str, Sequence[Any]] = {
            "Int": (0, 1, 2, 7, -1, 2**31 - 1),
            "Float": (0.0, 0.1, 1.5, 1e22, -2.25, 7.275e-05, 3),
            "Boolean": (True, False),
            "DateTimeOrDuration": ("-P1D", "-PT2H", "2026-08-20T00:00:00Z", "2026-08-19", "never"),
        }
        if of in made:
            return self._chance.choice(made[of])
        if name == "search":
            return self._chance.choice([*records.WORDS, "refund invoice", "", "nothing"])
        known = (
            *records.CUSTOMERS,
            *_KEYS[:4],
            *records.ASSISTANTS,
            "ended",
            "Ann",
            "pro",
            "",
            "+14155550100",
            "%",
            "\u2028",
        )
        return self._chance.choice(known)

    def _literal_or_variable(self, of: str, value: Any, kind: Any = None) -> str:
        return self._variable(of, value, spoil=0.015) if self._luck(0.3) else _literal(value, kind)

    def _variable(self, of: str, value: Any, *, spoil: float) -> str:
        """A variable that holds the value, by itself or by its default; a few are wrong, missing or null."""
        name = "after" if value is None and of == "String" else f"v{len(self._declared)}"
        default = self._luck(0.15) and not of.startswith(("[", "Call", "Customer")) and value is not None
        nullable = of.rstrip("!") if default else of
        self._declared[name] = f"{nullable} = {_literal(value, None)}" if default else of
        if default and self._luck(0.7):
            return f"${name}"
        if default and self._luck(0.2):  # of this type null can be stated, where nothing may be null
            self._variables[name] = None
            return f"${name}"
        self._variables[name] = (
            self._chance.choice(["7.5", None, [], {"a": 1}, 2**40, True]) if self._luck(spoil) else value
        )
        if self._luck(spoil) or (value is None and self._luck(0.5)):
            del self._variables[name]
        return f"${name}"

    def _luck(self, share: float) -> bool:
        return self._chance.random() < share


def _interfaces(of: Composite) -> Sequence[GraphQLInterfaceType]:
    return tuple(of.interfaces)


def _literal(value: Any, of: Any) -> str:
    """A value as GraphQL writes it; enum values are what the type says, where there is one."""
    if isinstance(of, GraphQLNonNull):
        return _literal(value, of.of_type)
    if isinstance(value, list):
        return (
            "[" + ", ".join(_literal(each, of.of_type if isinstance(of, GraphQLList) else None) for each in value) + "]"
        )
    if isinstance(value, dict):
        fields = of.fields if isinstance(of, GraphQLInputObjectType) else {}
        return (
            "{"
            + ", ".join(f"{k}: {_literal(v, fields[k].type if k in fields else None)}" for k, v in value.items())
            + "}"
        )
    return str(value) if isinstance(of, GraphQLEnumType) else json.dumps(value, ensure_ascii=False)
