"""Every kernel on every kind of array: equal to its reference for any type, strides and threads."""

import inspect
import threading

import numpy as np
import pytest

import fakeengage as fe
from fakeengage import _native, kernels
from kernel_reference import Reference, all_references, answer, known_rows

REFERENCES = all_references()
by_name = pytest.mark.parametrize("reference", REFERENCES, ids=str)


def assert_equal_to_reference(reference: Reference, x: np.ndarray) -> None:
    """Compares the rows of a matrix of any type with the reference of each."""
    got = answer(reference, x)
    for i, inputs in enumerate(zip(*reference.inputs(known_rows(x)), strict=True)):
        row = inputs[0]
        want = reference.of_row(*inputs)
        if want is None:
            assert got is None, f"{reference}: accepted {len(row)} steps"
            return
        assert got is not None, f"{reference}: refused {len(row)} steps"
        reference.assert_close(got[i], want)


def test_every_kernel_is_public_and_has_a_reference() -> None:
    assert sorted(kernels.__all__) == sorted(_native.kernel_names())
    assert {reference.kernel for reference in REFERENCES} == set(kernels.__all__)
    assert fe.kernels is kernels


@pytest.mark.parametrize("name", kernels.__all__)
def test_signatures_and_docstrings_are_complete(name: str) -> None:
    function = getattr(kernels, name)
    threads = inspect.signature(function).parameters["threads"]
    assert threads.default is None
    assert threads.kind is inspect.Parameter.KEYWORD_ONLY
    text = inspect.getdoc(function) or ""
    for section in ("Parameters", "Returns", "Notes", "References", "Examples"):
        assert f"{section}\n---" in text, section
    for parameter in inspect.signature(function).parameters:
        assert f"\n{parameter}\n" in text or f"\n{parameter}," in text or f", {parameter}\n" in text, (
            parameter
        )


@by_name
@pytest.mark.parametrize("n_steps", [0, 1, 2, 5, 30, 168, 336])
def test_equal_to_the_reference(reference: Reference, n_steps: int) -> None:
    rng = np.random.default_rng(n_steps)
    x = np.rint(rng.lognormal(2, 1, (6, n_steps)))
    x[1] = rng.normal(size=n_steps)
    x[2] = 3.0
    x[3, ::4] = np.nan
    x[4, :: max(n_steps // 3, 1)] = np.inf
    x[5] = np.nan
    assert_equal_to_reference(reference, x)


@by_name
def test_type_strides_and_threads_change_nothing(reference: Reference) -> None:
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 40, (300, 168))
    want = answer(reference, whole.astype(np.float64), threads=1)
    assert want is not None
    kinds = [
        "float16",
        "float32",
        "longdouble",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
    ]
    for kind in [*kinds, "uint64", ">f8", ">i4"]:
        np.testing.assert_array_equal(answer(reference, whole.astype(kind)), want, err_msg=kind)
    wide = np.repeat(np.repeat(whole.astype(np.float64), 2, axis=0), 3, axis=1)
    shapes = {
        "strided": wide[::2, ::3],
        "Fortran order": np.asfortranarray(whole),
        "reversed": np.ascontiguousarray(whole[::-1, ::-1])[::-1, ::-1],
        "read-only": np.frombuffer(whole.tobytes(), dtype=np.int64).reshape(whole.shape),
    }
    for kind, array in shapes.items():
        np.testing.assert_array_equal(answer(reference, array), want, err_msg=kind)
    np.testing.assert_array_equal(answer(reference, whole[:3].tolist()), want[:3])
    np.testing.assert_array_equal(answer(reference, whole[0]), want[0])
    np.testing.assert_array_equal(answer(reference, whole, threads=3), want)
    bits = whole % 2
    np.testing.assert_array_equal(answer(reference, bits.astype(bool)), answer(reference, bits))


@by_name
def test_an_empty_matrix_has_an_empty_answer(reference: Reference) -> None:
    empty = answer(reference, np.empty((0, 168)))
    assert empty is not None
    assert len(empty) == 0
    assert empty.dtype == np.float64


@by_name
def test_what_is_not_a_matrix_of_numbers_is_refused(reference: Reference) -> None:
    function = getattr(kernels, reference.kernel)
    names = list(inspect.signature(function).parameters)[: reference.n_inputs]
    fine = np.zeros((2, 168))
    for bad, error, words in [
        (np.zeros((2, 3, 4)), ValueError, "3 dimensions"),
        (np.float64(3), ValueError, "0 dimensions"),
        ([["a", "b"]], TypeError, "numbers"),
        (np.zeros((2, 30), dtype=complex), TypeError, "complex"),
        (np.array(["2024-01-01"], dtype="datetime64[s]"), TypeError, "datetime64"),
        ([[1.0, 2.0], [1.0]], ValueError, "differ in length"),
        (None, TypeError, "object"),
    ]:
        for place, name in enumerate(names):
            inputs = [bad if k == place else fine for k in range(len(names))]
            with pytest.raises(error, match=f"{name}: .*{words}"):
                function(*inputs, **reference.parameters)
    for bad in (-1, 5000):
        with pytest.raises(ValueError, match="threads"):
            function(*[fine] * len(names), **reference.parameters, threads=bad)


@pytest.mark.parametrize("name", ["correlation", "lead_lag"])
@pytest.mark.parametrize("shape", [(3, 30), (2, 31), (60,)])
def test_two_series_have_one_shape(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"y: .* series of .* steps is not allowed"):
        getattr(kernels, name)(np.zeros((2, 30)), np.zeros(shape))


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("autocorrelation", {"lags": []}, "lags"),
        ("autocorrelation", {"lags": [168]}, "lags: 168"),
        ("partial_autocorrelation", {"lags": []}, "lags"),
        ("partial_autocorrelation", {"lags": [168]}, "lags: 168"),
        ("periodicity", {"periods": []}, "periods"),
        ("periodicity", {"periods": [24, 1.5]}, "periods: 1.5"),
        ("periodicity", {"periods": float("nan")}, "periods: NaN"),
        ("periodicity", {"periods": float("inf")}, "periods: inf"),
        ("seasonal_strength", {"period": 1}, "period: 1"),
        ("daily_profile", {"period": 65_537}, "period: 65537"),
        ("profile_shift", {"period": 0}, "period: 0"),
        ("lead_lag", {"max_lag": 168}, "max_lag: 168"),
        ("lead_lag", {"max_lag": -1}, "max_lag: -1"),
    ],
)
def test_parameters_out_of_range_are_named(name: str, arguments: dict[str, object], words: str) -> None:
    x = np.zeros((2, 168))
    series = [x, x] if name == "lead_lag" else [x]
    with pytest.raises(ValueError, match=words):
        getattr(kernels, name)(*series, **arguments)


@pytest.mark.parametrize("text", ["0.2", b"0.2", "nan", ""])
def test_text_is_no_number(text: object) -> None:
    x = np.arange(30.0)
    with pytest.raises(TypeError, match=r"r: .* is not a number"):
        kernels.sample_entropy(x, r=text)
    with pytest.raises(TypeError, match=r"q: .* is not a number"):
        kernels.rolling(x, 5, "quantile", q=text)


def test_two_threads_overlap() -> None:
    """The interpreter is released: while a kernel runs, another thread counts."""
    x = np.random.default_rng(0).normal(size=(4000, 2000))
    done = threading.Event()
    counted = 0

    def count() -> None:
        nonlocal counted
        while not done.wait(0.001):
            counted += 1

    counter = threading.Thread(target=count)
    counter.start()
    kernels.autocorrelation(x, list(range(60)), threads=1)
    done.set()
    counter.join()
    assert counted >= 5
