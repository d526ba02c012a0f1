from hypothesis import given
from hypothesis import strategies as st

from falconws.ws._rate import TokenBucket


def test_a_burst_is_let_through_and_then_what_the_rate_gives_back() -> None:
    bucket = TokenBucket(2.0, 3)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(10.4)
    assert bucket.take(10.5)
    assert not bucket.take(10.5)
    assert [bucket.take(99.0) for _ in range(4)] == [True, True, True, False]


@given(
    st.floats(0.1, 100),
    st.integers(1, 20),
    st.lists(st.floats(0, 10), min_size=1, max_size=200),
)
def test_in_no_time_more_pass_than_burst_and_rate_allow(
    rate: float, burst: int, pauses: list[float]
) -> None:
    bucket, now, passed = TokenBucket(rate, burst), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(now)
    assert passed <= burst + now * rate + 1e-6
