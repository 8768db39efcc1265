//! Gauss–Legendre quadrature on [0, 1], a few points side by side.

/// Points are taken so many at a time; more than needed do no harm.
pub(super) const LANES: usize = 4;

/// One value for each of a few points of the quadrature.
pub(super) type Lanes = [f64; LANES];

/// Points of the quadrature over the share of known columns, side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Points {
    pub(super) at: Lanes,
    pub(super) weight: Lanes,
}

impl Points {
    /// The factor of a column in the product, at each point.
    pub(super) fn factor(&self, follows: bool, share: f64) -> Lanes {
        let known = f64::from(follows);
        self.at.map(|at| share * (1.0 - at) + known * at)
    }
}

/// A quadrature of `n` points, [`LANES`] at a time.
pub(super) fn quadrature(n: usize) -> Vec<Points> {
    let points = gauss_legendre(n);
    points
        .chunks_exact(LANES)
        .map(|few| Points {
            at: std::array::from_fn(|lane| few[lane].0),
            weight: std::array::from_fn(|lane| few[lane].1),
        })
        .collect()
}

/// Points and weights of Gauss–Legendre quadrature on [0, 1] (Abramowitz & Stegun 1964, 25.4.30).
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let guess = (n - i) as f64 - 0.25;
            let mut x = libm::cos(std::f64::consts::PI * guess / (n as f64 + 0.5));
            let mut slope = 1.0;
            // Newton's method doubles the digits each time; from this start three rounds do.
            for _ in 0..6 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                x -= value / derivative;
            }
            (f64::midpoint(x, 1.0), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// Legendre polynomial of degree `n` and its derivative, inside (-1, 1).
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (
            value,
            ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
        );
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}
