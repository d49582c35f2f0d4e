"""The tasks: ``python3 -m nox`` runs them all, and ``--list`` shows them."""

import nox


@nox.session
def tests(session: nox.Session) -> None:
    """Test the package as it is installed; arguments go to pytest."""
    session.install('.', 'falcon-media[testing]', 'pytest')
    session.run('pytest', *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style; ``nox -s lint -- --fix`` mends what can be mended."""
    session.install('ruff')
    if '--fix' in session.posargs:
        session.run('ruff', 'check', '--fix')
        session.run('ruff', 'format')
    else:
        session.run('ruff', 'check')
        session.run('ruff', 'format', '--check')


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install('.', 'falcon-media[testing]', 'mypy', 'nox', 'pytest')
    session.run('mypy')


@nox.session(default=False)
def table(session: nox.Session) -> None:
    """Write the table of what becomes of Python values into the README."""
    session.install('.', 'falcon-media[testing]', 'pytest')
    module = 'falcon_media_testing.fidelity'
    session.run('python', '-m', module, '--write', 'tests/test_contract.py')


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Mutate the samples for a minute; ``-- --seconds 600`` for ten."""
    session.install('.', 'falcon-media[testing]', 'pytest')
    session.run('python', '-m', 'falcon_media_testing.fuzz', *session.posargs)


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build what is published, into ``dist/``."""
    session.install('build')
    session.run('python', '-m', 'build')
