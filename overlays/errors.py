"""Errors of the overlays package.

OverlayError
├── FontError        a font cannot be used
├── ImageError       a picture given as data cannot be used
├── DataError        data does not fit its template
├── TemplateError    a template cannot be used: which file, which place in it, what to do
└── EngineMissing    a library that this kind of template needs is not installed
"""


class OverlayError(Exception):
    """Root of what this package raises on purpose."""


class FontError(OverlayError):
    """A font file is of no kind that is read here, or broken."""


class ImageError(OverlayError):
    """A picture is of no kind that is read here, broken, or larger than its limit."""


class DataError(OverlayError):
    """Data does not fit the schema of its template; `problems` has a line for each place."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class TemplateError(OverlayError):
    """A template cannot be used; the text says file, place, problem and what to do."""

    def __init__(self, file: str, place: str, problem: str) -> None:
        super().__init__(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")
        self.file = file
        self.place = place
        self.problem = problem


class EngineMissing(OverlayError):
    """A library that a template needs is not installed; the text says which and how to get it."""
