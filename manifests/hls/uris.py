"""URIs of a playlist made absolute (rule A-47)."""

from manifests.errors import PlaylistSyntaxError
from manifests.hls.attributes import Attributes, quote, unquote
from manifests.uris import Base


class Resolver(Base):
    """Makes references absolute against the URL that their playlist was fetched from."""

    __slots__ = ()

    def resolve(self, reference: str, *, line: int) -> str:
        """Make a reference absolute, as `Base.join`.

        Raises:
            PlaylistSyntaxError: It is empty, has control characters or cannot be resolved.
        """
        try:
            return self.join(reference)
        except ValueError as error:
            raise PlaylistSyntaxError(str(error), line=line) from None


def absolute(
    attributes: Attributes, resolver: Resolver, *, line: int
) -> tuple[str | None, Attributes]:
    """The attribute URI made absolute, and all attributes with it in its place.

    Raises:
        PlaylistSyntaxError: It cannot be resolved.
    """
    for index, (name, value) in enumerate(attributes):
        if name == "URI":
            uri = resolver.resolve(unquote(value), line=line)
            return uri, (*attributes[:index], (name, quote(uri)), *attributes[index + 1 :])
    return None, attributes
