import pytest

from packager.decisions.ads import Ad
from packager.decisions.pods import level_of, pod_and_substitutes

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
    names = tuple("".join(level_of(ad).id for ad in part) for part in parts)
    assert names == (pod, substitutes)
