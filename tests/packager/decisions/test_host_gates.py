"""One gate for all that ask one host, and a bound on those that others name."""

from packager.clock import ManualClock
from packager.decisions.gate import GateRules
from packager.decisions.host_gates import HostGates

RULES = GateRules(concurrency=3)


def test_a_host_has_one_gate_however_it_is_written() -> None:
    gates = HostGates(ManualClock())
    one = gates.named("https://ads.example/a?x=[CACHEBUSTING]")
    assert gates.named("http://user@ADS.example/b") is one
    assert gates.named("https://ads.example:8443/a") is not one
    assert gates.named("https://other.example/") is not one


def test_a_host_of_the_configuration_has_its_gate_also_where_it_is_named() -> None:
    gates = HostGates(ManualClock())
    configured = gates.configured("https://ads.example/vast", RULES)
    assert gates.configured("https://ads.example/vmap", RULES) is configured
    assert gates.configured("https://ads.example/vast", GateRules()) is not configured
    assert gates.named("https://ads.example/other") is configured


def test_a_host_is_asked_for_schedules_through_a_gate_of_its_own() -> None:
    gates = HostGates(ManualClock())
    schedule = gates.schedule("https://ads.example/vmap", RULES)
    assert gates.schedule("https://ads.example/other", RULES) is schedule
    assert gates.named("https://ads.example/vast") is not schedule
    assert gates.configured("https://ads.example/vast", RULES) is not schedule


def test_of_named_hosts_those_asked_last_are_remembered() -> None:
    gates = HostGates(ManualClock(), named=2)
    first, second = gates.named("https://a.example/"), gates.named("https://b.example/")
    assert gates.named("https://a.example/") is first
    gates.named("https://c.example/")
    assert gates.named("https://a.example/") is first
    assert gates.named("https://b.example/") is not second


def test_what_is_no_url_has_a_gate_too() -> None:
    gates = HostGates(ManualClock())
    assert gates.named("https://[::1") is gates.named("nonsense")
