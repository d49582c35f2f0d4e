"""The lab's server, as its page speaks to it; the page itself: tests/browser."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from http.client import HTTPConnection
import json
import os
from pathlib import Path
import re
import signal
import socket
import subprocess
import sys
from threading import Timer
from typing import Any, TYPE_CHECKING
import webbrowser

import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect
from websockets.typing import Origin
from websockets.typing import Subprotocol

from falcon_media_testing.server import serving
from falcon_media_tools.lab import timer
from falcon_media_tools.lab.app import create_app
from falcon_media_tools.lab.app import MAX_PAGES
from falcon_media_tools.lab.app import MAX_WIRES
from falcon_media_tools.lab.formats import Format
from falcon_media_tools.lab.formats import Source
from falcon_media_tools.lab.message import MAX_TEXT

if TYPE_CHECKING:
    from tools.tests.conftest import Run

TIMEOUT = 20
CONTROL = 'falcon-media.lab.v1'


class Page:
    """A page without a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.hello = self.receive('hello')
        self.handlers = {handler['name']: handler for handler in self.hello['handlers']}

    def send(self, request: object) -> None:
        self._connection.send(json.dumps(request))

    def receive(self, *types: str) -> Any:
        """Receive until there is an answer of one of some types."""
        while True:
            answer = json.loads(self._connection.recv(TIMEOUT))
            if answer['type'] in types:
                return answer

    def ask(self, **request: object) -> Any:
        self.send({'id': 7, **request})
        answer = self.receive(str(request.get('type')), 'error')
        assert answer['id'] == 7
        return answer

    def measure(self, text: str, number: int = 1) -> Any:
        self.send({'type': 'measure', 'id': number, 'text': text})
        return self.receive('measured', 'invalid', 'error')

    def frames(self, text: str) -> dict[str, Any]:
        return {frame['key']: frame for frame in self.measure(text)['frames']}


@contextmanager
def opened(address: str, path: str, *subprotocols: str) -> Iterator[ClientConnection]:
    with connect(
        f'ws://{address}{path}',
        subprotocols=[*map(Subprotocol, subprotocols)],
        compression=None,
        proxy=None,
    ) as connection:
        yield connection


def closed_with(connection: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        connection.recv(TIMEOUT)
    received = caught.value.rcvd
    assert received is not None
    return received.code, received.reason


@pytest.fixture
def open_page() -> Callable[..., Any]:
    """A function that serves the lab, and opens its page."""

    @contextmanager
    def open_(**options: Any) -> Iterator[Page]:
        app = create_app(Source(**options))
        with (
            serving(app, TIMEOUT) as server,
            opened(server.address, '/lab', CONTROL) as connection,
        ):
            yield Page(connection)

    return open_


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Iterator[Page]:
    """A page of the lab."""
    with open_page() as page:
        yield page


@pytest.fixture
def address() -> Iterator[str]:
    """Where a lab is served."""
    with serving(create_app(), TIMEOUT) as server:
        yield server.address


# -------------------------------------------------------------------------- the page


def get(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = HTTPConnection(address, timeout=TIMEOUT)
    with closing(connection):
        connection.request('GET', path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read().decode()


def test_the_page_and_all_that_it_names_is_served_from_here(address: str) -> None:
    status, headers, page = get(address, '/')
    assert (status, headers['content-type']) == (200, 'text/html; charset=utf-8')
    named = re.findall(r'(?:href|src)="(/[^"]+)"', page)
    assert '/lab.js' in named
    assert '//' not in re.sub('<!doctype html>', '', ''.join(named))
    while named:
        path = named.pop()
        status, headers, text = get(address, path)
        assert status == 200
        assert headers['content-type'] != 'text/plain'
        imported = re.findall(r"^import .* from '\.(/[^']+)';", text, re.MULTILINE)
        named.extend(imported)


def test_nothing_that_is_served_names_another_address(address: str) -> None:
    folder = Path(timer.__file__).parent / 'static'
    for file in folder.iterdir():
        _, _, text = get(address, f'/{file.name}')
        assert text == file.read_text('utf-8')
        assert set(re.findall(r'\w+://[\w.${}]*', text)) <= {
            'http://www.w3.org',
            'ws://${location.host}',
        }


def test_the_page_may_load_nothing_else(address: str) -> None:
    _, headers, _ = get(address, '/')
    policy = headers['content-security-policy'].split('; ')
    assert "default-src 'none'" in policy
    assert {part.split(' ', 1)[1] for part in policy} == {"'none'", "'self'"}
    assert headers['x-content-type-options'] == 'nosniff'
    assert headers['referrer-policy'] == 'no-referrer'


def test_other_paths_are_not_found(address: str) -> None:
    assert get(address, '/app.py')[0] == 404


# ---------------------------------------------------------------------------- access


@pytest.mark.parametrize(
    ('host', 'origin', 'status'),
    [
        ('127.0.0.1:1', None, 200),
        ('127.0.0.1:1', 'http://127.0.0.1:1', 200),
        ('localhost:1', 'http://localhost:1', 200),
        ('[::1]:1', None, 200),
        ('lab.example:1', None, 200),
        ('LAB.example:1', 'http://lab.example:1', 200),
        ('rebound.example', None, 403),
        ('rebound.example:1', 'http://rebound.example:1', 403),
        ('[::1', None, 403),
        ('', None, 403),
        ('127.0.0.1:1', 'http://127.0.0.1:2', 403),
        ('127.0.0.1:1', 'https://127.0.0.1:1', 403),
        ('127.0.0.1:1', 'http://elsewhere.example', 403),
        ('127.0.0.1:1', 'null', 403),
    ],
)
def test_hosts_and_origins(host: str, origin: str | None, status: int) -> None:
    headers = {'Host': host} | ({'Origin': origin} if origin else {})
    with serving(create_app(host='lab.example'), TIMEOUT) as server:
        found, answered, _ = get(server.address, '/', **headers)
    assert found == status
    assert 'content-security-policy' in answered


@pytest.mark.parametrize(
    ('path', 'subprotocol'), [('/lab', CONTROL), ('/wire', 'lab.json')]
)
def test_another_page_can_not_open_a_websocket(
    address: str, path: str, subprotocol: str
) -> None:
    def open_from(origin: str) -> ClientConnection:
        return connect(
            f'ws://{address}{path}',
            origin=Origin(origin),
            subprotocols=[Subprotocol(subprotocol)],
            proxy=None,
        )

    with open_from(f'http://{address}') as connection:
        assert connection.subprotocol == subprotocol
    with pytest.raises(InvalidStatus) as caught:
        open_from('http://elsewhere.example')
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize(
    ('path', 'subprotocol', 'places'),
    [('/lab', CONTROL, MAX_PAGES), ('/wire', 'lab.json', MAX_WIRES)],
)
def test_connections_are_bounded(
    address: str, path: str, subprotocol: str, places: int
) -> None:
    def is_served(connection: ClientConnection) -> bool:
        if path == '/wire':
            connection.send('1')
        return bool(connection.recv(TIMEOUT))

    def fill(left: int) -> None:
        with opened(address, path, subprotocol) as connection:
            if left:
                assert is_served(connection)
                fill(left - 1)
            else:
                code, reason = closed_with(connection)
                assert code == 1013
                assert 'close another page' in reason

    fill(places)
    # Those places are free again, though maybe not at once.
    with opened(address, path, subprotocol) as connection:
        assert is_served(connection)


# ------------------------------------------------------------------ installed formats


def test_the_page_gets_every_handler(
    plugin: Callable[..., None],
    distribute: Callable[..., Path],
    open_page: Callable[..., Any],
) -> None:
    plugin('loud')
    distribute('acme-shy', handlers={'shy': 'shy'}, modules={'shy': '1/0'})
    with open_page() as page:
        names = {name for name, found in page.handlers.items() if not found['error']}
        assert {'json', 'loud'} <= names
        assert 'ZeroDivisionError' in page.handlers['shy']['error']
        loud = page.handlers['loud']
        assert (loud['key'], loud['payload_type']) == ('lab.loud', 'TEXT')
        assert loud['distribution'] == 'acme-loud'
        assert 'truncated' in [attack['key'] for attack in loud['attacks']]


def test_options_and_budgets_are_those_of_a_configuration(
    tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    config = tmp_path / 'falcon-media.toml'
    config.write_text(
        '[limits]\nmax_depth = 2\n[handlers.json]\nensure_ascii = true\n', 'utf-8'
    )
    with open_page(config=str(config), options={'json': {'sort_keys': True}}) as page:
        assert page.frames('["é"]')['lab.json']['size'] == len(r'["\u00e9"]')
        assert 'deeper than 2' in page.frames('[[[]]]')['lab.json']['refused']


def test_two_payload_types_under_one_name(
    distribute: Callable[..., Path], open_page: Callable[..., Any]
) -> None:
    both = """
        import falcon
        import falcon_media

        class Text(falcon_media.TextHandler):
            def __init__(self):
                codec = falcon_media.Codec(encode=repr, decode=eval, unchecked=0)
                super().__init__(codec)

        class Binary(falcon_media.BinaryHandler):
            def __init__(self):
                codec = falcon_media.Codec(
                    encode=lambda media: repr(media).encode(), decode=eval, unchecked=0
                )
                super().__init__(codec)

        @falcon_media.hookimpl
        def falcon_media_handlers():
            return [
                falcon_media.HandlerSpec(
                    name='both',
                    payload_type=falcon.WebSocketPayloadType[kind],
                    media_type='application/x-both',
                    factory=factory,
                    summary='Both',
                )
                for kind, factory in (('TEXT', Text), ('BINARY', Binary))
            ]
    """
    distribute('acme-both', handlers={'both': 'both'}, modules={'both': both})
    with open_page() as page:
        keys = {handler['key'] for handler in page.hello['handlers']}
        assert {'lab.both', 'lab.both.binary'} <= keys


# ------------------------------------------------------------------------ a message


def test_one_key_is_singular(page: Page) -> None:
    answer = page.measure('{"a": 1}')
    assert answer['summary'] == 'An object with 1 key, 8 bytes as typed'


def test_a_message_is_measured_then_timed(page: Page) -> None:
    answer = page.measure('{"a": [1, 2], "b": "é"}', 3)
    assert (answer['type'], answer['id']) == ('measured', 3)
    assert answer['summary'] == 'An object with 2 keys, 24 bytes as typed'
    frame = answer['frames'][0]
    assert (frame['key'], frame['size'], frame['carried']) == ('lab.json', 20, True)
    assert frame['deflated_size'] > 0
    timing = page.receive('timing')
    assert (timing['id'], timing['error']) == (3, None)
    encode, decode = timing['speeds'][:2]
    assert (encode['operation'], decode['operation']) == ('encode', 'decode')
    low, high = encode['seconds']['quartiles']
    assert 0 < low <= encode['seconds']['median'] <= high
    assert page.receive('timed')['id'] == 3


@pytest.mark.parametrize(
    ('text', 'summary'),
    [('[1, 2]', 'A list of 2, 6 bytes as typed'), ('"é"', 'A str, 4 bytes as typed')],
)
def test_a_message_is_summed_up(page: Page, text: str, summary: str) -> None:
    assert page.measure(text)['summary'] == summary


def test_only_the_latest_message_is_timed_to_the_end(page: Page) -> None:
    page.measure('[1]', 1)
    assert page.receive('timing')['id'] == 1
    page.measure('[2]', 2)
    assert page.receive('timed')['id'] == 2


def test_tags_are_accepted(page: Page) -> None:
    frame = page.frames('{"$bytes": "00ff"}')['lab.json']
    assert frame['carried'] is False
    assert "bytes can't be sent" in frame['refused']
    for text, _ in page.hello['notation']:
        assert page.measure(text)['type'] == 'measured'


def test_the_samples_are_carried(page: Page) -> None:
    sizes = []
    for sample in page.hello['samples']:
        frame = page.frames(sample['text'])['lab.json']
        assert frame['changes'] == []
        sizes.append(frame['size'])
    assert [len(str(size)) for size in sizes] == [3, 3, 6]
    assert max(len(sample['text']) for sample in page.hello['samples']) < MAX_TEXT


@pytest.mark.parametrize(
    ('text', 'line', 'column', 'offset', 'at'),
    [
        # NOTE: None with a comma too many: CPython 3.13 points at the comma, and those
        #   before it at the character behind it.
        ('{"a": 1, b}', 1, 10, 9, 'b'),
        ('{\n  "⛵🍲": 1,\n  "b" 2\n}', 3, 7, 20, '2'),
        ('[1, 2', 1, 6, 5, ''),
        ('', 1, 1, 0, ''),
    ],
)
def test_malformed_json_is_located(
    page: Page, text: str, line: int, column: int, offset: int, at: str
) -> None:
    answer = page.measure(text)
    assert answer['type'] == 'invalid'
    error = answer['error']
    assert (error['line'], error['column'], error['offset']) == (line, column, offset)
    excerpt = error['excerpt']
    assert excerpt['at'] == at
    shown = ''.join(excerpt.values())
    assert shown in text.splitlines() or not shown


@pytest.mark.parametrize(
    ('text', 'detail'),
    [
        ('{"a": 1, "a": 2}', 'same key twice'),
        ('[' * 100 + ']' * 100, 'deeper'),
        ('NaN', 'finite'),
        ('"\\ud800"', 'surrogate'),
        (' ' * (MAX_TEXT + 1), 'larger than'),
        ('{"$nonsense": 1}', 'not a known tag'),
        ('{"$bytes": "x"}', 'hex'),
        ('\0', ''),
    ],
)
def test_an_invalid_message_is_reported(page: Page, text: str, detail: str) -> None:
    answer = page.measure(text)
    assert answer['type'] == 'invalid'
    assert detail in answer['error']['detail']
    assert page.measure('1')['type'] == 'measured'


def test_an_unexpected_error_is_reported(
    page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError('secret')

    page.measure('1')
    with monkeypatch.context() as patch:
        patch.setattr(Format, 'send_and_receive', fail)
        patch.setattr(Format, 'annotated', fail)
        for detail in (
            page.measure('2')['error']['detail'],
            page.ask(type='frame', key='lab.json')['detail'],
        ):
            assert detail == 'The lab failed with KeyError. See its log.'
    assert 'secret' in caplog.text
    assert page.measure('1')['type'] == 'measured'


# --------------------------------------------------------------- frames and requests


def test_a_frame_is_shown_with_what_its_bytes_mean(page: Page) -> None:
    page.measure('{"a": 1}')
    answer = page.ask(type='frame', key='lab.json')
    assert answer['payload_type'] == 'TEXT'
    assert answer['frame'] == 'eyJhIjoxfQ=='
    spans = answer['spans']
    assert spans[0][:2] == [0, 1]
    assert spans[-1][1] == answer['size'] == 7


def test_of_a_long_frame_the_beginning_is_shown(page: Page) -> None:
    page.measure(json.dumps([*range(3000)]))
    answer = page.ask(type='frame', key='lab.json')
    assert answer['size'] > len(answer['frame'])
    assert all(start < 4096 for start, *_ in answer['spans'])


def test_of_a_message_that_is_not_carried_there_is_no_frame(page: Page) -> None:
    page.measure('{"$bytes": "00"}')
    answer = page.ask(type='frame', key='lab.json')
    assert (answer['frame'], answer['spans']) == (None, [])
    assert page.ask(type='payload', key='lab.json')['detail'] == (
        'This format cannot carry the message.'
    )


def test_a_payload_is_what_goes_over_the_wire(page: Page) -> None:
    page.measure('{"a": "é"}')
    payload = page.ask(type='payload', key='lab.json')['payload']
    assert payload == {'type': 'TEXT', 'parts': [['{"a":"é"}', 1]]}


@pytest.mark.parametrize(
    'request_',
    [
        None,
        [],
        {},
        {'type': 'measure'},
        {'type': 'measure', 'id': 'x', 'text': '1'},
        {'type': 'measure', 'id': 1, 'text': 5},
        {'type': 'frame', 'key': ['lab.json']},
        {'type': 'frame', 'key': 'lab.none'},
        {'type': 'frame', 'key': 'lab.json'},
        {'type': 'payload', 'key': 'lab.json'},
        {'type': 'attack', 'key': 'lab.none', 'attack': 'truncated'},
        {'type': 'attack', 'key': 'lab.json', 'attack': 'none'},
    ],
)
def test_any_request_gets_an_answer(page: Page, request_: object) -> None:
    page.send(request_)
    assert page.receive('error')['detail'].endswith('.')
    assert page.measure('1')['type'] == 'measured'


# -------------------------------------------------------------------- wire and attacks


def assemble(payload: Any) -> str:
    return ''.join(data * times for data, times in payload['parts'])


def test_a_message_is_echoed(address: str) -> None:
    with opened(address, '/wire', 'lab.json') as connection:
        connection.send('{"a": [1, "é"]}')
        assert connection.recv(TIMEOUT) == '{"a":[1,"é"]}'


def test_attacks_on_json_are_refused(address: str, page: Page) -> None:
    page.measure('{"a": [1, 2]}')
    codes = {}
    for attack in page.handlers['json']['attacks']:
        answer = page.ask(type='attack', key='lab.json', attack=attack['key'])
        if 'outcome' in answer:
            codes[attack['key']] = answer['outcome']['code']
            continue
        payload = answer['payload']
        with opened(address, '/wire', 'lab.json') as connection:
            is_text = payload['type'] == 'TEXT'
            data = assemble(payload)
            connection.send(data if is_text else data.encode())
            codes[attack['key']], reason = closed_with(connection)
            assert reason
    assert codes == {
        **dict.fromkeys(('truncated', 'trailing', 'empty', 'not-utf8'), 1007),
        **dict.fromkeys(('duplicate-key', 'nan', 'huge-number', 'surrogate'), 1007),
        'nul': 1007,
        **dict.fromkeys(('too-large', 'too-deep', 'digits'), 1009),
        'wrong-type': 1003,
    }


def test_an_attack_is_made_of_the_last_message_that_is_carried(page: Page) -> None:
    page.measure('"abcd"')
    page.measure('{"$bytes": "00"}')
    answer = page.ask(type='attack', key='lab.json', attack='trailing')
    assert assemble(answer['payload']) == '"abcd"x'


# ----------------------------------------------------------------------- the process


CRASH = """
    import os
    import sys
    import falcon
    import falcon_media

    def encode(media):
        spec = sys.modules['__main__'].__spec__
        if media and spec is not None and spec.name.endswith('lab.timer'):
            os._exit(3)
        return b'{}'

    class Handler(falcon_media.BinaryHandler):
        def __init__(self):
            codec = falcon_media.Codec(encode=encode, decode=eval, unchecked=0)
            super().__init__(codec)

    @falcon_media.hookimpl
    def falcon_media_handlers():
        return [
            falcon_media.HandlerSpec(
                name='crash',
                payload_type=falcon.WebSocketPayloadType.BINARY,
                media_type='application/x-crash',
                factory=Handler,
                summary='Crashes where it is timed',
            )
        ]
"""


def test_a_library_that_crashes_takes_no_page_with_it(
    distribute: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    open_page: Callable[..., Any],
) -> None:
    root = distribute(
        'acme-crash', handlers={'crash': 'crash'}, modules={'crash': CRASH}
    )
    # NOTE: For the process that times.
    others = os.environ.get('PYTHONPATH', '')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(root), others]))
    with open_page() as page:
        page.measure('1')
        assert 'has ended' in page.receive('timing')['error']
        assert page.receive('timed')
        page.measure('0')
        assert page.receive('timing')['error'] is None


def test_the_process_answers_line_by_line() -> None:
    lines = [{'options': {}, 'config': None}, {'text': '[1, 2]'}, {}]
    done = subprocess.run(
        [sys.executable, '-P', '-m', 'falcon_media_tools.lab.timer'],
        input=''.join(f'{json.dumps(line)}\n' for line in lines),
        capture_output=True,
        check=True,
        text=True,
        timeout=TIMEOUT,
    )
    begun, first, second = map(json.loads, done.stdout.splitlines())
    assert begun == {'speeds': []}
    assert first['speeds'][0]['handler'] == 'lab.json'
    rounds = [answer['speeds'][0]['seconds']['rounds'] for answer in (first, second)]
    assert rounds[0] < rounds[1]


# ----------------------------------------------------------------------- the command


@contextmanager
def started(*argv: str) -> Iterator[subprocess.Popen[str]]:
    # NOTE: A shell has its background jobs ignore Ctrl-C, and theirs inherit that.
    ignored = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [sys.executable, '-m', 'falcon_media', 'lab', '--no-open', *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, ignored)
    with process:
        guard = Timer(TIMEOUT, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


def test_it_serves_until_ctrl_c() -> None:
    with started('--port=0') as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.fullmatch(
            r'The lab is at http://(127\.0\.0\.1:\d+)/ until Ctrl-C\n', said
        )
        assert found, said
        with opened(found[1], '/lab', CONTROL) as connection:
            assert Page(connection).frames('1')['lab.json']['size'] == 1
            # NOTE: With a page open, so that there is something to stop.
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out, err) == (0, '\n', '')


def test_its_address_as_json() -> None:
    with started('--port=0', '--json') as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())['url']
        assert get(url.removeprefix('http://').removesuffix('/'), '/')[0] == 200


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the addresses that are served and opened, and do neither."""
    done: list[str] = []
    real = socket.create_server

    def listen(address: tuple[str, int], *, family: int) -> socket.socket:
        done.append(f'{address[0]} {family.name}')  # type: ignore[attr-defined]  # an AddressFamily
        # NOTE: A test takes no other address.
        return real(('127.0.0.1', 0))

    monkeypatch.setattr(socket, 'create_server', listen)
    monkeypatch.setattr(uvicorn.Server, 'run', lambda self, sockets: None)
    monkeypatch.setattr(webbrowser, 'open', done.append)
    return done


@pytest.mark.parametrize(
    ('host', 'family', 'name', 'warns'),
    [
        ('127.0.0.1', 'AF_INET', '127.0.0.1', False),
        ('localhost', 'AF_INET', 'localhost', False),
        ('::1', 'AF_INET6', '[::1]', False),
        ('0.0.0.0', 'AF_INET', '0.0.0.0', True),  # noqa: S104  # nothing is bound to it
        ('lab.example', 'AF_INET', 'lab.example', True),
    ],
)
def test_where_it_is_served(
    run: Run, served: list[str], host: str, family: str, name: str, warns: bool
) -> None:
    result = run('lab', '--host', host, '--no-open')
    assert result.code == 0
    assert result.out.startswith(f'The lab is at http://{name}:')
    assert result.err == (
        f'warning: {host} is not a loopback address: anyone who can reach it can use '
        'the lab\n'
        if warns
        else ''
    )
    assert served == [f'{host} {family}']


def test_it_is_shown_in_the_browser(run: Run, served: list[str]) -> None:
    result = run('lab', '--json')
    assert result.code == 0
    assert served[1:] == [result.json['url']]


def test_ctrl_c_is_not_an_error(
    run: Run, served: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, 'run', interrupt)
    result = run('lab', '--no-open')
    assert (result.code, result.err) == (0, '')
    assert served


def test_a_port_in_use_is_reported(run: Run) -> None:
    with socket.create_server(('127.0.0.1', 0)) as listener:
        port = listener.getsockname()[1]
        result = run('lab', '--no-open', '--port', str(port))
    assert result.code == 2
    assert result.err.startswith(
        f'falcon-media lab: cannot listen on 127.0.0.1 port {port}: '
        'Address already in use.'
    )
    assert result.err.count('\n') == 1


def test_an_invalid_host_is_reported(run: Run) -> None:
    result = run('lab', '--no-open', '--host', '256.0.0.1')
    assert result.code == 2
    assert result.err.startswith(
        'falcon-media lab: cannot listen on 256.0.0.1 port 8765'
    )
    assert result.err.count('\n') == 1


@pytest.mark.parametrize(
    ('argv', 'message'),
    [
        (('--option', 'jsn.sort_keys=true'), "option for 'jsn': no such handler"),
        (('--option', 'sort_keys'), 'is not of the form'),
        (('--config', '/no/such/file'), 'does not exist'),
        (('--port', '70000'), 'is not in the range'),
    ],
)
def test_wrong_arguments_get_one_line(
    run: Run, argv: tuple[str, ...], message: str
) -> None:
    result = run('lab', '--no-open', *argv)
    assert result.code == 2
    assert message in result.err
    assert result.err.count('\n') == 1


def test_an_option_that_was_typed_wrong_ends_the_command(
    run: Run, plugin: Callable[..., None]
) -> None:
    plugin('loud')
    wrong = 'loud.type=falcon_media:Limit'
    result = run('lab', '--no-open', '--port', '0', '--option', wrong)
    assert result.code == 2
    assert result.err == (
        "falcon-media lab: handler 'loud': type: 'falcon_media' has no 'Limit'. "
        "Did you mean 'Limits'? See: falcon-media lab --help\n"
    )
