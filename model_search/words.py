"""Numbers and names in sentences for people."""


def counted(number: int, one: str, many: str = "") -> str:
    """A number with what it counts, `1 trial is` or `1,200 trials are`; `many` is by default `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
