"""Describe the machine, the interpreter and the versions of a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from datetime import UTC
from importlib import metadata
import os
from pathlib import Path
import platform
import sysconfig
from typing import Any

from benchmarks.bench import Cpus

__all__ = ('busy', 'cpus', 'describe', 'load')

_BUSY = 0.3
"""Load average above which the machine is considered busy."""


def cpus() -> Cpus:
    """Choose a CPU for the server, and one on another core for the load client."""
    if not hasattr(os, 'sched_getaffinity'):
        return Cpus(None, None)
    server, *others = sorted(os.sched_getaffinity(0), reverse=True)
    siblings = _siblings(server)
    apart = [cpu for cpu in others if cpu not in siblings]
    return Cpus(server, (apart or others or [server])[0])


def _siblings(cpu: int) -> set[int]:
    """List the CPUs that share a core with one; empty if unknown."""
    path = Path(f'/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list')
    found = set()
    try:
        for part in path.read_text('ascii').strip().split(','):
            first, _, last = part.partition('-')
            found |= {*range(int(first), int(last or first) + 1)}
    except (OSError, ValueError):
        return set()
    return found


def load() -> list[float]:
    """Return the load averages; empty if the system has none."""
    try:
        return [round(value, 2) for value in os.getloadavg()]
    except (AttributeError, OSError):
        return []


def busy() -> str | None:
    """Return the reason why the machine is too busy, or can't pin processes."""
    problems = []
    if load() and load()[0] > _BUSY:
        problems.append(f'the load average is {load()[0]}')
    server, client = cpus()
    if server is not None and server == client:
        problems.append('server and client share the only CPU')
    return ', and '.join(problems) or None


def describe(packages: Iterable[str]) -> dict[str, Any]:
    """Describe the machine for the file of results.

    Args:
        packages (Iterable[str]): Distributions whose versions to include.
    """
    return {
        'time': datetime.now(UTC).isoformat(timespec='seconds'),
        'load_average': load(),
        'cpu': _cpu_name(),
        'cpus': os.cpu_count(),
        'pinned': cpus()._asdict(),
        'system': f'{platform.system()} {platform.release()} {platform.machine()}',
        'python': {
            'implementation': platform.python_implementation(),
            'version': platform.python_version(),
            'compiler': platform.python_compiler(),
            'build': sysconfig.get_config_var('CONFIG_ARGS') or '',
            'hash_seed': os.environ.get('PYTHONHASHSEED', 'random'),
        },
        'packages': {
            name: version
            for name in sorted(packages)
            if (version := _version(name)) is not None
        },
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    try:
        for line in Path('/proc/cpuinfo').read_text('utf-8').splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    except OSError:
        pass
    return platform.processor() or 'unknown'
