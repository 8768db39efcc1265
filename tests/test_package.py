import fakeengage as fe


def test_version_comes_from_the_crate() -> None:
    assert fe.__version__.count(".") == 2
