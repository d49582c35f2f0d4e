"""The page of the lab, as people see it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

TIMEOUT = 30
"""Seconds after which whatever is waited for has failed."""


class Lab:
    """The page, in a browser.

    Attributes:
        driver (WebDriver): The browser.
        address (str): Host and port of the lab.
    """

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self) -> None:
        """Load the page, as for the first time, and wait until a message is there."""
        self.driver.execute_cdp_cmd(
            'Storage.clearDataForOrigin',
            {'origin': f'http://{self.address}', 'storageTypes': 'all'},
        )
        self.driver.get(f'http://{self.address}/')
        self.is_measured()

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def wait(self, condition: Callable[[], Any]) -> Any:
        """Wait until something holds, and return it."""
        waiting = WebDriverWait(
            self.driver,
            TIMEOUT,
            poll_frequency=0.05,
            ignored_exceptions=[StaleElementReferenceException],
        )
        return waiting.until(lambda _: condition())

    def is_measured(self) -> None:
        """Wait until the present message is measured."""
        self.wait(lambda: 'bytes as typed' in self.text('#message-state'))

    def is_timed(self) -> None:
        """Wait until the present message is measured and timed."""
        self.wait(lambda: self.text('#timing-state').startswith('Timed'))

    def type_message(self, text: str) -> None:
        """Put a message in the place of the present one, by the keyboard."""
        field = self.one('#message')
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys(Keys.BACKSPACE, text)

    def press(self, *keys: str) -> None:
        """Press keys wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def is_enabled(self, selector: str) -> bool:
        """Whether a button is of use."""
        return self.one(selector).get_attribute('aria-disabled') != 'true'

    def focus(self) -> str:
        """The id of what has the focus, or for an attack its name."""
        active = self.driver.switch_to.active_element
        attack = active.get_attribute('data-attack')
        return str(attack or active.get_attribute('id'))

    def choose(self, name: str) -> None:
        """Choose a handler, and wait until it can be spoken to."""
        self.one(f'tr[data-handler="{name}"] label').click()
        self.is_open(f'lab.{name}')

    def is_open(self, subprotocol: str) -> None:
        """Wait until a subprotocol is spoken."""
        self.wait(
            lambda: (
                self.text('#wire-subprotocol') == subprotocol
                and self.text('#wire-state') == 'open'
            )
        )

    def attacks(self) -> list[str]:
        """The attacks that there are buttons for."""
        buttons = self.all('#attack-buttons button')
        return [str(button.get_attribute('data-attack')) for button in buttons]

    def attack(self, key: str) -> str:
        """Attack, and return what the button then says of it."""
        button = f'[data-attack="{key}"]'
        self.wait(lambda: self.is_enabled(button))
        self.one(button).click()
        return str(self.wait(lambda: self.text(f'{button} output')))

    def log(self) -> list[str]:
        """The lines of the log, without their times."""
        lines = self.all('#log li')
        return [' '.join(line.text.split()[1:]) for line in lines]

    def picture(self, path: Path) -> None:
        """Take a picture of the whole page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = self.driver.execute_cdp_cmd(
            'Page.captureScreenshot', {'captureBeyondViewport': True}
        )
        path.write_bytes(b64decode(taken['data']))

    def complaints(self) -> list[str]:
        """What the browser has to say against the page since it was asked last."""
        return [entry['message'] for entry in self._logged('browser')]

    def _logged(self, kind: str) -> Any:
        return self.driver.get_log(kind)  # type: ignore[no-untyped-call]  # selenium's

    def hosts(self) -> set[str]:
        """Whom the page has asked for something since it was asked last."""
        found = set()
        for entry in self._logged('performance'):
            message = json.loads(entry['message'])['message']
            params = message['params']
            if message['method'] == 'Network.requestWillBeSent':
                url = urlsplit(params['request']['url'])
            elif message['method'] == 'Network.webSocketCreated':
                url = urlsplit(params['url'])
            else:
                continue
            # NOTE: The empty page that the browser begins with is its own.
            if url.scheme != 'chrome':
                found.add(url.netloc)
        return found
