"""Threat 22: a player is sent nowhere but where a signed URL says."""

from dataclasses import replace

import pytest
from rendering_bench import SEGMENT_URL, make_job

from packager.rendering.addresses import Address, Addresses
from packager.rendering.jobs import Job, Piece
from packager.tokens import InvalidToken

OLD, NEW = "o" * 32, "n" * 32


def parts(url: str) -> dict[str, str]:
    id, original, name = url.split("/")[-3:]
    return {"id": id, "original": original, "name": name}


def url_of(addresses: Addresses, job: Job) -> str:
    url = addresses.url_of(job)
    assert url is not None
    return url


def test_a_url_says_where_the_original_is() -> None:
    addresses, job = Addresses([NEW], base="/"), make_job()
    url = url_of(addresses, job)
    assert url.startswith(f"/tm/{job.key}/")
    assert url.endswith("/s.m4s")
    assert addresses.read(private=False, **parts(url)) == Address(
        id=job.key, private=False, name="s.m4s", original=Piece(SEGMENT_URL)
    )


def test_a_part_of_a_file_is_told_as_such() -> None:
    addresses, job = Addresses([NEW], base="https://weft.example/"), make_job()
    piece = Piece("http://cdn.example/ü/all.ts?a=b c", (100, 299))
    job = replace(job, work=replace(job.work, segment=piece, ending="ts"))
    url = url_of(addresses, job)
    assert url.startswith("https://weft.example/tm/")
    assert addresses.read(private=False, **parts(url)).original == piece


def test_a_key_that_came_before_still_verifies() -> None:
    url = url_of(Addresses([OLD], base="/"), make_job())
    assert Addresses([NEW, OLD], base="/").read(private=False, **parts(url))
    with pytest.raises(InvalidToken):
        Addresses([NEW], base="/").read(private=False, **parts(url))


def test_all_processes_with_the_same_keys_make_the_same_url() -> None:
    assert len({Addresses([NEW, OLD], base="/").url_of(make_job()) for _ in range(3)}) == 1


def test_no_part_of_a_url_can_be_changed() -> None:
    addresses = Addresses([NEW], base="/")
    good = parts(url_of(addresses, make_job()))
    other = parts(url_of(addresses, make_job(2)))
    for name, value in (("id", other["id"]), ("original", other["original"]), ("name", "s.ts")):
        with pytest.raises(InvalidToken):
            addresses.read(private=False, **{**good, name: value})
    with pytest.raises(InvalidToken):
        addresses.read(private=True, **good)
    signed = good["original"]
    edits = [
        signed[:at] + ("A" if signed[at] != "A" else "B") + signed[at + 1 :]
        for at in range(len(signed))
    ]
    for edit in [*edits, "", "A", signed + "A", signed + "==", signed[:-1], "é" + signed, "~~~~"]:
        with pytest.raises(InvalidToken):
            addresses.read(private=False, **{**good, "original": edit})


def test_a_private_url_is_under_a_name_that_the_key_does_not_tell() -> None:
    job = make_job(private=True)
    ours, theirs = Addresses([NEW], base="/"), Addresses([OLD], base="/")
    url = url_of(ours, job)
    assert url.startswith("/v1/private/")
    assert job.key not in url
    assert ours.id_of(job) != theirs.id_of(job)
    assert len(ours.id_of(job)) == 64
    assert ours.read(private=True, **parts(url)).private


def test_an_original_that_is_too_long_for_a_url_has_none() -> None:
    job = make_job()
    piece = Piece("http://cdn.example/" + "a" * 2000)
    assert (
        Addresses([NEW], base="/").url_of(replace(job, work=replace(job.work, segment=piece)))
        is None
    )


@pytest.mark.parametrize("base", ["/", "https://weft.example/video/"])
@pytest.mark.parametrize("private", [False, True])
def test_a_url_of_ours_is_read_as_a_whole(base: str, private: bool) -> None:
    addresses, job = Addresses([NEW], base=base), make_job(private=private)
    url = url_of(addresses, job)
    assert addresses.address_of(url) == addresses.read(private=private, **parts(url))
    with pytest.raises(InvalidToken):
        addresses.address_of(f"{base}tm/{'/'.join(url.split('/')[-3:-1])}/other.m4s")
