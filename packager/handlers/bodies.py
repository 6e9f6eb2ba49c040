"""Bodies of requests, as far as they are read (failures.md, threat 29)."""

from starlette.requests import ClientDisconnect, Request

from packager.parameters import MAX_BODY_BYTES, ParameterError
from packager.reasons import Reason


async def body_of(request: Request) -> bytes:
    """A request's body.

    Raises:
        ParameterError: It is larger than is read, or was not sent to its end.
    """
    received = bytearray()
    try:
        async for piece in request.stream():
            received += piece
            if len(received) > MAX_BODY_BYTES:
                raise ParameterError("the body is too large", Reason.REQUEST_TOO_LARGE)
    except ClientDisconnect as error:
        raise ParameterError("the body ended early") from error
    return bytes(received)
