import pytest

from packager.decisions.ads import Ad, Linear, MediaFile, choose_media_file, pod_and_substitutes


def film(height: int, bitrate: int = 1000, **attributes: object) -> MediaFile:
    values = {"url": f"http://a.test/{height}-{bitrate}", "type": "video/mp4", **attributes}
    return MediaFile(height=height, bitrate=bitrate, **values)  # type: ignore[arg-type]


SMALL, MIDDLE, LARGE, HUGE = film(360), film(720), film(1080), film(2160)
MEZZANINE = film(2160, 200_000, mezzanine=True, type="video/quicktime")

CHOICES = {
    "smallest that is as tall as the ladder": ((HUGE, SMALL, LARGE, MIDDLE), 1080, LARGE),
    "of equals the one with the most bits": ((film(720), film(720, 9000), film(720, 10)), 720,
                                             film(720, 9000)),
    "mezzanine where nothing ready is tall enough": ((SMALL, MEZZANINE, MIDDLE), 1080, MEZZANINE),
    "no mezzanine where something is": ((MEZZANINE, LARGE), 1080, LARGE),
    "else the tallest": ((SMALL, MIDDLE), 1080, MIDDLE),
    "a file that does not say its size": ((film(0),), 1080, film(0)),
    "WebM and QuickTime are films": ((film(720, type="video/webm"),), 720,
                                     film(720, type="video/webm")),
    "no program": ((film(1080, api_framework="VPAID"), SMALL), 1080, SMALL),
    "only programs": ((film(1080, api_framework="SIMID"),), 1080, None),
    "no stream": ((film(1080, delivery="streaming"),), 1080, None),
    "no other type": ((film(1080, type="application/x-mpegurl"), film(720, type="")), 1080, None),
    "nothing": ((), 1080, None),
}  # fmt: skip


@pytest.mark.parametrize(("files", "height", "choice"), CHOICES.values(), ids=CHOICES)
def test_a_media_file_is_chosen_by_its_attributes_d_08(
    files: tuple[MediaFile, ...], height: int, choice: MediaFile | None
) -> None:
    ad = Ad(id="a", linear=Linear(media_files=files))
    assert choose_media_file(ad, ladder_max_height=height) == choice
    reversed_ad = Ad(id="a", linear=Linear(media_files=files[::-1]))
    assert choose_media_file(reversed_ad, ladder_max_height=height) == choice


def test_an_ad_without_film_has_no_media_file() -> None:
    assert choose_media_file(Ad(id="a"), ladder_max_height=1080) is None


ORDERS = {
    "numbered are the pod, others substitutes": ([3, None, 1, None, 2], "cea", "bd"),
    "nothing numbered plays in order": ([None, None], "ab", ""),
    "equal numbers play in order": ([1, 1, 1], "abc", ""),
    "equal numbers among others": ([2, 1, 2, 1], "bdac", ""),
    "nothing": ([], "", ""),
}


@pytest.mark.parametrize(("sequences", "pod", "substitutes"), ORDERS.values(), ids=ORDERS)
def test_a_pod_is_what_is_numbered_d_05(
    sequences: list[int | None], pod: str, substitutes: str
) -> None:
    ads = [Ad(id=id, sequence=n) for id, n in zip("abcde", sequences, strict=False)]
    parts = pod_and_substitutes(ads)
    assert tuple("".join(ad.id for ad in part) for part in parts) == (pod, substitutes)
