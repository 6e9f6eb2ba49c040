from prometheus_client.parser import text_string_to_metric_families

from packager.metrics import CONTENT_TYPE, Metrics
from packager.reasons import Reason

Samples = dict[tuple[str, frozenset[str]], float]


def samples(metrics: Metrics) -> Samples:
    """What a Prometheus server would read, by name and label values."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def test_every_reason_has_a_counter_before_it_first_happens() -> None:
    read = samples(Metrics())
    assert all(read["weft_degradations_total", frozenset({reason})] == 0 for reason in Reason)


def test_what_happened_is_counted_under_its_labels() -> None:
    metrics = Metrics()
    metrics.degraded(Reason.AD_TIMEOUT)
    metrics.degraded(Reason.AD_TIMEOUT)
    metrics.manifest("hls", "media", "made", 0.0002)
    metrics.manifest("hls", "media", "shared", 0.3)
    metrics.ad_request("empty")
    metrics.prefetched("used")
    metrics.unfilled(12.5)
    metrics.origin_fetch(0.02)
    metrics.sessions(7)
    metrics.packaging_jobs(2)
    read = samples(metrics)
    assert read["weft_degradations_total", frozenset({"ad_timeout"})] == 2
    assert read["weft_degradations_total", frozenset({"ad_status"})] == 0
    assert read["weft_manifests_total", frozenset({"hls", "media", "made"})] == 1
    assert read["weft_ad_requests_total", frozenset({"empty"})] == 1
    assert read["weft_ad_requests_total", frozenset({"filled"})] == 0
    assert read["weft_prefetched_pods_total", frozenset({"used"})] == 1
    assert read["weft_prefetched_pods_total", frozenset({"expired"})] == 0
    assert read["weft_break_unfilled_seconds_total", frozenset()] == 12.5
    assert read["weft_playlist_seconds_count", frozenset()] == 2
    assert read["weft_playlist_seconds_bucket", frozenset({"0.00025"})] == 1
    assert read["weft_origin_fetch_seconds_bucket", frozenset({"0.025"})] == 1
    assert read["weft_sessions", frozenset()] == 7
    assert read["weft_packaging_jobs", frozenset()] == 2


def test_two_applications_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.degraded(Reason.STORE_FAILED)
    assert samples(second)["weft_degradations_total", frozenset({"store_failed"})] == 0


def test_the_answer_has_no_times_of_birth_and_is_plain_text() -> None:
    metrics = Metrics()
    metrics.manifest("dash", "mpd", "stale", 0.1)
    assert b"_created" not in metrics.render()
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
