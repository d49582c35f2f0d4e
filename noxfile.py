"""The tasks of the workspace; ``python3 -m nox --list`` shows them.

A session runs on the interpreter that runs nox. ``--force-python 3.13`` (``-P``) takes
another one, on which `tests` measures no coverage: one version's counts.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from pathlib import Path
import shutil
from typing import Any

import nox
import nox.project

nox.needs_version = '>=2025.5.1'
nox.options.default_venv_backend = 'uv|virtualenv'
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ['tests', 'lint', 'types', 'docs']

ROOT = Path(__file__).parent
PLUGINS = {
    path.parent.name: path.parent for path in ROOT.glob('plugins/*/pyproject.toml')
}
# The core, and what its extras bring that is no plugin.
HOUSE = {name: ROOT / name for name in ('core', 'tools', 'testing')}
PACKAGES = HOUSE | dict(sorted(PLUGINS.items()))
SPEEDUPS = {'speedups': ROOT / 'speedups'}
EXAMPLES = {
    f'example-{path.parent.name}': path.parent
    for path in sorted(ROOT.glob('docs/examples/plugins/*/pyproject.toml'))
}
WHEELS = PACKAGES | SPEEDUPS | EXAMPLES
SUITES = (*PACKAGES, 'speedups', 'examples', 'e2e')
COMPILED = (
    'speedups/tests',
    'core/tests/protocol/test_fastpath.py',
    'plugins/msgspec/tests/test_shape.py',
)
"""What tests the compiled checks themselves."""
PYTHON_SOURCES = (
    'core/src',
    'core/tests',
    'tools/src',
    'tools/tests',
    'testing/src',
    'testing/tests',
    'plugins/*/src',
    'plugins/*/tests',
    'speedups/src',
    'speedups/tests',
    'docs/examples',
    'benchmarks',
    'tests',
    'conftest.py',
    'noxfile.py',
)

# The last two are whose types messages may be of.
PYTEST = (
    *('coverage', 'hypothesis', 'packaging', 'pytest', 'pytest-xdist'),
    *('attrs', 'pydantic'),
)
# The tests of one class, or of one module, stay together: they share a process in which
# handlers are tried, or a server.
IN_PARALLEL = ('--numprocesses=auto', '--maxprocesses=4', '--dist=loadscope')
DEMO = ('uvicorn', 'websockets')
BENCH = ('litestar', 'starlette')
SERVERS = ('daphne', 'granian', 'hypercorn', 'uvicorn', 'wsproto')

passed: set[str] = set()
"""The suites that this run of nox has seen pass."""


@nox.session(default=False, reuse_venv=True)
def build(session: nox.Session) -> None:
    """Build each package, from its sdist, for the sessions that test or run them."""
    install(session, 'build', 'hatchling', 'setuptools')
    wheels = wheel_dir(session)
    shutil.rmtree(wheels, ignore_errors=True)
    command = ('python', '-m', 'build', '--no-isolation', '--outdir')
    for package in WHEELS.values():
        session.run(*command, str(wheels), str(package), silent=True)
    # The compiled checks once more, as they are built where nothing can be compiled.
    session.run(
        *(*command, str(wheels / 'plain'), str(SPEEDUPS['speedups'])),
        env={'CC': 'false'},
        silent=True,
    )
    if not has_speedups(session):
        session.warn('falcon-media-speedups is built without its checks: no compiler')


@nox.session(requires=['build'])
@nox.parametrize('suite', [nox.param(name, id=name) for name in SUITES])
def tests(session: nox.Session, suite: str) -> None:
    """Test each wheel in an environment of its own, then all of them together.

    An environment holds the packages under test and what they declare, so an import
    that is not declared shows. Arguments go to pytest: ``nox -s "tests(cbor)" -- -x``.
    """
    again: list[str] = []
    if suite == 'speedups':
        if not has_speedups(session):
            # NOTE: Then the coverage of all suites together is not reported either.
            session.skip('falcon-media-speedups could not be compiled')
        install(
            session, *PYTEST, packages=PACKAGES, extra='testing,typed', compiled=True
        )
        paths = [
            *COMPILED,
            'core/tests/protocol/test_guard.py',
            'plugins/msgspec/tests/test_typed.py',
        ]
        # Every handler again, with the compiled checks. PERF: Without coverage, which
        #   doubles the time: all other lines count in the handlers' own suites.
        again += [f'plugins/{name}/tests' for name in sorted(PLUGINS)]
        again += ['core/tests/json', 'core/tests/limits']
        # NOTE: What takes its time, and has nothing to do with them.
        others = (
            'annotations',
            'table_in_the_readme',
            'spec_and_entry_point',
            'PureProto',
        )
        again += ['-k', f'not ({" or ".join(others)})']
        again.append('--ignore=plugins/protobuf/tests/test_budgets.py')
    elif suite == 'e2e':
        tools = ('nox', 'setuptools', *PYTEST, *SERVERS)
        install(
            session, *tools, packages=PACKAGES, extra='lab,new,testing', compiled=True
        )
        # NOTE: The others have sessions of their own.
        elsewhere = (f'--ignore=tests/{name}' for name in ('browser', 'docs', 'node'))
        paths = ['tests', *elsewhere]
    elif suite == 'examples':
        names = {'core', 'testing', *EXAMPLES}
        install(session, *PYTEST, packages=names, extra='testing')
        paths = [f'{path.relative_to(ROOT)}/tests' for path in EXAMPLES.values()]
    else:
        names, extra = {'core', 'testing', suite}, 'testing,typed'
        if suite == 'tools':
            extra = 'bench,lab,new,typed'
        elif suite != 'core':
            # Annotators, which the tools call.
            names, extra = {*names, 'tools'}, 'cli,testing'
        install(session, *PYTEST, packages=names, extra=extra)
        paths = [f'{PACKAGES[suite].relative_to(ROOT)}/tests']

    data = coverage_file(session)
    for stale in data.parent.glob(f'{data.name}.{suite}.*'):
        stale.unlink()
    # Hypothesis takes the same examples everywhere; `fuzz` looks for new ones.
    pytest = ('-m', 'pytest', '--hypothesis-profile=ci')
    arguments = session.posargs or IN_PARALLEL
    is_measured = session.python is None
    session.run(
        *(('coverage', 'run') if is_measured else ('python',)),
        *(*pytest, *paths, *arguments),
        env={'COVERAGE_FILE': f'{data}.{suite}', 'WHEELS': str(wheel_dir(session))},
    )
    if again:
        session.run('python', *pytest, *again, *arguments)

    # Part of the suites, or part of a suite, can't cover everything.
    passed.add(suite)
    if passed == {*SUITES} and is_measured and not session.posargs:
        session.notify('coverage')


@nox.session(requires=['build'], default=False)
def lowest(session: nox.Session) -> None:
    """Test the packages with the lowest versions of the libraries they ask for."""
    install(
        session,
        *PYTEST,
        packages=PACKAGES,
        extra='bench,lab,new,testing',
        libraries='lowest',
    )
    folders = (f'{path.relative_to(ROOT)}/tests' for path in PACKAGES.values())
    session.run(
        *('python', '-m', 'pytest', '--hypothesis-profile=ci', *folders),
        *session.posargs,
    )


@nox.session(default=False, reuse_venv=True)
def coverage(session: nox.Session) -> None:
    """Report the coverage of all suites together; `tests` ends with this."""
    install(session, 'coverage')
    env = {'COVERAGE_FILE': str(coverage_file(session))}
    # NOTE: What is combined is kept, so that one suite can be run again and all of them
    #   reported: ``nox -r -s "tests(cbor)" coverage``.
    session.run('coverage', 'combine', '--keep', env=env, silent=True)
    session.run('coverage', 'report', '--keep-combined', env=env)


@nox.session(requires=['build'], default=False)
def demo(session: nox.Session) -> None:
    """Serve the demo and talk to it in every format; ``-- --check`` ends after that."""
    install(session, *DEMO, packages=PACKAGES, extra='lab', compiled=True)
    session.run('python', 'docs/examples/demo.py', *session.posargs)


@nox.session(requires=['build'], default=False)
def node(session: nox.Session) -> None:
    """Have Node read what the handlers send, and the other way round."""
    install(session, 'pytest', packages=PACKAGES, extra='cli')
    folder = session.cache_dir.resolve() / 'node'
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / 'tests/node/package.json', folder)
    session.run(
        *('npm', 'install', '--prefix', str(folder)),
        *('--no-package-lock', '--no-audit', '--no-fund'),
        *('--ignore-scripts', '--omit=optional'),
        external=True,
        silent=True,
    )
    session.run(
        *('pytest', 'tests/node', *session.posargs),
        env={'NODE_PACKAGES': str(folder)},
    )


@nox.session(requires=['build'], default=False)
def browser(session: nox.Session) -> None:
    """Drive the lab in Chromium; ``-- --screenshots=DIR`` keeps how it looks."""
    for program in ('chromium', 'chromedriver'):
        if not shutil.which(program):
            session.error(
                f'{program} is missing: install chromium and chromium-driver from the '
                "system's packages (.ci/run does, on Debian)"
            )
    install(session, 'pytest', 'selenium', packages=PACKAGES, extra='lab,testing')
    session.run('python', '-m', 'pytest', 'tests/browser', *session.posargs)


@nox.session(requires=['build'], default=False)
def bench(session: nox.Session) -> None:
    """Measure what messages cost: all benches, or ``-- codecs``; try ``-- --help``.

    ``-- --pure`` leaves out the compiled checks.
    """
    compiled = '--pure' not in session.posargs
    install(session, *BENCH, *DEMO, packages=PACKAGES, extra='bench', compiled=compiled)
    arguments = [argument for argument in session.posargs if argument != '--pure']
    session.run('python', '-m', 'benchmarks', *arguments)


@nox.session(requires=['build'], default=False)
def fuzz(session: nox.Session) -> None:
    """Feed each handler mutations of its samples: ``-- --seconds 5 cbor json``."""
    install(session, packages=PACKAGES, extra='testing', compiled=True)
    session.run(
        *('python', '-m', 'falcon_media_testing.fuzz'),
        '--contract=tests/fuzz/contracts.py',
        *session.posargs,
        env={'PYTHONPATH': 'docs/examples'},
    )


@nox.session(requires=['build'], default=False)
def machine(session: nox.Session) -> None:
    """Try the life of an app, with clients of all kinds: ``-- --seconds 3600``."""
    install(session, 'hypothesis', packages=PACKAGES, extra='testing', compiled=True)
    session.run('python', '-m', 'tests.combinations.machine', *session.posargs)


@nox.session(requires=['build'], default=False)
def sanitize(session: nox.Session) -> None:
    """Test the compiled checks under the sanitizers of gcc, which it takes."""
    install(session, *PYTEST, 'setuptools', packages=PACKAGES, extra='testing')
    flags = '-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
    # NOTE: A copy, so that no other build finds what is compiled for this.
    folder = Path(session.create_tmp(), 'speedups')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SPEEDUPS['speedups'], folder)
    session.install(
        *('--no-build-isolation', '--no-cache-dir', '--no-deps', '--force-reinstall'),
        str(folder),
        env={'CC': 'gcc', 'CFLAGS': flags, 'LDFLAGS': flags},
    )
    library = session.run(
        *('gcc', '-print-file-name=libasan.so'), external=True, silent=True
    )
    session.run(
        *(
            'python',
            '-m',
            'pytest',
            '--hypothesis-profile=ci',
            '-p',
            'no:cacheprovider',
        ),
        *(*COMPILED, *(session.posargs or IN_PARALLEL)),
        env={
            'LD_PRELOAD': str(library).strip(),
            # NOTE: CPython keeps some of what it has to its end. And the allocator of
            #   its own would hide what is beyond an object.
            'ASAN_OPTIONS': 'detect_leaks=0',
            'PYTHONMALLOC': 'malloc',
        },
    )


@nox.session(requires=['build'], reuse_venv=True)
def lint(session: nox.Session) -> None:
    """Check style and the shape of the tree; ``-- --fix`` corrects what ruff can."""
    install(session, 'import-linter', 'packaging', 'pytest', 'ruff', packages=PACKAGES)
    if '--fix' in session.posargs:
        session.run('ruff', 'check', '--fix-only')
        session.run('ruff', 'format')
    session.run('ruff', 'check')
    session.run('ruff', 'format', '--check')
    session.run('lint-imports')
    session.run(
        *('pytest', '--quiet', 'tests/test_workspace.py'),
        *('tests/test_import_graph.py', 'tests/test_words.py'),
    )


@nox.session(reuse_venv=True)
def types(session: nox.Session) -> None:
    """Check the types of the sources, the tests, the examples and this file."""
    libraries = {
        requirement
        for package in (PACKAGES | EXAMPLES).values()
        for requirement in requirements_of(package)
        if not requirement.startswith('falcon-media')
    }
    stubs = ('msgpack-types', 'types-protobuf', 'types-PyYAML')
    install(
        session,
        *('mypy', 'nox', 'selenium', 'sybil', *stubs),
        *(*PYTEST, *BENCH, *DEMO, *SERVERS, *sorted(libraries)),
    )
    paths = [path for name in PYTHON_SOURCES for path in sorted(ROOT.glob(name))]
    session.run('mypy', *(str(path.relative_to(ROOT)) for path in paths))


@nox.session(requires=['build'])
def docs(session: nox.Session) -> None:
    """Run the snippets of the READMEs and of `docs/`, and follow their links."""
    install(
        session,
        *('packaging', 'pytest', 'sybil', *DEMO),
        packages=PACKAGES | EXAMPLES,
        extra='bench,new',
        compiled=True,
    )
    session.run('python', '-m', 'pytest', 'tests/docs', *session.posargs)


def install(
    session: nox.Session,
    *requirements: str,
    packages: Collection[str] = (),
    extra: str | None = None,
    libraries: str = 'libraries',
    compiled: bool = False,
) -> None:
    """Install tools and libraries at their pins, and packages from their wheels.

    The extra is the core's, or several; `libraries` names a file in ``requirements/``.
    The checks are `compiled` if they could be, or else those in Python.
    """
    wheels = [
        str(wheel)
        for name in WHEELS
        if name in packages
        for wheel in wheel_dir(session).glob(f'{wheel_name(name)}-*.whl')
    ]
    if wheels:
        folder = wheel_dir(session)
        folder = folder if compiled else folder / 'plain'
        wheels += map(str, folder.glob(f'{wheel_name("speedups")}-*.whl'))
        # NOTE: Both pip and uv keep what is installed at the same version, which in an
        #   environment that is used again is the wheel of an older build.
        session.install('--force-reinstall', '--no-deps', *wheels)
    if extra:
        wheels[0] += f'[{extra}]'  # the core's comes first
    constraints = (
        f'--constraint=requirements/{name}.txt'
        for name in (libraries, 'extras', 'servers', 'tools', 'benchmarks')
    )
    session.install(*constraints, *wheels, *requirements)


def wheel_name(package: str) -> str:
    """Return what the name of a package's wheel begins with."""
    name = project_table(WHEELS[package])['name']
    return str(name).replace('-', '_')


def project_table(package: Path) -> dict[str, Any]:
    """Read the ``[project]`` table of a package."""
    table: dict[str, Any] = nox.project.load_toml(package / 'pyproject.toml')['project']
    return table


def requirements_of(package: Path) -> Iterator[str]:
    """Read what a package needs, for its extras too."""
    table = project_table(package)
    yield from table['dependencies']
    for extra in table.get('optional-dependencies', {}).values():
        yield from extra


def has_speedups(session: nox.Session) -> bool:
    """Return whether `build` could make the compiled checks."""
    return any(wheel_dir(session).glob(f'{wheel_name("speedups")}-*-abi3-*.whl'))


def wheel_dir(session: nox.Session) -> Path:
    """Return where `build` puts the wheels."""
    return session.cache_dir.resolve() / 'wheels'


def coverage_file(session: nox.Session) -> Path:
    """Return what the names of all coverage data begin with."""
    folder = session.cache_dir / 'coverage'
    folder.mkdir(exist_ok=True)
    return folder / 'data'
