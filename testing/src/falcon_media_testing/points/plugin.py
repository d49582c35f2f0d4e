"""Points about the plugin: its spec, its options, and what listing it costs."""

from __future__ import annotations

from collections.abc import Iterator
import difflib
from importlib import metadata
import inspect
import json
import os
from pathlib import Path
import re
import subprocess
import sys
from typing import Any, get_args

import falcon

from falcon_media.errors import ConfigError
from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.plugins.discovery import normalize
from falcon_media.plugins.discovery import Policy
from falcon_media.plugins.discovery import Record
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.use import use
from falcon_media.protocol.spec import Budget
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_cause
from falcon_media_testing.failure import show_error
from falcon_media_testing.point import point
from falcon_media_testing.settings import AT_THE_START
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('PluginPoints',)

_CORE = 'falcon-media'


class PluginPoints(Declaration):
    """What an app relies on before there is a message."""

    @point('spec-and-entry-point')
    def test_spec_and_entry_point(self, watch: Unwatched) -> None:
        """The spec, the entry point, the distribution and the handler say the same.

        Why: what is listed is what people choose by. A spec that asks for less than the
        distribution does makes an app fail at its first message, and not at its start.
        """
        _check_declaration(self)
        spec, handler = self.spec, self.handler
        if handler.name != spec.name:
            raise ContractFailure(
                f'The name in the spec is {spec.name!r}, and handler.name is '
                f'{handler.name!r}.',
                f'Set the class attribute of the handler: name = {spec.name!r}.',
            )
        if not spec.summary or '\n' in spec.summary:
            raise ContractFailure(
                f'The summary in the spec is {spec.summary!r}: not one line.',
                'Describe the handler in one line, for `falcon-media list`.',
            )
        _check_media_types(self)
        (record,) = _records(self)
        # What is built in has no requirements of its own.
        if record.distribution != _CORE:  # pragma: no branch  # see above
            _check_requirements(self, record)

    @point('nothing-is-imported-before-it-is-selected')
    def test_listing_imports_no_codec_library(self, watch: Unwatched) -> None:
        """Listing a handler imports its plugin, and not its codec library.

        Why: `python -m falcon_media list` imports every plugin there is, and an app
        starts with those that it selects. Neither is to pay for libraries, nor to fail
        for them.
        """
        # NOTE: A plugin that can't be selected says so here as everywhere.
        spec = self.spec
        loaded = _modules_of_listing(self.name)
        found = [module for module in self.imports if module in loaded]
        for requirement in spec.requires:
            name = re.split('[<>=!~ ]', requirement)[0]
            found += _modules_of(name, loaded)
        if found:
            raise ContractFailure(
                f'Listing the handler imported {", ".join(sorted(found))}.',
                'Import the library where the handler is made (in __init__), and what '
                'needs it at import time from a module that is imported there.',
            )

    @point('options')
    def test_options_are_checked(self, watch: Unwatched) -> None:
        """A wrong option is an error when the app starts, and says what would be right.

        Why: an option that is swallowed is a setting that somebody relies on, and that
        has no effect. That goes for its name and for its value.
        """
        parameters = inspect.signature(self.spec.factory).parameters
        for parameter in parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                raise ContractFailure(
                    f'The factory in the spec takes **{parameter.name}, so it accepts '
                    'options that do not exist, and misspelt ones.',
                    'Give each option a keyword parameter of its own.',
                )
        if 'limits' not in parameters and not hasattr(self.handler, 'wrapped'):
            raise ContractFailure(
                'The factory in the spec takes no limits, so the budgets of an app '
                'have no effect.',
                'Add a keyword parameter, limits: Limits | None = None, and pass it to '
                'super().__init__().',
            )
        options = [name for name in parameters if name != 'limits']
        for option in options:
            if option not in self.any_value:
                self._check_refused({option: _Odd()}, SetupError, watch)
        for bad in self.bad_options:
            self._check_refused(bad, ConfigError, watch)

    @point('the-process-is-left-alone')
    def test_process_is_left_alone(self, watch: Unwatched) -> None:
        """Importing, making and using the handler changes no setting of the process.

        Why: what a plugin raises for itself, such as the limit of recursion or of
        digits, is raised for the whole app, whose protection it is.
        """
        handler = self.build()
        for number, sample in enumerate(self.samples, 1):
            receive(handler, sample.payload, watch, f'sample {number}')
            if not sample.received_only:
                send(handler, sample.media, watch, f'sample {number}')
        found = AT_THE_START.changed()
        if found:
            raise ContractFailure(
                '\n'.join(['The handler was made and used, and that changed', *found]),
                'Remove the call. Where a library needs another setting, refuse what '
                'needs it; where the setting can be limited to a block, as with '
                'decimal.localcontext(), do that.',
            )

    def _check_refused(
        self, options: dict[str, Any] | Any, error: type[SetupError], watch: Unwatched
    ) -> None:
        shown = ', '.join(f'{name}={value!r}' for name, value in options.items())
        watch.case(f'the option {shown}')
        try:
            self.registry.build(
                use(self.name, **{**self.options, **options}), None, Limits()
            )
        except error:
            return
        except SetupError as ex:
            did = f'ended in {show_error(ex)}{show_cause(ex)}'
        else:
            did = 'was accepted'
        raise ContractFailure(
            f'The handler was made with {shown}, which can not be used. It {did}',
            'Check the value in __init__, and raise falcon_media.ConfigError with the '
            'name of the option and the values that it takes. If the option takes any '
            'object, add its name to any_value in the contract.',
        )


class _Odd:
    """A value that no option has a use for."""

    def __repr__(self) -> str:
        return 'object()'


# ----------------------------------------------------------------- The declaration


def _check_declaration(contract: Declaration) -> None:
    samples = contract.samples
    if len({repr(sample.media) for sample in samples}) < 2:
        raise ContractFailure(
            f'The contract has {len(samples)} sample(s). It needs two with different '
            'objects.',
            'Declare samples = (Sample(media, payload), ...), with payloads from the '
            "format's specification, or from another implementation.",
        )
    known = {probe.name for probe in contract.probes}
    for flag in ('cant_carry', 'changes', 'loosened'):
        for name in getattr(contract, flag):
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f' Did you mean {near[0]!r}?' if near else ''
                raise ContractFailure(
                    f'{flag} in the contract has {name!r}, and no probe is called '
                    f'that.{hint}',
                    'Correct the name, or add a Probe of that name to probes.',
                )
    for budget in contract.enforces:
        if budget not in get_args(Budget):
            raise ContractFailure(
                f'enforces in the contract has {budget!r}, which is not a budget.',
                f'Use these names: {", ".join(get_args(Budget))}.',
            )
    both = sorted({*contract.cant_carry} & {*contract.changes})
    if both:
        raise ContractFailure(
            f'{", ".join(both)}: both in cant_carry and in changes.',
            'Remove it from one of them: a value is either refused, or comes back '
            'changed.',
        )


def _check_media_types(contract: Declaration) -> None:
    spec = contract.spec
    if bool(spec.media_type) is not contract.has_media_type:
        raise ContractFailure(
            f'media_type in the spec is {spec.media_type!r}, and the contract says '
            f'has_media_type = {contract.has_media_type}.',
            'Give the spec the media type of the format. If it has none, use an empty '
            'string there, and has_media_type = False in the contract.',
        )
    for media_type in (spec.media_type, *spec.aliases):
        if not media_type and not contract.has_media_type:
            continue
        full_type, parameters = falcon.parse_header(media_type)
        if parameters or not re.fullmatch(r'[a-z0-9.+-]+/[a-z0-9.+-]+', full_type):
            raise ContractFailure(
                f'The spec has the media type {media_type!r}.',
                'Write it as type/subtype, in lower case and without parameters.',
            )


# ---------------------------------------------------------------- The distribution


def _records(contract: Declaration) -> list[Record]:
    registry = Registry.discover(Policy())
    return [record for record in registry.records if record.name == contract.name]


def _check_requirements(contract: Declaration, record: Record) -> None:
    declared = {
        normalize(re.split(r'[^\w.-]', text, maxsplit=1)[0]): text
        for text in metadata.requires(record.distribution) or ()
    }
    for requirement in contract.spec.requires:
        name, _, lowest = requirement.partition('>=')
        text = declared.get(normalize(name))
        if text is None or (lowest and f'>={lowest}' not in text.replace(' ', '')):
            raise ContractFailure(
                f'The spec requires {requirement}, and the metadata of the '
                f'distribution {record.distribution} '
                f'{text or "no distribution of that name"}.',
                'Write the same requirement into the spec and into the dependencies of '
                'pyproject.toml, and install the distribution again.',
            )


_LISTING = """
import json
import sys
from falcon_media import Registry
from falcon_media.plugins.discovery import Policy

before = set(sys.modules)
Registry.discover(Policy()).find({name!r}, None)
loaded = {{name: getattr(sys.modules[name], '__file__', None)
           for name in set(sys.modules) - before}}
sys.stdout.write('\\n' + json.dumps(loaded))
"""


def _modules_of_listing(name: str) -> dict[str, str | None]:
    done = subprocess.run(  # noqa: S603  # the program of above
        [sys.executable, '-c', _LISTING.format(name=name)],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:  # pragma: no cover  # other points find such a plugin first
        raise ContractFailure(
            'A new process that selects the handler by its name, and does not make it, '
            f'failed:\n{done.stderr[-2000:]}',
            'The last line says why. If the plugin imports its codec library at the '
            'top of a module, import it in __init__ of the handler.',
        )
    loaded: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def _modules_of(distribution: str, loaded: dict[str, str | None]) -> Iterator[str]:
    """Yield those of the loaded modules that belong to a distribution."""
    found = metadata.distribution(distribution)
    files = {str(Path(str(found.locate_file(file)))) for file in found.files or ()}
    for name, path in loaded.items():
        if path is not None and str(Path(path)) in files:
            yield name
