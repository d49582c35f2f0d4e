"""What an author says of a handler: the samples, and what the format can and can't do.

Everything here has a default that fits a self-describing binary format of the kind of
MessagePack or CBOR. What differs is declared, and each declaration is tried: one that
says "can't" of what works is as wrong as the other way round.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TYPE_CHECKING

from falcon import WebSocketPayloadType

from falcon_media.compare import same
from falcon_media.errors import HandlerConflict
from falcon_media.errors import HandlerNotFound
from falcon_media.errors import MalformedPayload
from falcon_media.errors import PayloadError
from falcon_media.errors import PayloadTooLarge
from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.use import use
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.spec import HandlerSpec
from falcon_media_testing import shapes
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_cause
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.probes import Probe
from falcon_media_testing.probes import PROBES
from falcon_media_testing.shapes import Place

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ('Batch', 'Declaration', 'Loosened', 'Refused', 'Sample')


@dataclass(frozen=True, slots=True)
class Sample:
    """An object and the payload that stands for it, byte by byte.

    Attributes:
        media (object): The object, as a handler receives and sends it.
        payload (str | bytes): The payload, by the format's specification.
        received_only (bool): Whether this is one of several payloads for the object,
            and not the one that is sent.
    """

    media: Any
    payload: Any
    received_only: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Refused:
    """A payload that must be refused.

    Attributes:
        payload (str | bytes): The payload.
        error (type[PayloadError]): What it ends in (default ``MalformedPayload``).
        why (str): What is wrong with it, for messages.
    """

    payload: Any
    error: type[PayloadError] = MalformedPayload
    why: str = ''


@dataclass(frozen=True, slots=True)
class Loosened:
    """What becomes of some values with an option.

    Attributes:
        options (Mapping): The option, by its name.
        change (Callable | None): As in :attr:`Declaration.changes`; ``None`` if the
            values come back equal.
        text (str): How the options are written in the table (default: as Python would
            show their values).
    """

    options: Mapping[str, Any]
    change: Callable[[Any], object] | None = None
    text: str = ''


@dataclass(frozen=True, slots=True)
class Batch:
    """Objects that share a frame, and the frame, byte by byte.

    Attributes:
        media (Sequence): The objects.
        payload (str | bytes): The frame, by the format's own form for many messages.
        received_only (bool): As of a :class:`Sample`.
    """

    media: Sequence[Any]
    payload: Any
    received_only: bool = field(default=False, kw_only=True)


class Declaration:
    """What the contract asks is asked of this.

    See ``docs/authors.md``, "Capability flags".
    """

    # ------------------------------------------------------------------ The handler

    name: ClassVar[str]
    """Name of the handler, which is that of its entry point."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Options to make it with. A schema-bound handler can't do without."""
    variants: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """Other options, with which no payload and no object may do harm either. (For what
    becomes of values with them, there are contracts of their own, or `loosened`.)"""
    bad_options: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """Options with values that must be refused when the handler is made."""
    any_value: ClassVar[Collection[str]] = ()
    """Names of options for which every object is a value."""
    imports: ClassVar[Collection[str]] = ()
    """Modules that selecting the handler imports, and listing it must not; besides
    those of the distributions that the spec requires."""
    has_media_type: ClassVar[bool] = True
    """Whether the format has an internet media type, and so can serve HTTP."""

    # ---------------------------------------------------------------------- Payloads

    samples: ClassVar[Sequence[Sample]] = ()
    """Objects with their payloads, which stand for all: messages as apps send them, and
    two at the least."""
    vectors: ClassVar[Sequence[Sample]] = ()
    """Further ones, which have to be right to the byte and are tried no further: those
    of the format's specification."""
    refuses: ClassVar[Sequence[Refused]] = ()
    """Payloads that must be refused: what the format's specification, or its history of
    vulnerabilities, has to offer."""
    empty_is_valid: ClassVar[bool] = False
    """Whether an empty payload stands for an object."""
    truncation_is_detected: ClassVar[bool] = True
    """Whether nothing that a payload begins with is a payload, where the object is a
    container. Not so where lines or fields merely follow each other."""
    trailing_is_detected: ClassVar[bool] = True
    """Whether what follows after a payload is always noticed."""

    duplicates_are_detected: ClassVar[bool] = True
    """Whether a map that has a key twice is refused."""

    # ----------------------------------------------------------------------- Batches

    batches: ClassVar[Sequence[Batch]] = ()
    """Objects that share a frame, where the handler has a framing."""
    refuses_batches: ClassVar[Sequence[Refused]] = ()
    """Frames of which a part must be refused, with the first error that there is."""

    # ------------------------------------------------------------------------ Values

    cant_carry: ClassVar[Collection[str]] = ()
    """Names of probes that are refused when they are sent."""
    changes: ClassVar[Mapping[str, Callable[[Any], object]]] = {}
    """Names of probes that come back changed, each with a function from what is sent to
    what comes back; its name goes into the table. For instance, ``{'tuple': list}``."""
    loosened: ClassVar[Mapping[str, Loosened]] = {}
    """Names of probes that fare otherwise with an option."""
    probes: ClassVar[Sequence[Probe]] = PROBES
    """The probes themselves, to add those of types that only this format has."""
    root: ClassVar[type] = object
    """What the outermost value must be: ``dict``, where nothing else can be."""
    readme: ClassVar[Path | None] = None
    """The document with the table of all this."""

    # ----------------------------------------------------------------------- Budgets

    enforces: ClassVar[Collection[str]] = ()
    """Budgets that are enforced before the object is made. The guard measures the
    others when it has been paid for."""
    depths: ClassVar[Sequence[int]] = (65, 401, 1025, 100_000, 1_000_000)
    """Depths of payloads that are tried on a small stack."""
    too_deep: ClassVar[type[PayloadError]] = PayloadTooLarge
    """What payloads of these depths end in: ``PayloadError``, where the library has a
    limit of its own and does not tell it from other faults."""

    # ----------------------------------------------------------------------- Running

    environ: ClassVar[Mapping[str, str]] = {}
    """Environment variables of the process that it runs in, such as one that selects
    another implementation of the library."""
    patience: ClassVar[float] = 60.0
    """Seconds after which one call hangs: far more than any takes, since a machine may
    be busy. What a payload costs, the points about cost measure."""
    examples: ClassVar[int] = 200
    """Objects that are made for the round trip."""
    mutants: ClassVar[int] = 3000
    """Payloads that are made from the samples."""
    isolated: ClassVar[bool] = True
    """Whether it all runs in a process of its own, where it can't do harm. ``False`` is
    for a debugger."""

    # ------------------------------------------------- What a format may need to say

    def domain(self) -> SearchStrategy[Any]:
        """Make a Hypothesis strategy for objects that come back equal.

        The default is made from :attr:`cant_carry`, :attr:`changes` and :attr:`root`.
        """
        from falcon_media_testing.domain import domain

        return domain(
            [probe.name for probe in self.probes if not self.exempts(probe.name)],
            root=self.root,
        )

    def anything(self) -> SearchStrategy[Any]:
        """Make a Hypothesis strategy for objects that come back as declared, or not.

        The default takes the values of all probes, the odd ones too, and nests them.
        """
        from falcon_media_testing.domain import anything

        return anything(self.probes, self.cant_carry)

    def places(self, probe: Probe, value: Any) -> Iterable[Place]:
        """Put a probe's value into messages.

        The default puts it into lists and mappings, and sends it alone where
        :attr:`root` allows. A schema-bound format puts it into a field; none, if there
        is no field that it could go into.
        """
        return shapes.places(value, self.root)

    def same(self, sent: Any, received: Any) -> bool:
        """Whether an object came back equal.

        The default compares types too, all the way down; see
        :func:`falcon_media_testing.same`.
        """
        return same(sent, received)

    def nested(self, depth: int) -> str | bytes | None:
        """Make a payload of containers within each other.

        The default finds out what a level adds, which takes a format that writes a
        container around its contents, without their length.

        Args:
            depth (int): How many, the outermost one included.

        Returns:
            str | bytes | None: ``None`` only where a schema ends before that.
        """
        return shapes.nested_payload(self.handler, depth, self.root)

    def many(self, items: int) -> str | bytes:
        """Make a payload with items: elements of arrays, and entries of maps.

        Args:
            items (int): How many, in the whole payload.
        """
        media = shapes.many(items, self.root)
        payload: str | bytes = shapes.written(self.handler, media, f'many({items})')
        return payload

    def empties(self, count: int) -> str | bytes:
        """Make a payload of empty containers side by side.

        Args:
            count (int): How many.
        """
        media = shapes.empties(count, self.root)
        handler = self.build(Limits(max_size=1 << 30))
        payload: str | bytes = shapes.written(handler, media, f'empties({count})')
        return payload

    def maps(self, maps: Sequence[Sequence[tuple[Any, int]]]) -> str | bytes | None:
        """Make a payload of maps with these entries, in this order.

        Some entries of a map may have the same key, which no ``dict`` can have. The
        default encodes maps with other keys, and writes over those. It takes a format
        that writes strings of one length in the same way, and a handler that sends
        such maps: override it where the handler receives keys that it does not send.

        Args:
            maps (Sequence): The entries of each map: keys of one kind (``str``,
                ``int``, ``float`` or ``tuple``) with small numbers as values. One map
                stands alone, several are elements of an array.

        Returns:
            str | bytes | None: ``None`` if the format has no maps with such keys.
        """
        payload: str | bytes | None = shapes.maps(self.writers, maps, self.root)
        return payload

    def deep_media(self, depth: int) -> Iterable[object]:
        """Make objects of containers within each other.

        Args:
            depth (int): How many, the outermost one included. It has to be exact:
                ``max_depth`` of them are sent, and one more is refused.
        """
        return shapes.deep_media(depth, self.root)

    def endless_media(self) -> Iterable[object]:
        """Make objects that contain themselves."""
        return shapes.endless_media(self.root)

    # -------------------------------------------------------------- What follows

    def exempts(self, probe: str) -> bool:
        """Whether the values of a probe don't come back equal, by declaration."""
        return probe in self.cant_carry or probe in self.changes

    @cached_property
    def registry(self) -> Registry:
        """What is installed, whatever the environment says of it."""
        return Registry.discover(Policy())

    @cached_property
    def spec(self) -> HandlerSpec:
        """The handler's spec, from its plugin."""
        try:
            return self.registry.find(self.name, None)
        except SetupError as ex:
            raise ContractFailure(
                f'The handler could not be selected: {type(ex).__name__}: {ex}'
                f'{show_cause(ex)}',
                _selection_cure(self.name, ex),
            ) from ex

    @cached_property
    def handler(self) -> Handler:
        """The handler, as an app gets it."""
        return self.build()

    @cached_property
    def handlers(self) -> list[Handler]:
        """The handler, and that of each variant."""
        return [self.handler, *(self.build(**options) for options in self.variants)]

    @cached_property
    def writers(self) -> list[Handler]:
        """The handlers, and those with the options of :attr:`loosened`."""
        loosened = (self.build(**one.options) for one in self.loosened.values())
        return [*self.handlers, *loosened]

    def build(self, limits: Limits | None = None, **options: object) -> Handler:
        """Make the handler, the way that an app does.

        Args:
            limits (Limits): The budgets.
            **options: What is different from :attr:`options`.
        """
        spec = self.spec
        choice = use(self.name, **{**self.options, **options})
        try:
            return self.registry.build(choice, spec.payload_type, limits or Limits())
        except SetupError as ex:
            raise ContractFailure(
                f'Making the handler as {choice} failed: {type(ex).__name__}: {ex}'
                f'{show_cause(ex)}',
                'If the options are those that an app would give, correct the '
                'factory. If the factory is right to refuse them, correct options, '
                'variants or loosened in the contract.',
            ) from ex

    def made(self, method: str, *arguments: object) -> Any:
        """Call one of the methods that make a payload, and check what it returns."""
        payload = getattr(self, method)(*arguments)
        is_text = self.spec.payload_type is WebSocketPayloadType.TEXT
        expected: type = str if is_text else bytes
        if payload is None and method in _MAY_RETURN_NONE:
            return None
        if type(payload) is not expected:
            shown = ', '.join(map(show_media, arguments))
            raise ContractFailure(
                f'{type(self).__name__}.{method}({shown}) returned '
                f'{show_payload(payload)}',
                f'This is code of the contract. Return a payload of type '
                f'{expected.__name__}: the handler is for {self.spec.payload_type.name}'
                ' payloads.',
            )
        return payload

    @property
    def sent(self) -> list[Sample]:
        """The samples that are sent, and not only received."""
        return [sample for sample in self.samples if not sample.received_only]


_MAY_RETURN_NONE = frozenset(('nested', 'maps'))


def _selection_cure(name: str, ex: SetupError) -> str:
    if isinstance(ex, HandlerNotFound):
        return (
            'Install the distribution that is under test into this environment '
            f'(pip install -e .), with an entry point called {name!r} in the group '
            'falcon_media.handlers.v1. If that is another name, correct `name` in the '
            'contract.'
        )
    if isinstance(ex, HandlerConflict):  # pragma: no cover  # takes two distributions
        return (
            'Uninstall the distribution that is not under test, or set `name` in the '
            "contract to 'distribution:handler'."
        )
    return (
        'The entry point was found, and the module that it names, or a hook in it, '
        'raised the exception above. Correct that first: until then, each test of the '
        'contract fails with this message.'
    )
