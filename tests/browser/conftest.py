"""The lab, served from here, in a browser of the system's."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from tests.browser.page import Lab
from tests.browser.page import TIMEOUT

from falcon_media_testing.server import serving
from falcon_media_tools.lab.app import create_app

CHROMIUM = '/usr/bin/chromium'
CHROMEDRIVER = '/usr/bin/chromedriver'

ARGUMENTS = (
    *('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'),
    *('--no-first-run', '--disable-background-networking', '--disable-sync'),
    *('--disable-component-update', '--window-size=1280,900'),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where pictures of the page go, if anywhere."""
    parser.addoption('--screenshots', type=Path, help='folder for pictures of the page')


@pytest.fixture(scope='session')
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser, without a past."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f'--user-data-dir={tmp_path_factory.mktemp("chromium")}')
    options.set_capability(
        'goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'}
    )
    service = webdriver.ChromeService(executable_path=CHROMEDRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_page_load_timeout(TIMEOUT)
    yield driver
    driver.quit()


@pytest.fixture(scope='session')
def address() -> Iterator[str]:
    """Where the lab is served."""
    with serving(create_app(), TIMEOUT) as server:
        yield server.address


@pytest.fixture
def lab(driver: webdriver.Chrome, address: str) -> Iterator[Lab]:
    """The page; whatever happens to it, it complains of nothing, and asks nobody."""
    page = Lab(driver, address)
    page.complaints()
    page.hosts()
    page.open()
    yield page
    assert page.complaints() == []
    assert page.hosts() == {address}


@pytest.fixture
def screen(driver: webdriver.Chrome) -> Iterator[Callable[..., None]]:
    """A function that gives the browser a screen, and a taste for light or dark."""

    def show(width: int, scheme: str = 'light') -> None:
        driver.execute_cdp_cmd(
            'Emulation.setDeviceMetricsOverride',
            {
                'width': width,
                'height': 844,
                'deviceScaleFactor': 1,
                'mobile': width < 500,
            },
        )
        driver.execute_cdp_cmd(
            'Emulation.setEmulatedMedia',
            {'features': [{'name': 'prefers-color-scheme', 'value': scheme}]},
        )

    yield show
    driver.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})
    driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': []})


@pytest.fixture(scope='session')
def static() -> Path:
    """Where the files of the page are."""
    import falcon_media_tools.lab

    return Path(falcon_media_tools.lab.__file__).parent / 'static'
