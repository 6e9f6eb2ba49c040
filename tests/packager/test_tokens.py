import stat
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from packager.reasons import Reason
from packager.tokens import KEY_FILE, InvalidToken, Token, Tokens, digest_of, load_secrets, new_sid

OLD = "an older secret of more than thirty-two characters"
NEW = "a newer secret of more than thirty-two characters"
OTHER = "somebody else's secret, long enough to be taken too"


def token(tenant: str = "default", show: str = "news", asset: str = "index.m3u8") -> Token:
    return Token(
        sid=new_sid(),
        tenant=tenant,
        show=show,
        asset_digest=digest_of(asset),
        issued_at=1_700_000_000,
        expires_at=1_700_086_400,
    )


def refusal(tokens: Tokens, text: str) -> InvalidToken:
    with pytest.raises(InvalidToken) as caught:
        tokens.read(text)
    return caught.value


def test_a_token_says_what_was_written_and_fits_into_a_path_segment() -> None:
    written = token(tenant="zdf", show="fußball")
    text = Tokens([NEW]).write(written)
    assert Tokens([NEW]).read(text) == written
    assert len(text) < 110
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_no_two_sids_are_the_same() -> None:
    assert len({new_sid() for _ in range(1000)}) == 1000
    assert {len(new_sid()) for _ in range(1000)} == {22}


def test_every_edit_of_one_byte_is_refused() -> None:
    """Threat 7: the text, with each character replaced, removed or doubled."""
    tokens = Tokens([NEW])
    for _ in range(3):
        text = tokens.write(token())
        edits = {
            text[:at] + middle + text[at + 1 :]
            for at in range(len(text))
            for middle in (*map(chr, range(128)), "", text[at] * 2, "é")
        } - {text}
        assert len(edits) > 10_000
        for edit in edits:
            with pytest.raises(InvalidToken):
                tokens.read(edit)


def test_every_edit_of_one_bit_is_refused() -> None:
    tokens = Tokens([NEW])
    text = tokens.write(token())
    data = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for at in range(len(data) * 8):
        data[at // 8] ^= 1 << at % 8
        with pytest.raises(InvalidToken):
            tokens.read(urlsafe_b64encode(data).rstrip(b"=").decode())
        data[at // 8] ^= 1 << at % 8


FORGERIES: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: "",
    "one character": lambda text: "A",
    "padding": lambda text: text + "=",
    "a line break": lambda text: text + "\n",
    "another alphabet": lambda text: text + "é",
    "a short one": lambda text: text[:40],
    "without its signature": lambda text: text[:-22],
    "zeros": lambda text: "A" * 8,
    "a huge one": lambda text: text * 100,
    "a lone surrogate": lambda text: "\ud800" + text,
    "the body of another": lambda text: Tokens([NEW]).write(token())[:-22] + text[-22:],
    "the signature of zeros": lambda text: text[:-22] + "A" * 22,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_every_kind_of_forgery_gets_the_same_answer(forge: Callable[[str], str]) -> None:
    tokens = Tokens([NEW])
    error = refusal(tokens, forge(tokens.write(token())))
    assert error.reason is Reason.TOKEN_INVALID
    assert str(error) == "the session token is not valid"


def test_an_older_key_still_verifies_and_the_first_one_signs() -> None:
    """Row 35: rotation."""
    before, during, after = Tokens([OLD]), Tokens([NEW, OLD]), Tokens([NEW])
    old_text, new_text = before.write(token()), during.write(token())
    assert during.read(old_text)
    assert during.read(new_text)
    assert after.read(new_text)
    assert refusal(after, old_text).reason is Reason.TOKEN_KEY_UNKNOWN


def test_a_token_signed_with_a_foreign_key_is_refused() -> None:
    error = refusal(Tokens([NEW, OLD]), Tokens([OTHER]).write(token()))
    assert error.reason is Reason.TOKEN_KEY_UNKNOWN
    assert str(error) == str(InvalidToken())


def test_bad_keys_and_names_are_refused() -> None:
    with pytest.raises(ValueError, match="no token key"):
        Tokens([])
    with pytest.raises(ValueError, match="fewer than 32"):
        Tokens([NEW, "short"])
    with pytest.raises(ValueError, match="too long"):
        Tokens([NEW]).write(token(show="s" * 101))


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    made = load_secrets(folder)
    assert load_secrets(folder) == made
    assert len(made[0]) == 64
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [folder / KEY_FILE]
    assert Tokens(made).write(token())


def test_a_key_file_may_hold_older_keys_and_comments(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(f"# rotated in May\n{NEW}\n\n  {OLD}\n")
    assert load_secrets(tmp_path) == (NEW, OLD)


def test_who_comes_second_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_secrets(tmp_path)
    monkeypatch.setattr(Path, "exists", lambda self: False)  # looked before the first had linked
    assert load_secrets(tmp_path) == first
    assert list(tmp_path.iterdir()) == [tmp_path / KEY_FILE]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from packager.tokens import load_secrets;"
        "sys.stdin.read(1); print(load_secrets(Path(sys.argv[1])))"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, tmp_path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go")
        racer.stdin.flush()
    keys = {racer.communicate()[0] for racer in racers}
    assert keys == {f"{load_secrets(tmp_path)}\n"}
