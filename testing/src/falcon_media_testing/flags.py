"""Flags of a contract that say whether the format can detect a fault."""

from __future__ import annotations

from collections.abc import Sequence

from falcon_media_testing.failure import ContractFailure

__all__ = ('check_flag',)


def check_flag(flag: str, is_detected: bool, accepted: Sequence[str]) -> None:
    """Compare a flag with the payloads that were accepted in spite of a fault.

    Args:
        flag (str): Its name.
        is_detected (bool): Its value.
        accepted (Sequence[str]): A line for each such payload.
    """
    if is_detected and accepted:
        raise ContractFailure(
            '\n'.join(['deserialize() accepted', *accepted[:5]]),
            'Refuse it with MalformedPayload. Only if the format itself gives no way '
            f'to tell, declare {flag} = False in the contract.',
        )
    if not is_detected and not accepted:
        raise ContractFailure(
            f'The contract says {flag} = False, but the handler refused every such '
            'payload.',
            f'Remove {flag} = False from the contract.',
        )
