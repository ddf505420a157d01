"""Tables of a YAML text with their line numbers: every error names the file, the line and the key."""

from __future__ import annotations

import inspect
import os
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

import yaml

from sitewatch.errors import CaseFileError, UsageError

__all__ = ["Table", "construct", "parse_yaml"]

_DEEPEST = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)   # where PyYAML has libyaml: a tenth of the time
_NODES = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None), "timestamp": date}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Table:
    """One mapping of a YAML file; what is taken from it is checked, what is left over is refused by ``done``."""

    file: Path
    key: str
    line: int
    nodes: dict[str, yaml.Node]
    lines: dict[str, int]

    def take(self, name: str, kind: type[_T], default: _T | None = None) -> _T:
        """The value of a key: str, int, float or bool; CaseFileError when missing or of another kind."""
        node = self._pop(name)
        if node is None:
            if default is None:
                raise self.wrong(name, f"a {kind.__name__} is missing", f"Add `{name}:`")
            return default
        value = self.plain(node, name)
        if not _is(value, kind):
            raise self.wrong(name, f"{str(value)[:60]!r} is not a {kind.__name__}", f"Give a {kind.__name__}")
        return cast(_T, float(value) if kind is float else value)

    def numbers(self, name: str, count: int | None = None) -> tuple[float, ...]:
        """A list of finite numbers, ``count`` of them where that is given; CaseFileError with the line of the
        number that is none, or when the list is missing (see ``has``)."""
        items = self._items(name, "a list of numbers", "[1, 2.5]")
        if count is not None and len(items) != count:
            raise self.wrong(name, f"holds {len(items)} numbers", f"Give {count}")
        return tuple(self._number(item, f"{name}[{i}]") for i, item in enumerate(items))

    def points(self, name: str) -> tuple[tuple[float, float], ...]:
        """A list of pairs [x, y] of finite numbers; CaseFileError with the line of the pair that is none, or
        when the list is missing (see ``has``)."""
        items = self._items(name, "a list of points", "[[0, 0], [10, 2.5]]")
        return tuple(self._point(item, f"{name}[{i}]") for i, item in enumerate(items))

    def copy(self) -> Table:
        """The same table with nothing taken from it from now on."""
        return replace(self, nodes=dict(self.nodes))

    def has(self, name: str) -> bool:
        """Whether the key is there and not null."""
        return name in self.nodes and not _is_null(self.nodes[name])

    def moment(self, name: str) -> datetime | None:
        """A day or a time, taken as UTC where it names no zone; None where there is none."""
        node = self._pop(name)
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode):
            try:
                found = datetime.fromisoformat(node.value)
                return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise self.wrong(name, "is not a date", "Write 2024-10-05 or 2024-10-05T01:30:00Z")

    def table(self, name: str) -> Table:
        """A nested mapping; empty where there is none."""
        node = self._pop(name)
        if node is None:
            return Table(self.file, self._path(name), self.line, {}, {})
        return self._table(node, name)

    def tables(self, name: str) -> list[Table]:
        """A list of mappings; empty where there is none."""
        node = self._pop(name)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(name, "is not a list", "Start each entry with `- `")
        return [self._table(item, f"{name}[{i}]") for i, item in enumerate(node.value)]

    def any(self, name: str) -> Any:
        """The plain value of a key, whatever it is; None where there is none."""
        node = self.nodes.pop(name, None)
        return None if node is None else self.plain(node, name)

    def done(self, known: str = "") -> None:
        """Refuse the keys that nothing took."""
        for name in self.nodes:
            raise self.wrong(name, "is not known here", f"Remove it, or use one of: {known}" if known else "Remove it")

    def wrong(self, name: str, problem: str, remedy: str) -> CaseFileError:
        """The error for one key of this table."""
        return CaseFileError(self.file, self.lines.get(name, self.line), self._path(name), problem, remedy)

    def plain(self, node: yaml.Node, name: str) -> Any:
        """The plain Python value of a node."""
        if node.tag.rsplit(":", 1)[-1] not in {*_NODES, "seq", "map"}:
            raise self._wrong_at(node, name, f"the tag {node.tag[:40]!r} is not allowed", "Write plain text or numbers")
        try:
            return yaml.SafeLoader("").construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, TypeError, OverflowError, KeyError) as error:
            raise self._wrong_at(node, name, f"cannot be read ({error})", "Put quotes around text") from error

    def plain_values(self) -> dict[str, Any]:
        """The plain value of every key that nothing took."""
        return {name: self.plain(node, name) for name, node in self.nodes.items()}

    def _pop(self, name: str) -> yaml.Node | None:
        node = self.nodes.pop(name, None)
        return None if node is None or _is_null(node) else node

    def _table(self, node: yaml.Node, name: str) -> Table:
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong_at(node, name, "is not a table of keys", "Write `key: value` lines below it")
        return _table(node, self.file, self._path(name))

    def _items(self, name: str, what: str, example: str) -> list[yaml.Node]:
        node = self._pop(name)
        if node is None:
            raise self.wrong(name, f"{what} is missing", f"Add `{name}: {example}`")
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(name, f"is not {what}", f"Write it like {example}")
        return list(node.value)

    def _point(self, node: yaml.Node, name: str) -> tuple[float, float]:
        if not isinstance(node, yaml.SequenceNode) or len(node.value) != 2:
            raise self._wrong_at(node, name, "is not a point", "Write [x, y]")
        x, y = (self._number(part, name) for part in node.value)
        return x, y

    def _number(self, node: yaml.Node, name: str) -> float:
        value = self.plain(node, name)
        if not _is(value, float):
            raise self._wrong_at(node, name, f"{str(value)[:60]!r} is not a number", "Give a number")
        return float(value)

    def _wrong_at(self, node: yaml.Node, name: str, problem: str, remedy: str) -> CaseFileError:
        return CaseFileError(self.file, _line(node), self._path(name), problem, remedy)

    def _path(self, name: str) -> str:
        return f"{self.key}.{name}" if self.key else name


def parse_yaml(data: bytes, path: Path) -> Table:
    """The top table of a YAML text without aliases and without repeated keys; ``path`` is for its errors.

    Raises CaseFileError, with the line where there is one, for what is no such text. The caller bounds its size.
    """
    try:
        text = data.decode("utf-8")
        _refuse_bombs(text, path)
        node = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        raise CaseFileError(path, None, "file", "is not UTF-8 text", "Save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise CaseFileError(path, line, "file", f"is not YAML: {error.problem}", "Correct that line") from error
    except yaml.YAMLError as error:
        raise CaseFileError(path, None, "file", f"is not YAML: {error}", "Correct the file") from error
    if not isinstance(node, yaml.MappingNode):
        raise CaseFileError(path, 1, "file", "is not a table of keys", "Restore it from a copy")
    return _table(node, path, "")


def construct(make: Callable[..., _T], table: Table, folder: Path,
              given: Mapping[str, Any] = MappingProxyType({})) -> _T:
    """Call ``make`` with ``given`` and the table's keys, checked against its parameters.

    Paths are relative to ``folder``. Raises CaseFileError for a key or a value that does not fit.
    """
    parameters = inspect.signature(make, eval_str=True).parameters
    hints = {name: parameter.annotation for name, parameter in parameters.items()}
    values = dict(given)
    for name in [name for name in hints if name in table.nodes]:
        values[name] = _fitted(table, name, hints[name], folder)
        table.nodes.pop(name)
    table.done(", ".join(hints))
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in values:
            raise table.wrong(name, "is missing", f"Add `{name}:`")
    try:
        return make(**values)
    except (ValueError, TypeError, UsageError) as error:
        raise CaseFileError(table.file, table.line, table.key, str(error), "Correct the values") from error


def _refuse_bombs(text: str, path: Path) -> None:
    """Aliases can make a small file huge in memory, deep nesting can exhaust the stack: neither is needed."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise CaseFileError(path, line, f"*{event.anchor}", "aliases are not allowed", "Write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise CaseFileError(path, line, "file", "is nested too deeply", "Restore it from a copy")


def _table(node: yaml.MappingNode, file: Path, key: str) -> Table:
    nodes: dict[str, yaml.Node] = {}
    for name, value in node.value:
        line = _line(name)
        if not isinstance(name, yaml.ScalarNode):
            raise CaseFileError(file, line, key or "file", "a key is not plain text", "Write `key: value`")
        if name.value in nodes:
            raise CaseFileError(file, line, f"{key}.{name.value}".lstrip("."), "stands here twice", "Keep one of them")
        nodes[name.value] = value
    return Table(file, key, _line(node), nodes, {name: _line(value) for name, value in nodes.items()})


def _fitted(table: Table, name: str, hint: Any, folder: Path) -> Any:
    """The value of a key as the parameter's annotation wants it."""
    value = table.plain(table.nodes[name], name)
    for kind in get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,):
        if get_origin(kind) is tuple and isinstance(value, list):
            wanted = get_args(kind)[0]
            if all(_is(item, wanted) for item in value):
                return tuple(float(item) if wanted is float else item for item in value)
        elif kind is Path and isinstance(value, str):
            return folder / os.path.expanduser(value)  # leaves the home of nobody as it stands
        elif _is(value, kind):
            return float(value) if kind is float else value
    shown = getattr(hint, "__name__", None) if isinstance(hint, type) else str(hint).replace("typing.", "")
    raise table.wrong(name, f"{str(value)[:60]!r} is not of the kind {shown}", "Correct the value")


def _is(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is float:
        return type(value) in (int, float) and abs(value) <= sys.float_info.max
    return type(value) is kind  # None counts as one: a key may be left empty


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag.endswith(":null"))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
