"""Compile the checks, or build a package without them if compiling fails."""

from __future__ import annotations

import sysconfig

from setuptools import Extension
from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError
from setuptools.errors import CCompilerError

# NOTE: Free-threaded CPython has no stable ABI (PEP 703), and setuptools refuses it.
HAS_STABLE_ABI = not sysconfig.get_config_var('Py_GIL_DISABLED')

CHECKS = Extension(
    'falcon_media_speedups._checks',
    sources=['src/falcon_media_speedups/_checks.c'],
    define_macros=[('Py_LIMITED_API', '0x030b0000')] if HAS_STABLE_ABI else [],
    py_limited_api=HAS_STABLE_ABI,
)


class BuildExtension(build_ext):
    """Leave the extension out if it can't be compiled."""

    def run(self) -> None:
        """Compile the extension, if possible."""
        try:
            super().run()
        except (BaseError, CCompilerError) as ex:
            self.warn(f'falcon-media-speedups is built without its checks: {ex}')
            self.extensions = []
            self.distribution.ext_modules = []


class BuildWheel(bdist_wheel):
    """Tag the wheel by its content."""

    def finalize_options(self) -> None:
        """Build one wheel for CPython 3.11 and later."""
        if HAS_STABLE_ABI:
            self.py_limited_api = 'cp311'
        super().finalize_options()

    def run(self) -> None:
        """Compile first: the tag depends on the outcome."""
        self.run_command('build_ext')
        if not self.distribution.ext_modules:
            self.root_is_pure = True
            self.py_limited_api = ''
        super().run()


setup(
    ext_modules=[CHECKS],
    cmdclass={'bdist_wheel': BuildWheel, 'build_ext': BuildExtension},
)
