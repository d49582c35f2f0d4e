"""Measure the time and the imports that falcon-media adds to the start of an app.

Each figure comes from a new process that runs one of the programs below.
"""

from __future__ import annotations

from importlib import metadata
import json
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bench import Bench
from benchmarks.bench import Column
from benchmarks.bench import Context
from benchmarks.bench import Measured
from benchmarks.cells import Cell
from benchmarks.cells import Fact
from benchmarks.cells import Mismatch
from benchmarks.timing import turns

__all__ = ('STARTUP',)

_INSTALLED = (60, 400)
"""Numbers of installed distributions when handlers are discovered."""

_STARTS = {
    'import falcon_media': ('', ''),
    'import and install(app)': ('falcon.asgi.App()', 'falcon_media.install(app)'),
    "import and install(app, text='json')": (
        'falcon.asgi.App()',
        "falcon_media.install(app, text='json')",
    ),
}
"""Name of the figure -> statements after `import falcon.asgi`, and after our import.

NOTE: install() imports the modules that our import leaves out, so the first figure says
    little without the others.
"""

_START = """
import json
from time import process_time

first = process_time()
import falcon.asgi
app = {0}

second = process_time()
import falcon_media
{1}

third = process_time()
print(json.dumps({{'reference': second - first, 'falcon-media': third - second}}))
"""

_DISCOVER = """
from importlib import metadata
import json
import sys
from time import process_time

from falcon_media import Registry

contestant, *sys.path = sys.argv[1:]
call = {
    'reference': metadata.entry_points,
    'falcon-media': Registry.discover,
}[contestant]
begin = process_time()
call()
took = process_time() - begin
print(
    json.dumps(
        {
            'took': took,
            'distributions': len(list(metadata.distributions())),
            'handlers': len(Registry.discover().records),
        }
    )
)
"""

_IMPORTED = """
import json
import sys

import falcon.asgi

falcon.asgi.App()  # which imports msgpack, if it is there, for Falcon's own handler
before = set(sys.modules)
import falcon_media

registry = falcon_media.Registry.discover()
handlers = [row['name'] for row in registry.rows() if row['state'] == 'loaded']
falcon_media.install(falcon.asgi.App(), text='json')
print(
    json.dumps(
        {
            'handlers': handlers,
            'libraries': [
                requirement.partition('>=')[0]
                for name in handlers
                for requirement in registry.find(name, None).requires
            ],
            'imported': sorted(set(sys.modules) - before),
        }
    )
)
"""

_METADATA = (
    """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: Nothing, as far as anybody knows.
Requires-Python: >=3.11

"""
    + 200 * 'A description, of about the length that most have.\n'
)


def _run(context: Context) -> Measured:
    rounds = 1 if context.quick else 21
    steps = rounds * (len(_STARTS) + len(_INSTALLED))
    done = 0

    def step(what: str) -> None:
        nonlocal done
        context.progress(done, steps, what)
        done += 1

    cells = []
    for what, (made, done_with_it) in _STARTS.items():
        program = _START.format(made or None, done_with_it)
        reference = 'import falcon.asgi' + (', App()' if made else '')
        cell = _cell(what, reference, '-')
        _python(program)  # leaves the bytecode on the disk, and the files in memory
        for _ in range(rounds):
            step(what)
            cell.add(_python(program))
        cells.append(cell)

    with TemporaryDirectory() as folder:
        for count in _INSTALLED:
            site = Path(folder) / str(count)
            _fill(site, count)
            cell = _cell('Registry.discover()', 'entry_points()', str(count))
            _discover('reference', site, count)
            for order in turns(('reference', 'falcon-media'), rounds):
                step(f'discovery, {count} distributions')
                cell.add({name: _discover(name, site, count) for name in order})
            cells.append(cell)
    return Measured(cells, [_imports_no_library()])


def _cell(what: str, reference: str, distributions: str) -> Cell:
    return Cell({'what': what, 'reference': reference, 'distributions': distributions})


def _python(program: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603  # programs of this module
        [sys.executable, '-I', '-c', program, *arguments],
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f'a program of the bench failed:\n{done.stderr}')
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _discover(contestant: str, site: Path, count: int) -> float:
    # NOTE: The path has the standard library and this folder, and nothing else.
    standard = [entry for entry in sys.path if entry and not _is_site(entry)]
    answer = _python(_DISCOVER, contestant, str(site), *standard)
    if answer['distributions'] != count or answer['handlers'] != _HANDLERS:
        raise Mismatch(f'{contestant} found something else: {answer}')
    took: float = answer['took']
    return took


_HANDLERS = 1 + len(metadata.entry_points(group='falcon_media.handlers.v1'))
"""Number of handlers, with the built-in one."""


def _is_site(entry: str) -> bool:
    return any(True for _ in metadata.distributions(path=[entry]))


def _ours() -> list[metadata.Distribution]:
    """List the distributions with a handler: the core and the plugins."""
    plugins = {
        entry_point.dist.name: entry_point.dist
        for entry_point in metadata.entry_points(group='falcon_media.handlers.v1')
        if entry_point.dist
    }
    return [metadata.distribution('falcon-media'), *plugins.values()]


def _fill(site: Path, count: int) -> None:
    """Make a folder with the metadata of that many distributions."""
    ours = _ours()
    for distribution in ours:
        files = {
            name: distribution.read_text(name) or ''
            for name in ('METADATA', 'entry_points.txt')
        }
        _install(site, distribution.name, distribution.version, files)
    for number in range(count - len(ours)):
        name, version = f'example_{number:03}', f'1.{number}'
        files = {'METADATA': _METADATA.format(name=name, version=version)}
        if number % 3 == 0:
            files['entry_points.txt'] = f'[console_scripts]\n{name} = {name}:main\n'
        _install(site, name, version, files)


def _install(site: Path, name: str, version: str, files: dict[str, str]) -> None:
    folder = site / f'{name.replace("-", "_")}-{version}.dist-info'
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text, 'utf-8')


def _imports_no_library() -> Fact:
    answer = _python(_IMPORTED)
    modules = {
        module
        for module, distributions in metadata.packages_distributions().items()
        if {*distributions} & {*answer['libraries']}
    }
    imported = [
        name for name in answer['imported'] if name.partition('.')[0] in modules
    ]
    return Fact(
        'no codec library imported',
        not imported,
        f'{len(answer["handlers"])} handlers listed, and one app installed with json; '
        f'imported of {", ".join(sorted(modules))}: {", ".join(imported) or "nothing"}',
    )


STARTUP = Bench(
    name='startup',
    summary='import, install(), and discovery with 60 and 400 distributions installed',
    labels=('what', 'reference', 'distributions'),
    panel='what',
    baseline='reference',
    columns=(
        Column('reference', 'time'),
        Column('falcon-media', 'time'),
        Column('falcon-media', 'ratio'),
    ),
    run=_run,
    chart='time',
)
