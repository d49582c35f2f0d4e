"""Sample messages."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta
from datetime import UTC
import json
from typing import TypedDict

__all__ = ('Sample', 'samples')


class Sample(TypedDict):
    """A sample message, as text."""

    key: str
    title: str
    what: str
    text: str


_CHAT = """\
{
  "type": "message",
  "room": "harbour",
  "id": 20417,
  "author": "José",
  "text": "Fog is lifting ⛵ see you at 9?"
}
"""

_EVENT = """\
{
  "id": "evt_7Q2M9XK4",
  "type": "sensor.alarm",
  "version": 3,
  "at": "2026-03-14T08:42:17.318Z",
  "site": {
    "id": 118,
    "name": "Øresund pier 4",
    "position": {"lat": 55.6761, "lon": 12.5683}
  },
  "device": {
    "serial": "FM-20-00913",
    "firmware": "4.12.0",
    "battery": 0.81,
    "uptime": 8640211,
    "flags": ["armed", "remote", "calibrated"],
    "last_error": null
  },
  "reading": {
    "metric": "vibration",
    "unit": "mm/s",
    "value": 11.25,
    "limit": 7.1,
    "window": [6.9, 7.4, 8.8, 10.1, 11.25]
  },
  "actions": [
    {"kind": "notify", "to": ["ops", "night-shift"], "done": true},
    {"kind": "throttle", "percent": 40, "done": true},
    {"kind": "inspect", "due": "2026-03-14T12:00:00Z", "done": false}
  ],
  "acknowledged": false
}
"""

_STATIONS = ('Anholt', 'Gedser', 'Skagen', 'Thyborøn')
_HOURS = 300


def samples() -> list[Sample]:
    """Return the sample messages; the page starts with the first."""
    return [
        Sample(
            key='event',
            title='Event',
            what='An event report: about 1 KB',
            text=_EVENT,
        ),
        Sample(
            key='chat', title='Chat', what='A line of chat: about 100 B', text=_CHAT
        ),
        Sample(
            key='report',
            title='Report',
            what='Readings of four weather stations: about 200 KB, slower to display',
            text=_report(),
        ),
    ]


def _report() -> str:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    lines = []
    for number in range(_HOURS * len(_STATIONS)):
        hour, station = divmod(number, len(_STATIONS))
        # NOTE: Numbers that look like measurements, and never change.
        step = number * 7919 % 1000
        reading = {
            'station': _STATIONS[station],
            'at': (begin + timedelta(hours=hour)).isoformat(),
            'temperature': round(4 + step / 90, 1),
            'pressure': round(996 + step / 37, 1),
            'humidity': 40 + step % 60,
            'wind': {'speed': round(step / 55, 1), 'degrees': step * 13 % 360},
            'ok': step % 31 != 0,
        }
        lines.append(f'    {json.dumps(reading, ensure_ascii=False)}')
    readings = ',\n'.join(lines)
    return (
        '{\n  "report": "coast",\n  "version": 2,\n  "readings": [\n'
        f'{readings}\n  ]\n}}\n'
    )
