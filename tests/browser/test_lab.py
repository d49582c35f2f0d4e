"""The lab's page, driven as people drive it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import re
import shutil
import socket
import subprocess
import sys
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from tests.browser.page import Lab

import falcon_media

REGISTRY = falcon_media.Registry.discover()
ROWS = REGISTRY.rows()
NAMES = [row['name'] for row in ROWS if not row['error']]
ANNOTATED = [name for name in NAMES if REGISTRY.find(name, None).annotate]
TIMES = '\N{MULTIPLICATION SIGN}'


def test_there_is_something_to_show() -> None:
    assert 'json' in NAMES
    assert len(NAMES) > 1


@pytest.mark.skipif(not shutil.which('node'), reason='node checks the scripts')
def test_the_scripts_are_well_formed(static: Path, tmp_path: Path) -> None:
    for script in static.glob('*.js'):
        copy = tmp_path / f'{script.stem}.mjs'
        copy.write_bytes(script.read_bytes())
        subprocess.run(
            ['node', '--check', str(copy)],  # noqa: S607  # node is where it is
            check=True,
            timeout=30,
        )


# ------------------------------------------------------------------------ the table


def test_every_handler_has_a_row(lab: Lab) -> None:
    lab.is_timed()
    assert [row.text for row in lab.all('#rows .name')] == [row['name'] for row in ROWS]
    for name in NAMES:
        cells = lab.all(f'tr[data-handler="{name}"] td')
        size, deflated, encode, decode, outcome = (cell.text for cell in cells)
        assert size.split()[1] == deflated.split()[1] == 'B'
        assert encode.split()[1] in {'ns', 'µs', 'ms'}
        assert decode.split()[1] in {'ns', 'µs', 'ms'}
        assert '±' in encode
        assert outcome == 'unchanged' or outcome.endswith('changes')


def test_editing_updates_every_row(lab: Lab) -> None:
    def sizes() -> list[str]:
        return [cell.text for cell in lab.all('#rows .size .value')]

    before = sizes()
    lab.type_message('{"a": 1}')
    lab.wait(lambda: lab.text('#message-state').startswith('An object with 1 key,'))
    after = lab.wait(lambda: sizes() != before and sizes())
    assert len(after) == len(NAMES)
    assert not set(before) & set(after)
    assert lab.text('tr[data-handler="json"] .size .value') == '7 B'


def test_ratios_are_to_the_handler_that_is_chosen(lab: Lab) -> None:
    cell = f'tr[data-handler="{NAMES[1]}"] .size .more'
    before = lab.text(cell)
    lab.one('#baseline').send_keys(NAMES[1])
    lab.wait(lambda: lab.text(cell) == f'1.00{TIMES}')
    assert before != f'1.00{TIMES}'


def test_rows_can_be_sorted(lab: Lab) -> None:
    def names() -> list[str]:
        return [name.text for name in lab.all('#rows .name')]

    def sizes() -> list[int]:
        cells = lab.all('#rows .size .value')
        return [int(cell.text.split()[0].replace(',', '')) for cell in cells]

    lab.is_timed()
    installed = names()
    choice = Select(lab.one('#sort'))
    choice.select_by_value('size')
    lab.wait(lambda: sizes() == sorted(sizes()))
    assert sorted(names()) == sorted(installed)
    choice.select_by_value('')
    lab.wait(lambda: names() == installed)


def test_one_slow_handler_does_not_squash_the_bars_of_the_others(lab: Lab) -> None:
    lab.is_timed()
    widths = """
        const { Table } = await import('/table.js');
        const table = new Table();
        const names = ['quick', 'usual', 'slow'];
        table.begin(names.map((name) => (
          { key: name, name, error: null, payload_type: 'TEXT', note: null })));
        table.measured(names.map((key) => (
          { key, carried: true, size: 1, deflated_size: 1, refused: null,
            undecodable: null, changes: [] })));
        const seconds = [1, 2, 1000];
        table.timed({ error: null, speeds: names.map((handler, index) => (
          { handler, operation: 'encode', seconds: {
            median: seconds[index],
            quartiles: [seconds[index], seconds[index]] } })) });
        arguments[arguments.length - 1]([...document.querySelectorAll('td.encode')].map(
          (cell) => [cell.querySelector('i').style.inlineSize,
            cell.classList.contains('clipped')]));
    """
    found = lab.driver.execute_async_script(f'(async () => {{ {widths} }})()')
    assert found == [['50%', False], ['100%', False], ['100%', True]]


@pytest.mark.parametrize('number', [1, 2])
def test_samples_are_messages(lab: Lab, number: int) -> None:
    sample = lab.all('#samples button')[number]
    sample.click()
    lab.wait(lambda: sample.get_attribute('aria-pressed') == 'true')
    lab.is_measured()
    assert lab.one('#message').get_attribute('value')
    assert all(outcome.text != '' for outcome in lab.all('#rows .outcome'))


def test_json_that_is_wrong_shows_where(lab: Lab) -> None:
    lab.type_message('{"a": 1 2}')
    lab.wait(lambda: lab.one('#message').get_attribute('aria-invalid') == 'true')
    state = lab.text('#message-state')
    assert state.startswith('Line 1, column 9: ')
    lab.one('#message-state button').click()
    selected = 'return [document.activeElement.id, getSelection().toString()]'
    assert lab.driver.execute_script(selected) == ['message', '2']
    assert not lab.is_enabled('#send')

    # The figures are still there, and marked.
    note = 'The message is invalid. These are the figures of the last valid one'
    assert lab.text('#timing-state') == note
    assert lab.one('#rows').value_of_css_property('opacity') != '1'

    lab.type_message('{"a": 1}')
    lab.wait(lambda: lab.one('#message').get_attribute('aria-invalid') is None)
    lab.is_timed()
    assert lab.one('#rows').value_of_css_property('opacity') == '1'


def test_what_a_format_does_not_carry_is_said(lab: Lab) -> None:
    lab.type_message('{"$bytes": "00ff"}')
    outcome = 'tr[data-handler="json"] .outcome'
    lab.wait(lambda: lab.text(outcome) == 'not carried')
    row = lab.all('tr[data-handler="json"] td')
    shown = [cell for cell in row if cell.is_displayed()]
    assert [cell.text for cell in shown][1:] == ['not carried']
    assert shown[0].text.startswith('json: TEXT media: ')
    lab.choose('json')
    lab.wait(lambda: 'is not carried' in lab.text('#pane-a .changes'))
    assert not lab.is_enabled('#send')
    assert lab.is_enabled('#attack-buttons button')


def test_a_message_that_is_too_long_is_not_sent(lab: Lab) -> None:
    long = "const field = document.getElementById('message');"
    event = "field.dispatchEvent(new Event('input'));"
    lab.driver.execute_script(f"{long} field.value = '1'.repeat(600000); {event}")
    lab.wait(lambda: 'the lab takes up to' in lab.text('#message-state'))
    lab.driver.execute_script(f'{long} field.value = \'"\\ud800"\'; {event}')
    lab.wait(lambda: 'half of a surrogate pair' in lab.text('#message-state'))


# ------------------------------------------------------------------------ the frames


@pytest.mark.parametrize('name', ANNOTATED)
def test_bytes_and_what_they_mean_belong_together(lab: Lab, name: str) -> None:
    lab.choose(name)
    lab.wait(lambda: lab.one('#pane-a select').get_attribute('value') == f'lab.{name}')
    lab.wait(lambda: lab.all('#pane-a .dump i[data-span="0"]'))
    first = lab.one('#pane-a .dump i[data-span="0"]')
    ActionChains(lab.driver).move_to_element(first).perform()
    lab.wait(lambda: lab.one('#pane-a .spans .active .meaning').text)
    where = lab.text('#pane-a .spans .active .where')
    assert re.match(r'0\b', where)
    assert 'active' in str(first.get_attribute('class'))


def test_more_of_a_frame_is_shown_when_it_is_asked_for(lab: Lab) -> None:
    lab.choose('json')
    lab.wait(lambda: len(lab.all('#pane-a .hex i')) == 256)
    lab.one('#pane-a > button').click()
    lab.wait(lambda: len(lab.all('#pane-a .hex i')) > 256)
    assert f'{len(lab.all("#pane-a .hex i")):,} B' in lab.text('#pane-a .meta')


# -------------------------------------------------------------------------- the wire


@pytest.mark.parametrize('name', NAMES)
def test_a_message_comes_back(lab: Lab, name: str) -> None:
    lab.choose(name)
    lab.one('#send').click()
    received = lab.wait(
        lambda: [line for line in lab.log() if line.startswith('received ')]
    )
    assert received[0].split()[1].strip(',') in {'TEXT', 'BINARY'}


@pytest.mark.parametrize('name', NAMES)
def test_attacks_show_their_close_codes(lab: Lab, name: str) -> None:
    lab.choose(name)
    *_, last = lab.attacks()
    assert lab.attack('too-large') == '1009'
    assert lab.attack('wrong-type') == '1003'
    assert lab.attack(last) in {'1003', '1007', '1009', 'accepted'}
    assert lab.focus() == last

    # It is opened again each time, and so is ready for an honest message.
    lab.is_open(f'lab.{name}')
    lab.wait(lambda: lab.is_enabled('#send'))
    lab.one('#send').click()
    lab.wait(lambda: lab.log()[-1].startswith('received '))
    closed = [line for line in lab.log() if line.startswith('closed ')]
    assert any('1009 Payload too large' in line for line in closed)
    # To be refused is what an attack should end in, and looks so.
    verdict = 'data-verdict'
    output = lab.one('[data-attack="too-large"] output')
    assert output.get_attribute(verdict) == 'good'
    lines = lab.all('#log li[data-kind="closed"]')
    assert {line.get_attribute(verdict) for line in lines} == {'good'}


def test_what_no_browser_can_send_is_sent_by_the_lab(lab: Lab) -> None:
    lab.choose('json')
    assert lab.attack('not-utf8') == '1007'
    assert lab.is_enabled('#send')


# ------------------------------------------------------------------------- the keys


def test_it_can_be_used_by_the_keyboard_alone(lab: Lab) -> None:
    lab.press(Keys.TAB)
    assert lab.driver.switch_to.active_element.text == 'Skip to the message'
    lab.press(Keys.ENTER, Keys.TAB)

    lab.press('m')
    assert lab.focus() == 'message'
    lab.press(Keys.ESCAPE)
    assert lab.focus() == ''

    lab.press('2')
    lab.wait(lambda: '"room"' in str(lab.one('#message').get_attribute('value')))
    lab.press('h')
    lab.press(Keys.ARROW_DOWN)
    lab.is_open(f'lab.{NAMES[1]}')
    lab.wait(lambda: lab.is_enabled('#send'))
    lab.press('s')
    lab.wait(lambda: any(line.startswith('received') for line in lab.log()))

    lab.press('b')
    lab.press(Keys.ARROW_DOWN)
    assert lab.one('#pane-a .spans .active').get_attribute('data-span') == '1'
    lab.press('a')
    lab.press(Keys.TAB, Keys.ENTER)
    lab.wait(lambda: lab.text('[data-attack="trailing"] output'))
    lab.press('l')
    assert lab.focus() == 'log'


def test_the_message_is_sent_while_typing(lab: Lab) -> None:
    lab.one('#message').send_keys(Keys.CONTROL, Keys.ENTER)
    lab.wait(lambda: any(line.startswith('received') for line in lab.log()))


def test_the_keys_are_listed_and_can_be_switched_off(lab: Lab) -> None:
    lab.press('?')
    dialog = lab.one('#help')
    assert dialog.is_displayed()
    assert 'Send the message' in dialog.text
    lab.one('#keys-on').click()
    lab.one('#help button').click()
    lab.press('m')
    assert lab.focus() != 'message'


# ------------------------------------------------------------------------- the server


@contextmanager
def started(port: int) -> Iterator[None]:
    command = (sys.executable, '-m', 'falcon_media', 'lab', '--no-open')
    with subprocess.Popen(
        [*command, '--port', str(port)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield
        finally:
            process.terminate()


def test_it_goes_on_when_the_server_is_started_again(
    driver: webdriver.Chrome,
) -> None:
    with socket.create_server(('127.0.0.1', 0)) as listener:
        port = listener.getsockname()[1]
    lab = Lab(driver, f'127.0.0.1:{port}')
    with started(port):
        lab.open()
        lab.type_message('[1, 2, 3]')
        lab.wait(lambda: lab.text('#message-state').startswith('A list'))
    lab.wait(lambda: lab.text('#status').startswith('No connection to the lab.'))
    assert not lab.is_enabled('#send')
    with started(port):
        lab.wait(lambda: lab.text('#status').startswith('Connected'))
        assert lab.one('#message').get_attribute('value') == '[1, 2, 3]'
        lab.wait(lambda: lab.is_enabled('#send'))
        lab.one('#send').click()
        lab.wait(lambda: lab.log()[-1].startswith('received '))
    # What the browser says of the time between is no complaint.
    lab.complaints()


# ---------------------------------------------------------------------- what it is like


@pytest.mark.parametrize('width', [390, 1280])
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_it_fits_the_screen(
    lab: Lab,
    screen: Callable[..., None],
    width: int,
    scheme: str,
    pytestconfig: pytest.Config,
) -> None:
    screen(width, scheme)
    lab.open()
    lab.is_timed()
    if folder := pytestconfig.getoption('--screenshots'):
        lab.picture(folder / f'{width}-{scheme}.png')
    page = 'return document.documentElement.scrollWidth'
    assert width - 20 < lab.driver.execute_script(page) <= width
    assert (colours(lab) < 300) == (scheme == 'dark')


def test_on_a_phone_every_section_is_one_tap_away(
    lab: Lab, screen: Callable[..., None]
) -> None:
    screen(390)
    lab.open()
    lab.is_timed()
    for section in ('wire', 'frames', 'formats', 'message'):
        lab.one(f'.jump a[href="#{section}-card"]').click()
        title = f'document.getElementById("{section}-title")'
        top = f'return {title}.getBoundingClientRect().top'
        lab.wait(lambda top=top: 0 < lab.driver.execute_script(top) < 400)  # type: ignore[misc]  # a default has no type in a lambda
    lab.one('.jump a[href="#wire-card"]').click()
    lab.one('#send').click()
    lab.wait(lambda: any(line.startswith('received') for line in lab.log()))


def test_the_theme_can_be_chosen_and_is_remembered(
    lab: Lab, screen: Callable[..., None]
) -> None:
    screen(1280, 'light')
    lab.press('t', 't')
    assert lab.text('#theme') == 'Theme: dark'
    assert colours(lab) < 300
    lab.driver.refresh()
    lab.wait(lambda: lab.text('#theme') == 'Theme: dark')
    assert colours(lab) < 300


def colours(lab: Lab) -> Any:
    """How light the page is, from 0 to 765."""
    shown = 'getComputedStyle(document.body).backgroundColor.match(/\\d+/g)'
    return lab.driver.execute_script(f'return {shown}.reduce((a, b) => a + +b, 0)')
